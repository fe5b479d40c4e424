/* Shared bytes, on the heap or in a memfd. */
#include "reader/blob.h"

#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

/* As src/http/output.c: what is smaller is copied to the socket anyhow. */
#define BLOB_FILE_MIN (size_t)(32 * 1024)

static size_t unkept; /* the loop's */

static int
write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, data, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Moves the bytes into a file. If that cannot be, they stay where they are. */
static void
blob_to_file(struct blob *b)
{
	int fd = memfd_create("answer", MFD_CLOEXEC);
	void *p;

	if (fd == -1)
		return;
	if (write_all(fd, b->data, b->len) == -1 ||
	    (p = mmap(NULL, b->len, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED) {
		close(fd);
		return;
	}
	free(b->data);
	b->data = p;
	b->fd = fd;
}

struct blob *
blob_new(struct buf *bytes)
{
	struct blob *b = xcalloc(1, sizeof(*b));

	*b = (struct blob){ 1, 1, -1, bytes->data, bytes->len };
	*bytes = (struct buf){ 0 };
	if (b->len >= BLOB_FILE_MIN)
		blob_to_file(b);
	else if (b->len > 0)
		b->data = xreallocarray(b->data, b->len, 1);
	return b;
}

void
blob_unref(void *arg)
{
	struct blob *b = arg;

	if (b == NULL || --b->refs > 0)
		return;
	if (b->kept == 0)
		unkept -= b->len;
	if (b->fd != -1) {
		munmap(b->data, b->len);
		close(b->fd);
	} else
		free(b->data);
	free(b);
}

void
blob_keep(struct blob *b)
{
	if (b->kept++ == 0)
		unkept -= b->len;
}

void
blob_forget(struct blob *b)
{
	if (--b->kept == 0)
		unkept += b->len;
}

size_t
blob_unkept(void)
{
	return unkept;
}

static size_t
blob_pinned(const void *arg)
{
	const struct blob *b = arg;

	return b->kept > 0 ? 0 : b->len;
}

void
blob_lend(const struct blob *b, struct http_response *r)
{
	r->fd = b->fd;
	r->file = b->data;
	r->file_len = b->len;
	r->pinned = blob_pinned;
	r->pin = b;
}
