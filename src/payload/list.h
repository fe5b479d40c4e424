/* Laying out lists in a payload. Pure. Hydrators. */
#ifndef PAYLOAD_LIST_H
#define PAYLOAD_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "payload/view.h"
#include "terms/category.h"

/*
 * A list view under construction, laid out as a deletion-risk body (payload/view.h).
 * In this order:
 *
 *   payload_list_begin()        {"category":C,
 *   the caller, any number      "KEY":VALUE,       each with the comma behind it
 *   payload_list_begin_rows()   "total_count":T,"returned_count":N,"offset":0,
 *                               "limit":null,"KEY":[
 *   for each row: payload_list_open_row(), the caller's text, payload_list_close_row()
 *   payload_list_end()          ]}
 *
 * What of the body tells only the time is said by payload_list_omit(), at once.
 */
struct payload_list {
	struct buf *out;
	struct view view;      /* figures and such may be set until the end */
	struct view_row *rows; /* the caller's, room for all */
	size_t hashed;         /* the tag is of all before */
};

/* rows: room for every row, the caller's until the end. */
void payload_list_begin(
    struct payload_list *, struct buf *out, enum category, struct view_row *rows);
/* The tag leaves out what was appended since the buffer had the length off: the same
 * content has the same tag whenever it is printed. */
void payload_list_omit(struct payload_list *, size_t off);
/* key: of the array, without quotes. total: total_count of the whole list; nrows rows
 * follow. */
void payload_list_begin_rows(
    struct payload_list *, const char *key, uint64_t total, uint32_t nrows);
void payload_list_open_row(struct payload_list *);
/* presets: the set that the row belongs to, bit 1 << enum preset. */
void payload_list_close_row(struct payload_list *, uint32_t presets);
/* Completes the view and enters it in the directory. */
void payload_list_end(struct payload_list *, enum view_kind);
/*
 * The same in steps, for tails of one's own: text appended between the first two stands
 * between `]` and `}`; after the second, view.presets[] may get other tails, which are
 * appended meanwhile; the third enters the view.
 */
void payload_list_begin_tail(struct payload_list *);
void payload_list_end_tail(struct payload_list *);
void payload_list_enter(struct payload_list *, enum view_kind);

#endif
