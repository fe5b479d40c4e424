/* The configuration loaded again, or only compared. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <syslog.h>

#include "base/journal.h"
#include "config/config.h"
#include "ctl/commands.h"
#include "ctl/config_diff.h"
#include "ctl/order.h"

/* A file that the supervisor would refuse does not come to it: that would count as a
 * reload that failed. */
static int
reload_refuse_file(const struct ctl *ctl)
{
	journal_tell(LOG_ERR,
	    "hydratorctl: not reloaded, the old configuration stays in use: %s",
	    ctl->config_error);
	return EXIT_FAILURE;
}

static int
reload_run(const struct ctl *ctl, const struct order_recipient *r)
{
	const struct order_errand reload = {
		.verb = ORDER_OF_RELOAD,
		.signo = SIGHUP,
		.patience = order_patience(ctl->config->supervisor.start_timeout +
					   ctl->config->supervisor.drain_timeout),
		.name = "the reload",
		.refused = "not reloaded, the old configuration stays in use",
	};

	return order_run(r, &reload);
}

int
ctl_reload(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct option options[] = { { "diff", no_argument, NULL, 'd' },
		{ 0 } };
	struct order_recipient r;
	bool diff = false;
	int c, status;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'd')
			return ctl_usage(argv[0], NULL);
		diff = true;
	}
	if (optind < argc)
		return ctl_usage(argv[0], "it takes no argument");
	if (diff)
		return config_diff(ctl);
	if (ctl->config == NULL)
		return reload_refuse_file(ctl);
	if ((status = order_find(ctl, &r)) != 0)
		return status;
	status = reload_run(ctl, &r);
	order_leave(&r);
	return status;
}
