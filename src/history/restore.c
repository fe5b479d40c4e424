/* Filling a history with what was recorded, none of which is believed. */
#include "history/state.h"

#include <unistr.h>

static int64_t
history_within(int64_t n, int64_t max)
{
	if (n < 0)
		return 0;
	return n > max ? max : n;
}

/* What is printed is JSON. */
static bool
history_is_text(struct str s)
{
	return s.len <= HISTORY_NAME_MAX &&
	       (s.len == 0 || u8_check((const uint8_t *)s.p, s.len) == NULL);
}

static void
history_believe_figures(struct view_event_figures *f)
{
	for (int i = 0; i < 3; i++)
		f->usage[i] = history_within(f->usage[i], INT64_MAX);
	f->workers = history_within(f->workers, INT64_MAX);
	f->flags &= RISK_BIT(RISK_FLAG_MAX) - 1;
	f->marks &= FIGURES_MARKS;
}

void
history_restore_meta(struct history *h, const struct history_meta *meta)
{
	h->meta = *meta;
	h->meta.published_at = history_within(meta->published_at, VIEW_TIME_MAX);
	h->meta.sampled_at = history_within(meta->sampled_at, VIEW_TIME_MAX);
	if (h->meta.last_id > HISTORY_ID_MAX)
		h->meta.last_id = 0;
	if (h->meta.delivered_id > h->meta.last_id)
		h->meta.delivered_id = h->meta.last_id;
	if (h->meta.last_model > INT64_MAX - UINT32_MAX)
		h->meta.last_model = 0;
	if (h->meta.delivered_id > h->meta.last_id)
		h->meta.delivered_id = h->meta.last_id;
	h->recorded_id = h->meta.last_id;
}

static void
history_believe_row(struct history *h, struct history_model_row *r)
{
	r->state &= HISTORY_PRESENT | HISTORY_SAMPLED;
	r->reported &= (1u << HISTORY_BITS) - 1;
	r->first_seen = history_within(r->first_seen, VIEW_TIME_MAX);
	r->last_seen = history_within(r->last_seen, VIEW_TIME_MAX);
	r->rose_at = history_within(r->rose_at, VIEW_TIME_MAX);
	r->sampled_at = history_within(r->sampled_at, VIEW_TIME_MAX);
	for (int b = 0; b < HISTORY_BITS; b++)
		r->since[b] = history_within(r->since[b], VIEW_TIME_MAX);
	history_believe_figures(&r->last);
	history_believe_figures(&r->sample);
	history_believe_figures(&r->steady);
	if ((r->state & HISTORY_SAMPLED) != 0)
		r->sampled_at = h->meta.sampled_at;
	if (r->sampled_at > h->meta.sampled_at)
		r->sampled_at = 0;
	if ((r->state & HISTORY_PRESENT) != 0 && (r->state & HISTORY_SAMPLED) != 0 &&
	    r->last_seen < h->meta.sampled_at)
		r->last_seen = h->meta.sampled_at;
}

bool
history_restore_model(struct history *h, const struct history_model_row *row)
{
	struct history_model *m;
	struct str name;

	if (row->id == 0 || row->id > INT64_MAX - UINT32_MAX ||
	    (h->n > 0 && row->id <= h->models[h->n - 1].row.id) ||
	    !history_is_text(row->name) || map_find(&h->names, row->name) != MAP_NONE)
		return false;
	m = history_add_model(h, row->name);
	name = m->row.name;
	m->row = *row;
	m->row.name = name;
	history_believe_row(h, &m->row);
	if (row->id > h->meta.last_model)
		h->meta.last_model = row->id;
	return true;
}

/* Days come model by model, so the one before is asked first. */
static uint32_t
history_model_of(struct history *h, uint64_t id)
{
	uint32_t low = h->restored, high = h->n, middle;

	if (low < h->n && h->models[low].row.id == id)
		return low;
	for (low = 0; low < high;) {
		middle = low + (high - low) / 2;
		if (h->models[middle].row.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == h->n || h->models[low].row.id != id)
		return MAP_NONE;
	h->restored = low;
	return low;
}

bool
history_restore_day(struct history *h, const struct history_day_row *row)
{
	uint32_t model = history_model_of(h, row->model);
	struct history_column *c;

	if (model == MAP_NONE || row->day < 0 || row->day < history_first_day(h) ||
	    row->day > history_day_of(h->meta.sampled_at))
		return false;
	c = history_column(h, row->day);
	c->used[model] = row->used < 0 ? 0 : (uint64_t)row->used + 1;
	c->workers[model] =
	    row->workers < 0
		? 0
		: (uint32_t)history_within(row->workers, HISTORY_WORKERS_MAX) + 1;
	return true;
}

bool
history_restore_event(struct history *h, const struct history_event *event)
{
	struct history_event e = *event;
	bool flagged = e.kind == EVENT_FLAG_SET || e.kind == EVENT_FLAG_CLEARED;
	uint64_t newest = h->nevents > 0 ? history_event_at(h, h->nevents - 1)->id : 0;

	if (e.id <= newest || e.id > HISTORY_ID_MAX || e.kind >= EVENT_KIND_MAX ||
	    (flagged && e.flag >= RISK_FLAG_MAX) || !history_is_text(e.model) ||
	    !history_is_text(e.former))
		return false;
	e.at = history_within(e.at, VIEW_TIME_MAX);
	e.since = history_within(e.since, VIEW_TIME_MAX);
	e.flag = flagged ? e.flag : UINT32_MAX;
	if (e.kind != EVENT_MANY)
		e.count = 0;
	else
		e.model.len = 0;
	if (e.kind != EVENT_RENAMED)
		e.former.len = 0;
	history_believe_figures(&e.before);
	history_believe_figures(&e.after);
	history_event_push(h, &e);
	h->recorded_id = h->meta.last_id;
	return true;
}
