/* A ring may be a hundred kilobytes of text, and nobody may have a reader print that
 * for each of a flood of requests. */
#include "reader/cycles_answer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "json/write.h"
#include "shm/cycles.h"
#include "terms/category.h"

#define CYCLES_ANSWER_SPAN (INT64_C(86400) * NSEC_PER_SEC)

struct cycle_rows {
	struct cycles_brief *brief;
	size_t n;
};

/* A writer may have left any number: it is shown as one that JSON's readers take. */
static void
cycle_put_uint(struct buf *b, uint64_t n)
{
	json_put_int(b, n < INT64_MAX ? (int64_t)n : INT64_MAX);
}

/* What a cycle that published nothing does not have is no zero. */
static void
cycle_put_published(struct buf *b, const struct cycles_brief *c, uint32_t n)
{
	if (c->generation != 0)
		json_put_int(b, n);
	else
		buf_puts(b, "null");
}

static void
cycle_put_number(struct buf *b, const struct cycles_brief *c)
{
	cycle_put_uint(b, c->number);
}

static void
cycle_put_begun(struct buf *b, const struct cycles_brief *c)
{
	json_put_int(b, c->begun / NSEC_PER_SEC);
}

static void
cycle_put_took(struct buf *b, const struct cycles_brief *c)
{
	cycle_put_uint(b, (c->fetch / NSEC_PER_MSEC) + (c->compute / NSEC_PER_MSEC) +
			      (c->publish / NSEC_PER_MSEC) +
			      (c->encode / NSEC_PER_MSEC));
}

static void
cycle_put_result(struct buf *b, const struct cycles_brief *c)
{
	buf_putc(b, '"');
	buf_puts(b, cycles_result_name((enum cycles_result)c->result));
	buf_putc(b, '"');
}

static void
cycle_put_more(struct buf *b, const struct cycles_brief *c)
{
	json_put_int(b, c->more);
}

static void
cycle_put_models(struct buf *b, const struct cycles_brief *c)
{
	cycle_put_published(b, c, c->models);
}

static void
cycle_put_at_risk(struct buf *b, const struct cycles_brief *c)
{
	cycle_put_published(b, c, c->at_risk);
}

static void
cycle_put_critical(struct buf *b, const struct cycles_brief *c)
{
	cycle_put_published(b, c, c->critical);
}

/* In seconds; also null if it is not known. */
static void
cycle_put_input_age(struct buf *b, const struct cycles_brief *c)
{
	if (c->generation != 0 && c->input_age >= 0)
		json_put_int(b, c->input_age / NSEC_PER_SEC);
	else
		buf_puts(b, "null");
}

static const struct {
	const char *key;
	void (*put)(struct buf *, const struct cycles_brief *);
} cycle_columns[] = {
	{ "number", cycle_put_number },
	{ "begun", cycle_put_begun },
	{ "took_ms", cycle_put_took },
	{ "result", cycle_put_result },
	{ "more", cycle_put_more },
	{ "models", cycle_put_models },
	{ "at_risk", cycle_put_at_risk },
	{ "critical", cycle_put_critical },
	{ "input_age", cycle_put_input_age },
};

/* The one before tells how things were when the time began. */
static struct cycle_rows
cycle_last_day(struct cycle_rows all, int64_t now)
{
	size_t first = 0;

	while (first < all.n && all.brief[first].begun < now - CYCLES_ANSWER_SPAN)
		first++;
	if (first > 0)
		first--;
	return (struct cycle_rows){ all.brief + first, all.n - first };
}

static void
cycle_put_all(struct buf *b, enum category category, struct cycle_rows all, int64_t now)
{
	struct cycle_rows rows = cycle_last_day(all, now);
	size_t i, k;

	buf_puts(b, "{\"category\":\"");
	buf_puts(b, category_name(category));
	json_put_int_after(b, STR("\",\"now\":"), now / NSEC_PER_SEC);
	buf_puts(b, ",\"ring_since\":");
	if (all.n > 0)
		cycle_put_begun(b, &all.brief[0]);
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"cycles\":{");
	for (k = 0; k < NELEM(cycle_columns); k++) {
		buf_puts(b, k > 0 ? ",\"" : "\"");
		buf_puts(b, cycle_columns[k].key);
		buf_puts(b, "\":[");
		for (i = 0; i < rows.n; i++) {
			if (i > 0)
				buf_putc(b, ',');
			cycle_columns[k].put(b, &rows.brief[i]);
		}
		buf_putc(b, ']');
	}
	buf_puts(b, "}}");
}

static void
cycle_forget(struct cycles_kept *kept)
{
	if (kept->blob != NULL)
		blob_forget(kept->blob);
	blob_unref(kept->blob);
	*kept = (struct cycles_kept){ 0 };
}

static void
cycle_print(struct cycles_kept *kept, const struct segment *segment, unsigned latch,
    enum category category, int64_t now)
{
	struct cycle_rows all = { xcalloc(CYCLES_BRIEFS, sizeof(*all.brief)), 0 };
	struct buf text = { 0 };
	uint64_t newest = cycles_newest(segment, latch);

	all.n = cycles_read(segment, latch, all.brief, CYCLES_BRIEFS);
	cycle_put_all(&text, category, all, now);
	free(all.brief);
	cycle_forget(kept);
	*kept = (struct cycles_kept){
		.second = now / NSEC_PER_SEC,
		.newest = newest,
		.blob = blob_new(&text),
	};
}

void
cycles_answer(struct job *j, unsigned latch)
{
	const struct segment *segment = j->answerer->segment;
	struct cycles_kept *kept = &j->answerer->cycles[latch];
	struct http_response *r = j->response;
	int64_t now = clock_wall();

	if (kept->blob == NULL || kept->second != now / NSEC_PER_SEC ||
	    kept->newest != cycles_newest(segment, latch))
		cycle_print(kept, segment, latch, j->category, now);
	r->status = 200;
	r->type = "application/json";
	buf_puts(&r->fields, JOB_NO_STORE);
	kept->blob->refs++;
	r->release = blob_unref;
	r->owner = kept->blob;
	blob_lend(kept->blob, r);
	http_response_add(r, (struct str){ kept->blob->data, kept->blob->len });
}

void
cycles_answer_forget(struct answerer *a)
{
	size_t i;

	for (i = 0; i < NELEM(a->cycles); i++)
		cycle_forget(&a->cycles[i]);
}
