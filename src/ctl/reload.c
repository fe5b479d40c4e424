/* The configuration loaded again, or only compared. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "base/journal.h"
#include "config/describe.h"
#include "ctl/attach.h"
#include "ctl/commands.h"
#include "ctl/config_diff.h"
#include "ctl/order.h"
#include "ctl/running.h"
#include "shm/segment.h"

#define TIMEOUT 60 /* seconds, where nobody says more */

/* Whether this process has all variables that the daemon's options come from. */
static bool
has_environment_of(const struct segment *seg)
{
	struct config_line l;
	struct str lines;
	char name[128];

	lines.p = segment_config(seg, &lines.len);
	while (config_line_next(&lines, &l)) {
		snprintf(name, sizeof(name), "%.*s", (int)l.source.len, l.source.p);
		if (config_line_is_of_environment(&l) && getenv(name) == NULL)
			return false;
	}
	return true;
}

/* A file that the supervisor would refuse does not come to it: that would count as a
 * reload that failed. But what is a mistake here may be none in its environment, and
 * its file may be another one: nobody gave -c. */
static bool
reload_is_hopeless(const struct ctl *ctl)
{
	struct attached a;
	bool same = true;
	char err[512];

	if (ctl->config != NULL)
		return false;
	if (attach_try(ctl, &a, err, sizeof(err)) == 0) {
		same = has_environment_of(a.segment) &&
		       running_is_of_file(a.segment, ctl->config_path);
		attach_close(&a);
	}
	return same;
}

static int
reload_refuse_file(const struct ctl *ctl)
{
	journal_tell(LOG_ERR,
	    "hydratorctl: not reloaded, the old configuration stays in use: %s",
	    ctl->config_error);
	return EXIT_FAILURE;
}

static int
reload_run(struct order_recipient *r)
{
	int64_t start = order_option(r, "supervisor.start_timeout", TIMEOUT),
		drain = order_option(r, "supervisor.drain_timeout", TIMEOUT);
	const struct order_errand reload = {
		.verb = ORDER_OF_RELOAD,
		.signo = SIGHUP,
		.patience = order_patience(start + drain),
		.name = "the reload",
		.done = "reloaded",
		.refused = "not reloaded, the old configuration stays in use",
	};

	return order_run(r, &reload);
}

int
ctl_reload(const struct ctl *ctl, int argc, char *argv[])
{
	struct order_recipient r;
	bool diff = false;
	int status;

	if ((status = ctl_parse_flag(argc, argv, "diff", &diff)) != 0)
		return status;
	if (diff)
		return config_diff(ctl);
	if (reload_is_hopeless(ctl))
		return reload_refuse_file(ctl);
	if ((status = order_find(ctl, &r)) != 0)
		return status;
	status = reload_run(&r);
	order_leave(&r);
	return status;
}
