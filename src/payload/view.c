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
_Static_assert(offsetof(struct view_directory, views) == 48, "view_directory.views");
_Static_assert(
    offsetof(struct view_directory, with_stats) == 48 + VIEW_MAX * sizeof(struct view),
    "view_directory.with_stats");
_Static_assert(sizeof(struct with_stats) == 24, "with_stats");
_Static_assert(offsetof(struct with_stats_row, exact_usage) == 24, "with_stats_row");
_Static_assert(sizeof(struct with_stats_row) == 104, "with_stats_row");

/* Whether [off, off + len) lies within [from, to). */
static bool
view_within(uint64_t off, uint64_t len, uint64_t from, uint64_t to)
{
	return off >= from && off <= to && len <= to - off;
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
	if (v->rows % 8 != 0 ||
	    !view_within(v->rows, v->nrows * sizeof(struct view_row), head, size))
		return false;
	return view_check_rows(v, data);
}

static bool
view_check_with_stats(const struct view_directory *d, const char *data, uint64_t size)
{
	const uint64_t head = sizeof(struct view_directory);
	const struct view *v = &d->views[VIEW_WITH_STATS];
	const struct view_row *rows;
	const struct with_stats_row *r;

	if (v->present == 0)
		return true;
	if (d->with_stats.rows % 8 != 0 ||
	    !view_within(d->with_stats.rows, v->nrows * sizeof(*r), head, size))
		return false;
	rows = (const void *)(data + v->rows);
	r = (const void *)(data + d->with_stats.rows);
	for (uint32_t i = 0; i < v->nrows; i++, r++)
		if ((uint64_t)r->head + r->usage > rows[i].len ||
		    !view_within(r->exact_usage.off, r->exact_usage.len, head, size) ||
		    !view_within(r->variations.off, r->variations.len, head, size) ||
		    !view_within(r->summaries.off, r->summaries.len, head, size))
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
		if (!view_check(&d->views[k], data, len))
			return NULL;
	return view_check_with_stats(d, data, len) ? d : NULL;
}
