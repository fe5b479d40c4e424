/* The segment's life: building, naming, mapping for readers, removal. */
#include "shm/segment.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/layout.h"
#include "shm/segment_name.h"

#define SEGMENT_MODE 0640
#define SEGMENT_BOOT_ID "/proc/sys/kernel/random/boot_id"

static int
segment_check_name(const char *name, char *err, size_t errlen)
{
	if (name[0] == '/' && name[1] != '\0' && name[1] != '.' &&
	    strchr(name + 1, '/') == NULL &&
	    strlen(name) + SEGMENT_SUFFIX_MAX <= NAME_MAX)
		return 0;
	snprintf(err, errlen,
	    "segment name \"%s\": must be a slash and a file name without one", name);
	return -1;
}

static int
segment_check(const struct segment_spec *spec, char *err, size_t errlen)
{
	unsigned i;
	size_t len;

	if (segment_check_name(spec->name, err, errlen) == -1)
		return -1;
	if (spec->ncategories == 0 || spec->ncategories > SEGMENT_CATEGORIES_MAX ||
	    spec->nprocs == 0 || spec->nprocs > SEGMENT_PROCS_MAX) {
		snprintf(err, errlen,
		    "segment %s: %u categories (1 to %d), "
		    "%u processes (1 to %d)",
		    spec->name, spec->ncategories, SEGMENT_CATEGORIES_MAX, spec->nprocs,
		    SEGMENT_PROCS_MAX);
		return -1;
	}
	for (i = 0; i < spec->ncategories; i++) {
		len = strlen(spec->categories[i]);
		if (len == 0 || len >= SEGMENT_NAME_SIZE) {
			snprintf(err, errlen, "category name \"%s\": 1 to %d bytes",
			    spec->categories[i], SEGMENT_NAME_SIZE - 1);
			return -1;
		}
	}
	return 0;
}

/* Zero-pads; leaves an empty text where the kernel has no boot id to give. */
static void
segment_read_boot_id(char *text, size_t size)
{
	int fd = open(SEGMENT_BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	memset(text, 0, size);
	if (fd == -1)
		return;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? strcspn(text, "\n") : 0] = '\0';
}

/* Adds n, rounded up to whole pages, to *total. Returns -1 on overflow. */
static int
segment_add_pages(uint64_t *total, uint64_t n, uint64_t page)
{
	if (__builtin_add_overflow(n, page - 1, &n) ||
	    __builtin_add_overflow(*total, n / page * page, total) ||
	    *total > SSIZE_MAX)
		return -1;
	return 0;
}

/* In this order: what is read before the buffers is looked at without them. */
static int
segment_place(struct segment_header *h, uint64_t page)
{
	const struct {
		uint64_t *offset, size;
	} regions[] = {
		{ &h->slots_offset, page },
		{ &h->counters_offset, (uint64_t)h->counters_size * h->nprocs },
		{ &h->hosts_offset, HOSTS_MAX * sizeof(struct host) },
		{ &h->ledgers_offset, h->ncategories * sizeof(struct ledger_record) },
		{ &h->cycles_offset, h->ncategories * sizeof(struct cycles_rings) },
		{ &h->processes_offset, h->nprocs * sizeof(struct process_record) },
		{ &h->daemon_offset, sizeof(struct daemon_record) },
		{ &h->orders_offset, ORDER_VERBS * sizeof(struct order_record) },
		{ &h->config_offset, h->config_length + 1 },
	};
	uint64_t buffers;
	size_t i;

	h->total_size = page;
	for (i = 0; i < NELEM(regions); i++) {
		*regions[i].offset = h->total_size;
		if (segment_add_pages(&h->total_size, regions[i].size, page) == -1)
			return -1;
	}
	h->buffers_offset = h->total_size;
	if (__builtin_mul_overflow(h->capacity, 2 * h->ncategories, &buffers))
		return -1;
	return segment_add_pages(&h->total_size, buffers, page);
}

/* Fills the process's own copy of the header: the sizes and where things are. */
static int
segment_lay_out(struct segment_header *h, const struct segment_spec *spec)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), counters = 0;

	memset(h, 0, sizeof(*h));
	strlcpy(h->magic, SEGMENT_MAGIC, sizeof(h->magic));
	h->byte_order = SEGMENT_BYTE_ORDER;
	h->header_size = sizeof(*h);
	h->slot_size = sizeof(struct segment_slot);
	h->page_size = (uint32_t)page;
	h->ncategories = spec->ncategories;
	h->nprocs = spec->nprocs;
	h->nhosts = HOSTS_MAX;
	h->host_size = sizeof(struct host);
	h->ledger_size = sizeof(struct ledger_record);
	h->cycles_size = sizeof(struct cycles_rings);
	h->process_size = sizeof(struct process_record);
	h->daemon_size = sizeof(struct daemon_record);
	h->order_size = sizeof(struct order_record);
	h->config_length = spec->config != NULL ? strlen(spec->config) : 0;
	h->supervisor = (uint32_t)getpid();
	h->epoch = (uint64_t)clock_wall();
	segment_read_boot_id(h->boot_id, sizeof(h->boot_id));

	if (spec->capacity == 0 ||
	    segment_add_pages(&counters, sizeof(struct segment_process), page) == -1 ||
	    segment_add_pages(&h->capacity, spec->capacity, page) == -1)
		return -1;
	h->counters_size = (uint32_t)counters;
	return segment_place(h, page);
}

/* Both descriptors, mode and owner, without a name. */
static int
segment_open(struct segment *seg, const struct segment_spec *spec)
{
	struct stat st;
	char path[64];

	seg->fd = open(SEGMENT_DIR, O_RDWR | O_TMPFILE | O_CLOEXEC, SEGMENT_MODE);
	if (seg->fd == -1)
		return -1;
	if (fchmod(seg->fd, SEGMENT_MODE) == -1 ||
	    (geteuid() == 0 && fchown(seg->fd, spec->owner, spec->group) == -1))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", seg->fd);
	seg->fd_readonly = open(path, O_RDONLY | O_CLOEXEC);
	if (seg->fd_readonly == -1 || fstat(seg->fd_readonly, &st) == -1)
		return -1;
	seg->dev = st.st_dev;
	seg->ino = st.st_ino;
	return ftruncate(seg->fd, (off_t)seg->h.total_size);
}

/* Real pages for everything but the buffers; publish() allocates those. */
static int
segment_allocate(const struct segment *seg, char *err, size_t errlen)
{
	struct statvfs fs;
	int rc;

	do
		rc = posix_fallocate(seg->fd, 0, (off_t)seg->h.buffers_offset);
	while (rc == EINTR);
	if (rc == 0)
		return 0;
	if (fstatvfs(seg->fd, &fs) == -1)
		memset(&fs, 0, sizeof(fs));
	snprintf(err, errlen,
	    "segment %s: cannot allocate %" PRIu64 " bytes in " SEGMENT_DIR
	    ", which has %" PRIu64 " free: %s",
	    seg->name, seg->h.buffers_offset, (uint64_t)fs.f_bavail * fs.f_frsize,
	    strerror(rc));
	errno = rc;
	return -1;
}

static void
segment_write(struct segment *seg, const struct segment_spec *spec)
{
	unsigned i;

	for (i = 0; i < spec->ncategories; i++) {
		strlcpy(seg->category[i], spec->categories[i], SEGMENT_NAME_SIZE);
		memcpy(segment_slot(seg, i)->name, seg->category[i], SEGMENT_NAME_SIZE);
	}
	if (spec->config != NULL)
		memcpy(seg->base + seg->h.config_offset, spec->config,
		    seg->h.config_length);
	memcpy(seg->base, &seg->h, sizeof(seg->h));
}

/* The name of the first segment: there is nothing yet that a name may be lost for. */
static int
segment_claim_name(struct segment *seg, char *err, size_t errlen)
{
	pid_t holder;

	if (segment_name_take(seg, &holder) == 0)
		return 0;
	if (errno != EBUSY) {
		log_err("no tool will find the shared memory: the name " SEGMENT_DIR
			"%s cannot be taken",
		    seg->name);
		return 0;
	}
	snprintf(err, errlen,
	    "segment %s is that of the hydratord with pid %d: stop that one, or set "
	    "segment.name",
	    seg->name, (int)holder);
	errno = EBUSY;
	return -1;
}

static int
segment_build(
    struct segment *seg, const struct segment_spec *spec, char *err, size_t errlen)
{
	void *p;

	if (segment_open(seg, spec) == -1)
		goto fail;
	if (segment_allocate(seg, err, errlen) == -1)
		return -1;
	p = mmap(
	    NULL, seg->h.total_size, PROT_READ | PROT_WRITE, MAP_SHARED, seg->fd, 0);
	if (p == MAP_FAILED)
		goto fail;
	seg->base = p;
	segment_write(seg, spec);
	if (segment_hold(seg) == -1)
		goto fail;
	return spec->unnamed ? 0 : segment_claim_name(seg, err, errlen);
fail:
	snprintf(err, errlen, "segment %s: cannot be made in " SEGMENT_DIR ": %s",
	    spec->name, strerror(errno));
	return -1;
}

int
segment_create(
    const struct segment_spec *spec, struct segment **out, char *err, size_t errlen)
{
	struct segment *seg;
	int saved;

	if (segment_check(spec, err, errlen) == -1)
		return -1;
	seg = xcalloc(1, sizeof(*seg));
	seg->fd = seg->fd_readonly = seg->fd_held = -1;
	strlcpy(seg->name, spec->name, sizeof(seg->name));
	if (segment_lay_out(&seg->h, spec) == -1) {
		snprintf(err, errlen,
		    "segment %s: capacity of %zu bytes is not possible", spec->name,
		    spec->capacity);
		segment_close(&seg);
		return -1;
	}
	if (segment_build(seg, spec, err, errlen) == -1) {
		saved = errno;
		segment_close(&seg);
		errno = saved;
		return -1;
	}
	*out = seg;
	return 0;
}

void
segment_close(struct segment **segp)
{
	struct segment *seg = *segp;

	*segp = NULL;
	if (seg == NULL)
		return;
	if (seg->base != NULL)
		munmap(seg->base, seg->h.total_size);
	if (seg->fd != -1)
		close(seg->fd);
	if (seg->fd_readonly != -1)
		close(seg->fd_readonly);
	if (seg->fd_held != -1)
		close(seg->fd_held);
	free(seg);
}

int
segment_attach_reader(struct segment *seg, unsigned slot)
{
	size_t own;

	if (slot >= seg->h.nprocs) {
		errno = EINVAL;
		return -1;
	}
	own = segment_counters_offset(seg, slot);
	/* In place, so that no writable page is left and pointers stay good. */
	if (mmap(seg->base, seg->h.total_size, PROT_READ, MAP_SHARED | MAP_FIXED,
		seg->fd_readonly, 0) == MAP_FAILED ||
	    mmap(seg->base + own, seg->h.counters_size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_FIXED, seg->fd, (off_t)own) == MAP_FAILED)
		return -1;
	close(seg->fd);
	seg->fd = -1;
	return 0;
}

void
segment_descriptors(const struct segment *seg, int fds[2])
{
	fds[0] = seg->fd;
	fds[1] = seg->fd_readonly;
}

unsigned
segment_ncategories(const struct segment *seg)
{
	return seg->h.ncategories;
}

size_t
segment_capacity(const struct segment *seg)
{
	return seg->h.capacity;
}

size_t
segment_size(const struct segment *seg)
{
	return seg->h.total_size;
}

size_t
segment_wanted(const struct segment *seg, unsigned category)
{
	return atomic_load_explicit(
	    &segment_slot(seg, category)->wanted, memory_order_relaxed);
}

int
segment_free_space(const struct segment *seg, uint64_t *bytes, uint64_t *total)
{
	struct statvfs fs;

	if (fstatvfs(seg->fd, &fs) == -1)
		return -1;
	*bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	*total = (uint64_t)fs.f_blocks * fs.f_frsize;
	if (fs.f_blocks == 0) /* tmpfs with size=0 */
		*bytes = *total = UINT64_MAX;
	return 0;
}

int
segment_find_category(const struct segment *seg, const char *name)
{
	unsigned i;

	for (i = 0; i < seg->h.ncategories; i++)
		if (strcmp(seg->category[i], name) == 0)
			return (int)i;
	return -1;
}

const char *
segment_category_name(const struct segment *seg, unsigned category)
{
	return seg->category[category];
}

static struct segment_process *
segment_process(const struct segment *seg, unsigned slot)
{
	return (
	    struct segment_process *)(seg->base + segment_counters_offset(seg, slot));
}

struct counters *
segment_counters(const struct segment *seg, unsigned slot)
{
	return &segment_process(seg, slot)->counters;
}

struct log_ring *
segment_log_ring(const struct segment *seg, unsigned slot)
{
	return &segment_process(seg, slot)->log;
}

unsigned
segment_nprocs(const struct segment *seg)
{
	return seg->h.nprocs;
}

int64_t
segment_epoch(const struct segment *seg)
{
	return (int64_t)seg->h.epoch;
}

const char *
segment_boot_id(const struct segment *seg)
{
	return seg->h.boot_id;
}

pid_t
segment_supervisor(const struct segment *seg)
{
	return (pid_t)seg->h.supervisor;
}

const char *
segment_config(const struct segment *seg, size_t *len)
{
	*len = seg->h.config_length;
	return seg->base + seg->h.config_offset;
}
