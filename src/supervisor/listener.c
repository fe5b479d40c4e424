/* Opening the listening sockets. */
#include "supervisor/listener.h"

#include <sys/socket.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "supervisor/activation.h"

#define BACKLOG 4096 /* net.core.somaxconn caps it */

static const char *const options[LISTEN_KINDS] = {
	[LISTEN_ANSWERS] = "listen",
	[LISTEN_DASHBOARD] = "http.dashboard_listen",
	[LISTEN_METRICS] = "http.metrics_listen",
	[LISTEN_ADMIN] = "http.admin_listen",
};

/* One address of the list, and where errors go. */
struct opening {
	enum listen_kind kind;
	const char *text;
	const struct listeners_known *known;
	char host[256]; /* "*" for any */
	char port[6];
	struct listeners *out;
	char *err;
	size_t errlen;
};

static int
opening_refuse(const struct opening *o, const char *why)
{
	snprintf(o->err, o->errlen, "%s \"%s\": %s", options[o->kind], o->text, why);
	errno = EINVAL;
	return -1;
}

/* strtonum() alone would take a sign and blanks. */
static bool
opening_parse_port(struct opening *o, const char *port)
{
	const char *bad = "";

	if (*port != '\0' && port[strspn(port, "0123456789")] == '\0')
		strtonum(port, 0, 65535, &bad);
	return bad == NULL && strlcpy(o->port, port, sizeof(o->port)) < sizeof(o->port);
}

/* "[v6]:port" or "host:port" -> host, port. */
static int
opening_parse(struct opening *o)
{
	const char *host = o->text, *end = strrchr(o->text, ':');
	size_t len;

	if (end == NULL)
		return opening_refuse(o, "a port is missing (ADDRESS:PORT)");
	if (!opening_parse_port(o, end + 1))
		return opening_refuse(o, "the port is not a number from 0 to 65535");
	if (*host == '[' && end > host + 1 && end[-1] == ']') {
		host++;
		end--;
	} else if (memchr(host, ':', (size_t)(end - host)) != NULL)
		return opening_refuse(o, "an IPv6 address is written [ADDRESS]:PORT");
	len = (size_t)(end - host);
	if (len == 0 || len >= sizeof(o->host))
		return opening_refuse(o, "this is no address (* is any)");
	memcpy(o->host, host, len);
	o->host[len] = '\0';
	return 0;
}

static int
listener_socket(const struct sockaddr *sa, socklen_t len, bool beside_ours)
{
	int fd, saved, one = 1;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* V6ONLY: each family has a socket of its own, whatever the sysctl says. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ beside_ours },
		sizeof(int)) == 0 &&
	    (sa->sa_family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) == 0) &&
	    bind(fd, sa, len) == 0 && listen(fd, BACKLOG) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 0 }, sizeof(int)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Loopback is never congested, but bbr, where it is the system's choice, paces each
 * large answer by timers there: a third of its CPU time. Accepted connections inherit
 * this; reno is in every kernel, open to every user, and does not pace. */
static void
listener_unpace(int fd)
{
	struct sockaddr_storage ss;

	if (address_of(fd, &ss) == 0 && address_is_loopback((struct sockaddr *)&ss))
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_CONGESTION, "reno", sizeof("reno") - 1);
}

/* Asked of the kernel, for port 0. */
static void
listener_bound_name(int fd, char name[ADDRESS_TEXT_MAX])
{
	struct sockaddr_storage ss;

	/* If this fails, the family is none. */
	if (address_of(fd, &ss) == -1) {
	}
	address_print((struct sockaddr *)&ss, name);
}

/* The first of them, from i on, that is bound to the address, or that a socket at it
 * would be in the way of; l->n: none. */
static size_t
listeners_find(const struct listeners *l, const struct sockaddr *sa, size_t i,
    bool (*matches)(const struct sockaddr *, const struct sockaddr *))
{
	struct sockaddr_storage ss;

	for (; i < l->n; i++)
		if (address_of(l->fd[i], &ss) == 0 &&
		    matches((struct sockaddr *)&ss, sa))
			break;
	return i;
}

static bool
listeners_have(const struct listeners *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->name[i], name) == 0)
			return true;
	return false;
}

void
listeners_add(struct listeners *l, int fd, const char *text)
{
	char name[ADDRESS_TEXT_MAX];

	listener_bound_name(fd, name);
	/* A name and its address, or a passed socket that serves both wildcards. */
	if (listeners_have(l, name)) {
		close(fd);
		return;
	}
	l->fd = xreallocarray(l->fd, l->n + 1, sizeof(*l->fd));
	l->name = xreallocarray(l->name, l->n + 1, sizeof(*l->name));
	l->text = xreallocarray(l->text, l->n + 1, sizeof(*l->text));
	l->fd[l->n] = fd;
	strlcpy(l->name[l->n], name, sizeof(l->name[l->n]));
	l->text[l->n] = text;
	listener_unpace(fd);
	l->n++;
}

static int
opening_failed(const struct opening *o, const struct sockaddr *sa)
{
	char name[ADDRESS_TEXT_MAX];
	int saved = errno;

	address_print(sa, name);
	snprintf(o->err, o->errlen, "cannot listen on %s: %s: %schange %s", name,
	    strerror(saved),
	    saved == EADDRINUSE ? "stop what listens there (ss -ltnp shows it) or "
	    : saved == EACCES
		? "ports below 1024 need CAP_NET_BIND_SERVICE, "
		  "which root has, or a service manager that passes the socket "
		  "(hydratord.socket); "
		: "",
	    options[o->kind]);
	errno = saved;
	return -1;
}

/* A machine without IPv6, or without its loopback, still resolves "localhost" and
 * "*" to both families. */
static bool
family_is_absent(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

/* Takes a duplicate of a socket. Returns 0, or -1 with errno. */
static int
opening_take(struct opening *o, const struct listeners *from, size_t i)
{
	int fd = fcntl(from->fd[i], F_DUPFD_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	listeners_add(o->out, fd, o->text);
	return 0;
}

/* The addresses of each kind are different clients' ways. */
static bool
opening_is_beside(const struct opening *o, const struct sockaddr *sa)
{
	const struct listeners *l = NULL;
	char name[ADDRESS_TEXT_MAX];
	size_t kind, i = 0;

	if (o->known->beside == NULL || address_port(sa) == 0)
		return false;
	for (kind = 0; kind < LISTEN_KINDS; kind++) {
		l = &o->known->beside[kind];
		if (kind != o->kind &&
		    (i = listeners_find(l, sa, 0, address_overlaps)) < l->n)
			break;
	}
	if (kind == LISTEN_KINDS)
		return false;
	address_print(sa, name);
	snprintf(o->err, o->errlen, "%s \"%s\": %s is served by %s at %s",
	    options[o->kind], o->text, name, options[kind], l->name[i]);
	return true;
}

/* Those of the configuration in use: of the same kind, then (n: 1, ...) of the others.
 */
static const struct listeners *
opening_before(const struct opening *o, size_t n)
{
	static const struct listeners none;

	if (o->known->before == NULL)
		return &none;
	return &o->known->before[(o->kind + n) % LISTEN_KINDS];
}

/* Lets others bind an address that a socket of ours is in the way of, or no more.
 * Returns how many of ours are. */
static int
listeners_let(const struct listeners *l, const struct sockaddr *sa, int let)
{
	size_t i;
	int n = 0;

	for (i = 0; (i = listeners_find(l, sa, i, address_overlaps)) < l->n; i++) {
		(void)setsockopt(l->fd[i], SOL_SOCKET, SO_REUSEPORT, &let, sizeof(let));
		n++;
	}
	return n;
}

/* Our own sockets are not in the way: for as long as this takes they let another one
 * in, and only of this process's user. It must not be tried without need, because the
 * kernel remembers of a port that it was bound like this, and lets in whoever tries the
 * same. */
static int
opening_bind_beside_ours(
    const struct opening *o, const struct sockaddr *sa, socklen_t len)
{
	int fd = -1, n = listeners_let(o->out, sa, 1), saved = EADDRINUSE;
	size_t i;

	for (i = 0; i < LISTEN_KINDS; i++)
		n += listeners_let(opening_before(o, i), sa, 1);
	if (n > 0) {
		fd = listener_socket(sa, len, true);
		saved = errno;
	}
	for (i = 0; i < LISTEN_KINDS; i++)
		listeners_let(opening_before(o, i), sa, 0);
	listeners_let(o->out, sa, 0);
	errno = saved;
	return fd;
}

/* Clients of a single address go on coming to its own socket, so any address takes it
 * along. Returns 0, or -1 with errno. */
static int
opening_take_covered(struct opening *o, const struct sockaddr *sa)
{
	const struct listeners *from;
	size_t f, i;

	for (f = 0; f < LISTEN_KINDS; f++) {
		from = opening_before(o, f);
		for (i = 0;
		     (i = listeners_find(from, sa, i, address_overlaps)) < from->n; i++)
			if (opening_take(o, from, i) == -1)
				return -1;
	}
	return 0;
}

/* Returns 0, or -1 with errno. */
static int
opening_new(struct opening *o, const struct sockaddr *sa, socklen_t len)
{
	const struct listeners_known *k = o->known;
	int fd = -1;

	if (k->passed != NULL)
		fd = activation_take(k->passed, sa);
	if (fd == -1)
		fd = listener_socket(sa, len, false);
	if (fd == -1 && errno == EADDRINUSE)
		fd = opening_bind_beside_ours(o, sa, len);
	if (fd == -1)
		return -1;
	listeners_add(o->out, fd, o->text);
	return address_is_any(sa) ? opening_take_covered(o, sa) : 0;
}

/* Returns 0, or -1 with errno. */
static int
opening_address(struct opening *o, const struct sockaddr *sa, socklen_t len)
{
	const struct listeners *from;
	size_t f, i;

	if (address_port(sa) == 0)
		return opening_new(o, sa, len);
	for (f = 0; f < LISTEN_KINDS; f++) {
		from = opening_before(o, f);
		if ((i = listeners_find(from, sa, 0, address_equal)) < from->n)
			return opening_take(o, from, i);
	}
	i = listeners_find(o->out, sa, 0, address_overlaps);
	if (i < o->out->n && !address_is_any(sa))
		return 0; /* it is there, or part of any address */
	return opening_new(o, sa, len);
}

static int
opening_bind(struct opening *o, const struct addrinfo *all)
{
	const struct addrinfo *ai, *absent = NULL;
	bool any = false;
	int error = 0;

	for (ai = all; ai != NULL; ai = ai->ai_next) {
		if (opening_is_beside(o, ai->ai_addr)) {
			errno = EINVAL;
			return -1;
		}
		if (opening_address(o, ai->ai_addr, ai->ai_addrlen) == 0)
			any = true;
		else if (!family_is_absent(errno))
			return opening_failed(o, ai->ai_addr);
		else {
			absent = ai;
			error = errno;
		}
	}
	if (any)
		return 0;
	errno = error;
	return opening_failed(o, absent->ai_addr);
}

static int
opening_resolve(struct opening *o, struct addrinfo **all)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	int r = getaddrinfo(
	    strcmp(o->host, "*") == 0 ? NULL : o->host, o->port, &hints, all);

	if (r == 0)
		return 0;
	opening_refuse(o, r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
	errno = r == EAI_AGAIN ? EAGAIN : EINVAL;
	return -1;
}

/* By the item: no name is resolved again, and port 0 stays what it was. Returns how
 * many sockets are shared, or -1 with errno. */
static int
opening_share(struct opening *o)
{
	const struct listeners *before = opening_before(o, 0);
	struct sockaddr_storage ss;
	int n = 0;
	size_t i;

	for (i = 0; i < before->n; i++) {
		if (strcmp(before->text[i], o->text) != 0)
			continue;
		if (address_of(before->fd[i], &ss) == 0 &&
		    opening_is_beside(o, (struct sockaddr *)&ss)) {
			errno = EINVAL;
			return -1;
		}
		if (opening_take(o, before, i) == -1) {
			snprintf(o->err, o->errlen, "cannot share %s: %s",
			    before->name[i], strerror(errno));
			return -1;
		}
		n++;
	}
	return n;
}

static int
opening_run(struct opening *o)
{
	struct addrinfo *all;
	int r, saved;

	if ((r = opening_share(o)) != 0)
		return r > 0 ? 0 : -1;
	if (opening_parse(o) == -1 || opening_resolve(o, &all) == -1)
		return -1;
	r = opening_bind(o, all);
	saved = errno;
	freeaddrinfo(all);
	errno = saved;
	return r;
}

int
listeners_open(enum listen_kind kind, const struct config_list *list,
    const struct listeners_known *known, struct listeners *out, char *err,
    size_t errlen)
{
	int saved;
	size_t i;

	*out = (struct listeners){ 0 };
	for (i = 0; i < list->n; i++) {
		struct opening o = { .kind = kind,
			.text = list->item[i],
			.known = known,
			.out = out,
			.err = err,
			.errlen = errlen };

		if (opening_run(&o) == 0)
			continue;
		saved = errno;
		listeners_close(out);
		errno = saved;
		return -1;
	}
	return 0;
}

const char *
listeners_option(enum listen_kind kind)
{
	return options[kind];
}

void
listeners_close(struct listeners *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		close(l->fd[i]);
	free(l->fd);
	free(l->name);
	free(l->text);
	*l = (struct listeners){ 0 };
}

void
listeners_close_all(struct listeners listeners[LISTEN_KINDS])
{
	size_t kind;

	for (kind = 0; kind < LISTEN_KINDS; kind++)
		listeners_close(&listeners[kind]);
}
