/* What a process takes of the machine, for the metrics: readers may not look.
 * Supervisor only. */
#ifndef SUPERVISOR_USAGE_H
#define SUPERVISOR_USAGE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct counters;

/* Seconds between two looks: each costs some calls a process. */
#define USAGE_INTERVAL 10

struct usage {
	int64_t cpu;              /* processor time of all its threads, nanoseconds */
	uint64_t resident;        /* bytes of memory, what it shares included */
	uint64_t descriptors_max; /* that it may have open; 0: no limit, or not told */
};

/* Reads /proc/PID/FILE (proc(5)), a text shorter than size, and terminates it. Returns
 * 0, or -1 if there is none, or it is hidden. */
int usage_text(pid_t pid, const char *file, char *text, size_t size) MUST_CHECK;
/* Returns 0, or -1 if nothing is known of that process. */
int usage_read(pid_t pid, struct usage *out) MUST_CHECK;
/* Writes what is known of a process into the counters of its slot; pid 0: there is no
 * process, which takes nothing. How many descriptors it has open another process counts
 * itself (proc_child_beat()). */
void usage_note(struct counters *, pid_t pid);

#endif
