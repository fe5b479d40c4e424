/* Limits of children. */
#include "proc/rlimits.h"

#include "base/log.h"
#include "config/config.h"

/* Standard streams, logs, channel, segment, epoll, and some to spare. */
#define READER_OWN 64
#define READER_BODIES 1024
/* Half a dozen transfers and their name look-ups, certificates, a state file. */
#define HYDRATOR_ALL 256

rlim_t
rlimits_descriptors(enum role role, const struct child_context *c)
{
	rlim_t connections = (rlim_t)c->config->http.max_connections;

	if (role == ROLE_HYDRATOR)
		return HYDRATOR_ALL;
	if (c->nmetrics > 0)
		connections *= 2;
	return connections + c->nlisteners + c->nmetrics + READER_OWN + READER_BODIES;
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
				  "http.max_connections, the hard limit is %llu: "
				  "connections beyond it will wait",
			    (unsigned long long)need, (unsigned long long)l->rlim_max);
	}
}

void
rlimits_set(enum role role, const struct child_context *c)
{
	rlim_t need = rlimits_descriptors(role, c);
	struct rlimit l;

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
