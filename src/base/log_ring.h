/*
 * The last warnings and errors of a process, in memory that others may read while it
 * lives and after it: a log that somebody can ask for when the log is far away. Written
 * by any thread, also by several processes, of which none ever waits; a line that was
 * not finished, or overtaken while it was read, is missing.
 */
#ifndef BASE_LOG_RING_H
#define BASE_LOG_RING_H

#include <sys/types.h>

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_RING_LINES 64
#define LOG_RING_TEXT 240 /* bytes of a line, with its NUL; the rest is cut off */
/* Of a record: number, time, level and pid, text, checksum. */
#define LOG_RING_WORDS (3 + LOG_RING_TEXT / 8 + 1)

/* Zeroed: empty. Its form is in doc/segment-format.md. */
struct log_ring {
	_Atomic uint64_t last; /* number of the line that was begun last */
	_Atomic uint64_t record[LOG_RING_LINES][LOG_RING_WORDS];
};

struct log_ring_line {
	uint64_t number; /* counted from 1 in its ring */
	int64_t wall;    /* clock_wall() */
	int level;       /* LOG_ERR or LOG_WARNING */
	pid_t pid;       /* whose line it is: a predecessor's stay */
	char text[LOG_RING_TEXT];
};

/* level: LOG_ERR or LOG_WARNING; text is as log_defuse() leaves it. */
void log_ring_put(struct log_ring *, int level, const char *text, size_t len);
/* Copies the lines that are whole, oldest first, and returns how many. Whatever a
 * writer did, times are such that differences do not overflow, and texts are terminated
 * and as log_defuse() leaves them. */
size_t log_ring_read(const struct log_ring *, struct log_ring_line[LOG_RING_LINES]);
/* Puts into one ring, with their times and pids, what came into another since the last
 * call, of which told (0 before the first) keeps the record. */
void log_ring_fold(struct log_ring *to, const struct log_ring *from, uint64_t *told);

#endif
