/* The directory at the head of a payload: it moves whenever the buffer grows. */
#include "payload/write.h"

#include <xxhash.h>

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

void
payload_seal(struct buf *out)
{
	payload_directory(out)->size = out->len;
}

/* Names that an attacker chose would collide if the hash had no seed; that of the view
 * depends on all of its content, and all machines have the same. */
static void
names_enter(const struct buf *out, const struct view *v, uint32_t row, uint32_t *slots,
    uint64_t mask)
{
	const struct view_figures *f = (const void *)(out->data + v->figures);
	struct str name = { out->data + f[row].name.off, f[row].name.len };
	uint64_t at = XXH3_64bits_withSeed(name.p, name.len, v->etag);

	while (slots[at & mask] != 0)
		at++;
	slots[at & mask] = row + 1;
}

void
payload_index_names(struct buf *out)
{
	uint64_t n = payload_directory(out)->views[VIEW_RISK].nrows, nslots = 2;
	struct view_names *names;
	uint32_t *slots;

	while (nslots < 2 * n)
		nslots *= 2;
	payload_align(out);
	slots = (void *)buf_reserve(out, nslots * sizeof(*slots));
	memset(slots, 0, nslots * sizeof(*slots));
	for (uint32_t row = 0; row < n; row++)
		names_enter(out, &payload_directory(out)->views[VIEW_RISK], row, slots,
		    nslots - 1);
	names = &payload_directory(out)->names;
	names->slots = out->len;
	names->nslots = nslots;
	out->len += nslots * sizeof(*slots);
}
