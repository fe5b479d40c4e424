/* Scheme and network location of a URL. */
#include "python/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "python/text.h"

static const struct str none = { "", 0 };

/* What stands before the first c, or all of s. */
static struct str
before(struct str s, char c)
{
	const char *p = s.len ? memchr(s.p, c, s.len) : NULL;

	return p ? (struct str){ s.p, (size_t)(p - s.p) } : s;
}

static bool
contains(struct str s, char c)
{
	return before(s, c).len < s.len;
}

static bool
is_dropped(char c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

/* Step 1. */
static struct str
clean(struct str s, struct arena *arena)
{
	char *p;
	size_t n = 0;

	while (s.len > 0 && (unsigned char)s.p[0] <= ' ')
		s = str_from(s, 1);
	if (!contains(s, '\t') && !contains(s, '\n') && !contains(s, '\r'))
		return s;
	p = arena_alloc(arena, s.len);
	for (size_t i = 0; i < s.len; i++)
		if (!is_dropped(s.p[i]))
			p[n++] = s.p[i];
	return (struct str){ p, n };
}

static bool
is_alpha(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool
is_scheme(struct str s)
{
	if (s.len == 0 || !is_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_alpha(s.p[i]) && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    s.p[i] != '+' && s.p[i] != '.' && s.p[i] != '-')
			return false;
	return true;
}

/* v1.anything: an address of a kind yet to be invented (RFC 3986 section 3.2.2). */
static bool
is_future_address(struct str host)
{
	size_t i = 1;

	while (i < host.len && is_hex(host.p[i]))
		i++;
	return i > 1 && i + 1 < host.len && host.p[i] == '.';
}

static bool
is_ipv6(struct str host)
{
	struct str address = before(host, '%');
	char text[INET6_ADDRSTRLEN];
	struct in6_addr binary;

	if (address.len < host.len) {
		struct str zone = str_from(host, address.len + 1);

		if (zone.len == 0 || contains(zone, '%'))
			return false;
	}
	if (address.len >= sizeof(text) || contains(address, '\0'))
		return false;
	memcpy(text, address.p, address.len);
	text[address.len] = '\0';
	return inet_pton(AF_INET6, text, &binary) == 1;
}

/* Step 4, of a netloc with both kinds of brackets. */
static bool
brackets_valid(struct str netloc)
{
	const char *at = memrchr(netloc.p, '@', netloc.len);
	struct str host = at ? str_from(netloc, (size_t)(at - netloc.p) + 1) : netloc;
	struct str inner = before(host, ':');

	if (contains(host, '[')) {
		if (host.p[0] != '[')
			return false;
		inner = before(str_from(host, 1), ']');
		host = str_from(host, 1 + inner.len);
		if (host.len > 1 && host.p[1] != ':')
			return false;
	}
	if (inner.len > 0 && inner.p[0] == 'v')
		return is_future_address(inner);
	return is_ipv6(inner);
}

/* Step 5: characters whose compatibility form has one of / ? # @ : in it. */
static bool
hides_delimiter(struct str netloc)
{
	static const uint16_t hiding[] = { 0x2047, 0x2048, 0x2049, 0x2100, 0x2101,
		0x2105, 0x2106, 0x2A74, 0xFE13, 0xFE16, 0xFE55, 0xFE56, 0xFE5F, 0xFE6B,
		0xFF03, 0xFF0F, 0xFF1A, 0xFF1F, 0xFF20 };
	unsigned bytes;

	for (size_t at = 0; at < netloc.len; at += bytes) {
		uint32_t cp = text_at(netloc, at, &bytes);

		for (size_t i = 0; cp >= 0x80 && i < NELEM(hiding); i++)
			if (cp == hiding[i])
				return true;
	}
	return false;
}

static struct str
netloc_of(struct str rest)
{
	size_t n = 0;

	if (!str_starts(rest, STR("//")))
		return none;
	rest = str_from(rest, 2);
	while (n < rest.len && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
		n++;
	return (struct str){ rest.p, n };
}

int
url_split(struct str url, struct arena *arena, struct url *out)
{
	struct str rest = clean(url, arena);
	struct str scheme = before(rest, ':');
	bool open, close;

	out->scheme = none;
	if (scheme.len < rest.len && is_scheme(scheme)) {
		out->scheme = text_lower(scheme, arena);
		rest = str_from(rest, scheme.len + 1);
	}
	out->netloc = netloc_of(rest);
	open = contains(out->netloc, '[');
	close = contains(out->netloc, ']');
	if (open != close || (open && !brackets_valid(out->netloc)))
		return -1;
	return hides_delimiter(out->netloc) ? -1 : 0;
}
