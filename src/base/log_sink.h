/*
 * A file or standard error as the place of log lines: it is never waited for. A pipe
 * that nobody empties, a FIFO without a reader, a terminal that was stopped, a full
 * disk: the line is lost, and the caller is told.
 */
#ifndef BASE_LOG_SINK_H
#define BASE_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* With one byte more, lines of several processes would mix in a pipe: PIPE_BUF. */
#define LOG_SINK_LINE_MAX 4096

enum log_sink_kind {
	LOG_SINK_WRITE, /* write(2) does not wait */
	LOG_SINK_SEND,  /* a socket */
	LOG_SINK_POLL,  /* write(2) would wait: it must be ready first */
};

struct log_sink {
	int fd;
	enum log_sink_kind kind;
	bool torn; /* the last line was cut off: the next one must begin a new one */
};

/* Standard error as the starter left it. O_NONBLOCK belongs to the open file
 * description, which others may share: so a pipe or a terminal is opened anew, and if
 * that is not allowed, polled before each line. */
void log_sink_stderr(struct log_sink *);

/* Writes a line of at most LOG_SINK_LINE_MAX bytes with its '\n'. Returns 0, or -1 with
 * errno if it was not taken whole. */
int log_sink_put(struct log_sink *, const char *line, size_t len) MUST_CHECK;

/* Closes what was opened; standard error itself stays. */
void log_sink_close(struct log_sink *);

#endif
