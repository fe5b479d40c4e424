/*
 * One snapshot as a reader holds it: counted references, because answers that wait for
 * a slow client outlive its replacement; and what was made from it: preset bodies and
 * encoded answers.
 */
#ifndef READER_GENERATION_H
#define READER_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "http/date.h"
#include "http/response.h"
#include "payload/view.h"
#include "reader/blob.h"
#include "reader/cache.h"
#include "shm/snapshot.h"

/* The rows of a view that match a preset, put together once so that asking again costs
 * what the whole list costs. Immutable, counted. */
struct filtered {
	unsigned refs;
	struct blob *body;     /* owned: the complete one */
	size_t count;          /* body[0, count) is as body[0, count) of the view */
	size_t tail;           /* body[tail, len) follows the rows */
	struct view_row *rows; /* owned; offsets into the body */
	size_t nrows;
};

struct generation {
	unsigned refs;
	bool old;                  /* it has a successor: only answers need it */
	struct snapshot *snapshot; /* owned */
	const struct view_directory *directory;  /* in it */
	char modified[VIEW_MAX][HTTP_DATE_SIZE]; /* of the views, as a field value */
	struct filtered *filtered[VIEW_MAX][PRESET_MAX];
	size_t filtered_bytes;
	struct cache *coded;     /* encoded pages and presets: coding.h */
	struct cache *assembled; /* with-stats answers: with_stats_page.h */
};

/* Takes over the snapshot, with one reference. NULL: its form is not ours (it is then
 * released). */
struct generation *generation_new(struct snapshot *, enum category) MUST_CHECK;
/* Drops the caller's reference; void * so that it is an answer's release function. */
void generation_unref(void *);
/* Of an answer that owns a generation: what it pins. */
size_t generation_pinned(const void *);
/* Before another thread gets the last reference: lets go of what was made from it,
 * whose counts are this thread's. Nothing may be asked of it afterwards. */
void generation_strip(struct generation *);

/*
 * The rows of a view that match the preset, with a reference for the caller. Kept in
 * the generation as long as all kept ones together are no larger than its snapshot.
 */
struct filtered *generation_filter(
    struct generation *, enum view_kind, enum preset) MUST_CHECK;
void filtered_unref(void *);

static inline struct str
generation_span(const struct generation *g, struct view_span span)
{
	return (struct str){ g->snapshot->data + span.off, span.len };
}

#endif
