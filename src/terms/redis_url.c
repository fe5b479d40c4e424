/* Reading redis.url: no message may hold a part of it, since any part may turn out to
 * be the password, cut off at a '/' that should have been %2F. */
#include "terms/redis_url.h"

#include <sys/un.h>

#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define HOST_MAX 253 /* RFC 1035 2.3.4, as text */
#define PATH_BYTES (sizeof(((struct sockaddr_un *)NULL)->sun_path))
#define IN_A_PASSWORD "; in a password write '/' as %2F"
#define DB_WANTED "the database of redis.url is a number from 0 to 65535"

static int
fail(char *err, size_t errlen, const char *why)
{
	strlcpy(err, why, errlen);
	return -1;
}

static int
hex(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0'
					 : tolower((unsigned char)c) - 'a' + 10;
}

/* s without its %XX; NULL: there is a '%' that begins none, or a byte that is no text.
 */
static char *
unescape(struct str s)
{
	char *text = xmalloc(s.len + 1);
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < s.len; i++) {
		text[n] = s.p[i];
		if (s.p[i] == '%') {
			high = i + 2 < s.len ? hex(s.p[i + 1]) : -1;
			low = high != -1 ? hex(s.p[i + 2]) : -1;
			text[n] = low != -1 ? (char)(high * 16 + low) : '\0';
			i += 2;
		}
		if (text[n++] == '\0') {
			freezero(text, s.len + 1);
			return NULL;
		}
	}
	text[n] = '\0';
	return text;
}

/* What stands before the '@' of s, which is cut off; false: there is none. */
static bool
cut_user(struct str *s, struct str *user)
{
	const char *at = s->len > 0 ? memrchr(s->p, '@', s->len) : NULL;

	if (at == NULL)
		return false;
	*user = (struct str){ s->p, (size_t)(at - s->p) };
	*s = str_from(*s, user->len + 1);
	return true;
}

static int
read_user(struct str s, struct redis_url *u, char *err, size_t errlen)
{
	const char *colon = s.len > 0 ? memchr(s.p, ':', s.len) : NULL;
	size_t len = colon != NULL ? (size_t)(colon - s.p) : s.len;
	struct str password;

	if (len > 0 && (u->user = unescape((struct str){ s.p, len })) == NULL)
		return fail(err, errlen,
		    "the user of redis.url has a '%' that begins no %XX, or %00");
	if (colon == NULL)
		return 0;
	password = str_from(s, len + 1);
	if (password.len == 0)
		return fail(err, errlen,
		    "redis.url has an empty password: write USER:PASSWORD@, or USER@ "
		    "and "
		    "redis.password_file");
	if ((u->password = unescape(password)) == NULL)
		return fail(err, errlen,
		    "the password of redis.url has a '%' that begins no %XX (a '%' "
		    "itself is "
		    "%25), or %00");
	return 0;
}

/* Digits only: strtonum(3) takes blanks and signs as well. */
static int
read_number(struct str s, unsigned min, unsigned max, unsigned *out)
{
	unsigned value = 0;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (!isdigit((unsigned char)s.p[i]) || value > max)
			return -1;
		value = value * 10 + (unsigned)(s.p[i] - '0');
	}
	*out = value;
	return s.len > 0 && value >= min && value <= max ? 0 : -1;
}

/* Where the host of s ends, behind the bracket of an IPv6 address; 0: it is none. */
static size_t
host_length(struct str s)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	const char *end;
	size_t i;

	if (s.len > 0 && s.p[0] == '[') {
		end = memchr(s.p, ']', s.len);
		if (end == NULL || (size_t)(end - s.p) > sizeof(address))
			return 0;
		strlcpy(address, s.p + 1, (size_t)(end - s.p));
		return inet_pton(AF_INET6, address, &in6) == 1 ? (size_t)(end + 1 - s.p)
							       : 0;
	}
	for (i = 0; i < s.len && s.p[i] != ':'; i++)
		if (!isalnum((unsigned char)s.p[i]) && strchr("-._", s.p[i]) == NULL)
			return 0;
	return i <= HOST_MAX ? i : 0;
}

static int
read_host(struct str s, struct redis_url *u, char *err, size_t errlen)
{
	size_t len = host_length(s);

	if (len == 0)
		return fail(err, errlen,
		    "redis.url names no host: write redis://HOST:PORT, an address of "
		    "IPv6 "
		    "in brackets" IN_A_PASSWORD);
	u->host = xmalloc(len + 1);
	strlcpy(u->host, s.p, len + 1);
	s = str_from(s, len);
	u->port = REDIS_URL_PORT;
	if (s.len > 0 &&
	    (s.p[0] != ':' || read_number(str_from(s, 1), 1, 65535, &u->port) == -1))
		return fail(err, errlen,
		    "redis.url has no port from 1 to 65535 behind its host: write "
		    "HOST:PORT, "
		    "or HOST alone for port 6379" IN_A_PASSWORD);
	return 0;
}

static int
read_tcp(struct str s, struct redis_url *u, char *err, size_t errlen)
{
	const char *slash = s.len > 0 ? memchr(s.p, '/', s.len) : NULL;
	struct str where = s, user, db;

	if (slash != NULL)
		where.len = (size_t)(slash - s.p);
	db = str_from(s, where.len);
	if (cut_user(&where, &user) && read_user(user, u, err, errlen) == -1)
		return -1;
	if (read_host(where, u, err, errlen) == -1)
		return -1;
	if (db.len > 1 &&
	    read_number(str_from(db, 1), 0, REDIS_URL_DB_MAX, &u->db) == -1)
		return fail(err, errlen, DB_WANTED ": write redis://HOST:PORT/DB");
	return 0;
}

static int
read_unix(struct str s, struct redis_url *u, char *err, size_t errlen)
{
	const char *slash = s.len > 0 ? memchr(s.p, '/', s.len) : NULL, *query;
	struct str where = s, path, user, db;

	if (slash == NULL)
		return fail(err, errlen,
		    "redis.url names no absolute path: write unix:///PATH/OF/SOCKET");
	where.len = (size_t)(slash - s.p);
	path = str_from(s, where.len);
	if (cut_user(&where, &user) && read_user(user, u, err, errlen) == -1)
		return -1;
	if (where.len > 0)
		return fail(err, errlen,
		    "a unix:// redis.url has no host: write unix:///PATH/OF/SOCKET");
	if ((query = memchr(path.p, '?', path.len)) != NULL) {
		db = str_from(path, (size_t)(query - path.p));
		path.len -= db.len;
		if (!str_starts(db, STR("?db=")) ||
		    read_number(str_from(db, 4), 0, REDIS_URL_DB_MAX, &u->db) == -1)
			return fail(
			    err, errlen, DB_WANTED ": write unix:///PATH?db=DB");
	}
	if ((u->path = unescape(path)) == NULL)
		return fail(err, errlen,
		    "the path of redis.url has a '%' that begins no %XX, or %00");
	if (strlen(u->path) >= PATH_BYTES)
		return fail(err, errlen,
		    "the path of redis.url is too long for a socket: 107 bytes at "
		    "most");
	return 0;
}

static int
read_any(const char *text, struct redis_url *u, char *err, size_t errlen)
{
	struct str s = { text, strlen(text) };

	if (str_starts(s, STR("unix://")))
		return read_unix(str_from(s, 7), u, err, errlen);
	u->tls = str_starts(s, STR("rediss://"));
	if (u->tls || str_starts(s, STR("redis://")))
		return read_tcp(str_from(s, u->tls ? 9 : 8), u, err, errlen);
	return fail(err, errlen,
	    "redis.url is redis://HOST:PORT/DB, rediss://HOST:PORT/DB (in TLS) or "
	    "unix:///PATH");
}

int
redis_url_parse(const char *text, struct redis_url *out, char *err, size_t errlen)
{
	*out = (struct redis_url){ 0 };
	if (read_any(text, out, err, errlen) == 0)
		return 0;
	redis_url_free(out);
	return -1;
}

void
redis_url_free(struct redis_url *u)
{
	free(u->path);
	free(u->host);
	free(u->user);
	if (u->password != NULL)
		freezero(u->password, strlen(u->password));
	*u = (struct redis_url){ 0 };
}

char *
redis_url_shown(const char *text)
{
	const char *colon = strstr(text, "://"),
		   *begin = colon != NULL ? colon + 3 : text;
	const char *at = strrchr(begin, '@');
	struct buf b = { 0 };

	/* A path may have an '@', if nothing before it is secret. */
	if (at == NULL || (begin[0] == '/' && strncmp(text, "unix:", 5) == 0))
		return xstrdup(text);
	buf_add(&b, text, (size_t)(begin - text));
	buf_puts(&b, "***");
	buf_add(&b, at, strlen(at) + 1);
	return b.data;
}
