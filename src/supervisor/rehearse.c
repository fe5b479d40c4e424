/* The least that shows whether readers come up. */
#include "supervisor/rehearse.h"

#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "proc/channel.h"
#include "proc/privilege.h"
#include "proc/spawn.h"
#include "shm/segment.h"
#include "shm/segment_adopt.h"
#include "supervisor/children.h"

static int
rehearse_segment(const struct config *c, const struct privilege *p,
    struct segment **out, char *why, size_t len)
{
	const char *names[SEGMENT_CATEGORIES_MAX];
	const struct segment_spec spec = {
		.name = c->segment.name,
		.capacity = 1, /* a page */
		.ncategories = (unsigned)c->ncategories,
		.categories = names,
		.nprocs = children_wanted(c) + 1,
		.owner = p->uid,
		.group = p->gid,
		.unnamed = true,
	};
	size_t i;

	for (i = 0; i < c->ncategories && i < NELEM(names); i++)
		names[i] = c->category[i].name;
	return segment_create(&spec, out, why, len);
}

/* Until it is ready. Returns false if it hangs up or time is over. */
static bool
rehearse_await(int channel, int64_t patience)
{
	struct pollfd p = { .fd = channel, .events = POLLIN };
	int64_t end = clock_boot() + patience, left;
	struct channel_message m;
	int r;

	while ((left = end - clock_boot()) > 0) {
		if (poll(&p, 1, (int)(left / NSEC_PER_MSEC) + 1) == -1 &&
		    errno != EINTR)
			return false;
		r = channel_recv(channel, &m);
		if (r == 1 && m.type == CHANNEL_READY)
			return true;
		if (r == 0)
			return false;
	}
	return false;
}

static bool
rehearse_reader(const struct config *c, const struct privilege *p, struct segment *seg,
    role_main_fn *const *roles)
{
	struct spawn s = {
		.main = roles[ROLE_READER],
		.title = "rehearsal",
		.context = { .config = c,
		    .segment = seg,
		    .slot = (unsigned)c->ncategories,
		    .access_log = -1 },
		.privilege = p,
	};
	int channel, status;
	pid_t pid = proc_spawn(&s, &channel);
	bool ready;

	if (pid == -1) {
		warn("no reader can be forked");
		return false;
	}
	ready = rehearse_await(channel, c->supervisor.start_timeout * NSEC_PER_SEC);
	/* It has no clients to wait for. */
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	close(channel);
	if (!ready && WIFEXITED(status))
		warnx("a reader ended with %d", WEXITSTATUS(status));
	else if (!ready)
		warnx("a reader was not ready in time, or ended by a signal");
	return ready;
}

int
rehearse(const struct config *c, role_main_fn *const *roles)
{
	struct segment *seg = NULL;
	struct privilege p;
	char why[512];
	bool ready;

	setproctitle("rehearsal");
	log_procinit("rehearsal");
	if (log_open("stderr", "warning") == -1 || clock_init() == -1)
		err(EXIT_FAILURE, "log or clock");
	if (privilege_find(c->user, &p, why, sizeof(why)) == -1 ||
	    rehearse_segment(c, &p, &seg, why, sizeof(why)) == -1)
		errx(EXIT_FAILURE, "%s", why);
	ready = rehearse_reader(c, &p, seg, roles);
	segment_close(&seg);
	if (!ready)
		return EXIT_FAILURE;
	printf(REHEARSED "%s %s\n", segment_layout(), PACKAGE_VERSION);
	return EXIT_SUCCESS;
}
