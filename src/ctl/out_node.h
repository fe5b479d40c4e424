/* What was told to out.h, as a tree, for those who print it. Private to out*.c. */
#ifndef CTL_OUT_NODE_H
#define CTL_OUT_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/out.h"

enum out_kind {
	OUT_VALUE,
	OUT_NOTE,
	OUT_SAID, /* a sentence with a heading */
	OUT_GROUP,
	OUT_LINE, /* a group that is shown in running lines */
	OUT_ROWS, /* a list of groups: a table */
	OUT_ROW,
	OUT_TEXTS, /* a list of texts */
};

/* All of it lies in the arena of its stream. */
struct out_node {
	enum out_kind kind;
	const char *key;    /* NULL: a row, an item, a note */
	const char *title;  /* NULL: not on a screen */
	const char *json;   /* of a value: its token; NULL: on a screen only */
	const char *screen; /* of a value or a note: its words */
	enum out_mark mark;
	const struct out_column *column; /* of a table */
	size_t ncolumns;
	struct out_node *parent, *first, *last, *next;
};

struct out {
	const struct ctl *ctl;
	FILE *file;
	struct arena *arena;
	struct out_node *root, *open; /* open: what children are added to */
	enum out_mark mark;           /* of the next value */
	struct buf buf;               /* for who makes a text */
};

/* The most that each of n columns may have of the room: who needs less leaves the rest
 * to the others. SIZE_MAX: there is room for all. */
size_t out_share(const size_t *needs, size_t n, size_t room);
/* Appends what the document is on a screen of so many columns. */
void out_screen(const struct out *, size_t width, struct buf *);
/* The same in a line of JSON, and in lines of KEY=VALUE. */
void out_json(const struct out_node *, struct buf *);
void out_keyvalue(const struct out_node *, struct buf *);

#endif
