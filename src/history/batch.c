/* What changed since it was last recorded, copied for the thread that records it. */
#include "history/state.h"

static struct str
history_copy_text(struct arena *arena, struct str text)
{
	return (struct str){
		text.len > 0 ? arena_strndup(arena, text.p, text.len) : NULL, text.len
	};
}

static void
history_batch_models(struct history_batch *b, const struct history *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		b->nmodels += h->models[i].dirty;
	b->models = arena_array(b->arena, b->nmodels, sizeof(*b->models));
	b->nmodels = 0;
	for (uint32_t i = 0; i < h->n; i++) {
		const struct history_model *m = &h->models[i];

		if (!m->dirty)
			continue;
		b->models[b->nmodels] = m->row;
		b->models[b->nmodels++].name = history_copy_text(b->arena, m->row.name);
	}
}

static void
history_batch_hours(struct history_batch *b, const struct history *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		b->nhours += h->models[i].dirty_hour && h->models[i].row.sampled_at > 0;
	b->hours = arena_array(b->arena, b->nhours, sizeof(*b->hours));
	b->nhours = 0;
	for (uint32_t i = 0; i < h->n; i++) {
		const struct history_model_row *r = &h->models[i].row;

		if (h->models[i].dirty_hour && r->sampled_at > 0)
			b->hours[b->nhours++] = (struct history_hour_row){ r->id,
				r->sampled_at / HISTORY_HOUR, r->sample };
	}
}

/* A model's days since the first that changed; counts them if there is no room yet. */
static size_t
history_copy_days(struct history_day_row *to, const struct history *h, uint32_t model)
{
	int64_t day = h->models[model].dirty_day, first = history_first_day(h);
	const struct history_column *c;
	size_t n = 0;

	for (day = day > first ? day : first; day <= history_day_of(h->meta.sampled_at);
	     day++) {
		c = history_column_look(h, day);
		if (c == NULL || (c->used[model] == 0 && c->workers[model] == 0))
			continue;
		if (to != NULL)
			to[n] = (struct history_day_row){ h->models[model].row.id, day,
				(int64_t)(c->used[model] - 1),
				(int64_t)c->workers[model] - 1 };
		n++;
	}
	return n;
}

static void
history_batch_days(struct history_batch *b, const struct history *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		b->ndays += history_copy_days(NULL, h, i);
	b->days = arena_array(b->arena, b->ndays, sizeof(*b->days));
	b->ndays = 0;
	for (uint32_t i = 0; i < h->n; i++)
		b->ndays += history_copy_days(b->days + b->ndays, h, i);
}

static void
history_batch_events(struct history_batch *b, const struct history *h)
{
	const struct history_event *e;

	b->events = arena_array(b->arena, h->nevents, sizeof(*b->events));
	for (size_t i = 0; i < h->nevents; i++) {
		e = history_event_at(h, i);
		if (e->id <= h->recorded_id)
			continue;
		b->events[b->nevents] = *e;
		b->events[b->nevents].model = history_copy_text(b->arena, e->model);
		b->events[b->nevents++].former = history_copy_text(b->arena, e->former);
	}
}

static void
history_batch_forgotten(struct history_batch *b, struct history *h)
{
	b->nforgotten = h->forgotten.len / sizeof(*b->forgotten);
	b->forgotten = arena_array(b->arena, b->nforgotten, sizeof(*b->forgotten));
	if (b->nforgotten > 0)
		memcpy(b->forgotten, h->forgotten.data, h->forgotten.len);
	buf_free(&h->forgotten);
}

static void
history_clean(struct history *h)
{
	for (uint32_t i = 0; i < h->n; i++) {
		h->models[i].dirty = h->models[i].dirty_hour = false;
		h->models[i].dirty_day = INT64_MAX;
	}
	h->dirty = false;
	h->turned_to = 0;
	h->samples = 0;
}

struct history_batch *
history_take_batch(struct history *h)
{
	struct arena *arena;
	struct history_batch *b;

	if (!h->dirty || h->batch_taken)
		return NULL;
	arena = arena_new();
	b = arena_array(arena, 1, sizeof(*b));
	b->arena = arena;
	b->meta = h->meta;
	b->turned_to = h->turned_to;
	b->samples = h->samples;
	history_batch_forgotten(b, h);
	history_batch_models(b, h);
	history_batch_hours(b, h);
	history_batch_days(b, h);
	history_batch_events(b, h);
	history_clean(h);
	h->handed_id = h->meta.last_id;
	h->batch_taken = true;
	return b;
}

/* Which rows were in it is not kept: all models go into the next one. */
static void
history_dirty_again(struct history *h, const struct history_batch *b)
{
	int64_t day = INT64_MAX;

	for (size_t i = 0; i < b->ndays; i++)
		if (b->days[i].day < day)
			day = b->days[i].day;
	for (uint32_t i = 0; i < h->n; i++) {
		struct history_model *m = &h->models[i];

		m->dirty = true;
		m->dirty_hour = m->dirty_hour || b->nhours > 0;
		if (day < m->dirty_day)
			m->dirty_day = day;
	}
	for (size_t i = 0; i < b->nforgotten; i++)
		history_forget_id(h, b->forgotten[i]);
	if (b->turned_to != 0 && (h->turned_to == 0 || b->turned_to < h->turned_to))
		h->turned_to = b->turned_to;
	h->samples += b->samples;
	h->dirty = true;
}

void
history_record_all(struct history *h)
{
	for (uint32_t i = 0; i < h->n; i++) {
		h->models[i].dirty = h->models[i].dirty_hour = true;
		h->models[i].dirty_day = INT64_MIN;
	}
	h->recorded_id = 0;
	h->samples += h->meta.sampled_at != 0;
	h->dirty = true;
}

void
history_batch_done(struct history *h, struct history_batch **batch, bool written)
{
	struct history_batch *b = *batch;
	struct arena *arena;

	*batch = NULL;
	if (b == NULL)
		return;
	if (h != NULL) {
		h->batch_taken = false;
		if (written)
			h->recorded_id = b->meta.last_id;
		else
			history_dirty_again(h, b);
	}
	arena = b->arena;
	arena_free(&arena);
}
