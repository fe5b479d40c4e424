/* A growing byte buffer. Any process. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <string.h>

#include "base/attr.h"

struct region;

/* Zero-initialise to start. data is owned, not NUL-terminated unless asked. */
struct buf {
	char *data;
	size_t len;
	size_t cap;
	struct region *region; /* borrowed; where data lies, NULL: malloc(3)'s */
};

/* Makes room for n more bytes (dies if memory is out) and returns where they go;
 * the caller adds to len what it wrote. */
char *buf_reserve(struct buf *, size_t n);
void buf_printf(struct buf *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Frees the memory and zeroes the struct. */
void buf_free(struct buf *);

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(b->cap - b->len >= n ? b->data + b->len : buf_reserve(b, n), p, n);
	b->len += n;
}

static inline void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

/* Forgets the content, keeps the memory. */
static inline void
buf_reset(struct buf *b)
{
	b->len = 0;
}

#endif
