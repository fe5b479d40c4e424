/* The ring of messages. */
#include "http/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define RING_LEAST 16

static struct feed_entry **
feed_slot(const struct feed *f, uint64_t number)
{
	return &f->ring[number & (f->size - 1)];
}

static void
feed_grow(struct feed *f)
{
	struct feed old = *f;
	uint64_t i;

	f->size = old.size > 0 ? 2 * old.size : RING_LEAST;
	f->ring = xcalloc(f->size, sizeof(*f->ring));
	for (i = f->first; i < f->next; i++)
		*feed_slot(f, i) = *feed_slot(&old, i);
	free(old.ring);
}

void
feed_add(struct feed *f, const struct http_message *m)
{
	struct feed_entry *e = xmalloc(sizeof(*e) + m->text.len);
	char *text = (char *)(e + 1);

	if (f->next - f->first == f->size)
		feed_grow(f);
	memcpy(text, m->text.p, m->text.len);
	e->message = *m;
	e->message.text.p = text;
	f->bytes += m->text.len;
	*feed_slot(f, f->next++) = e;
}

void
feed_trim(struct feed *f, size_t bytes)
{
	struct feed_entry *e;

	while (f->bytes > bytes) {
		e = *feed_slot(f, f->first++);
		f->bytes -= e->message.text.len;
		free(e);
	}
	if (f->first < f->next)
		return;
	free(f->ring);
	f->ring = NULL;
	f->size = 0;
}

bool
feed_has_lost(const struct feed *f, const struct feed_place *p)
{
	return p->at < f->first;
}

static bool
is_for(const struct http_message *m, const struct feed_place *p)
{
	return (m->topics & p->topics) != 0 && (m->id == 0 || m->id > p->after);
}

const struct http_message *
feed_find(const struct feed *f, struct feed_place *p)
{
	const struct http_message *m;

	if (feed_has_lost(f, p))
		return NULL;
	for (; p->at < f->next; p->at++) {
		m = &(*feed_slot(f, p->at))->message;
		if (is_for(m, p))
			return m;
	}
	return NULL;
}
