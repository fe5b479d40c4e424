/*
 * A client that asks at a fixed rate and says how long the answers took. Unlike wrk it
 * does not wait for a late answer before it asks the next one: a request's latency
 * counts from the instant at which it was due, so that a server that stops for a while
 * is seen to have kept all of them waiting.
 *
 * What is measured is the server alone. An answer is there when the kernel got it
 * (SO_TIMESTAMPNS), not when this process, which may have lost its core to others, read
 * it; and of a request that left late for no fault of the server, the delay is not
 * counted. It sleeps between two requests, so that others may use its core.
 *
 * usage: load PORT TARGET CONNECTIONS RATE SECONDS
 * prints: REQUESTS P50 P99 P99.9 MAX (microseconds)
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NSEC 1000000000LL
/* Requests that a connection may owe: they wait in a queue, their latency runs on. */
#define QUEUE 4096

struct connection {
	int fd;
	int64_t due[QUEUE]; /* of requests not yet answered, a ring */
	unsigned first, n;
	int64_t asked; /* when the first of them left */
	int64_t ended; /* when the answer before it was there */
	size_t left;   /* bytes of an answer whose beginning is here */
};

struct load {
	struct connection *connections;
	size_t nconnections;
	char request[1024];
	size_t request_len;
	int64_t *latencies;
	size_t done, sent, total;
	int epoll;
};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t); /* as the kernel's stamps are */
	return (int64_t)t.tv_sec * NSEC + t.tv_nsec;
}

static int
dial(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(1, "connect");
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == -1)
		err(1, "setsockopt");
	return fd;
}

static void
ask(const struct load *l, struct connection *c)
{
	c->asked = now();
	if (send(c->fd, l->request, l->request_len, MSG_NOSIGNAL) !=
	    (ssize_t)l->request_len)
		err(1, "send");
}

/* Bytes of the whole answer whose beginning was read. */
static size_t
answer_length(const char *in)
{
	const char *end = strstr(in, "\r\n\r\n");
	const char *field = strstr(in, "\r\nContent-Length: ");

	if (strncmp(in, "HTTP/1.1 200 ", 13) != 0 || end == NULL || field == NULL ||
	    field > end)
		errx(1, "not an answer: %.200s", in);
	return (size_t)(end + 4 - in) + strtoul(field + 18, NULL, 10);
}

static void
open_connections(struct load *l, uint16_t port)
{
	size_t i;

	if ((l->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	for (i = 0; i < l->nconnections; i++) {
		struct epoll_event e = { .events = EPOLLIN };

		e.data.ptr = &l->connections[i];
		l->connections[i].fd = dial(port);
		if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->connections[i].fd, &e) == -1)
			err(1, "epoll_ctl");
	}
}

/* One request on a connection at a time; the next one leaves with the answer. */
static void
fall_due(struct load *l, struct connection *c, int64_t due)
{
	if (c->n == QUEUE)
		errx(1, "the server is too slow for this rate");
	c->due[(c->first + c->n++) % QUEUE] = due;
	if (c->n == 1)
		ask(l, c);
}

/* As recv(2), and when the last of the bytes was there: the kernel begins to stamp only
 * some time after it was asked to. */
static ssize_t
receive_stamped(int fd, char *in, size_t size, int64_t *arrived)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec iov = { in, size };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	struct cmsghdr *stamp = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	struct timespec t;

	*arrived = now();
	if (stamp != NULL && stamp->cmsg_type == SCM_TIMESTAMPNS) {
		memcpy(&t, CMSG_DATA(stamp), sizeof(t));
		*arrived = (int64_t)t.tv_sec * NSEC + t.tv_nsec;
	}
	return n;
}

/* Of the first request: the time that it waited for the answer before it, and for its
 * own. */
static int64_t
latency(const struct connection *c, int64_t arrived)
{
	int64_t due = c->due[c->first];

	return (c->ended > due ? c->ended - due : 0) + arrived - c->asked;
}

static void
receive(struct load *l, struct connection *c)
{
	static char in[65536];
	int64_t arrived;
	ssize_t n = receive_stamped(c->fd, in, sizeof(in) - 1, &arrived);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		errx(1, "a connection ended");
	in[n] = '\0';
	if (c->left == 0)
		c->left = answer_length(in);
	if ((c->left -= (size_t)n) > 0)
		return;
	l->latencies[l->done++] = latency(c, arrived);
	c->ended = arrived;
	c->first = (c->first + 1) % QUEUE;
	if (--c->n > 0)
		ask(l, c);
}

/* Until a request is due, or an answer is there. */
static int
wait_for_events(const struct load *l, struct epoll_event *events, int max, int64_t due)
{
	int64_t left = due - now();
	struct timespec t = { left > 0 ? left / NSEC : 0, left > 0 ? left % NSEC : 0 };

	return epoll_pwait2(
	    l->epoll, events, max, l->sent < l->total ? &t : NULL, NULL);
}

static void
run(struct load *l, int64_t interval)
{
	struct epoll_event events[64];
	int64_t start = now();
	int i, n;

	while (l->done < l->total) {
		while (l->sent < l->total &&
		       now() >= start + (int64_t)l->sent * interval) {
			fall_due(l, &l->connections[l->sent % l->nconnections],
			    start + (int64_t)l->sent * interval);
			l->sent++;
		}
		n = wait_for_events(l, events, 64, start + (int64_t)l->sent * interval);
		for (i = 0; i < n; i++)
			receive(l, events[i].data.ptr);
	}
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static double
percentile(const struct load *l, double part)
{
	return (double)l->latencies[(size_t)((double)(l->total - 1) * part)] / 1e3;
}

int
main(int argc, char **argv)
{
	struct load l = { 0 };
	long rate, seconds;

	if (argc != 6)
		errx(64, "usage: load PORT TARGET CONNECTIONS RATE SECONDS");
	l.nconnections = strtoul(argv[3], NULL, 10);
	rate = strtol(argv[4], NULL, 10);
	seconds = strtol(argv[5], NULL, 10);
	if (l.nconnections == 0 || rate <= 0 || seconds <= 0)
		errx(64, "numbers above 0 are needed");
	l.total = (size_t)(rate * seconds);
	l.connections = calloc(l.nconnections, sizeof(*l.connections));
	l.latencies = calloc(l.total, sizeof(*l.latencies));
	if (l.connections == NULL || l.latencies == NULL)
		err(1, "calloc");
	l.request_len = (size_t)snprintf(l.request, sizeof(l.request),
	    "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", argv[2]);
	if (l.request_len >= sizeof(l.request))
		errx(64, "the target is too long");
	open_connections(&l, (uint16_t)strtoul(argv[1], NULL, 10));
	run(&l, NSEC / rate);
	qsort(l.latencies, l.total, sizeof(*l.latencies), compare);
	printf("%zu %.0f %.0f %.0f %.0f\n", l.total, percentile(&l, 0.5),
	    percentile(&l, 0.99), percentile(&l, 0.999), percentile(&l, 1));
	return 0;
}
