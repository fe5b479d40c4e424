/* The forms of a log line, as text and as JSON. */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct log_head {
	int prio;         /* LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG */
	const char *proc; /* "supervisor", "reader 0": a name of ours */
	bool journal;     /* "<4>" in place of the time, which the journal knows */
};

/* Both write a line without its end into size bytes, and cut text off where it does not
 * fit. text is as log_defuse() leaves it. Return the bytes written; no '\0' follows. */

/* TIME PROC[PID]: LEVEL: TEXT, the time as RFC 3339 has it, in UTC; no level of
 * LOG_INFO and LOG_DEBUG. */
size_t log_line_text(
    char *line, size_t size, const struct log_head *, const char *text, size_t len);

/* An object (RFC 8259) with time, level, process, pid and message. It is whole, and its
 * strings are UTF-8, also where text was cut off; size: 256 or more. */
size_t log_line_json(
    char *line, size_t size, const struct log_head *, const char *text, size_t len);

#endif
