/*
 * Fuzzing one upstream document, which FUZZ_DOCUMENT names: with small good ones as the
 * others it is refused by its name and with a reason, or every body of the payload is
 * JSON and the same input renders to the same bytes again.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/analytics.h"
#include "fixture/json_text.h"
#include "json/scan.h"
#include "payload/view.h"
#include "records/document.h"
#include "records/report.h"
#include "terms/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char reference[] =
    "{'Elm':{'name':'Elm','baseline':'stable_diffusion_xl','nsfw':false,"
    "'description':'d','size_on_disk_bytes':7},"
    "'koboldcpp/Oak-7B':{'name':'koboldcpp/"
    "Oak-7B','baseline':'stable_diffusion_1',"
    "'nsfw':true,'parameters':7000000000},"
    "'Oak-7B':{'name':'Oak-7B','baseline':'stable_diffusion_1','nsfw':true,"
    "'parameters':7000000000}}";
static const char status[] =
    "[{'name':'Elm','type':'image','performance':1.5,'queued':2,'jobs':1,"
    "'eta':3,'count':4},{'name':'aphrodite/Oak-7B','type':'text',"
    "'performance':1.5,'queued':2,'jobs':1,'eta':3,'count':2}]";
static const char stats[] =
    "{'day':{'Elm':4,'Oak-7B':1},'month':{'Elm':50,'koboldcpp/Oak-7B':9},"
    "'total':{'Elm':600,'Oak-7B':70}}";
#define WORKER                                                                         \
	"'performance':'3 things','requests_fulfilled':1,'kudos_rewards':2.5,"         \
	"'kudos_details':{'generated':2.0,'uptime':0.5},'threads':1,"                  \
	"'uptime':9,'uncompleted_jobs':0,'maintenance_mode':false,'nsfw':"             \
	"true,"                                                                        \
	"'trusted':true,'flagged':false,'online':true,"                                \
	"'team':{'name':null,'id':null},'bridge_agent':'b',"
static const char workers[] =
    "[{'id':'a','name':'W','type':'image'," WORKER "'models':['Elm']},"
    "{'id':'b','name':'V','type':'text'," WORKER "'models':['koboldcpp/Oak-7B']}]";

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
check_view(const struct buf *payload, const struct view *v)
{
	struct json_value value;
	struct json_error error;

	if (!v->present)
		return;
	must(json_scan(payload->data + v->body.off, v->body.len, &value, &error) == 0);
	must(value.type == JSON_T_OBJECT && value.len == v->body.len);
}

static void
check_payload(const struct buf *payload, enum category category)
{
	const struct view_directory *d =
	    view_open(payload->data, payload->len, category);

	must(d != NULL && d->typed_entries <= d->raw_entries);
	for (size_t i = 0; i < VIEW_MAX; i++)
		check_view(payload, &d->views[i]);
}

static void
check_render(const struct analytics_input *in)
{
	struct report report = { .skip = NULL };
	struct analytics_settings settings;
	struct buf once = { 0 }, again = { 0 };

	analytics_defaults(&settings);
	if (analytics_render(&settings, in, &once, &report) == -1) {
		must(report.refused == FUZZ_DOCUMENT && report.reason[0] != '\0');
		goto out;
	}
	check_payload(&once, in->category);
	report = (struct report){ .skip = NULL };
	must(analytics_render(&settings, in, &again, &report) == 0);
	must(once.len == again.len && memcmp(once.data, again.data, once.len) == 0);
out:
	buf_free(&once);
	buf_free(&again);
}

static struct document *
document_of(struct analytics_input *in, enum document_kind kind)
{
	switch (kind) {
	case DOCUMENT_STATUS:
		return &in->status;
	case DOCUMENT_STATS:
		return &in->stats;
	case DOCUMENT_WORKERS:
		return &in->workers;
	default:
		return &in->reference;
	}
}

/* Whether all documents can be opened; if not, it is the fuzzed one that cannot. */
static bool
open_all(struct analytics_input *in)
{
	enum document_kind k;
	char why[256] = "";

	for (k = DOCUMENT_NONE + 1; k < DOCUMENT_MAX; k++)
		if (document_open(
			document_of(in, k), k, in->category, why, sizeof(why)) == -1) {
			must(k == FUZZ_DOCUMENT && why[0] != '\0');
			return false;
		}
	return true;
}

static struct document
document_of_text(const char *text)
{
	const char *json = json_text_of("%s", text);

	return (struct document){ .data = json, .len = strlen(json) };
}

/* Made once, because the texts stay. */
static struct analytics_input
good_documents(void)
{
	static struct analytics_input in;

	if (in.now == 0)
		in = (struct analytics_input){
			.reference = document_of_text(reference),
			.status = document_of_text(status),
			.stats = document_of_text(stats),
			.workers = document_of_text(workers),
			.now = 1700000000,
		};
	return in;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct analytics_input in = good_documents();
	static const enum category categories[] = { CATEGORY_IMAGE_GENERATION,
		CATEGORY_TEXT_GENERATION };

	*document_of(&in, FUZZ_DOCUMENT) =
	    (struct document){ .data = (const char *)data, .len = size };
	for (size_t i = 0; i < 2; i++) {
		in.category = categories[i];
		if (open_all(&in))
			check_render(&in);
	}
	return 0;
}
