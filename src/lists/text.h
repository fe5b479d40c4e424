/* Laying out the rows of a view as text of another format than JSON (struct view_text).
 * Pure. Hydrators. */
#ifndef LISTS_TEXT_H
#define LISTS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "payload/view.h"

/*
 * A text under construction, apart from the payload, whose names and figures it is made
 * of and which moves when it grows:
 *
 *   list_text_begin()      the caller appends what stands before the rows
 *   for each row: list_text_row(), then the caller's text with its line end
 *   list_text_end()        the caller appends what stands behind the rows
 *   list_text_enter()
 *
 * What tells only the time is appended after list_text_end(): the tag leaves it out, as
 * that of the view does.
 */
struct list_text {
	struct buf out;
	uint64_t *rows; /* where in it each begins; owned */
	uint32_t n;
	uint64_t etag;
};

/* For at most nrows rows. */
void list_text_begin(struct list_text *, uint32_t nrows);
void list_text_row(struct list_text *);
void list_text_end(struct list_text *);
/* A foot of Markdown, behind list_text_end(): what the table is of, and of when. A page
 * has other numbers than the whole, so nothing is counted in it. */
void list_text_foot(struct list_text *, struct buf *payload);
/* Appends it to the payload as that view's, which has as many rows, and frees it. */
void list_text_enter(
    struct list_text *, struct buf *payload, enum view_kind, enum view_format);
/* Frees it instead. */
void list_text_drop(struct list_text *);

#endif
