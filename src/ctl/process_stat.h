/* A process as the kernel sees it now (/proc/PID/stat, proc(5)): also one that hangs,
 * or whose supervisor does, and that says nothing of itself any more. */
#ifndef CTL_PROCESS_STAT_H
#define CTL_PROCESS_STAT_H

#include <sys/types.h>

#include <stdint.h>

#include "base/attr.h"

struct process_stat {
	char state; /* 'R', 'S', 'D', 'T' (stopped), 'Z', ... */
	pid_t parent;
	int64_t ran;       /* processor time, nanoseconds */
	uint64_t resident; /* bytes of memory */
};

/* Returns 0, or -1: there is no such process, or it may not be looked at. */
int process_stat_read(pid_t, struct process_stat *) MUST_CHECK;
/* The same of the text of such a file. Returns 0, or -1. Pure but for the units of the
 * machine. */
int process_stat_parse(const char *stat, struct process_stat *) MUST_CHECK;

/* "running", "stopped", ...; "?" of one that is not known. */
const char *process_stat_word(char state);

#endif
