/*
 * One snapshot as a reader holds it: counted references, because answers that wait for
 * a slow client outlive its replacement; and the bodies that were made from it.
 */
#ifndef READER_GENERATION_H
#define READER_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "http/date.h"
#include "payload/view.h"
#include "reader/cache.h"
#include "reader/row_lengths.h"
#include "reader/row_lists.h"
#include "shm/snapshot.h"
#include "terms/part.h"

struct generation {
	unsigned refs;
	unsigned lent;             /* of them, those of bodies that are being encoded */
	_Atomic bool old;          /* it has a successor: only answers need it */
	struct snapshot *snapshot; /* owned */
	const struct view_directory *directory;  /* in it */
	char modified[VIEW_MAX][HTTP_DATE_SIZE]; /* of the views, as a field value */
	struct row_lists lists;
	struct row_lengths lengths;
	_Atomic uint64_t *asked; /* where the store notes what is asked for; or NULL */
	struct cache *made;      /* bodies; at most as many bytes as the snapshot has */
};

/* Takes over the snapshot, with one reference. NULL: its form is not ours (it is then
 * released). */
struct generation *generation_new(struct snapshot *, enum category) MUST_CHECK;
/* Drops the caller's reference; void * so that it is an answer's release function. */
void generation_unref(void *);
/* Of an answer that owns a generation: what it pins. */
size_t generation_pinned(const void *);
/* When it has a successor: lets go of what was made from it, and returns those bodies
 * that nobody else has, which any thread may free. Nothing may be asked of it
 * afterwards. */
struct cache *generation_strip(struct generation *) MUST_CHECK;

/* How old a part is, and whether it is there. */
static inline const struct part_stamp *
generation_stamp(const struct generation *g, enum snapshot_part part)
{
	return &g->snapshot->stamp.part[part];
}

static inline struct str
generation_span(const struct generation *g, struct view_span span)
{
	return (struct str){ g->snapshot->data + span.off, span.len };
}

#endif
