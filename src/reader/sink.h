/* Where the pieces of a row go: into a window onto the row, so that a long one is made
 * bit by bit; or they are only counted, so that a length is that of the text by
 * construction. */
#ifndef READER_SINK_H
#define READER_SINK_H

#include <stddef.h>
#include <string.h>

#include "base/str.h"

struct sink {
	char *to;    /* NULL: only counted */
	size_t skip; /* bytes of the row before the window */
	size_t room; /* bytes of the window */
	size_t len;  /* of the row */
};

static inline void
sink_put(struct sink *k, struct str piece)
{
	k->len += piece.len;
	if (k->to == NULL)
		return;
	if (piece.len <= k->skip) {
		k->skip -= piece.len;
		return;
	}
	piece = str_from(piece, k->skip);
	k->skip = 0;
	if (piece.len > k->room)
		piece.len = k->room;
	memcpy(k->to, piece.p, piece.len);
	k->to += piece.len;
	k->room -= piece.len;
}

#endif
