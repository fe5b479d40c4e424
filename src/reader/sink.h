/* Where the pieces of a body go: they are copied, or only counted, so that the length
 * that a HEAD is told is that of the body by construction. */
#ifndef READER_SINK_H
#define READER_SINK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

struct sink {
	struct buf *out; /* NULL: only counted */
	size_t len;
};

static inline void
sink_put(struct sink *k, struct str piece)
{
	if (k->out != NULL)
		buf_add(k->out, piece.p, piece.len);
	k->len += piece.len;
}

#endif
