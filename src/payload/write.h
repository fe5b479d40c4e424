/*
 * Beginning a payload, and finding one's way in it while it grows. Who adds views to a
 * payload that is complete does so before it gets encoded forms (payload/encode.h),
 * which end it, and seals it again. Pure. Hydrators.
 */
#ifndef PAYLOAD_WRITE_H
#define PAYLOAD_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "payload/view.h"

/* Begins a payload in an empty buffer: its directory, without any view. */
void payload_begin(struct buf *, enum category);
/* The directory of the payload under construction, until the buffer grows. */
struct view_directory *payload_directory(struct buf *);
/* Gives a category the same view under another name. */
void payload_alias(struct buf *, enum view_kind from, enum view_kind to);

/* Enters its length in the directory: what was appended is part of it. */
void payload_seal(struct buf *);

/* What was appended since the buffer had the length off. */
static inline struct view_span
payload_since(const struct buf *out, uint64_t off)
{
	return (struct view_span){ off, out->len - off };
}

/* Appends zeros up to a multiple of 8. */
void payload_align(struct buf *);
/* Appends a table of size bytes, aligned, and returns its offset. */
uint64_t payload_table(struct buf *, const void *table, size_t size);

/* Appends the index of names for view_find(): VIEW_RISK is there, and has figures. */
void payload_index_names(struct buf *);

#endif
