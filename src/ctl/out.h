/*
 * What a command prints: one stream of named values, which becomes a screen for people,
 * JSON, or lines of KEY=VALUE for scripts. Nothing is printed before out_close(), so
 * that a command that fails half way has printed nothing, and columns fit.
 *
 * JSON is one object a document, on one line: {"schema":"hydratorctl/status/1",
 * ...}; its members are what doc/hydratorctl-schema.json says. KEY=VALUE has the path
 * of the same members, "processes.0.role=reader", a list's length as "processes.n=2",
 * null as nothing behind '='; a control character, a backslash in a text is escaped as
 * in JSON. On a screen groups have headings and lists are tables.
 *
 * Texts may be of strangers: whatever their bytes are, they end no line and command no
 * terminal (log_defuse()), and JSON is valid. No call fails; memory that is out ends
 * the program.
 */
#ifndef CTL_OUT_H
#define CTL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct buf;
struct ctl;

enum out_format {
	OUT_TABLE,
	OUT_JSON,
	OUT_KEYVALUE,
};

/* How a value is shown on a screen in colour. */
enum out_mark {
	OUT_PLAIN,
	OUT_GOOD,
	OUT_WARN,
	OUT_BAD,
	OUT_DIM,
};

/* Of columns. */
#define OUT_RIGHT 1u  /* numbers */
#define OUT_CUT 2u    /* may be cut to what room there is, … or ~ at its end */
#define OUT_SPARE 4u  /* left out on a screen that is too narrow for all */
#define OUT_HIDDEN 8u /* never on a screen */

struct out_column {
	const char *key;   /* of the member */
	const char *title; /* its heading, "AGE" */
	unsigned flags;
};

struct out;

/* command "status" and version 1 make the schema "hydratorctl/status/1". ctl and file
 * are borrowed until out_close(). */
struct out *out_open(const struct ctl *, FILE *, const char *command, int version);
/* Prints it all, flushes and frees. Sets *out to NULL. A broken pipe ends the program
 * by its signal; another failure to write is said and ends it with EX_IOERR. */
void out_close(struct out **out);

/*
 * An object; in the document itself, or in another group, or in a row (there JSON and
 * KEY=VALUE have it, and no screen). On a screen title is its heading, under which each
 * value has its line; NULL: no heading.
 */
void out_group(struct out *, const char *key, const char *title);
/* The same, but on a screen its values follow one another on as many lines as they
 * need: "Daemon  version 1.2, pid 812, up 3 d". */
void out_line(struct out *, const char *key, const char *title);
void out_group_end(struct out *);

/* A list of objects. In a row it is in JSON and KEY=VALUE alone. Columns are borrowed
 * until out_close(); a value whose key is no column is on no screen. */
void out_table(struct out *, const char *key, const char *title,
    const struct out_column *, size_t n);
void out_row(struct out *); /* begins the next one */
void out_table_end(struct out *);

/* A list of texts: on a screen a line each, under title. */
void out_list(struct out *, const char *key, const char *title);
void out_item(struct out *, const char *text);
void out_list_end(struct out *);

/* The next value is shown so. */
void out_mark(struct out *, enum out_mark);

/*
 * Values. title names it on a screen; NULL: it is not there, unless it is a cell of a
 * table, whose column names it.
 */
/* NULL: null, on a screen "-". */
void out_string(struct out *, const char *key, const char *title, const char *);
void out_text(
    struct out *, const char *key, const char *title, const char *, size_t len);
void out_int(struct out *, const char *key, const char *title, int64_t);
void out_count(struct out *, const char *key, const char *title, uint64_t);
/* Not finite: null. On a screen with so many digits that it is readable. */
void out_number(struct out *, const char *key, const char *title, double);
void out_bool(struct out *, const char *key, const char *title, bool); /* yes, no */
void out_null(struct out *, const char *key, const char *title);
/* A number of bytes; on a screen "2.4 MiB". */
void out_bytes(struct out *, const char *key, const char *title, uint64_t);
/* Nanoseconds; a number of seconds, on a screen "3 min 20 s". Negative: null. */
void out_span(struct out *, const char *key, const char *title, int64_t nsec);
/* clock_wall(); RFC 3339, on a screen "2026-11-29 20:15:01Z". 0: null, "-". */
void out_time(struct out *, const char *key, const char *title, int64_t wall);
/* On a screen only: a text that is a cell of the column key, or is named by title; both
 * as for values. */
void out_show(struct out *, const char *key, const char *title, const char *);
/* On a screen only, as it stands but for what log_defuse() takes out. */
void out_note(struct out *, const char *text);
/* On a screen only: a sentence in as many lines as it needs, with a heading before it,
 * which is marked if a mark is set: "degraded  blip is empty: ...". */
void out_say(struct out *, const char *heading, const char *text);

/* The words of a screen, for sentences: append to a buffer. */
void out_put_bytes(struct buf *, uint64_t);
void out_put_span(struct buf *, int64_t nsec); /* two units at most: "2 d 3 h" */
void out_put_time(struct buf *, int64_t wall);

/* Columns of standard output: of the terminal, else of COLUMNS, else none: a large
 * number, nothing is cut. */
size_t out_width(const struct ctl *);
/* Its lines in the same way, of LINES. */
size_t out_height(const struct ctl *);
/* Whether the locale's characters are all there are; else nothing but ASCII is drawn.
 */
bool out_is_unicode(void);

#endif
