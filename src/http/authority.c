/* Authorities. Octets that are good one by one do not make one: "a:b:c", "[::1". */
#include "http/authority.h"

#include <arpa/inet.h>

#include <string.h>

/* unreserved and sub-delims of RFC 3986. */
#define NAME_OCTETS                                                                    \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;" \
	"="
#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

static bool
is_one_of(const char *octets, char c)
{
	return c != '\0' && strchr(octets, c) != NULL;
}

/* How many octets at the start of s are a reg-name. */
static size_t
span_of_name(struct str s)
{
	size_t i = 0;

	while (i < s.len)
		if (is_one_of(NAME_OCTETS, s.p[i]))
			i++;
		else if (s.p[i] == '%' && s.len - i > 2 &&
			 is_one_of(HEX_DIGITS, s.p[i + 1]) &&
			 is_one_of(HEX_DIGITS, s.p[i + 2]))
			i += 3;
		else
			break;
	return i;
}

static bool
is_ipv6(struct str s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return strlen(text) == s.len && inet_pton(AF_INET6, text, &address) == 1;
}

/* How many octets at the start of s, which is not empty, are a host. 0: none. */
static size_t
span_of_host(struct str s)
{
	const char *end;
	size_t n;

	if (s.p[0] != '[')
		return span_of_name(s);
	if ((end = memchr(s.p, ']', s.len)) == NULL)
		return 0;
	n = (size_t)(end - s.p);
	return is_ipv6((struct str){ s.p + 1, n - 1 }) ? n + 1 : 0;
}

static bool
is_port(struct str s)
{
	size_t i = 0;

	while (i < s.len && is_one_of(DIGITS, s.p[i]))
		i++;
	return i == s.len;
}

bool
authority_is_valid(struct str s)
{
	size_t host;
	struct str rest;

	if (s.len == 0)
		return true;
	host = span_of_host(s);
	rest = str_from(s, host);
	return host > 0 &&
	       (rest.len == 0 || (rest.p[0] == ':' && is_port(str_from(rest, 1))));
}
