/* Lines of strangers on a terminal. */
#include "ctl/print.h"

#include <err.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/log_text.h"

/* The end of a line is what log_defuse() would take out, and so is a CR before it. */
static void
defuse_lines(char *p, size_t len)
{
	char *end = p + len, *next;

	for (; p < end; p = next) {
		size_t n;

		next = memchr(p, '\n', (size_t)(end - p));
		next = next != NULL ? next + 1 : end;
		n = (size_t)(next - p);
		if (p[n - 1] == '\n')
			n--;
		if (n > 0 && p[n - 1] == '\r')
			n--;
		log_defuse(p, n);
	}
}

static void
put(struct str text)
{
	if (text.len > 0 && fwrite(text.p, text.len, 1, stdout) != 1)
		err(EX_IOERR, "cannot print");
}

void
print_text(const struct ctl *ctl, struct str text)
{
	struct buf b = { 0 };

	if (!ctl->terminal || text.len == 0) {
		put(text);
		return;
	}
	buf_add(&b, text.p, text.len);
	defuse_lines(b.data, b.len);
	put((struct str){ b.data, b.len });
	buf_free(&b);
}

void
print_flush(void)
{
	if (fflush(stdout) == EOF)
		err(EX_IOERR, "cannot print");
}
