/*
 * The fast foreign client of the chaos test: many connections, kept open, pipelined and
 * used once, and every answer judged (chaos_answer.h).
 *
 * usage: chaos_load PORT CONNECTIONS RATE SECONDS DEADLINE SEED
 *
 * Asks at most RATE questions a second for SECONDS or until TERM, waits for what it has
 * asked, and prints, one a line, for the one who knows which reader was killed when:
 *
 *   broken PORT OPENED ENDED   a connection, by its local port, ended while it owed
 *                              answers or without having said so
 *   late PORT OPENED ENDED     an answer took longer than DEADLINE seconds
 *   wrong TEXT                 an answer that is none to what was asked
 *   unserved TEXT              no connection was made
 *   total NAME=NUMBER ...      the figures, last
 *
 * Times are nanoseconds of CLOCK_MONOTONIC.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chaos_answer.h"

#define NSEC 1000000000LL
#define DEPTH 4 /* questions that a pipelining connection owes at most */
#define INPUT (DEPTH * 128 * 1024)
/* Between two connections that are used once: the kernel remembers each for a minute.
 */
#define REST (NSEC / 25)
/* A connection that is kept open is given up after so many questions at most. */
#define LIFE_MAX 2000

struct connection {
	int fd; /* -1: none */
	uint16_t port;
	unsigned depth, life; /* life: questions that it may still ask */
	bool once;
	int64_t opened, rested;
	struct question asked[DEPTH]; /* the oldest first */
	unsigned n;
	size_t have;
	char in[INPUT];
};

struct load {
	struct connection *connections;
	unsigned nconnections, next;
	char etag[32][ETAG_SIZE]; /* the last one, by target */
	struct sockaddr_in to;
	int64_t deadline, slowest;
	unsigned long requests, opened, not_modified, retried;
	uint64_t random;
	int epoll;
};

static volatile sig_atomic_t stopped;

static void
on_term(int signo UNUSED)
{
	stopped = 1;
}

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NSEC + t.tv_nsec;
}

/* xorshift64: the seed decides everything but the timing. */
static unsigned
draw(struct load *l, unsigned below)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return (unsigned)((l->random >> 32) % below);
}

static void
hang_up(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
	c->n = 0;
	c->have = 0;
	c->rested = now();
}

static void
complain(struct connection *c, const char *what)
{
	printf(
	    "%s %u %lld %lld\n", what, c->port, (long long)c->opened, (long long)now());
	hang_up(c);
}

static int
dial(struct load *l)
{
	struct timeval patience = { .tv_sec = (time_t)(l->deadline / NSEC) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ==
		-1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&l->to, sizeof(l->to)) == 0)
		return fd;
	if (errno != EINTR)
		printf("unserved connect: %s\n", strerror(errno));
	close(fd);
	return -1;
}

static void
open_connection(struct load *l, struct connection *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	struct sockaddr_in self;
	socklen_t len = sizeof(self);

	c->opened = now();
	if ((c->fd = dial(l)) == -1)
		return;
	if (getsockname(c->fd, (struct sockaddr *)&self, &len) == -1 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &e) == -1)
		err(1, "getsockname, epoll_ctl");
	c->port = ntohs(self.sin_port);
	c->life = c->once ? 1 : 1 + draw(l, LIFE_MAX);
	l->opened++;
}

static struct question
think(struct load *l)
{
	struct question q = { .target = draw(l, question_targets), .asked = now() };

	q.gzip = question_may_gzip(q.target) && draw(l, 3) == 0;
	if (draw(l, 4) == 0)
		memcpy(q.etag, l->etag[q.target], sizeof(q.etag));
	return q;
}

static void
ask(struct load *l, struct connection *c)
{
	struct question q = think(l);
	char out[512];
	/* Half of those that shall not be kept are closed by us, after the answer. */
	bool close = --c->life == 0 && draw(l, 2) == 0;
	int n = snprintf(out, sizeof(out),
	    "GET %s HTTP/1.1\r\nHost: chaos\r\n%s%s%s%s%s\r\n",
	    question_target[q.target], q.gzip ? "Accept-Encoding: gzip\r\n" : "",
	    q.etag[0] != '\0' ? "If-None-Match: " : "", q.etag,
	    q.etag[0] != '\0' ? "\r\n" : "", close ? "Connection: close\r\n" : "");

	c->asked[c->n++] = q;
	if (send(c->fd, out, (size_t)n, MSG_NOSIGNAL) != n)
		complain(c, "broken");
}

/* Takes the answer off the connection; it may be the last one. */
static void
settle(struct load *l, struct connection *c, const struct answer *a)
{
	int64_t took = now() - c->asked[0].asked;

	l->requests++;
	l->not_modified += a->status == 304;
	if (took > l->slowest)
		l->slowest = took;
	memcpy(l->etag[c->asked[0].target], a->etag, sizeof(a->etag));
	c->n--;
	memmove(c->asked, c->asked + 1, c->n * sizeof(c->asked[0]));
	c->have -= a->size;
	memmove(c->in, c->in + a->size, c->have);
	/* What was asked behind an answer that closes may be asked again elsewhere: RFC
	 * 9112 section 9.3.2. */
	if (a->closing)
		l->retried += c->n;
	if (a->closing || (c->life == 0 && c->n == 0))
		hang_up(c);
}

static void
judge(struct load *l, struct connection *c)
{
	struct answer a;
	char why[512];

	while (c->fd != -1 && c->n > 0 && c->have > 0) {
		switch (
		    answer_judge(&c->asked[0], c->in, c->have, &a, why, sizeof(why))) {
		case ANSWER_PARTIAL:
			return;
		case ANSWER_WHOLE:
			settle(l, c, &a);
			break;
		case ANSWER_WRONG:
			printf("wrong %s\n", why);
			hang_up(c);
			break;
		}
	}
	if (c->fd != -1 && c->have > 0) {
		printf("wrong %zu bytes that nobody asked for\n", c->have);
		hang_up(c);
	}
}

static void
receive(struct load *l, struct connection *c)
{
	ssize_t n;

	if (c->fd == -1)
		return;
	n = recv(c->fd, c->in + c->have, INPUT - c->have, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		complain(c, "broken");
		return;
	}
	c->have += (size_t)n;
	judge(l, c);
}

/* The next connection, in turn, that may ask: NULL if all wait for answers. */
static struct connection *
choose(struct load *l)
{
	unsigned i;

	for (i = 0; i < l->nconnections; i++) {
		struct connection *c = &l->connections[l->next++ % l->nconnections];

		if (c->fd == -1 && c->once && now() - c->rested < REST)
			continue;
		if (c->fd == -1 || (c->n < c->depth && c->life > 0))
			return c;
	}
	return NULL;
}

static void
ask_what_is_due(struct load *l, int64_t *due, int64_t interval)
{
	struct connection *c;

	while (*due <= now()) {
		if ((c = choose(l)) == NULL) {
			*due = now(); /* what nobody could ask is not made up for */
			return;
		}
		if (c->fd == -1)
			open_connection(l, c);
		if (c->fd != -1)
			ask(l, c);
		*due += interval;
	}
}

static unsigned
find_late(struct load *l)
{
	unsigned i, owed = 0;

	for (i = 0; i < l->nconnections; i++) {
		struct connection *c = &l->connections[i];

		if (c->n > 0 && now() - c->asked[0].asked > l->deadline)
			complain(c, "late");
		owed += c->n;
	}
	return owed;
}

static void
run(struct load *l, int64_t interval, int64_t end)
{
	struct epoll_event events[64];
	int64_t due = now();
	unsigned owed = 0;
	int i, n;

	while ((!stopped && now() < end) || owed > 0) {
		if (!stopped && now() < end)
			ask_what_is_due(l, &due, interval);
		n = epoll_wait(l->epoll, events, 64, 1);
		for (i = 0; i < n; i++)
			receive(l, events[i].data.ptr);
		owed = find_late(l);
	}
}

/* One connection of eight is used once, two ask ahead. */
static void
set_up(struct load *l)
{
	unsigned i;

	l->connections = calloc(l->nconnections, sizeof(*l->connections));
	if (l->connections == NULL || (l->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "set up");
	for (i = 0; i < l->nconnections; i++) {
		l->connections[i].fd = -1;
		l->connections[i].once = i % 8 == 0;
		l->connections[i].depth = i % 8 == 1 || i % 8 == 2 ? DEPTH : 1;
	}
}

int
main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	struct load l = { .to.sin_family = AF_INET };
	int64_t rate, seconds;

	if (argc != 7)
		errx(64,
		    "usage: chaos_load PORT CONNECTIONS RATE SECONDS DEADLINE SEED");
	l.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l.to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	l.nconnections = (unsigned)strtoul(argv[2], NULL, 10);
	rate = strtol(argv[3], NULL, 10);
	seconds = strtol(argv[4], NULL, 10);
	l.deadline = strtol(argv[5], NULL, 10) * NSEC;
	l.random = strtoul(argv[6], NULL, 10) | 1;
	if (l.nconnections == 0 || rate <= 0 || seconds <= 0 || l.deadline <= 0 ||
	    question_targets > NELEM(l.etag))
		errx(64, "numbers above 0 are needed");
	sigaction(SIGTERM, &term, NULL);
	set_up(&l);
	run(&l, NSEC / rate, now() + seconds * NSEC);
	printf("total requests=%lu connections=%lu not_modified=%lu retried=%lu "
	       "slowest=%lld\n",
	    l.requests, l.opened, l.not_modified, l.retried, (long long)l.slowest);
	free(l.connections);
	return 0;
}
