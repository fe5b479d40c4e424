/* From proc(5) to the pages of counters. */
#include "supervisor/usage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/child.h"
#include "shm/counters.h"

int
usage_text(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	return 0;
}

/* The name may hold blanks and brackets, so what follows its last bracket is read:
 * fields 14 and 15 are clock ticks, field 24 pages. */
static int
usage_parse(const char *stat, struct usage *out)
{
	const char *after = strrchr(stat, ')');
	uint64_t user, system, pages;

	if (after == NULL ||
	    sscanf(after,
		") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
		" %*d %*d %*d %*d %*d %*d %*u %*u %" SCNu64,
		&user, &system, &pages) != 3)
		return -1;
	out->cpu = (int64_t)(user + system) * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK));
	out->resident = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static uint64_t
usage_descriptors_max(pid_t pid)
{
	static const char row[] = "Max open files";
	char limits[4096];
	const char *at;
	uint64_t max;

	if (usage_text(pid, "limits", limits, sizeof(limits)) == -1 ||
	    (at = strstr(limits, row)) == NULL ||
	    sscanf(at + sizeof(row) - 1, "%" SCNu64, &max) != 1)
		return 0;
	return max;
}

int
usage_read(pid_t pid, struct usage *out)
{
	char stat[1024];

	if (usage_text(pid, "stat", stat, sizeof(stat)) == -1 ||
	    usage_parse(stat, out) == -1)
		return -1;
	out->descriptors_max = usage_descriptors_max(pid);
	return 0;
}

void
usage_note(struct counters *c, pid_t pid)
{
	struct usage u = { 0 };

	if (pid != 0 && usage_read(pid, &u) == -1)
		return;
	atomic_store_explicit(&c->cpu, u.cpu, memory_order_relaxed);
	atomic_store_explicit(&c->resident, u.resident, memory_order_relaxed);
	atomic_store_explicit(
	    &c->descriptors_max, u.descriptors_max, memory_order_relaxed);
	if (pid == 0 || pid == getpid())
		atomic_store_explicit(&c->descriptors,
		    proc_descriptors(u.descriptors_max), memory_order_relaxed);
}
