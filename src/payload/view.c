/* Checking a payload before a reader trusts it. */
#include "payload/view.h"

#include <string.h>

/* The format: another process reads what this one wrote. */
_Static_assert(sizeof(struct view_span) == 16, "view_span");
_Static_assert(sizeof(struct view_row) == 16, "view_row");
_Static_assert(sizeof(struct view_preset) == 24, "view_preset");
_Static_assert(offsetof(struct view, body) == 16, "view.body");
_Static_assert(offsetof(struct view, rows) == 64, "view.rows");
_Static_assert(offsetof(struct view, presets) == 72, "view.presets");
_Static_assert(offsetof(struct view, etag) == 72 + 24 * PRESET_MAX, "view.etag");
_Static_assert(
    offsetof(struct view, modified) == 80 + 24 * PRESET_MAX, "view.modified");
_Static_assert(offsetof(struct view, coded) == 88 + 24 * PRESET_MAX, "view.coded");
_Static_assert(sizeof(struct view) == 88 + 24 * PRESET_MAX + 16 * ENCODING_MAX, "view");
_Static_assert(offsetof(struct view_directory, views) == 56, "view_directory.views");
_Static_assert(
    offsetof(struct view_directory, with_stats) == 56 + VIEW_MAX * sizeof(struct view),
    "view_directory.with_stats");
_Static_assert(sizeof(struct with_stats_list) == 24, "with_stats_list");
_Static_assert(sizeof(struct with_stats) == 80, "with_stats");
_Static_assert(offsetof(struct with_stats_row, exact_usage) == 24, "with_stats_row");
_Static_assert(sizeof(struct with_stats_row) == 96, "with_stats_row");

/* Whether [off, off + len) lies within [from, to). */
static bool
view_within(uint64_t off, uint64_t len, uint64_t from, uint64_t to)
{
	return off >= from && off <= to && len <= to - off;
}

/* Whether there is room for n elements of that width, aligned, at off. */
static bool
view_has_table(uint64_t off, uint64_t n, size_t width, uint64_t size)
{
	return off % 8 == 0 && n <= size / width &&
	       view_within(off, n * width, sizeof(struct view_directory), size);
}

/* Rows lie between head and tail, each one byte (the comma) behind the one before it,
 * so that any run of them is one range; and each preset matches as many as it says. */
static bool
view_check_rows(const struct view *v, const char *data)
{
	const struct view_row *rows = (const void *)(data + v->rows);
	uint64_t matches[PRESET_MAX] = { 0 };
	uint64_t from = v->count.off + v->count.len;

	for (uint32_t i = 0; i < v->nrows; i++) {
		if (!view_within(rows[i].off, rows[i].len, from, v->tail.off))
			return false;
		if (i > 0 && rows[i].off != from + 1)
			return false;
		from = rows[i].off + rows[i].len;
		for (int p = 0; p < PRESET_MAX; p++)
			matches[p] += (rows[i].presets >> p) & 1;
	}
	for (int p = 0; p < PRESET_MAX; p++)
		if (v->presets[p].matches != matches[p])
			return false;
	return true;
}

static bool
view_check(const struct view *v, const char *data, uint64_t size)
{
	const uint64_t head = sizeof(struct view_directory);
	uint64_t end;

	if (v->present == 0)
		return true;
	if (v->present != 1 || !view_within(v->body.off, v->body.len, head, size))
		return false;
	end = v->body.off + v->body.len;
	if (v->count.off != v->body.off || v->count.len > v->body.len)
		return false;
	if (!view_within(v->tail.off, v->tail.len, v->body.off + v->count.len, end) ||
	    v->tail.off + v->tail.len != end)
		return false;
	for (int p = 0; p < PRESET_MAX; p++)
		if (!view_within(
			v->presets[p].tail.off, v->presets[p].tail.len, head, size))
			return false;
	for (int e = 0; e < ENCODING_MAX; e++)
		if (v->coded[e].len > 0 &&
		    !view_within(v->coded[e].off, v->coded[e].len, head, size))
			return false;
	if (!view_has_table(v->rows, v->nrows, sizeof(struct view_row), size))
		return false;
	return view_check_rows(v, data);
}

/* Lists share no members, so the whole check is linear, and each has the length that it
 * says. */
static bool
view_check_lists(const struct with_stats *w, const char *data)
{
	const struct view_span *workers = (const void *)(data + w->workers);
	const struct with_stats_list *l = (const void *)(data + w->lists);
	const uint32_t *members = (const void *)(data + w->members);
	uint64_t next = 0;

	for (uint64_t i = 0; i < w->nlists; i++, l++) {
		uint64_t len = 1;

		if (l->first != next || l->n == 0 || l->n > w->nmembers - next)
			return false;
		next += l->n;
		for (uint64_t m = l->first; m < next; m++) {
			if (members[m] >= w->nworkers)
				return false;
			len += workers[members[m]].len + 1;
		}
		if (l->len != len)
			return false;
	}
	return true;
}

/* Texts share no bytes, so who copies them all copies no more than the payload has. */
static bool
view_check_workers(const struct with_stats *w, const char *data, uint64_t size)
{
	const struct view_span *workers;
	uint64_t room = size;

	if (!view_has_table(w->workers, w->nworkers, sizeof(*workers), size) ||
	    !view_has_table(
		w->lists, w->nlists, sizeof(struct with_stats_list), size) ||
	    !view_has_table(w->members, w->nmembers, sizeof(uint32_t), size))
		return false;
	workers = (const void *)(data + w->workers);
	for (uint64_t i = 0; i < w->nworkers; i++) {
		if (!view_within(workers[i].off, workers[i].len,
			sizeof(struct view_directory), size) ||
		    workers[i].len > room)
			return false;
		room -= workers[i].len;
	}
	return view_check_lists(w, data);
}

static bool
view_check_with_stats(const struct view_directory *d, const char *data, uint64_t size)
{
	const uint64_t head = sizeof(struct view_directory);
	const struct view *v = &d->views[VIEW_WITH_STATS];
	const struct with_stats *w = &d->with_stats;
	const struct with_stats_list *lists;
	const struct view_row *rows;
	const struct with_stats_row *r;

	if (v->present == 0)
		return true;
	if (!view_has_table(w->rows, v->nrows, sizeof(*r), size) ||
	    !view_check_workers(w, data, size))
		return false;
	lists = (const void *)(data + w->lists);
	rows = (const void *)(data + v->rows);
	r = (const void *)(data + w->rows);
	for (uint32_t i = 0; i < v->nrows; i++, r++)
		if ((uint64_t)r->head + r->usage > rows[i].len ||
		    !view_within(r->exact_usage.off, r->exact_usage.len, head, size) ||
		    !view_within(r->variations.off, r->variations.len, head, size) ||
		    (r->nworkers > 0 &&
			(r->list >= w->nlists || lists[r->list].n != r->nworkers)))
			return false;
	return true;
}

const struct view_directory *
view_open(const void *data, size_t len, enum category category)
{
	const struct view_directory *d = data;

	if (data == NULL || (uintptr_t)data % 8 != 0 || len < sizeof(*d))
		return NULL;
	if (memcmp(d->magic, VIEW_MAGIC, sizeof(d->magic)) != 0 || d->size != len ||
	    d->category != (uint32_t)category)
		return NULL;
	for (int k = 0; k < VIEW_MAX; k++)
		if (d->views[k].modified < 0 || d->views[k].modified > VIEW_TIME_MAX ||
		    !view_check(&d->views[k], data, len))
			return NULL;
	return view_check_with_stats(d, data, len) ? d : NULL;
}
