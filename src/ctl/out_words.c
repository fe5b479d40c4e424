/* Numbers as people say them. */
#include <inttypes.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/out_node.h"

void
out_put_bytes(struct buf *b, uint64_t n)
{
	static const char units[] = "KMGTPE";
	double d = (double)n / 1024;
	size_t i = 0;

	if (n < 1024) {
		buf_printf(b, "%" PRIu64 " B", n);
		return;
	}
	for (; d >= 999.5 && units[i + 1] != '\0'; i++)
		d /= 1024;
	buf_printf(b, "%.*f %ciB", d < 9.95 ? 1 : 0, d, units[i]);
}

/* Below a minute: with so many digits that three count. */
static void
put_short_span(struct buf *b, int64_t nsec)
{
	static const struct {
		int64_t nsec;
		const char *name;
	} units[] = { { NSEC_PER_SEC, "s" }, { NSEC_PER_MSEC, "ms" }, { 1000, "us" } };
	size_t i = 0;
	double d;

	if (nsec == 0) {
		buf_puts(b, "0 s");
		return;
	}
	while (i < 2 && nsec < units[i].nsec)
		i++;
	d = (double)nsec / (double)units[i].nsec;
	buf_printf(b, "%.*f %s", d < 9.95 ? 1 : 0, d, units[i].name);
}

void
out_put_span(struct buf *b, int64_t nsec)
{
	static const struct {
		int64_t sec;
		const char *name, *next;
		int64_t next_sec;
	} units[] = { { 86400, "d", "h", 3600 }, { 3600, "h", "min", 60 },
		{ 60, "min", "s", 1 } };
	int64_t sec = nsec / NSEC_PER_SEC, rest;
	size_t i;

	for (i = 0; i < NELEM(units); i++)
		if (sec >= units[i].sec) {
			rest = sec % units[i].sec / units[i].next_sec;
			buf_printf(
			    b, "%" PRId64 " %s", sec / units[i].sec, units[i].name);
			if (rest > 0)
				buf_printf(b, " %" PRId64 " %s", rest, units[i].next);
			return;
		}
	put_short_span(b, nsec);
}

void
out_put_time(struct buf *b, int64_t wall)
{
	time_t t = (time_t)(wall / NSEC_PER_SEC);
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &tm) == 0) {
		buf_puts(b, "0000-00-00 00:00:00Z");
		return;
	}
	buf_puts(b, text);
}
