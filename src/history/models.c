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

/* Beyond what is needed by a little: a model takes a kilobyte and a half. */
void
history_reserve(struct history *h, size_t n)
{
	uint32_t room;

	if (n <= h->room)
		return;
	room = (uint32_t)(n + n / 64 + HISTORY_ROOM);
	h->models = xreallocarray(h->models, room, sizeof(*h->models));
	history_columns_grow(h, room);
	h->room = room;
	history_index(h);
}

struct history_model *
history_add_model(struct history *h, struct str name)
{
	struct history_model *m;

	history_reserve(h, (size_t)h->n + 1);
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
	map_init(&h->names, h->arena, 0, h->room);
	for (uint32_t i = 0; i < h->n; i++)
		map_intern(&h->names, h->models[i].row.name);
}

static int
history_later(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static bool
history_is_there(const struct history_model *m)
{
	return (m->row.state & HISTORY_PRESENT) != 0;
}

/* Names that change with each publication must not fill the memory: of what went, no
 * more is kept than there is, or a number that nobody comes to in honesty. Returns
 * since when models that went are kept. */
static int64_t
history_gone_since(struct history *h)
{
	int64_t *gone = arena_array(h->scratch, h->n, sizeof(*gone));
	size_t n = 0, most;

	for (uint32_t i = 0; i < h->n; i++)
		if (!history_is_there(&h->models[i]))
			gone[n++] = h->models[i].row.last_seen;
	most = h->n - n > h->rule.gone_max ? h->n - n : h->rule.gone_max;
	if (n <= most || most == 0)
		return 0;
	qsort(gone, n, sizeof(*gone), history_later);
	return gone[most - 1];
}

/* Those that nobody could record are left out: after a restart they are there again,
 * and go again. */
void
history_forget_id(struct history *h, uint64_t id)
{
	if (h->forgotten.len < HISTORY_FORGOTTEN_MAX * sizeof(id))
		buf_add(&h->forgotten, &id, sizeof(id));
}

static uint32_t
history_drop(struct history *h, int64_t before)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		struct history_model *m = &h->models[i];

		if (!history_is_there(m) && m->row.last_seen < before) {
			history_forget_id(h, m->row.id);
			history_text_free(&m->row.name);
			continue;
		}
		if (kept < i) {
			h->models[kept] = *m;
			history_columns_move(h, i, kept);
		}
		kept++;
	}
	return kept;
}

void
history_forget(struct history *h, int64_t now)
{
	int64_t before = now - h->rule.days * HISTORY_DAY;
	int64_t since = history_gone_since(h);
	uint32_t kept = history_drop(h, since > before ? since : before);

	if (kept == h->n)
		return;
	history_columns_clear(h, kept, h->n);
	h->n = kept;
	h->counts.models = kept;
	history_index(h);
	h->dirty = true;
}
