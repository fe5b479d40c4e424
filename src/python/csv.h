/* Reading CSV: RFC 4180, and what is beyond it as Python's csv module does. Pure. */
#ifndef PYTHON_CSV_H
#define PYTHON_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

/* Cells of a row beyond these are passed over: a line of nothing but commas must not
 * cost sixteen times its length. */
#define CSV_CELLS_MAX 4096

/* Where a reader stands. */
struct csv {
	struct arena *arena;
	const char *p;
	const char *end;
	uint64_t line; /* of the row read last, from 1 */
	uint64_t next_line;
	struct str *cells; /* [ncells]: that row's, until the next one */
	size_t ncells;     /* 0: an empty line */
	size_t room;
};

/* The arena takes the cells' text where it is not in the document. */
void csv_init(struct csv *, struct str document, struct arena *);
/*
 * Reads the next row. Returns false at the end; no text is an error.
 *
 * Fields are separated by ',', rows by LF, CR or CRLF. A field that begins with '"'
 * runs to the next '"' that is not doubled, over separators and lines; what follows it
 * up to the separator is added as it stands. Elsewhere a '"' is an ordinary byte. A
 * quote that is never closed ends with the document. Blanks belong to the field.
 */
bool csv_row(struct csv *);

#endif
