/* The world of the answer tests. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer_world.h"
#include "base/clock.h"
#include "payload/view.h"
#include "shm/publish.h"

static struct view_span put(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

static struct view_span
put(struct buf *b, const char *fmt, ...)
{
	struct view_span span = { b->len, 0 };
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_puts(b, text);
	span.len = b->len - span.off;
	return span;
}

/* Which presets row i is in: the first few, or for `critical` each 33rd. Of 161 rows as
 * many match as in the recorded answers. */
static unsigned
presets_of(unsigned i)
{
	static const unsigned first[PRESET_MAX] = {
		[PRESET_DELETION_CANDIDATES] = 114,
		[PRESET_ZERO_USAGE] = 47,
		[PRESET_NO_WORKERS] = 89,
		[PRESET_HOST_ISSUES] = 9,
		[PRESET_LOW_USAGE] = 8,
	};
	unsigned p, presets = i % 33 == 0 ? 1u << PRESET_CRITICAL : 0;

	for (p = 0; p < PRESET_MAX; p++)
		if (i < first[p])
			presets |= 1u << p;
	return presets;
}

static void
put_risk(struct buf *b, struct view *v, unsigned nrows, unsigned total)
{
	struct view_row rows[719] = { 0 };
	unsigned i, p;

	v->present = 1;
	v->nrows = nrows;
	v->total_count = total;
	v->etag = 1000 + nrows;
	v->modified = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
	v->body.off = b->len;
	v->count = put(b, "{\"total_count\":");
	put(b, "%u,\"returned_count\":%u,\"offset\":0,\"limit\":null,\"models\":[",
	    total, nrows);
	for (i = 0; i < nrows; i++) {
		struct view_span s = put(b, "{\"n\":%u}", i);

		rows[i] = (struct view_row){ s.off, (uint32_t)s.len, presets_of(i) };
		if (i + 1 < nrows)
			buf_putc(b, ',');
		for (p = 0; p < PRESET_MAX; p++)
			v->presets[p].matches += presets_of(i) >> p & 1;
	}
	v->tail = put(b, "],\"summary\":\"all\"}");
	v->body.len = b->len - v->body.off;
	for (i = 0; i < PRESET_MAX; i++)
		v->presets[i].tail = put(b, "],\"summary\":\"%s\"}", preset_name(i));
	while (b->len % 8 != 0)
		buf_putc(b, ' ');
	v->rows = b->len;
	buf_add(b, rows, nrows * sizeof(rows[0]));
}

static void
put_statistics(struct buf *b, struct view *v)
{
	v->present = 1;
	v->etag = 77;
	v->modified = 784111777;
	v->body.off = b->len;
	v->count = put(b, "{\"offset\":");
	put(b, "0,\"limit\":null");
	v->tail = put(b, ",\"nsfw_count\":1}");
	v->body.len = b->len - v->body.off;
	/* No rows and no presets: empty ranges, but within the payload. */
	v->rows = sizeof(struct view_directory);
	for (int i = 0; i < PRESET_MAX; i++)
		v->presets[i].tail.off = v->body.off;
}

/* Of the recorded image models so many have workers. */
#define WITH_WORKERS 60

static void
put_with_stats(struct buf *b, struct view_directory *d, unsigned nrows)
{
	struct view *v = &d->views[VIEW_WITH_STATS];
	struct with_stats_row rows[719] = { 0 };
	struct view_row texts[719] = { 0 };
	struct view_span none, summaries;
	unsigned i;

	none = put(b, "null");
	summaries = put(b, "{\"w\":{}}");
	v->present = 1;
	v->nrows = nrows;
	v->etag = 55;
	v->body.off = b->len;
	v->count = put(b, "{");
	for (i = 0; i < nrows; i++) {
		struct view_span s = put(b, "\"m%u\":{\"usage_stats\":", i);

		rows[i] = (struct with_stats_row){ .head = (uint32_t)s.len,
			.usage = 4,
			.nworkers = i < WITH_WORKERS,
			.rank = i,
			.exact_usage = none,
			.variations = none,
			.summaries = summaries };
		put(b, "null" WITH_STATS_NULLS "0}");
		texts[i] = (struct view_row){ s.off, (uint32_t)(b->len - s.off), 0 };
		if (i + 1 < nrows)
			buf_putc(b, ',');
	}
	v->tail = put(b, "}");
	v->body.len = b->len - v->body.off;
	for (i = 0; i < PRESET_MAX; i++)
		v->presets[i].tail.off = v->body.off;
	while (b->len % 8 != 0)
		buf_putc(b, ' ');
	v->rows = b->len;
	buf_add(b, texts, nrows * sizeof(texts[0]));
	d->with_stats.rows = b->len;
	buf_add(b, rows, nrows * sizeof(rows[0]));
}

/* What replaces a generation is taken in a thread. */
static void
wait_until_taken(struct world *w, enum category category, uint64_t generation)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	struct generation *g = NULL;

	for (int i = 0; i < 30000; i++) {
		if (store_get(w->answerer.store, category, &g) == STORE_HELD &&
		    g->snapshot->generation == generation)
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("generation %llu is not taken", (unsigned long long)generation);
}

void
answer_world_publish(
    struct world *w, enum category category, unsigned raw, unsigned typed, int64_t age)
{
	unsigned latch = category == CATEGORY_TEXT_GENERATION;
	struct view_directory d = { .magic = VIEW_MAGIC };
	struct publisher *p;
	struct snapshot_stamp stamp = { clock_boot() - age * NSEC_PER_SEC, 0, 0 };
	struct buf b = { 0 };
	char err[200];
	uint64_t generation;

	buf_add(&b, &d, sizeof(d));
	memcpy(d.magic, VIEW_MAGIC, sizeof(d.magic));
	d.category = category;
	d.raw_entries = raw;
	d.typed_entries = typed;
	put_risk(&b, &d.views[VIEW_RISK], latch ? 719 : 161, latch ? 719 : 161);
	if (latch) {
		put_risk(&b, &d.views[VIEW_RISK_GROUPED], 419, 719);
		put_risk(&b, &d.views[VIEW_RISK_VARIATIONS], 719, 719);
	}
	put_statistics(&b, &d.views[VIEW_STATS]);
	put_with_stats(&b, &d, latch ? 719 : 161);
	d.size = b.len;
	memcpy(b.data, &d, sizeof(d));
	assert_int_equal(publisher_open(w->segment, latch, 0, &p, err, sizeof(err)), 0);
	assert_int_equal(
	    publish(p, b.data, b.len, &stamp, &generation, err, sizeof(err)), 0);
	publisher_close(&p);
	buf_free(&b);
	wait_until_taken(w, category, generation);
}

int
answer_world_setup(void **state)
{
	static const char *const names[] = { "image_generation", "text_generation" };
	struct world *w = calloc(1, sizeof(*w));
	char name[64], err[200];
	struct segment_spec spec = { .name = name,
		.capacity = 1 << 20,
		.ncategories = 2,
		.categories = names,
		.nprocs = 2 };

	snprintf(name, sizeof(name), "/hydratord-answer-%d", (int)getpid());
	assert_int_equal(segment_create(&spec, &w->segment, err, sizeof(err)), 0);
	segment_unlink(w->segment);
	w->categories[0].name = strdup(names[0]);
	w->categories[1].name = strdup(names[1]);
	w->config.category = w->categories;
	w->config.ncategories = 2;
	w->config.hydration.ttl = 100;
	w->config.hydration.stale_ttl = 1000;
	w->config.hydration.stale_if_error = 5000;
	w->config.http.retry_after = 7;
	w->config.http.replicate_mode = strdup("PRIMARY");
	w->config.http.canonical_format = strdup("legacy");
	w->answerer.config = &w->config;
	w->answerer.segment = w->segment;
	w->answerer.arena = arena_new();
	w->answerer.store = store_new(w->segment, &w->config, &w->counters);
	*state = w;
	return 0;
}

int
answer_world_setup_filled(void **state)
{
	answer_world_setup(state);
	answer_world_publish(*state, CATEGORY_IMAGE_GENERATION, 161, 161, 5);
	answer_world_publish(*state, CATEGORY_TEXT_GENERATION, 719, 719, 5);
	return 0;
}

int
answer_world_teardown(void **state)
{
	struct world *w = *state;

	store_free(&w->answerer.store);
	arena_free(&w->answerer.arena);
	buf_free(&w->answerer.errors);
	http_response_free(&w->response);
	buf_free(&w->body);
	segment_close(&w->segment);
	free(w->categories[0].name);
	free(w->categories[1].name);
	free(w->config.http.replicate_mode);
	free(w->config.http.canonical_format);
	free(w);
	return 0;
}

int
answer_world_ask(
    struct world *w, const char *method, const char *target, const char *fields)
{
	struct http_limits limits = { 20000, 20000 };
	struct buf text = { 0 };
	size_t scanned = 0, i;

	buf_printf(
	    &text, "%s %s HTTP/1.1\r\nHost: h:1\r\n%s\r\n", method, target, fields);
	assert_int_equal(
	    http_parse(text.data, text.len, &limits, &scanned, &w->request),
	    HTTP_PARSE_OK);
	http_response_reset(&w->response);
	answer_handle(&w->answerer, &w->request, &w->response);
	buf_reset(&w->body);
	for (i = 0; i < w->response.nbody; i++)
		buf_add(&w->body, w->response.body[i].p, w->response.body[i].len);
	buf_putc(&w->body, '\0');
	buf_putc(&w->response.fields, '\0');
	if (w->response.release != NULL)
		w->response.release(w->response.owner);
	buf_free(&text);
	return w->response.status;
}
