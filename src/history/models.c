/* The models of a history: found by name, added, and forgotten once long gone. */
#include "history/state.h"

#include <stdlib.h>

#define HISTORY_ROOM 64

static int64_t
history_natural(int64_t n)
{
	return n < 0 ? 0 : n;
}

void
history_figures(struct view_event_figures *f, const struct history_model_now *now)
{
	for (int i = 0; i < 3; i++)
		f->usage[i] = history_natural(now->usage[i]);
	f->workers = history_natural(now->workers);
	f->flags = now->flags & (RISK_BIT(RISK_FLAG_MAX) - 1);
	f->marks = now->marks & FIGURES_MARKS;
}

uint32_t
history_bits(const struct view_event_figures *f)
{
	return f->flags | (f->flags != 0 ? 1u << HISTORY_AT_RISK : 0) |
	       ((f->marks & FIGURES_CRITICAL) != 0 ? 1u << HISTORY_CRITICAL : 0);
}

void
history_touch(struct history *h, struct history_model *m)
{
	m->dirty = true;
	h->dirty = true;
}

void
history_text_set(struct str *own, struct str text)
{
	char *p = text.len > 0 ? xmalloc(text.len) : NULL;

	if (text.len > 0)
		memcpy(p, text.p, text.len);
	history_text_free(own);
	*own = (struct str){ p, text.len };
}

void
history_text_free(struct str *own)
{
	free((void *)(uintptr_t)own->p);
	*own = (struct str){ NULL, 0 };
}

/* By a half: the pages of what is not in use yet are not there either. */
static void
history_grow(struct history *h)
{
	uint32_t room = h->room < HISTORY_ROOM ? HISTORY_ROOM : h->room + h->room / 2;

	h->models = xreallocarray(h->models, room, sizeof(*h->models));
	history_columns_grow(h, room);
	h->room = room;
}

struct history_model *
history_add_model(struct history *h, struct str name)
{
	struct history_model *m;

	if (h->n == h->room)
		history_grow(h);
	m = &h->models[h->n++];
	*m = (struct history_model){ .dirty_day = INT64_MAX };
	history_text_set(&m->row.name, name);
	map_intern(&h->names, m->row.name);
	h->counts.models = h->n;
	return m;
}

void
history_index(struct history *h)
{
	arena_reset(h->arena);
	map_init(&h->names, h->arena, 0, h->n);
	for (uint32_t i = 0; i < h->n; i++)
		map_intern(&h->names, h->models[i].row.name);
}

void
history_expire(struct history *h, int64_t before)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		struct history_model *m = &h->models[i];

		if ((m->row.state & HISTORY_PRESENT) == 0 &&
		    m->row.last_seen < before) {
			history_text_free(&m->row.name);
			continue;
		}
		if (kept < i) {
			h->models[kept] = *m;
			history_columns_move(h, i, kept);
		}
		kept++;
	}
	if (kept == h->n)
		return;
	history_columns_clear(h, kept, h->n);
	h->n = kept;
	h->counts.models = kept;
	history_index(h);
	h->dirty = true;
}
