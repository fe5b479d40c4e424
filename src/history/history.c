/* A publication: who came, who went, who is the same under another name. */
#include "history/history.h"

#include <stdlib.h>

#include "history/state.h"

void
history_defaults(struct history_rule *rule)
{
	*rule = (struct history_rule){
		.sample_interval = 3600,
		.days = 400,
		.gone_max = 10000,
		.shown = 90,
		.settle = 900,
		.factor = 3.0,
		.usage_least = 10,
		.events_max = 1000,
		.burst_max = 200,
	};
}

struct history *
history_new(const struct history_rule *rule)
{
	struct history *h = xcalloc(1, sizeof(*h));

	h->rule = *rule;
	h->kept = rule->shown > HISTORY_JUDGED_DAYS ? rule->shown : HISTORY_JUDGED_DAYS;
	h->columns = xcalloc((size_t)h->kept, sizeof(*h->columns));
	h->events_room =
	    (rule->events_max > rule->burst_max ? rule->events_max : rule->burst_max) +
	    1;
	h->events = xcalloc(h->events_room, sizeof(*h->events));
	h->arena = arena_new();
	history_index(h);
	return h;
}

void
history_free(struct history **history)
{
	struct history *h = *history;

	*history = NULL;
	if (h == NULL)
		return;
	for (uint32_t i = 0; i < h->n; i++)
		history_text_free(&h->models[i].row.name);
	free(h->models);
	history_columns_free(h);
	history_events_free(h);
	buf_free(&h->forgotten);
	arena_free(&h->arena);
	free(h);
}

static void
history_say(
    struct history *h, const struct history_model *m, enum event_kind kind, int64_t now)
{
	struct history_event e = {
		.since = now, .kind = kind, .flag = UINT32_MAX, .model = m->row.name
	};

	if (kind == EVENT_APPEARED)
		e.after = m->row.last;
	else
		e.before = m->row.last;
	history_event_make(h, &e, now);
}

/* Models of the publication that the history has are seen; the others are newcomers,
 * each name once. Returns how many there are. */
static size_t
history_find(struct history *h, const struct history_model_now *models, size_t n,
    uint32_t *found, struct history_newcomer *came)
{
	struct map once;
	size_t ncame = 0;

	map_init(&once, h->scratch, 0, 0);
	for (size_t i = 0; i < n; i++) {
		found[i] = MAP_NONE;
		if (models[i].name.len > HISTORY_NAME_MAX)
			continue;
		found[i] = map_find(&h->names, models[i].name);
		if (found[i] != MAP_NONE) {
			if (h->models[found[i]].seen == h->publication)
				found[i] = MAP_NONE;
			else
				h->models[found[i]].seen = h->publication;
		} else if (map_intern(&once, models[i].name) == ncame) {
			came[ncame++] =
			    (struct history_newcomer){ &models[i], MAP_NONE };
		}
	}
	return ncame;
}

static uint32_t *
history_find_gone(struct history *h, size_t *n)
{
	uint32_t *went = arena_array(h->scratch, h->n, sizeof(*went));

	*n = 0;
	for (uint32_t i = 0; i < h->n; i++)
		if ((h->models[i].row.state & HISTORY_PRESENT) != 0 &&
		    h->models[i].seen != h->publication)
			went[(*n)++] = i;
	return went;
}

static void
history_part(struct history *h, const uint32_t *went, size_t nwent, int64_t now)
{
	for (size_t i = 0; i < nwent; i++) {
		struct history_model *m = &h->models[went[i]];

		if (m->seen == h->publication)
			continue; /* it has another name now */
		h->models_went = true;
		m->row.state &= ~(uint32_t)HISTORY_PRESENT;
		m->row.last_seen = h->meta.published_at;
		history_say(h, m, EVENT_DISAPPEARED, now);
		history_touch(h, m);
	}
}

/* It continues: bits that are as they were when it went have been so all the time. */
static void
history_return(struct history *h, struct history_model *m,
    const struct view_event_figures *figures, int64_t now)
{
	uint32_t changed = history_bits(&m->row.last) ^ history_bits(figures);

	for (int b = 0; b < HISTORY_BITS; b++)
		if ((changed >> b & 1) != 0)
			m->row.since[b] = now;
	m->row.state |= HISTORY_PRESENT;
	m->row.last_seen = now > m->row.sampled_at ? now : m->row.sampled_at;
	m->row.last = m->row.steady = *figures;
	m->row.reported = history_bits(figures);
	history_say(h, m, EVENT_APPEARED, now);
	history_touch(h, m);
}

static void
history_arrive(struct history *h, const struct history_model_now *model, int64_t now)
{
	struct history_model *m = history_add_model(h, model->name);
	struct view_event_figures figures;

	history_figures(&figures, model);
	m->row.id = ++h->meta.last_model;
	m->row.state = HISTORY_PRESENT;
	m->row.identity = model->identity;
	m->row.first_seen = m->row.last_seen = now;
	m->seen = h->publication;
	history_bits_begin(m, &figures, now);
	history_say(h, m, EVENT_APPEARED, now);
	history_touch(h, m);
}

static void
history_continue(struct history *h, struct history_model *m,
    const struct history_model_now *model, int64_t now)
{
	struct view_event_figures figures;

	history_figures(&figures, model);
	if (model->identity != 0 && model->identity != m->row.identity) {
		m->row.identity = model->identity;
		history_touch(h, m);
	}
	if ((m->row.state & HISTORY_PRESENT) == 0)
		history_return(h, m, &figures, now);
	else
		history_bits_note(h, m, &figures, now);
}

/* The state of a publication: models first, whose numbers then stay. */
static void
history_note_models(
    struct history *h, const struct history_model_now *models, size_t n, int64_t now)
{
	uint32_t *found = arena_array(h->scratch, n, sizeof(*found)), *went;
	struct history_newcomer *came = arena_array(h->scratch, n, sizeof(*came));
	size_t ncame = history_find(h, models, n, found, came), nwent;

	went = history_find_gone(h, &nwent);
	if (nwent > 0 && ncame > 0 && history_rename(h, went, nwent, came, ncame, now))
		history_index(h);
	history_part(h, went, nwent, now);
	history_reserve(h, h->n + ncame);
	for (size_t i = 0; i < ncame; i++)
		if (came[i].model != MAP_NONE)
			found[came[i].now - models] = came[i].model;
		else
			history_arrive(h, came[i].now, now);
	for (size_t i = 0; i < n; i++)
		if (found[i] != MAP_NONE)
			history_continue(h, &h->models[found[i]], &models[i], now);
}

bool
history_note(struct history *h, const struct history_model_now *models, size_t n,
    int64_t now, bool makes_events)
{
	if (now < 1)
		now = 1;
	if (now > VIEW_TIME_MAX)
		now = VIEW_TIME_MAX;
	h->makes_events = makes_events && h->meta.published_at != 0;
	h->models_went = false;
	h->publication++;
	h->scratch = arena_new();
	history_turn_back(h, now);
	history_note_models(h, models, n, now);
	h->meta.published_at = now;
	history_sample(h, now);
	history_event_rest(h, now);
	if (h->models_went || h->meta.sampled_at == now)
		history_forget(h, now);
	arena_free(&h->scratch);
	return h->dirty;
}

static void
history_believe(struct history_model *m, const struct view_event *e)
{
	uint32_t flag = e->flag < RISK_FLAG_MAX ? RISK_BIT(e->flag) : 0;

	switch ((enum event_kind)e->kind) {
	case EVENT_FLAG_SET:
		m->row.reported |= flag;
		break;
	case EVENT_FLAG_CLEARED:
		m->row.reported &= ~flag;
		break;
	case EVENT_AT_RISK:
		m->row.reported |= 1u << HISTORY_AT_RISK;
		break;
	case EVENT_RECOVERED:
		m->row.reported &= ~(1u << HISTORY_AT_RISK);
		break;
	case EVENT_CRITICAL:
		m->row.reported |= 1u << HISTORY_CRITICAL;
		break;
	default:
		return;
	}
	m->dirty = true;
}

/* What the leader left out it does not say later. */
static void
history_believe_many(struct history *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		if (h->models[i].row.reported != history_bits(&h->models[i].row.last)) {
			h->models[i].row.reported =
			    history_bits(&h->models[i].row.last);
			h->models[i].dirty = true;
		}
}

/* Ids follow the clock: one from far ahead would make all that come after it old. */
static uint64_t
history_id_most(const struct history *h)
{
	return (uint64_t)(h->meta.published_at + HISTORY_TURN) * 1000;
}

void
history_adopt_event(struct history *h, const struct view_event *e, const char *payload)
{
	struct history_event own = { e->id, e->at, e->since, e->kind, e->flag, e->count,
		{ payload + e->model.off, e->model.len },
		{ payload + e->former.off, e->former.len }, e->before, e->after };
	uint32_t model;

	if (e->id <= h->meta.last_id || e->id > history_id_most(h) ||
	    own.model.len > HISTORY_NAME_MAX || own.former.len > HISTORY_NAME_MAX)
		return;
	h->counts.events++;
	h->dirty = true;
	history_event_push(h, &own);
	model = map_find(&h->names, own.model);
	if (e->kind == EVENT_MANY)
		history_believe_many(h);
	else if (model != MAP_NONE)
		history_believe(&h->models[model], e);
}

void
history_deliver(struct history *h, uint64_t id)
{
	uint64_t most =
	    h->meta.last_id > HISTORY_DELIVERS ? h->meta.last_id : HISTORY_DELIVERS;

	if (id > most)
		id = most;
	if (id <= h->meta.delivered_id)
		return;
	h->meta.delivered_id = id;
	h->dirty = true;
}

uint64_t
history_delivered(const struct history *h)
{
	return h->meta.delivered_id;
}

uint64_t
history_last_id(const struct history *h)
{
	return h->meta.last_id;
}

int64_t
history_sampled(const struct history *h)
{
	return h->meta.sampled_at;
}

const struct history_counts *
history_count(const struct history *h)
{
	return &h->counts;
}
