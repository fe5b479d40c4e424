/* The name in brackets may hold blanks and brackets: fields are counted from the last.
 */
#include "ctl/process_stat.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

int
process_stat_parse(const char *stat, struct process_stat *out)
{
	const char *after = strrchr(stat, ')');
	uint64_t user, system, pages;
	int parent;

	if (after == NULL ||
	    sscanf(after,
		") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
		" %*d %*d %*d %*d %*d %*d %*u %*u %" SCNu64,
		&out->state, &parent, &user, &system, &pages) != 5)
		return -1;
	out->parent = parent;
	out->ran = (int64_t)(user + system) * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK));
	out->resident = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int
process_stat_read(pid_t pid, struct process_stat *out)
{
	char path[32], text[1024];
	ssize_t n;
	int fd;

	if (pid <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	return process_stat_parse(text, out);
}

const char *
process_stat_word(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
	case 'I':
		return "sleeping";
	case 'D':
		return "waits for a disk";
	case 'T':
		return "stopped";
	case 't':
		return "traced";
	case 'Z':
	case 'X':
		return "has ended";
	default:
		return "?";
	}
}
