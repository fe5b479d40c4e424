/* A segment seen from outside, by its name. */
#include <sys/mman.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log_text.h"
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
regions_fit(const struct segment_header *h)
{
	return region_fits(h, 0, 1, SEGMENT_PAGE_MIN) &&
	       region_fits(
		   h, h->slots_offset, h->ncategories, sizeof(struct segment_slot)) &&
	       region_fits(h, h->counters_offset, h->nprocs, h->counters_size) &&
	       region_fits(h, h->hosts_offset, HOSTS_MAX, sizeof(struct host)) &&
	       region_fits(h, h->ledgers_offset, h->ncategories,
		   sizeof(struct ledger_record)) &&
	       region_fits(
		   h, h->cycles_offset, h->ncategories, sizeof(struct cycles_rings)) &&
	       region_fits(
		   h, h->processes_offset, h->nprocs, sizeof(struct process_record)) &&
	       region_fits(h, h->daemon_offset, 1, sizeof(struct daemon_record)) &&
	       region_fits(
		   h, h->orders_offset, ORDER_VERBS, sizeof(struct order_record)) &&
	       h->config_length < LOOK_MAX &&
	       region_fits(h, h->config_offset, 1, h->config_length + 1);
}

static bool
sizes_are_ours(const struct segment_header *h)
{
	return h->byte_order == SEGMENT_BYTE_ORDER && h->header_size == sizeof(*h) &&
	       h->slot_size == sizeof(struct segment_slot) && h->nhosts == HOSTS_MAX &&
	       h->host_size == sizeof(struct host) &&
	       h->ledger_size == sizeof(struct ledger_record) &&
	       h->counters_size >= sizeof(struct segment_process) &&
	       h->cycles_size == sizeof(struct cycles_rings) &&
	       h->counters_size % sizeof(uint64_t) == 0 &&
	       h->process_size == sizeof(struct process_record) &&
	       h->daemon_size == sizeof(struct daemon_record) &&
	       h->order_size == sizeof(struct order_record);
}

static bool
buffers_fit(const struct segment_header *h, uint64_t file_size)
{
	uint64_t all;

	return h->capacity != 0 && h->capacity % sizeof(uint64_t) == 0 &&
	       !__builtin_mul_overflow(h->capacity, 2 * h->ncategories, &all) &&
	       !__builtin_add_overflow(all, h->buffers_offset, &all) &&
	       all <= h->total_size && h->total_size <= file_size;
}

static bool
header_is_good(const struct segment_header *h, uint64_t file_size)
{
	return sizes_are_ours(h) && h->buffers_offset <= LOOK_MAX &&
	       h->buffers_offset <= file_size &&
	       h->buffers_offset % sizeof(uint64_t) == 0 && h->ncategories >= 1 &&
	       h->ncategories <= SEGMENT_CATEGORIES_MAX && h->nprocs >= 1 &&
	       h->nprocs <= SEGMENT_PROCS_MAX && regions_fit(h);
}

/* Returns 0, or -1 with errno: EPROTO, ESRCH, or as fstat(2). */
static int
look_read(struct segment *seg, int fd, uint64_t *file_size)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	errno = ESRCH;
	if (!S_ISREG(st.st_mode) ||
	    pread(fd, &seg->h, sizeof(seg->h), 0) != (ssize_t)sizeof(seg->h) ||
	    memcmp(seg->h.magic, SEGMENT_MAGIC_STEM, sizeof(SEGMENT_MAGIC_STEM) - 1) !=
		0)
		return -1;
	errno = EPROTO;
	if (memcmp(seg->h.magic, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC)) != 0)
		return -1;
	errno = ESRCH;
	seg->dev = st.st_dev;
	seg->ino = st.st_ino;
	*file_size = (uint64_t)st.st_size;
	return header_is_good(&seg->h, *file_size) ? 0 : -1;
}

/* Whoever may write it parses strangers' bytes. */
static void
look_name(const struct segment *seg, unsigned category, char *name)
{
	memcpy(name, segment_slot(seg, category)->name, SEGMENT_NAME_SIZE);
	name[SEGMENT_NAME_SIZE - 1] = '\0';
	log_defuse(name, strlen(name));
}

/* What of it is to be read: up to the buffers, or all. */
static int
look_map(struct segment *seg, int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -1;
	seg->base = p;
	seg->h.total_size = size; /* what is mapped */
	for (unsigned i = 0; i < seg->h.ncategories; i++)
		look_name(seg, i, seg->category[i]);
	return 0;
}

/* The descriptor stays open: segment_is_held(). */
static int
look_open(const char *name, struct segment **out)
{
	char path[sizeof(SEGMENT_DIR) + NAME_MAX];
	struct segment *seg;
	int fd;

	snprintf(path, sizeof(path), SEGMENT_DIR "%s", name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	seg = xcalloc(1, sizeof(*seg));
	seg->fd = seg->fd_held = -1;
	seg->fd_readonly = fd;
	strlcpy(seg->name, name, sizeof(seg->name));
	*out = seg;
	return 0;
}

static int
look_give_up(struct segment **seg)
{
	int saved = errno;

	segment_close(seg);
	errno = saved;
	return -1;
}

int
segment_look(const char *name, pid_t supervisor, struct segment **out)
{
	struct segment *seg;
	uint64_t file_size;

	if (look_open(name, &seg) == -1)
		return -1;
	if (look_read(seg, seg->fd_readonly, &file_size) == -1) {
		if (errno == EPROTO)
			errno = ESRCH;
		return look_give_up(&seg);
	}
	if (segment_supervisor(seg) != supervisor) {
		errno = ESRCH;
		return look_give_up(&seg);
	}
	if (look_map(seg, seg->fd_readonly, seg->h.buffers_offset) == -1)
		return look_give_up(&seg);
	*out = seg;
	return 0;
}

const char *
segment_layout(void)
{
	return SEGMENT_MAGIC;
}

/* It is printed; no layout's magic has anything else. */
static void
magic_copy(char to[SEGMENT_MAGIC_SIZE], const char *magic)
{
	size_t i;

	for (i = 0; i < SEGMENT_MAGIC_SIZE - 1 && magic[i] != '\0'; i++)
		to[i] = isgraph((unsigned char)magic[i]) ? magic[i] : '?';
	to[i] = '\0';
}

int
segment_look_whole(
    const char *name, struct segment **out, char magic[SEGMENT_MAGIC_SIZE])
{
	struct segment *seg;
	uint64_t file_size;

	if (look_open(name, &seg) == -1)
		return -1;
	if (look_read(seg, seg->fd_readonly, &file_size) == -1) {
		if (errno == EPROTO)
			magic_copy(magic, seg->h.magic);
		return look_give_up(&seg);
	}
	if (!buffers_fit(&seg->h, file_size)) {
		errno = ESRCH;
		return look_give_up(&seg);
	}
	if (look_map(seg, seg->fd_readonly, seg->h.total_size) == -1)
		return look_give_up(&seg);
	*out = seg;
	return 0;
}
