/* Writing the views of a payload (view.h). Pure. */
#ifndef ANALYTICS_VIEW_WRITE_H
#define ANALYTICS_VIEW_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "risk.h"
#include "view.h"

/* Begins a payload in an empty buffer: its directory, without any view. */
void view_begin_payload(struct buf *, enum category);
/* The directory of the payload under construction, until the buffer grows. */
struct view_directory *view_directory_of(struct buf *);
/* Gives a category the same view under another name. */
void view_alias(struct buf *, enum view_kind from, enum view_kind to);

/* What was appended since the buffer had the length off. */
static inline struct view_span
view_span_since(const struct buf *out, uint64_t off)
{
	return (struct view_span){ off, out->len - off };
}

/* Appends zeros up to a multiple of 8. */
void view_align(struct buf *);

/* A deletion-risk view under construction. */
struct risk_view {
	struct buf *out;
	struct view view;
	struct view_row *rows; /* borrowed from the arena */
	struct summary all;
	struct summary by_preset[PRESET_MAX];
	int64_t total_month;
};

/* total_count is what an unpaged answer says; nrows rows follow. */
void risk_view_begin(struct risk_view *, struct buf *, const struct risk_terms *,
    uint32_t total_count, uint32_t nrows, struct arena *);
/* Call before and after a row's JSON was appended to the buffer. */
void risk_view_open_row(struct risk_view *);
void risk_view_close_row(struct risk_view *, const struct risk *);
/* Completes the view and enters it in the directory. */
void risk_view_end(struct risk_view *, enum view_kind);

/* Writes a statistics view. */
struct statistics;
void statistics_view_write(
    struct buf *, const struct statistics *, int64_t computed_at, enum view_kind);

#endif
