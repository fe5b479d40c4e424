/* The conductor: it is alive while it works, can be stopped anywhere, and ends where
 * there is no more room. */
#include "analytics/analytics.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/pace.h"
#include "fixture/analysis_cases.h"
#include "fixture/json_text.h"
#include "unit.h"

/* Each loop over models, names or workers alone takes more steps than there are between
 * two beats. */
#define MODELS (2 * PACE_STEPS)

#define RECORD "'M%d-7B':{'name':'M%d-7B','parameters':7}"
#define STATUS                                                                         \
	"{'performance':1,'queued':0,'jobs':0,'eta':0,'type':'text','name':'M%d-7B',"  \
	"'count':1}"
#define WORKER                                                                         \
	"[{'name':'w','id':'w','type':'text','performance':'',"                        \
	"'requests_fulfilled':1,'kudos_rewards':1,'kudos_details':{},'threads':1,"     \
	"'uptime':1,'uncompleted_jobs':0,'maintenance_mode':false,'nsfw':true,"        \
	"'trusted':true,'flagged':false,'online':true,'team':{},'bridge_agent':'',"    \
	"'models':["

struct beats {
	unsigned given;
	unsigned most; /* the one that says stop; 0: none does */
};

struct documents {
	struct buf reference, csv, status, stats, workers;
};

static struct documents documents;

static int
make_documents(void **state UNUSED)
{
	struct documents *d = &documents;

	buf_puts(&d->csv, "name,parameters_bn,tags\n");
	for (int i = 0; i < MODELS; i++) {
		buf_puts(&d->reference, i > 0 ? "," : "{");
		json_text_put(&d->reference, RECORD, i, i);
		buf_printf(&d->csv, "M%d-7B,7,\n", i);
		buf_puts(&d->status, i > 0 ? "," : "[");
		json_text_put(&d->status, STATUS, i);
		json_text_put(&d->stats, "%s", i > 0 ? "," : "{'month':{");
		json_text_put(&d->stats, "'M%d-7B':%d", i, i);
		json_text_put(&d->workers, "%s", i > 0 ? "," : WORKER);
		json_text_put(&d->workers, "'M%d-7B'", i);
	}
	buf_add(&d->reference, "}", 2);
	buf_putc(&d->csv, '\0');
	buf_add(&d->status, "]", 2);
	buf_add(&d->stats, "}}", 3);
	buf_add(&d->workers, "]}]", 4);
	return 0;
}

static int
free_documents(void **state UNUSED)
{
	buf_free(&documents.reference);
	buf_free(&documents.csv);
	buf_free(&documents.status);
	buf_free(&documents.stats);
	buf_free(&documents.workers);
	return 0;
}

static bool
beat(void *arg)
{
	struct beats *b = arg;

	return ++b->given != b->most;
}

static int
render(struct analysis *f, struct beats *beats, const struct buf *reference)
{
	struct pace pace = { .beat = beat, .arg = beats };

	f->pace = &pace;
	f->workers = documents.workers.data;
	return analysis_try(
	    f, reference->data, documents.status.data, documents.stats.data);
}

/* Where exactly it stops follows from the number of the beat: every phase is met. What
 * it held is free again (the sanitizers see to that). */
static void
stop_everywhere(const struct buf *reference, unsigned phases)
{
	struct beats all = { 0 };
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	assert_int_equal(render(&f, &all, reference), ANALYTICS_DONE);
	assert_true(all.given >= phases * MODELS / PACE_STEPS);
	for (unsigned most = 1; most <= all.given; most++) {
		struct beats some = { .most = most };

		assert_int_equal(render(&f, &some, reference), ANALYTICS_STOPPED);
		assert_int_equal(some.given, most);
		assert_int_equal(f.report.refused, DOCUMENT_NONE);
	}
	analysis_free(&f);
}

TEST(beats_are_given_and_each_may_stop_it)
{
	/* Entries, statuses, stats read, checked and indexed, models of workers,
	 * records, merged, plain, grouped, variations, and three pieces of with-stats.
	 */
	stop_everywhere(&documents.reference, 14);
}

TEST(a_legacy_document_is_read_in_steps_too)
{
	stop_everywhere(&documents.csv, 14);
}

/* A model is its record's name: one that comes again replaces the record but keeps its
 * place, whether or not the name is the key of a record, its own or another's. */
TEST(names_are_told_apart_from_keys)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_only_case(&f, "analytics/analytics.json", "names");
	assert_int_equal(f.dir->raw_entries, 6);
	assert_int_equal(f.dir->typed_entries, 4);
	analysis_free(&f);
}

/* The work ends soon behind the bound, wherever that is, and just enough is enough. */
TEST(no_more_is_made_than_there_is_room_for)
{
	struct beats beats = { 0 };
	struct analysis f;
	size_t len;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	assert_int_equal(render(&f, &beats, &documents.reference), ANALYTICS_DONE);
	len = f.out.len;
	for (int i = 0; i < 64; i++) {
		f.settings.payload_max = len / 64 * (size_t)i;
		assert_int_equal(
		    render(&f, &beats, &documents.reference), ANALYTICS_TOO_LARGE);
		assert_true(f.out.len > f.settings.payload_max);
		assert_true(f.out.len <= f.settings.payload_max + len / 4);
		assert_int_equal(f.report.refused, DOCUMENT_NONE);
	}
	f.settings.payload_max = len - 1;
	assert_int_equal(render(&f, &beats, &documents.reference), ANALYTICS_TOO_LARGE);
	f.settings.payload_max = len;
	assert_int_equal(render(&f, &beats, &documents.reference), ANALYTICS_DONE);
	assert_int_equal(f.out.len, len);
	analysis_free(&f);
}

UNIT_FIXTURE(.group_setup = make_documents, .group_teardown = free_documents);
