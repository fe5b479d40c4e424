/* The directory at the head of a payload: it moves whenever the buffer grows. */
#include "payload/write.h"

void
payload_begin(struct buf *out, enum category category)
{
	struct view_directory *d;

	d = memset(buf_reserve(out, sizeof(*d)), 0, sizeof(*d));
	memcpy(d->magic, VIEW_MAGIC, sizeof(d->magic));
	d->category = category;
	out->len = sizeof(*d);
}

struct view_directory *
payload_directory(struct buf *out)
{
	return (struct view_directory *)(void *)out->data;
}

void
payload_align(struct buf *out)
{
	static const char zeros[8];

	buf_add(out, zeros, -out->len & 7);
}

uint64_t
payload_table(struct buf *out, const void *table, size_t size)
{
	uint64_t off;

	payload_align(out);
	off = out->len;
	buf_add(out, table, size);
	return off;
}

void
payload_alias(struct buf *out, enum view_kind from, enum view_kind to)
{
	struct view_directory *d = payload_directory(out);

	d->views[to] = d->views[from];
}
