/* Counted by the kernel, so that libraries, the heap and mappings are all in it. */
#include "hydrator/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

/* Resident pages without those of files and of shared memory: proc(5). */
static size_t
memory_private(int fd)
{
	uint64_t resident, shared;
	char text[128];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) != 2 ||
	    resident < shared)
		return 0;
	return (size_t)(resident - shared) * (size_t)sysconf(_SC_PAGESIZE);
}

void
memory_open(struct memory *m, int64_t limit)
{
	*m = (struct memory){ .fd = -1, .limit = (size_t)limit };
	if (limit == 0)
		return;
	m->fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (m->fd == -1)
		log_warn("hydration.max_memory has no effect: /proc/self/statm");
	m->begun = memory_private(m->fd);
}

void
memory_close(struct memory *m)
{
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
}

size_t
memory_taken(const struct memory *m)
{
	size_t now = memory_private(m->fd);

	return now > m->begun ? now - m->begun : 0;
}

bool
memory_is_short(const struct memory *m)
{
	return m->limit != 0 && memory_taken(m) > m->limit;
}
