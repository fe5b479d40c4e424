/* A segment seen from outside, by its name. */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "shm/layout.h"
#include "shm/segment.h"

/* Far more than any: what is said of a file must not become a mapping of any size. */
#define LOOK_MAX (UINT64_C(64) << 20)

/* Whether n records of a size are in front of the buffers. */
static bool
region_fits(const struct segment_header *h, uint64_t offset, uint64_t n, uint64_t size)
{
	return offset % sizeof(uint64_t) == 0 && offset <= h->buffers_offset &&
	       n * size <= h->buffers_offset - offset;
}

static bool
header_is_good(const struct segment_header *h, pid_t supervisor, off_t file_size)
{
	return memcmp(h->magic, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC)) == 0 &&
	       h->byte_order == SEGMENT_BYTE_ORDER &&
	       h->supervisor == (uint32_t)supervisor && h->buffers_offset <= LOOK_MAX &&
	       h->buffers_offset <= (uint64_t)file_size && h->ncategories >= 1 &&
	       h->ncategories <= SEGMENT_CATEGORIES_MAX && h->nprocs >= 1 &&
	       h->nprocs <= SEGMENT_PROCS_MAX &&
	       region_fits(h, 0, 1, SEGMENT_PAGE_MIN) &&
	       region_fits(
		   h, h->slots_offset, h->ncategories, sizeof(struct segment_slot)) &&
	       region_fits(h, h->counters_offset, h->nprocs, h->counters_size) &&
	       h->counters_size >= sizeof(struct segment_process) &&
	       region_fits(h, h->hosts_offset, HOSTS_MAX, sizeof(struct host)) &&
	       region_fits(h, h->ledgers_offset, h->ncategories,
		   sizeof(struct ledger_record)) &&
	       region_fits(
		   h, h->cycles_offset, h->ncategories, sizeof(struct cycles_rings));
}

static int
look_map(struct segment *seg, int fd, pid_t supervisor)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) ||
	    pread(fd, &seg->h, sizeof(seg->h), 0) != (ssize_t)sizeof(seg->h) ||
	    !header_is_good(&seg->h, supervisor, st.st_size)) {
		errno = ESRCH;
		return -1;
	}
	p = mmap(NULL, seg->h.buffers_offset, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -1;
	seg->base = p;
	seg->h.total_size = seg->h.buffers_offset; /* what is mapped */
	return 0;
}

int
segment_look(const char *name, pid_t supervisor, struct segment **out)
{
	char path[sizeof(SEGMENT_DIR) + NAME_MAX];
	struct segment *seg;
	int fd, saved;
	unsigned i;

	snprintf(path, sizeof(path), SEGMENT_DIR "%s", name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	seg = xcalloc(1, sizeof(*seg));
	seg->fd = seg->fd_readonly = seg->fd_held = -1;
	if (look_map(seg, fd, supervisor) == -1) {
		saved = errno;
		close(fd);
		segment_close(&seg);
		errno = saved;
		return -1;
	}
	close(fd);
	for (i = 0; i < seg->h.ncategories; i++)
		strlcpy(
		    seg->category[i], segment_slot(seg, i)->name, SEGMENT_NAME_SIZE);
	*out = seg;
	return 0;
}
