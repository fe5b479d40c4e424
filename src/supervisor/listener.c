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

/* One address of the list, and where errors go. */
struct opening {
	const char *option;
	const char *text;
	const struct activation *passed; /* NULL: none */
	char host[256];                  /* "*" for any */
	char port[6];
	const struct listeners *have;
	struct listeners *out;
	char *err;
	size_t errlen;
};

static int
opening_refuse(const struct opening *o, const char *why)
{
	snprintf(o->err, o->errlen, "%s \"%s\": %s", o->option, o->text, why);
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

static void
listener_name(const struct sockaddr *sa, socklen_t len, char name[LISTENER_NAME_MAX])
{
	char host[LISTENER_NAME_MAX - 8], port[8];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		strlcpy(name, "?", LISTENER_NAME_MAX);
	else
		snprintf(name, LISTENER_NAME_MAX,
		    sa->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int
listener_socket(const struct addrinfo *ai)
{
	int fd, saved, one = 1;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* V6ONLY: each family has a socket of its own, whatever the sysctl says. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    (ai->ai_family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) == 0) &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static bool
is_loopback(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *v4 = (const void *)ss;
	const struct sockaddr_in6 *v6 = (const void *)ss;

	if (ss->ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return ss->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* Loopback is never congested, but bbr, where it is the system's choice, paces each
 * large answer by timers there: a third of its CPU time. Accepted connections inherit
 * this; reno is in every kernel, open to every user, and does not pace. */
static void
listener_unpace(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0 && is_loopback(&ss))
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_CONGESTION, "reno", sizeof("reno") - 1);
}

/* Asked of the kernel, for port 0. */
static void
listener_bound_name(int fd, char name[LISTENER_NAME_MAX])
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		len = 0;
	listener_name((struct sockaddr *)&ss, len, name);
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

static void
listeners_add(struct listeners *l, int fd, const char *text)
{
	char name[LISTENER_NAME_MAX];

	listener_bound_name(fd, name);
	/* Only a passed socket comes twice: one that serves both wildcards. */
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
opening_failed(const struct opening *o, const struct addrinfo *ai)
{
	char name[LISTENER_NAME_MAX];
	int saved = errno;

	listener_name(ai->ai_addr, ai->ai_addrlen, name);
	snprintf(o->err, o->errlen, "cannot listen on %s: %s: %schange %s", name,
	    strerror(saved),
	    saved == EADDRINUSE ? "stop what listens there (ss -ltnp shows it) or "
	    : saved == EACCES   ? "ports below 1024 need root; "
				: "",
	    o->option);
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

static int
opening_socket(const struct opening *o, const struct addrinfo *ai)
{
	int fd;

	if (o->passed == NULL || (fd = activation_take(o->passed, ai->ai_addr)) == -1)
		return listener_socket(ai);
	return fd;
}

static int
opening_bind(struct opening *o, const struct addrinfo *all)
{
	const struct addrinfo *ai, *absent = NULL;
	size_t before = o->out->n;
	int fd, error = 0;

	for (ai = all; ai != NULL; ai = ai->ai_next) {
		if ((fd = opening_socket(o, ai)) != -1)
			listeners_add(o->out, fd, o->text);
		else if (!family_is_absent(errno))
			return opening_failed(o, ai);
		else {
			absent = ai;
			error = errno;
		}
	}
	if (o->out->n > before)
		return 0;
	errno = error;
	return opening_failed(o, absent);
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

/* Returns how many sockets are shared, or -1 with errno. */
static int
opening_share(struct opening *o)
{
	int fd, n = 0;
	size_t i;

	for (i = 0; o->have != NULL && i < o->have->n; i++) {
		if (strcmp(o->have->text[i], o->text) != 0)
			continue;
		if ((fd = fcntl(o->have->fd[i], F_DUPFD_CLOEXEC, 0)) == -1) {
			snprintf(o->err, o->errlen, "cannot share %s: %s",
			    o->have->name[i], strerror(errno));
			return -1;
		}
		listeners_add(o->out, fd, o->text);
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
listeners_open(const char *option, const struct config_list *list,
    const struct activation *passed, const struct listeners *have,
    struct listeners *out, char *err, size_t errlen)
{
	int saved;
	size_t i;

	*out = (struct listeners){ 0 };
	for (i = 0; i < list->n; i++) {
		struct opening o = { .option = option,
			.text = list->item[i],
			.passed = passed,
			.have = have,
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

void
listeners_warn_unserved(const struct activation *a, const struct listeners *http,
    const struct listeners *metrics)
{
	char name[LISTENER_NAME_MAX];
	size_t i;

	for (i = 0; i < a->n; i++) {
		listener_bound_name(a->fd[i], name);
		if (!listeners_have(http, name) && !listeners_have(metrics, name))
			log_warnx("the service manager holds a socket on %s, but "
				  "nobody answers there: add it to listen and reload, "
				  "or take it out of the socket unit",
			    name);
	}
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
