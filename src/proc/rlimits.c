/* Limits of children: descriptors, and of hydrators memory. */
#include "proc/rlimits.h"

#include "autoconf.h"
#include "base/log.h"
#include "config/config.h"

/* Standard streams, logs, channel, segment, epoll, and some to spare. */
#define READER_OWN 64
#define READER_BODIES 1024
/* Where there are not enough, a part of so many of what is left is for bodies. */
#define READER_BODIES_PART 4
/* Of each server, which have been refused or shed: EXCESS_MAX in http/accept.c. */
#define READER_LEAVING 64
/* Half a dozen transfers and their name look-ups, certificates, a state file. */
#define HYDRATOR_ALL 256
#define HYDRATOR_DOCUMENTS 4
#define HYDRATOR_THREADS ((rlim_t)128 << 20) /* stacks and heaps of some threads */

/* Of a reader, whoever comes to its public addresses. */
static rlim_t
rlimits_fixed(const struct child_context *c)
{
	rlim_t n = READER_OWN + READER_LEAVING;
	size_t i;

	for (i = 0; i < LISTEN_KINDS; i++) {
		n += c->sockets[i].n;
		if (i > LISTEN_DASHBOARD && c->sockets[i].n > 0)
			n += RLIMITS_OPERATORS + READER_LEAVING;
	}
	return n;
}

rlim_t
rlimits_descriptors(enum role role, const struct child_context *c)
{
	if (role == ROLE_HYDRATOR)
		return HYDRATOR_ALL;
	return (rlim_t)c->config->http.max_connections + READER_BODIES +
	       rlimits_fixed(c);
}

int64_t
rlimits_connections(const struct child_context *c, rlim_t limit)
{
	int64_t wanted = c->config->http.max_connections, left, bodies;

	if (limit == 0 || limit >= rlimits_descriptors(ROLE_READER, c))
		return wanted;
	left = (int64_t)limit - (int64_t)rlimits_fixed(c);
	bodies = left / READER_BODIES_PART;
	left -= bodies < READER_BODIES ? bodies : READER_BODIES;
	if (left < 1)
		return 1;
	return left < wanted ? left : wanted;
}

static void
rlimits_raise(const struct child_context *c, struct rlimit *l, rlim_t need)
{
	if (l->rlim_cur >= need)
		return;
	l->rlim_cur = need;
	if (need > l->rlim_max) {
		l->rlim_cur = l->rlim_max;
		if (c->index == 0)
			log_warnx("%llu descriptors are needed for "
				  "http.max_connections, the hard limit is %llu: each "
				  "reader keeps %lld connections",
			    (unsigned long long)need, (unsigned long long)l->rlim_max,
			    (long long)rlimits_connections(c, l->rlim_max));
	}
}

rlim_t
rlimits_memory(const struct config *c)
{
	if (c->hydration.max_memory == 0)
		return RLIM_INFINITY;
	return (rlim_t)c->hydration.max_memory +
	       2 * HYDRATOR_DOCUMENTS * (rlim_t)c->upstream.max_bytes +
	       (rlim_t)c->segment.max + HYDRATOR_THREADS;
}

/* The address space that sanitizers take is no measure of anything. */
static void
rlimits_set_memory(const struct config *c)
{
#ifndef HAVE_SANITIZERS
	rlim_t most = rlimits_memory(c);
	struct rlimit l;

	if (getrlimit(RLIMIT_DATA, &l) == -1 || l.rlim_cur <= most)
		return;
	l.rlim_cur = most;
	if (setrlimit(RLIMIT_DATA, &l) == -1)
		log_warn("the limit of memory cannot be set");
#else
	(void)c;
#endif
}

void
rlimits_set(enum role role, const struct child_context *c)
{
	rlim_t need = rlimits_descriptors(role, c);
	struct rlimit l;

	if (role == ROLE_HYDRATOR)
		rlimits_set_memory(c->config);
	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return;
	if (role == ROLE_READER)
		rlimits_raise(c, &l, need);
	else if (l.rlim_max > need)
		l = (struct rlimit){ need, need };
	/* Not worth a crash loop; valgrind, for one, does not let the hard limit be. */
	if (setrlimit(RLIMIT_NOFILE, &l) == -1)
		log_warn("the limit of descriptors cannot be set");
}
