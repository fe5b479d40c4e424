/* The slow paths of struct buf. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/region.h"

static char *
buf_move(struct buf *b, size_t cap)
{
	char *data;

	if (b->region == NULL)
		return xreallocarray(b->data, cap, 1);
	if ((data = region_resize(b->region, b->data, b->len, cap)) == NULL)
		fatal("cannot allocate %zu bytes", cap);
	return data;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t need, cap = b->cap ? b->cap : 256;

	if (__builtin_add_overflow(b->len, n, &need))
		fatalx("buffer of %zu bytes cannot grow by %zu", b->len, n);
	if (need > b->cap || b->data == NULL) {
		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		b->data = buf_move(b, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		fatal("cannot format");
	va_start(ap, fmt);
	vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_free(struct buf *b)
{
	if (b->region != NULL)
		region_free(b->region, b->data);
	else
		free(b->data);
	*b = (struct buf){ 0 };
}
