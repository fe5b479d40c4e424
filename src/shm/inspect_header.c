/* The header is read from the file, not mapped: it may say anything of itself. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log_text.h"
#include "shm/inspect.h"
#include "shm/layout.h"

#define WHERE "header"

struct extent {
	const char *name;
	uint64_t offset, n, size; /* n records of a size, bytes */
};

void
inspect_say(struct inspection *i, bool good, const char *where, const char *fmt, ...)
{
	char what[512], place[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	strlcpy(place, where, sizeof(place));
	log_defuse(what, strlen(what));
	log_defuse(place, strlen(place));
	if (!good)
		i->bad++;
	i->say(i->arg, good, place, what);
}

/* Of this version and machine; without these nothing else has a meaning. */
static bool
is_ours(struct inspection *i, const struct segment_header *h)
{
	char magic[sizeof(h->magic) + 1] = { 0 };

	memcpy(magic, h->magic, sizeof(h->magic));
	if (memcmp(h->magic, SEGMENT_MAGIC, sizeof(h->magic)) != 0) {
		inspect_say(i, false, WHERE,
		    "magic is \"%s\", of this version it is \"%s\"", magic,
		    SEGMENT_MAGIC);
		return false;
	}
	if (h->byte_order != SEGMENT_BYTE_ORDER) {
		inspect_say(i, false, WHERE,
		    "byte_order is %#" PRIx32 ", not %#" PRIx32, h->byte_order,
		    SEGMENT_BYTE_ORDER);
		return false;
	}
	inspect_say(i, true, WHERE, "magic %s, byte order of this machine", magic);
	return true;
}

static bool
say_sizes(struct inspection *i, const struct segment_header *h)
{
	const struct {
		const char *name;
		uint64_t value, least, most;
	} fields[] = {
		{ "header_size", h->header_size, sizeof(*h), sizeof(*h) },
		{ "slot_size", h->slot_size, sizeof(struct segment_slot),
		    sizeof(struct segment_slot) },
		{ "page_size", h->page_size, SEGMENT_PAGE_MIN, UINT32_C(1) << 20 },
		{ "ncategories", h->ncategories, 1, SEGMENT_CATEGORIES_MAX },
		{ "nprocs", h->nprocs, 1, SEGMENT_PROCS_MAX },
		{ "nhosts", h->nhosts, HOSTS_MAX, HOSTS_MAX },
		{ "host_size", h->host_size, sizeof(struct host), sizeof(struct host) },
		{ "ledger_size", h->ledger_size, sizeof(struct ledger_record),
		    sizeof(struct ledger_record) },
		{ "counters_size", h->counters_size, sizeof(struct segment_process),
		    UINT32_C(1) << 20 },
		{ "cycles_size", h->cycles_size, sizeof(struct cycles_rings),
		    sizeof(struct cycles_rings) },
		{ "process_size", h->process_size, sizeof(struct process_record),
		    sizeof(struct process_record) },
		{ "daemon_size", h->daemon_size, sizeof(struct daemon_record),
		    sizeof(struct daemon_record) },
		{ "order_size", h->order_size, sizeof(struct order_record),
		    sizeof(struct order_record) },
		{ "zero", h->zero, 0, 0 },
	};
	bool good = true;
	size_t k;

	for (k = 0; k < NELEM(fields); k++)
		if (fields[k].value < fields[k].least ||
		    fields[k].value > fields[k].most) {
			good = false;
			inspect_say(i, false, WHERE,
			    "%s is %" PRIu64 ", must be %" PRIu64 " to %" PRIu64,
			    fields[k].name, fields[k].value, fields[k].least,
			    fields[k].most);
		}
	if (good)
		inspect_say(i, true, WHERE, "sizes of records are this version's");
	return good;
}

static int
by_offset(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Returns false if it does not lie in the file. */
static bool
extent_is_good(struct inspection *i, const struct segment_header *h,
    const struct extent *e, uint64_t end)
{
	uint64_t size;

	if (e->offset % h->page_size != 0)
		inspect_say(i, false, WHERE,
		    "%s begins at %" PRIu64 ", which is no page", e->name, e->offset);
	if (!__builtin_mul_overflow(e->n, e->size, &size) && e->offset <= end &&
	    size <= end - e->offset)
		return true;
	inspect_say(i, false, WHERE,
	    "%s, %" PRIu64 " times %" PRIu64 " bytes at %" PRIu64
	    ", does not end before %" PRIu64 ", where the next region or nothing is",
	    e->name, e->n, e->size, e->offset, end);
	return false;
}

/* Of regions that are sorted each has to end where the next one begins, or before. */
static bool
say_regions(struct inspection *i, const struct segment_header *h, uint64_t file_size)
{
	struct extent regions[] = {
		{ "the header", 0, 1, sizeof(*h) },
		{ "slots", h->slots_offset, h->ncategories, h->slot_size },
		{ "counters", h->counters_offset, h->nprocs, h->counters_size },
		{ "hosts", h->hosts_offset, h->nhosts, h->host_size },
		{ "ledgers", h->ledgers_offset, h->ncategories, h->ledger_size },
		{ "cycles", h->cycles_offset, h->ncategories, h->cycles_size },
		{ "processes", h->processes_offset, h->nprocs, h->process_size },
		{ "daemon", h->daemon_offset, 1, h->daemon_size },
		{ "orders", h->orders_offset, ORDER_VERBS, h->order_size },
		{ "config", h->config_offset, 1, h->config_length + 1 },
		{ "buffers", h->buffers_offset, 2 * (uint64_t)h->ncategories,
		    h->capacity },
	};
	const size_t n = NELEM(regions);
	unsigned before = i->bad;
	size_t k;

	qsort(regions, n, sizeof(regions[0]), by_offset);
	for (k = 0; k < n; k++)
		(void)extent_is_good(i, h, &regions[k],
		    k + 1 < n ? regions[k + 1].offset : h->total_size);
	if (h->total_size > file_size)
		inspect_say(i, false, WHERE,
		    "total_size is %" PRIu64 ", the file has %" PRIu64 " bytes",
		    h->total_size, file_size);
	if (h->capacity == 0 || h->capacity % h->page_size != 0)
		inspect_say(i, false, WHERE,
		    "capacity is %" PRIu64 ", which are no whole pages", h->capacity);
	if (i->bad != before)
		return false;
	inspect_say(i, true, WHERE,
	    "%zu regions in %" PRIu64 " bytes, none over another", n, h->total_size);
	return true;
}

static bool
is_of_another_layout(const struct segment_header *h)
{
	return memcmp(h->magic, SEGMENT_MAGIC_STEM, sizeof(SEGMENT_MAGIC_STEM) - 1) ==
		   0 &&
	       memcmp(h->magic, SEGMENT_MAGIC, sizeof(h->magic)) != 0;
}

/* Returns 0, or -1 with errno. */
static int
look_at_header(struct inspection *i, int fd)
{
	struct segment_header h;
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h)) {
		inspect_say(i, false, WHERE, "there is no whole header");
		errno = EBADMSG;
		return -1;
	}
	errno = EPROTO;
	if (is_of_another_layout(&h))
		return -1;
	if (is_ours(i, &h) && say_sizes(i, &h) &&
	    say_regions(i, &h, (uint64_t)st.st_size))
		return 0;
	errno = EBADMSG;
	return -1;
}

int
inspect_header(struct inspection *i, const char *name)
{
	char path[sizeof(SEGMENT_DIR) + NAME_MAX];
	int fd, r, saved;

	snprintf(path, sizeof(path), SEGMENT_DIR "%s", name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	r = look_at_header(i, fd);
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}
