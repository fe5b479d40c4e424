/*
 * What machines tell each other of hosts: a line that names the version, then a line a
 * host, `NAME FLOOR FAILURES UNTIL`. Nothing of a text is taken unless all of it is
 * understood.
 */
#include "shm/hosts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "shm/breaker.h"
#include "shm/origin.h"

#define TOLD_VERSION "HYDRATORD-HST-1\n"
#define TOLD_LINE_MAX (HOST_NAME_SIZE + 64)

/* Times of the shared clock, nanoseconds. */
struct told {
	char name[HOST_NAME_SIZE];
	int64_t floor; /* nobody asks until then; 0: there is none */
	unsigned failures;
	int64_t until; /* failures > 0: nobody asks until then, then one probes */
};

/* Rounded up: nobody is to ask too early. */
static int64_t
msec_of(int64_t nsec)
{
	return (nsec + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
}

void
hosts_tell(const struct segment *seg, int64_t now, int64_t shared, struct buf *out)
{
	struct breaker_view b;
	struct host_view v;
	int64_t floor;

	buf_puts(out, TOLD_VERSION);
	for (unsigned i = 0; i < HOSTS_MAX; i++) {
		if (!hosts_read(seg, i, &v))
			continue;
		b = breaker_look(v.breaker, now);
		floor = v.floor > now ? shared + (v.floor - now) : 0;
		if (floor == 0 && b.state == BREAKER_CLOSED)
			continue;
		buf_printf(out, "%s %" PRId64 " %u %" PRId64 "\n", v.name,
		    msec_of(floor), b.state == BREAKER_CLOSED ? 0 : b.failures,
		    b.state == BREAKER_CLOSED ? 0 : msec_of(shared + b.wait));
	}
}

/* The next field of a line, a decimal number. Returns false if it is none. */
static bool
take_number(char **line, int64_t max, int64_t *out)
{
	const char *field = strsep(line, " "), *bad;

	/* strtonum() would take a sign and blanks. */
	if (field == NULL || !isdigit((unsigned char)field[0]))
		return false;
	*out = strtonum(field, 0, max, &bad);
	return bad == NULL;
}

/* No other name stands in the table of hosts. */
static bool
take_name(char **line, char name[HOST_NAME_SIZE])
{
	const char *field = strsep(line, " ");
	char origin[ORIGIN_SIZE];

	for (const char *p = field; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p))
			return false;
	if (!origin_of_url(field, origin) || strcmp(field, origin) != 0)
		return false;
	strlcpy(name, origin, HOST_NAME_SIZE);
	return true;
}

static bool
take_line(struct str text, struct told *out)
{
	const int64_t last = INT64_MAX / NSEC_PER_MSEC;
	int64_t floor, failures, until;
	char line[TOLD_LINE_MAX], *rest = line;

	if (text.len >= sizeof(line) || memchr(text.p, '\0', text.len) != NULL)
		return false;
	memcpy(line, text.p, text.len);
	line[text.len] = '\0';
	if (!take_name(&rest, out->name) || !take_number(&rest, last, &floor) ||
	    !take_number(&rest, UINT16_MAX, &failures) ||
	    !take_number(&rest, last, &until) || rest != NULL)
		return false;
	out->floor = floor * NSEC_PER_MSEC;
	out->failures = (unsigned)failures;
	out->until = until * NSEC_PER_MSEC;
	return true;
}

/* Returns how many there are, or -1. */
static int
take_all(struct str text, struct told out[HOSTS_MAX])
{
	const char *end;
	size_t len;
	int n = 0;

	if (text.len > HOSTS_TOLD_MAX || !str_starts(text, STR(TOLD_VERSION)))
		return -1;
	text = str_from(text, sizeof(TOLD_VERSION) - 1);
	while (text.len > 0) {
		end = memchr(text.p, '\n', text.len);
		if (end == NULL || n == HOSTS_MAX)
			return -1;
		len = (size_t)(end - text.p);
		if (!take_line((struct str){ text.p, len }, &out[n++]))
			return -1;
		text = str_from(text, len + 1);
	}
	return n;
}

/* Nanoseconds from now, at most so many; 0: it is over. */
static int64_t
left_until(int64_t until, int64_t shared, int64_t most)
{
	int64_t left = until > shared ? until - shared : 0;

	return left < most ? left : most;
}

/* Returns whether there was something to learn. */
static bool
learn(const struct segment *seg, const struct told *t, int64_t now, int64_t shared)
{
	int64_t floor = left_until(t->floor, shared, HOST_FLOOR_MAX);
	uint64_t untouched = 0;
	struct host *h;

	if ((floor == 0 && t->failures == 0) || (h = hosts_claim(seg, t->name)) == NULL)
		return false;
	if (floor > 0)
		host_raise_floor(h, now + floor, now);
	if (t->failures > 0)
		atomic_compare_exchange_strong(&h->breaker, &untouched,
		    breaker_opened(t->failures,
			now + left_until(t->until, shared, BREAKER_COOLDOWN)));
	return true;
}

int
hosts_learn(const struct segment *seg, struct str text, int64_t now, int64_t shared,
    char *err, size_t errlen)
{
	struct told told[HOSTS_MAX];
	int n = take_all(text, told), learned = 0;

	if (n == -1) {
		snprintf(err, errlen, "is not understood");
		return -1;
	}
	for (int i = 0; i < n; i++)
		learned += learn(seg, &told[i], now, shared);
	return learned;
}
