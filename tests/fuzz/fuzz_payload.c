/*
 * Fuzzes target: a payload that another machine made. What view_open() lets through,
 * readers answer from and hydrators carry over, without another look. The input edits
 * a payload that was rendered here, five bytes an edit: which word, what is done to it,
 * with which number.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/analytics.h"
#include "fixture/full_payload.h"
#include "fixture/json_text.h"
#include "http/date.h"
#include "lists/lists.h"
#include "payload/carry.h"
#include "payload/closest.h"
#include "payload/encode.h"
#include "payload/write.h"
#include "reader/generation.h"
#include "reader/page.h"
#include "reader/selection.h"
#include "records/document.h"
#include "records/report.h"
#include "terms/document.h"

#define CATEGORY CATEGORY_TEXT_GENERATION
#define LONG_BODY ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char reference[] = "{'Foo-1B':{'name':'Foo-1B','parameters':7},"
				"'B\\u00e4r':{'name':'B\\u00e4r',"
				"'parameters':7},'Q\\'':{'name':'Q\\'',"
				"'parameters':7}}";
static const char status[] = "[]";
static const char stats[] = "{'month':{'Foo-1B':3}}";
static const char workers[] =
    "[{'name':'w','id':'w','type':'text','performance':'',"
    "'requests_fulfilled':1,'kudos_rewards':1,'kudos_details':{},'threads':1,"
    "'uptime':1,'uncompleted_jobs':0,'maintenance_mode':false,'nsfw':true,"
    "'trusted':true,'flagged':false,'online':true,'team':{},"
    "'bridge_agent':'','models':['B\\u00e4r','Foo-1B']}]";

static void
require(int holds)
{
	if (!holds)
		abort();
}

static struct document
document_of(enum document_kind kind, const char *text)
{
	const char *json = json_text_of("%s", text);
	struct document d = { .data = json, .len = strlen(json) };
	char why[256];

	require(document_open(&d, kind, CATEGORY, why, sizeof(why)) == 0);
	return d;
}

/* With which documents a payload is rendered. */
enum documents {
	REFERENCE,
	WITH_STATUS,
	WITH_WORKERS, /* and with an encoded form, as leaders have it */
	DOCUMENTS
};

static const struct buf *
rendered(enum documents documents)
{
	static struct buf all[DOCUMENTS];
	struct buf *out = &all[documents];
	struct analytics_input in = { .category = CATEGORY, .now = 1700000000 };
	struct analytics_settings settings;
	struct report report = { 0 };

	if (out->len > 0)
		return out;
	in.reference = document_of(DOCUMENT_REFERENCE, reference);
	if (documents >= WITH_STATUS) {
		in.status = document_of(DOCUMENT_STATUS, status);
		in.stats = document_of(DOCUMENT_STATS, stats);
	}
	if (documents >= WITH_WORKERS)
		in.workers = document_of(DOCUMENT_WORKERS, workers);
	analytics_defaults(&settings);
	require(analytics_render(&settings, &in, out, &report) == ANALYTICS_DONE);
	if (documents >= WITH_STATUS) {
		full_payload_add(out);
		lists_print(out, NULL);
	}
	if (documents >= WITH_WORKERS)
		require(payload_encode(
		    out, view_form(VIEW_RISK, ENCODING_ZSTD), SIZE_MAX, NULL));
	require(view_open(out->data, out->len, CATEGORY) != NULL);
	return out;
}

static void
edit(char *payload, size_t len, const uint8_t e[5])
{
	size_t words = len / 8, at = (e[0] | (size_t)e[1] << 8) % words;
	int64_t number = (int16_t)(e[3] | e[4] << 8);
	uint64_t word, other;

	memcpy(&word, payload + 8 * at, 8);
	memcpy(&other, payload + 8 * ((uint64_t)number % words), 8);
	switch (e[2] % 8) {
	case 0:
		word = (uint64_t)number;
		break;
	case 1:
		word += (uint64_t)number;
		break;
	case 2:
		word = len + (uint64_t)number;
		break;
	case 3:
		word ^= UINT64_C(1) << (number & 63);
		break;
	case 4:
		word = (word & ~UINT64_C(0xffffffff)) | (uint32_t)number;
		break;
	case 5:
		word = (word & 0xffffffff) | (uint64_t)number << 32;
		break;
	case 6:
		word = other;
		break;
	case 7:
		memset((char *)&word + (e[4] & 7), e[3], 1);
		break;
	}
	memcpy(payload + 8 * at, &word, 8);
}

/* Made whole, it is as long as it was said to be. */
static void
answer(const struct generation *g, const struct selection *s)
{
	struct http_response r = { .fd = -1 };
	struct buf body = { 0 };
	size_t len;

	page_put(&r, g, s);
	len = http_response_length(&r);
	if (len <= LONG_BODY) {
		page_drain(&r, &body);
		require(body.len == len);
	}
	if (r.source != NULL)
		r.source->free(r.source);
	buf_free(&body);
	http_response_free(&r);
}

/* What is asked of lists alone: filters, and other formats. */
static void
answer_filtered(const struct generation *g, struct selection s)
{
	const struct view *v = &g->directory->views[s.kind];

	if (s.kind == VIEW_WITH_STATS || s.kind == VIEW_STATS ||
	    s.kind == VIEW_STATS_GROUPED)
		return;
	s.preset = PRESET_DELETION_CANDIDATES;
	s.min_days = s.kind <= VIEW_RISK_VARIATIONS;
	answer(g, &s);
	s.preset = SELECTION_NO_PRESET;
	s.min_days = 0;
	s.since = s.kinds = s.kind == VIEW_CHANGES;
	for (int f = 0; f < FORMAT_MAX; f++) {
		s.format = (enum view_format)f;
		if (f == FORMAT_JSON || v->texts[f].body.len > 0)
			answer(g, &s);
	}
}

static void
answer_models(const struct generation *g)
{
	const struct view *v = &g->directory->views[VIEW_RISK];
	struct selection s = { .kind = VIEW_RISK,
		.preset = SELECTION_NO_PRESET,
		.workers = true,
		.variations = true,
		.model = true,
		.text = STR("x") };
	struct str closest[CLOSEST_MAX];

	if (v->present == 0 || v->figures == 0)
		return;
	for (s.row = 0; s.row < v->nrows && s.row < 8; s.row++) {
		answer(g, &s);
		(void)selection_tag(&s, g);
		(void)selection_modified(&s, g->directory);
	}
	require(closest_find(g->directory, g->lists.names, g->lists.nnames, STR("abc"),
		    closest) <= CLOSEST_MAX);
}

static void
answer_all(const struct generation *g, enum view_kind kind)
{
	struct selection s = { .kind = kind,
		.preset = SELECTION_NO_PRESET,
		.offset = 1,
		.limit = 2,
		.offset_text = STR("1"),
		.limit_text = STR("2") };

	answer(g, &s);
	for (s.preset = 0; s.preset < PRESET_MAX; s.preset++)
		answer(g, &s);
	answer_filtered(g, s);
	s.preset = SELECTION_NO_PRESET;
	s.sort = SORT_WORKER_COUNT;
	for (int i = 0; kind == VIEW_WITH_STATS && i < 4; i++) {
		s.workers = i & 1;
		s.variations = i & 2;
		answer(g, &s);
	}
	s.whole = true;
	answer(g, &s);
}

/* Every byte that a span leads to. */
static unsigned
look(const char *data, struct view_span span)
{
	const volatile char *at;
	unsigned sum = 0;

	/* What is not there may say it is anywhere. */
	if (span.len == 0)
		return 0;
	at = data + span.off;
	for (uint64_t i = 0; i < span.len; i++)
		sum += (unsigned char)at[i];
	return sum;
}

static unsigned
look_at_figures(const char *data, const struct view_directory *d, const struct view *v)
{
	const struct view_figures *f = (const void *)(data + v->figures);
	unsigned sum = 0;

	for (uint32_t i = 0; v->figures != 0 && i < v->nrows; i++, f++) {
		require((f->flags >> RISK_FLAG_MAX) == 0);
		require(view_find(d, (struct str){ data + f->name.off, f->name.len }) <
			(int64_t)d->views[VIEW_RISK].nrows);
		sum += look(data, f->name) + look(data, f->baseline) +
		       look(data, f->hosts);
	}
	return sum;
}

static unsigned
look_at_texts(const char *data, const struct view *v)
{
	unsigned sum = 0;

	for (int f = 0; f < FORMAT_MAX; f++) {
		const uint64_t *rows;

		if (v->texts[f].body.len == 0)
			continue;
		rows = (const void *)(data + v->texts[f].rows);
		for (uint32_t i = 0; i < v->nrows; i++)
			sum += look(
			    data, (struct view_span){ rows[i], rows[i + 1] - rows[i] });
		sum += look(data, v->texts[f].body);
	}
	return sum;
}

static unsigned
look_at_events(const char *data, const struct view_directory *d)
{
	const struct view_event *e = (const void *)(data + d->events);
	unsigned sum = look(data, d->past.dates_text);

	for (uint32_t i = 0;
	     d->views[VIEW_CHANGES].present && i < d->views[VIEW_CHANGES].nrows;
	     i++, e++) {
		require(e->kind < EVENT_KIND_MAX);
		sum += look(data, e->model) + look(data, e->former);
	}
	return sum;
}

static void
read_it(const char *data, size_t len, const struct view_directory *d)
{
	struct snapshot snapshot = { .fd = -1, .data = data, .len = len };
	struct generation g = { .snapshot = &snapshot, .directory = d };
	char date[HTTP_DATE_SIZE];

	(void)look_at_events(data, d);
	row_lists_make(&g.lists, data, d);
	row_lengths_make(&g);
	for (int k = 0; k < VIEW_MAX; k++)
		if (d->views[k].present) {
			http_date(d->views[k].modified, date);
			(void)look_at_figures(data, d, &d->views[k]);
			(void)look_at_texts(data, &d->views[k]);
			answer_all(&g, (enum view_kind)k);
		}
	answer_models(&g);
	row_lengths_free(&g.lengths);
	row_lists_free(&g.lists);
}

static void
require_opens(const struct buf *payload)
{
	require(view_open(payload->data, payload->len, CATEGORY) != NULL);
}

/* What comes of it is sound again, and not many times as long. */
static void
carry_it(const struct view_directory *d)
{
	const struct buf *fresh = rendered(WITH_STATUS);
	struct buf own = { 0 };

	payload_identity(d, &own);
	require_opens(&own);
	require(payload_forms(payload_directory(&own)) == 0);
	payload_carry_forms(&own, d, UINT32_MAX, SIZE_MAX);
	require_opens(&own);
	buf_reset(&own);
	buf_add(&own, fresh->data, fresh->len);
	payload_carry_workers(&own, d);
	require(own.len <= fresh->len + 3 * d->size);
	require_opens(&own);
	buf_reset(&own);
	fresh = rendered(REFERENCE);
	buf_add(&own, fresh->data, fresh->len);
	payload_carry_risk(&own, d);
	require(own.len <= fresh->len + d->size + 8);
	require_opens(&own);
	buf_free(&own);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct buf *base = rendered(WITH_WORKERS);
	const struct view_directory *d;
	char *payload = malloc(base->len);

	memcpy(payload, base->data, base->len);
	for (; size >= 5; data += 5, size -= 5)
		edit(payload, base->len, data);
	d = view_open(payload, base->len, CATEGORY);
	if (d != NULL) {
		read_it(payload, base->len, d);
		carry_it(d);
	}
	free(payload);
	return 0;
}
