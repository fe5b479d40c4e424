/* The events of a history: a ring of the last ones. */
#include "history/state.h"

#include <stdlib.h>

static struct history_event *
history_event_slot(const struct history *h, size_t i)
{
	return &h->events[(h->first_event + i) % h->events_room];
}

const struct history_event *
history_event_at(const struct history *h, size_t i)
{
	return history_event_slot(h, i);
}

static void
history_event_clear(struct history_event *e)
{
	history_text_free(&e->model);
	history_text_free(&e->former);
}

static void
history_event_evict(struct history *h)
{
	struct history_event *oldest = history_event_slot(h, 0);

	if (oldest->id > h->recorded_id && oldest->id > h->handed_id)
		h->counts.events_lost++;
	h->forgotten_id = oldest->id;
	history_event_clear(oldest);
	h->first_event = (h->first_event + 1) % h->events_room;
	h->nevents--;
}

void
history_event_push(struct history *h, const struct history_event *e)
{
	struct history_event *own;

	if (h->nevents == h->events_room)
		history_event_evict(h);
	own = history_event_slot(h, h->nevents++);
	*own = *e;
	own->model = own->former = (struct str){ NULL, 0 };
	history_text_set(&own->model, e->model);
	history_text_set(&own->former, e->former);
	if (e->id > h->meta.last_id)
		h->meta.last_id = e->id;
}

/* Ids rise over restarts, lost databases and machines: they follow the clock, unless
 * that is behind the last one. */
static void
history_event_append(struct history *h, struct history_event *e, int64_t now)
{
	uint64_t least = (uint64_t)now * 1000;

	e->at = now;
	e->id = h->meta.last_id + 1 > least ? h->meta.last_id + 1 : least;
	h->counts.events++;
	h->dirty = true;
	history_event_push(h, e);
}

void
history_event_make(struct history *h, struct history_event *e, int64_t now)
{
	if (!h->makes_events)
		return;
	if (h->burst == h->rule.burst_max) {
		h->left_out++;
		return;
	}
	h->burst++;
	history_event_append(h, e, now);
}

void
history_event_rest(struct history *h, int64_t now)
{
	struct history_event e = { .since = now,
		.kind = EVENT_MANY,
		.flag = UINT32_MAX,
		.count = h->left_out };

	if (h->left_out > 0)
		history_event_append(h, &e, now);
	h->left_out = 0;
	h->burst = 0;
}

uint64_t
history_forgotten(const struct history *h)
{
	return h->forgotten_id;
}

const struct history_event *
history_event_after(const struct history *h, uint64_t id)
{
	size_t low = 0, high = h->nevents, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (history_event_slot(h, middle)->id <= id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < h->nevents ? history_event_slot(h, low) : NULL;
}

void
history_events_free(struct history *h)
{
	for (size_t i = 0; i < h->nevents; i++)
		history_event_clear(history_event_slot(h, i));
	free(h->events);
}
