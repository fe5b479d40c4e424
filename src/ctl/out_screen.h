/* A screen while it is written. Private to out*.c. */
#ifndef CTL_OUT_SCREEN_H
#define CTL_OUT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ctl/out_node.h"

#define OUT_SGR_BOLD "\033[1m"

struct out_screen {
	const struct out *out;
	size_t width;
	bool padded; /* for people; else for programs that read lines */
	struct buf *buf;
};

/* The sequence that begins text of that mark on a terminal; NULL: none does. */
const char *out_screen_sgr(enum out_mark);
/* Columns that a text takes; of one that the locale cannot say, its bytes. */
size_t out_screen_width(const char *text);
/* Appends a text, or if it takes more columns than these (at least one) its beginning
 * and an ellipsis, of ASCII where the locale has no other. */
void out_screen_cut(const char *text, size_t columns, struct buf *);
/* Appends the rows of a table under its headings. */
void out_grid(const struct out_screen *, const struct out_node *table);

#endif
