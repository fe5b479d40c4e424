/* Files of the page and their lines. embed only: what is wrong ends it. */
#ifndef DASHBOARD_SOURCE_H
#define DASHBOARD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

struct source {
	const char *path; /* borrowed */
	struct buf text;
};

/* A walk through lines. Zero-initialise but for `rest`, which is the text. */
struct source_walk {
	struct str rest;
	struct str line;    /* without its newline and its trailing blanks */
	struct str trimmed; /* without its indentation as well */
	size_t number;      /* from 1 */
};

/* Says "PATH:LINE: ..." and ends the process. */
void source_fail(const struct source *, size_t line, const char *fmt, ...)
    PRINTF_LIKE(3, 4) __attribute__((noreturn));

/*
 * Reads the file at s->path. It is UTF-8 without control characters but tab and newline
 * (browsers change a carriage return before they hash), and but for the document has
 * nothing that would end its element of the page; a comment in a script, which begins
 * with "<!--", can hide that end if there is a start in it. No line is one of git's
 * marks of a conflict.
 */
void source_read(struct source *s);

/* Takes the next line; false: there is none. */
bool source_next(struct source_walk *) MUST_CHECK;

/* Whether s begins with `from` and ends with `to`; then *between is what is there. */
bool source_between(
    struct str s, const char *from, const char *to, struct str *between) MUST_CHECK;

/* The file of that path below the folder of the first one, e.g. "uplot/uPlot.css";
 * NULL: there is none. */
struct source *source_find(struct source *, size_t n, struct str path) MUST_CHECK;

#endif
