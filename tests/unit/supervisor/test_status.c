/* What the service manager is told of the categories. */
#include "supervisor/status.h"

#include "base/clock.h"
#include "config/config.h"
#include "fixture/segment.h"
#include "shm/ledger.h"
#include "supervisor/crew.h"
#include "unit.h"

#define SECOND NSEC_PER_SEC

static char image[] = "image_generation", text[] = "text_generation";
static struct config_category categories[] = { { .name = image }, { .name = text } };
static const struct config config = {
	.category = categories,
	.ncategories = NELEM(categories),
	.hydration = { .ttl = 10, .stale_ttl = 20, .stale_if_error = 30 },
};

static struct crew
crew(void)
{
	return (struct crew){ .config = &config, .segment = fixture_segment() };
}

static void
must_be(const struct crew *w, int64_t now, const char *refused, const char *wanted)
{
	char line[400];

	status_line(w, now, refused, line, sizeof(line));
	assert_string_equal(line, wanted);
}

/* Publishes with the main part fetched at an instant; 0: without it. */
static void
publish_at(const struct crew *w, unsigned category, int64_t fetched)
{
	struct publisher *p = fixture_publisher(w->segment, category);
	struct snapshot_stamp stamp = { 0 };
	uint64_t generation;
	char err[256];

	stamp.part[0] = (struct part_stamp){ 1, 1 };
	if (fetched != 0)
		stamp.part[1] = (struct part_stamp){ fetched, 1 };
	stamp.published_wall = 1;
	assert_int_equal(publish(p, "x", 1, &stamp, &generation, err, sizeof(err)), 0);
	publisher_close(&p);
}

TEST(it_counts_and_names_what_has_no_answers)
{
	struct crew w = crew();

	must_be(
	    &w, 0, "", "2 of 2 categories empty: image_generation, text_generation");
	publish_at(&w, 0, SECOND);
	must_be(&w, SECOND, "", "1 of 2 categories empty: text_generation");
	/* Statistics alone are not its main answers. */
	publish_at(&w, 1, 0);
	must_be(&w, SECOND, "", "1 of 2 categories empty: text_generation");
	publish_at(&w, 1, SECOND);
	must_be(&w, SECOND, "", "2 categories served");
	segment_close(&w.segment);
}

TEST(it_tells_old_ones_from_those_that_end)
{
	struct crew w = crew();

	publish_at(&w, 0, 100 * SECOND);
	publish_at(&w, 1, 109 * SECOND);
	must_be(&w, 120 * SECOND, "", "2 categories served");
	must_be(&w, 121 * SECOND, "", "1 of 2 categories old: image_generation");
	must_be(&w, 131 * SECOND, "",
	    "1 of 2 categories expired: image_generation; "
	    "1 of 2 categories old: text_generation");
	segment_close(&w.segment);
}

TEST(the_reason_is_what_the_hydrator_has_noted)
{
	struct crew w = crew();
	struct ledger l = { .ndocuments = 1 };

	publish_at(&w, 0, SECOND);
	strlcpy(l.document[0].name, "status", sizeof(l.document[0].name));
	l.document[0].state = LEDGER_NOT_FETCHED;
	l.document[0].error.wall = 1;
	strlcpy(l.document[0].error.host, "https://a.example:443",
	    sizeof(l.document[0].error.host));
	strlcpy(l.document[0].error.text, "HTTP status 500",
	    sizeof(l.document[0].error.text));
	ledger_write(w.segment, 1, &l);
	must_be(&w, SECOND, "",
	    "1 of 2 categories empty: text_generation (status: HTTP status 500 "
	    "(https://a.example:443))");
	segment_close(&w.segment);
}

TEST(what_is_not_refreshed_is_told_while_it_is_not_old_yet)
{
	struct crew w = crew();
	struct ledger l = { .ndocuments = 1, .failing_since = 1 };

	publish_at(&w, 0, SECOND);
	publish_at(&w, 1, SECOND);
	strlcpy(l.document[0].name, "stats", sizeof(l.document[0].name));
	l.document[0].state = LEDGER_NOT_FETCHED;
	l.document[0].error.wall = 1;
	strlcpy(l.document[0].error.text, "timeout", sizeof(l.document[0].error.text));
	ledger_write(w.segment, 0, &l);
	must_be(&w, SECOND, "",
	    "1 of 2 categories not refreshed: image_generation (stats: timeout)");
	l.failing_since = 0; /* the error stays in the ledger */
	l.document[0].state = LEDGER_GOOD;
	ledger_write(w.segment, 0, &l);
	must_be(&w, SECOND, "", "2 categories served");
	segment_close(&w.segment);
}

TEST(where_redis_does_not_answer_is_told)
{
	struct crew w = crew();
	struct ledger l = { .fleet = { .used = 1, .up = 1, .since = 7 * SECOND } };

	publish_at(&w, 0, SECOND);
	publish_at(&w, 1, SECOND);
	ledger_write(w.segment, 0, &l);
	must_be(&w, SECOND, "", "2 categories served");
	l.fleet.up = 0;
	l.fleet.since = 0; /* it has not looked yet */
	ledger_write(w.segment, 0, &l);
	must_be(&w, SECOND, "", "2 categories served");
	l.fleet.since = 1764422645 * SECOND;
	ledger_put(l.fleet.error, sizeof(l.fleet.error), "Connection refused");
	ledger_write(w.segment, 0, &l);
	must_be(&w, SECOND, "no room",
	    "2 categories served; Redis: Connection refused since "
	    "2025-11-29T13:24:05Z for 1 of 2 categories; the last reload was refused: "
	    "no room");
	l.fleet.since += 60 * SECOND;
	ledger_put(l.fleet.error, sizeof(l.fleet.error), "a later one");
	ledger_write(w.segment, 1, &l);
	must_be(&w, SECOND, "",
	    "2 categories served; Redis: Connection refused since "
	    "2025-11-29T13:24:05Z for 2 of 2 categories");
	l.fleet.used = 0;
	ledger_write(w.segment, 0, &l);
	ledger_write(w.segment, 1, &l);
	must_be(&w, SECOND, "", "2 categories served");
	segment_close(&w.segment);
}

TEST(a_refused_reload_is_told_besides)
{
	struct crew w = crew();

	publish_at(&w, 0, SECOND);
	publish_at(&w, 1, SECOND);
	must_be(&w, SECOND, "no room",
	    "2 categories served; the last reload was refused: no room");
	segment_close(&w.segment);
}
