/* The lines of the access log. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "http/parse.h"
#include "reader/access.h"

/* escape: what stands before the two digits of a byte that is not written as it is. */
static void
put_escaped(struct buf *b, struct str s, const char *escape)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			buf_putc(b, (char)c);
		} else {
			buf_puts(b, escape);
			buf_putc(b, "0123456789abcdef"[c >> 4]);
			buf_putc(b, "0123456789abcdef"[c & 15]);
		}
	}
}

static struct str
text(const char *s)
{
	return (struct str){ s, strlen(s) };
}

/* The request's field, or NULL in s.p if it or the request is not there. */
static struct str
field(const struct http_exchange *e, struct str name)
{
	const struct http_field *f = NULL;
	size_t at = 0;

	if (e->request != NULL)
		f = http_field_next(e->request, name, &at);
	return f != NULL ? f->value : (struct str){ NULL, 0 };
}

/* Not strftime(): names must not follow the locale. */
static void
put_clf_time(struct buf *b, int64_t now)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)(now / NSEC_PER_SEC);
	struct tm tm;

	gmtime_r(&t, &tm);
	buf_printf(b, "[%02d/%.3s/%04d:%02d:%02d:%02d +0000]", tm.tm_mday,
	    months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

static void
put_quoted(struct buf *b, struct str s)
{
	buf_puts(b, " \"");
	if (s.len == 0)
		buf_putc(b, '-');
	put_escaped(b, s, "\\x");
	buf_putc(b, '"');
}

void
access_put_combined(struct buf *b, const struct http_exchange *e, int64_t now)
{
	buf_puts(b, e->peer != NULL ? e->peer : "-");
	buf_puts(b, " - - ");
	put_clf_time(b, now);
	put_quoted(b, e->request != NULL ? e->request->line : STR(""));
	buf_printf(b, " %d ", e->response->status);
	if (e->body > 0)
		buf_printf(b, "%" PRIu64, e->body);
	else
		buf_putc(b, '-');
	put_quoted(b, field(e, STR("referer")));
	put_quoted(b, field(e, STR("user-agent")));
	buf_putc(b, '\n');
}

static void
put_iso_time(struct buf *b, int64_t now)
{
	time_t t = (time_t)(now / NSEC_PER_SEC);
	struct tm tm;

	gmtime_r(&t, &tm);
	buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)(now % NSEC_PER_SEC / NSEC_PER_MSEC));
}

static void
put_member(struct buf *b, const char *name, struct str value)
{
	buf_printf(b, ",\"%s\":", name);
	if (value.p == NULL) {
		buf_puts(b, "null");
		return;
	}
	buf_putc(b, '"');
	put_escaped(b, value, "\\u00");
	buf_putc(b, '"');
}

/* Up to the next blank; what is cut off is taken off the line. */
static struct str
word(struct str *line)
{
	const char *blank = line->len > 0 ? memchr(line->p, ' ', line->len) : NULL;
	size_t n = blank != NULL ? (size_t)(blank - line->p) : line->len;
	struct str w = { line->p, n };

	*line = str_from(*line, blank != NULL ? n + 1 : n);
	return w;
}

void
access_put_json(struct buf *b, const struct http_exchange *e, int64_t now)
{
	struct str line = { NULL, 0 };

	if (e->request != NULL)
		line = e->request->line;
	buf_puts(b, "{\"time\":\"");
	put_iso_time(b, now);
	buf_putc(b, '"');
	put_member(
	    b, "client", e->peer != NULL ? text(e->peer) : (struct str){ NULL, 0 });
	put_member(b, "method", e->request != NULL ? word(&line) : line);
	put_member(b, "target", e->request != NULL ? word(&line) : line);
	put_member(b, "protocol", line.len > 0 ? line : (struct str){ NULL, 0 });
	buf_printf(b, ",\"status\":%d,\"bytes\":%" PRIu64 ",\"seconds\":%.6f",
	    e->response->status, e->body, (double)e->duration / (double)NSEC_PER_SEC);
	put_member(b, "referer", field(e, STR("referer")));
	put_member(b, "user_agent", field(e, STR("user-agent")));
	buf_puts(b, "}\n");
}
