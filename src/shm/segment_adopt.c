/* Mapping what another program of this process has made. */
#include "shm/segment_adopt.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "shm/layout.h"

void
segment_handle_of(const struct segment *seg, struct segment_handle *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *h = (const unsigned char *)&seg->h;
	size_t i;

	*out = (struct segment_handle){ .fd = seg->fd,
		.readonly = seg->fd_readonly,
		.held = seg->fd_held,
		.header = xcalloc(1, 2 * sizeof(seg->h) + 1) };
	for (i = 0; i < sizeof(seg->h); i++) {
		out->header[2 * i] = digits[h[i] >> 4];
		out->header[2 * i + 1] = digits[h[i] & 15];
	}
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
bytes_parse(const char *text, void *out, size_t n)
{
	unsigned char *byte = out;
	int high, low;
	size_t i;

	for (i = 0; i < n; i++) {
		high = digit_value(text[2 * i]);
		low = high != -1 ? digit_value(text[2 * i + 1]) : -1;
		if (low == -1)
			return false;
		byte[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool
segment_header_is_ours(const char *header)
{
	char magic[sizeof(SEGMENT_MAGIC)];

	return bytes_parse(header, magic, sizeof(magic)) &&
	       memcmp(magic, SEGMENT_MAGIC, sizeof(magic)) == 0;
}

static bool
header_parse(const char *text, struct segment_header *h)
{
	if (text == NULL || strlen(text) != 2 * sizeof(*h) ||
	    !bytes_parse(text, h, sizeof(*h)))
		return false;
	return memcmp(h->magic, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC)) == 0 &&
	       h->header_size == sizeof(*h) && h->supervisor == (uint32_t)getpid();
}

static int
adopt_map(struct segment *seg, const struct segment_handle *from)
{
	struct stat st;
	void *p;

	if (fstat(from->fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != seg->h.total_size) {
		errno = EINVAL;
		return -1;
	}
	p = mmap(
	    NULL, seg->h.total_size, PROT_READ | PROT_WRITE, MAP_SHARED, from->fd, 0);
	if (p == MAP_FAILED)
		return -1;
	seg->base = p;
	seg->dev = st.st_dev;
	seg->ino = st.st_ino;
	return 0;
}

int
segment_adopt(const char *name, const char *const *names, size_t n,
    const struct segment_handle *from, struct segment **out)
{
	struct segment *seg = xcalloc(1, sizeof(*seg));
	int saved;
	size_t i;

	seg->fd = seg->fd_readonly = seg->fd_held = -1;
	errno = EINVAL;
	if (!header_parse(from->header, &seg->h) || n != seg->h.ncategories ||
	    adopt_map(seg, from) == -1) {
		saved = errno;
		segment_close(&seg);
		errno = saved;
		return -1;
	}
	seg->fd = from->fd;
	seg->fd_readonly = from->readonly;
	seg->fd_held = from->held;
	strlcpy(seg->name, name, sizeof(seg->name));
	for (i = 0; i < n; i++)
		strlcpy(seg->category[i], names[i], SEGMENT_NAME_SIZE);
	*out = seg;
	return 0;
}
