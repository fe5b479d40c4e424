/* Checking a payload before a reader trusts it. */
#include "payload/view.h"

#include <math.h>
#include <string.h>

#include <xxhash.h>

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
_Static_assert(
    offsetof(struct view, figures) == 88 + 24 * PRESET_MAX + 16 * ENCODING_MAX,
    "view.figures");
_Static_assert(sizeof(struct view_text) == 40, "view_text");
_Static_assert(
    sizeof(struct view) == 96 + 24 * PRESET_MAX + 16 * ENCODING_MAX + 40 * FORMAT_MAX,
    "view");
_Static_assert(offsetof(struct view_figures, flags) == 80, "view_figures.flags");
_Static_assert(offsetof(struct view_figures, identity) == 112, "view_figures.identity");
_Static_assert(sizeof(struct view_figures) == 128, "view_figures");
_Static_assert(sizeof(struct view_event_figures) == 40, "view_event_figures");
_Static_assert(offsetof(struct view_event, model) == 40, "view_event.model");
_Static_assert(sizeof(struct view_event) == 152, "view_event");
_Static_assert(offsetof(struct view_directory, views) == 64, "view_directory.views");
_Static_assert(
    offsetof(struct view_directory, with_stats) == 64 + VIEW_MAX * sizeof(struct view),
    "view_directory.with_stats");
_Static_assert(sizeof(struct view_names) == 16, "view_names");
_Static_assert(sizeof(struct view_past) == 48, "view_past");
_Static_assert(offsetof(struct view_directory, names) ==
		   offsetof(struct view_directory, with_stats) + 80,
    "view_directory.names");
_Static_assert(
    sizeof(struct view_directory) == offsetof(struct view_directory, names) + 72,
    "view_directory");
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
view_check_date(int64_t seconds)
{
	return seconds >= 0 && seconds <= VIEW_TIME_MAX;
}

/* Also of what is not there: readers print all dates. */
static bool
view_check_dates(const struct view *v)
{
	for (int f = 0; f < FORMAT_MAX; f++)
		if (!view_check_date(v->texts[f].modified))
			return false;
	return view_check_date(v->modified);
}

/* Rows follow one another within the body. */
static bool
view_check_text(
    const struct view_text *t, uint32_t nrows, const char *data, uint64_t size)
{
	uint64_t from = t->body.off;
	const uint64_t *rows;

	if (t->body.len == 0)
		return true;
	if (!view_within(
		t->body.off, t->body.len, sizeof(struct view_directory), size) ||
	    !view_has_table(t->rows, (uint64_t)nrows + 1, sizeof(*rows), size))
		return false;
	rows = (const void *)(data + t->rows);
	for (uint64_t i = 0; i <= nrows; i++) {
		if (!view_within(rows[i], 0, from, t->body.off + t->body.len))
			return false;
		from = rows[i];
	}
	return true;
}

static bool
view_check_counts(const int64_t usage[3], int64_t workers)
{
	return usage[0] >= 0 && usage[1] >= 0 && usage[2] >= 0 && workers >= 0;
}

static bool
view_check_bits(uint32_t flags, uint32_t marks)
{
	return flags < RISK_BIT(RISK_FLAG_MAX) && (marks & ~FIGURES_MARKS) == 0;
}

/* Whoever copies each text of a table copies no more than the payload has: rows print
 * what the texts are of, so true ones together are never longer. */
static bool
view_takes_text(struct view_span text, uint64_t size, uint64_t *room)
{
	if (!view_within(text.off, text.len, sizeof(struct view_directory), size) ||
	    text.len > *room)
		return false;
	*room -= text.len;
	return true;
}

/* with_stats: how many rows that view has. */
static bool
view_check_figures(
    const struct view *v, uint32_t with_stats, const char *data, uint64_t size)
{
	const struct view_figures *f;
	uint64_t room = size;

	if (v->figures == 0)
		return true;
	if (!view_has_table(v->figures, v->nrows, sizeof(*f), size))
		return false;
	f = (const void *)(data + v->figures);
	for (uint32_t i = 0; i < v->nrows; i++, f++)
		if (!view_takes_text(f->name, size, &room) ||
		    !view_takes_text(f->baseline, size, &room) ||
		    !view_takes_text(f->hosts, size, &room) ||
		    !view_check_counts(f->usage, f->workers) ||
		    !view_check_bits(f->flags, f->marks) || isinf(f->percentage) ||
		    isinf(f->cost_benefit) || isinf(f->size_gb) ||
		    (f->with_stats != UINT32_MAX && f->with_stats >= with_stats))
			return false;
	return true;
}

static uint32_t
view_count_rows(const struct view_directory *d, enum view_kind kind)
{
	return d->views[kind].present ? d->views[kind].nrows : 0;
}

/* An empty slot ends each search. */
static bool
view_check_names(const struct view_directory *d, const char *data, uint64_t size)
{
	const struct view_names *names = &d->names;
	const uint32_t *slots;
	uint32_t n = view_count_rows(d, VIEW_RISK);
	uint64_t used = 0;

	if (names->nslots == 0)
		return true;
	if (!d->views[VIEW_RISK].present || d->views[VIEW_RISK].figures == 0 ||
	    (names->nslots & (names->nslots - 1)) != 0 || names->nslots / 2 < n ||
	    !view_has_table(names->slots, names->nslots, sizeof(*slots), size))
		return false;
	slots = (const void *)(data + names->slots);
	for (uint64_t i = 0; i < names->nslots; i++) {
		if (slots[i] > n)
			return false;
		used += slots[i] != 0;
	}
	return used <= n;
}

static bool
view_check_past(const struct view_directory *d, const char *data, uint64_t size)
{
	const struct view_past *past = &d->past;
	const int64_t *at_risk;
	uint32_t n = view_count_rows(d, VIEW_RISK);

	if (!d->views[VIEW_HISTORY].present)
		return past->at_risk == 0 && past->dates_text.len == 0;
	if (!view_check_date(past->sampled_at) || past->delivered > VIEW_ID_MAX ||
	    d->views[VIEW_HISTORY].nrows < n ||
	    !view_within(past->dates_text.off, past->dates_text.len,
		sizeof(struct view_directory), size))
		return false;
	if (past->at_risk == 0)
		return true;
	if (!view_has_table(past->at_risk, n, sizeof(*at_risk), size))
		return false;
	at_risk = (const void *)(data + past->at_risk);
	for (uint32_t i = 0; i < n; i++)
		if (!view_check_date(at_risk[i]))
			return false;
	return true;
}

static bool
view_check_event(const struct view_event *e)
{
	bool of_flag = e->kind == EVENT_FLAG_SET || e->kind == EVENT_FLAG_CLEARED;

	return e->kind < EVENT_KIND_MAX &&
	       (of_flag ? e->flag < RISK_FLAG_MAX : e->flag == UINT32_MAX) &&
	       view_check_date(e->at) && view_check_date(e->since) &&
	       view_check_counts(e->before.usage, e->before.workers) &&
	       view_check_counts(e->after.usage, e->after.workers) &&
	       view_check_bits(e->before.flags, e->before.marks) &&
	       view_check_bits(e->after.flags, e->after.marks);
}

static bool
view_check_events(const struct view_directory *d, const char *data, uint64_t size)
{
	const struct view_event *e;
	uint32_t n = view_count_rows(d, VIEW_CHANGES);
	uint64_t room = size, newer = VIEW_ID_MAX + 1;

	if (d->events == 0)
		return n == 0;
	if (!view_has_table(d->events, n, sizeof(*e), size))
		return false;
	e = (const void *)(data + d->events);
	for (uint32_t i = 0; i < n; i++, e++) {
		if (e->id >= newer || !view_check_event(e) ||
		    !view_takes_text(e->model, size, &room) ||
		    !view_takes_text(e->former, size, &room))
			return false;
		newer = e->id;
	}
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
	for (int f = 0; f < FORMAT_MAX; f++)
		if (!view_check_text(&v->texts[f], v->nrows, data, size))
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
	    d->category != (uint32_t)category || d->total_month < 0)
		return NULL;
	for (int k = 0; k < VIEW_MAX; k++)
		if (!view_check_dates(&d->views[k]) ||
		    !view_check(&d->views[k], data, len) ||
		    (d->views[k].present &&
			!view_check_figures(&d->views[k],
			    view_count_rows(d, VIEW_WITH_STATS), data, len)))
			return NULL;
	if (!view_check_with_stats(d, data, len) || !view_check_names(d, data, len) ||
	    !view_check_past(d, data, len) || !view_check_events(d, data, len))
		return NULL;
	return d;
}

int64_t
view_find(const struct view_directory *d, struct str name)
{
	const char *data = (const char *)d;
	const struct view *v = &d->views[VIEW_RISK];
	const struct view_figures *f;
	const uint32_t *slots;
	uint64_t at;

	if (d->names.nslots == 0)
		return -1;
	f = (const void *)(data + v->figures);
	slots = (const void *)(data + d->names.slots);
	at = XXH3_64bits_withSeed(name.p, name.len, v->etag);
	for (;; at++) {
		uint32_t row = slots[at & (d->names.nslots - 1)];
		struct view_span found;

		if (row == 0)
			return -1;
		found = f[row - 1].name;
		if (str_eq(name, (struct str){ data + found.off, found.len }))
			return row - 1;
	}
}
