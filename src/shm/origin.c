/* Scheme, host and port of a URL that the configuration has checked already. */
#include "shm/origin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where the port begins in an authority without credentials, or NULL. A colon within
 * brackets belongs to an IPv6 address. */
static const char *
authority_port(const char *p, size_t len)
{
	const char *colon = memrchr(p, ':', len);

	if (colon == NULL || memchr(colon, ']', (size_t)(p + len - colon)) != NULL)
		return NULL;
	return colon + 1;
}

bool
origin_of_url(const char *url, char origin[ORIGIN_SIZE])
{
	bool secure = strncasecmp(url, "https://", 8) == 0;
	const char *p, *at, *port;
	size_t len, hostlen, portlen, i;
	int n;

	if (!secure && strncasecmp(url, "http://", 7) != 0)
		return false;
	p = url + (secure ? 8 : 7);
	len = strcspn(p, "/?#");
	if ((at = memrchr(p, '@', len)) != NULL) {
		len -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	port = authority_port(p, len);
	hostlen = port != NULL ? (size_t)(port - 1 - p) : len;
	portlen = port != NULL ? (size_t)(p + len - port) : 0;
	if (hostlen == 0 || hostlen > 200 || portlen > 5)
		return false;
	if (portlen == 0) {
		port = secure ? "443" : "80";
		portlen = strlen(port);
	}
	n = snprintf(origin, ORIGIN_SIZE, "%s://%.*s:%.*s", secure ? "https" : "http",
	    (int)hostlen, p, (int)portlen, port);
	for (i = 0; i < (size_t)n; i++)
		origin[i] = (char)tolower((unsigned char)origin[i]);
	return true;
}
