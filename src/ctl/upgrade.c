/* Another program in the place of the running one. */
#include <stdlib.h>
#include <syslog.h>

#include "base/journal.h"
#include "config/config.h"
#include "ctl/commands.h"
#include "ctl/order.h"

#define START_TIMEOUT 30 /* of supervisor.*, where the configuration is not known */
#define DRAIN_TIMEOUT 30
#define TRIALS_GRACE 15

/* It is tried twice, saves, and comes up, and then perhaps all is given back. */
static int64_t
upgrade_patience(const struct config *c)
{
	int64_t start = c != NULL ? c->supervisor.start_timeout : START_TIMEOUT,
		drain = c != NULL ? c->supervisor.drain_timeout : DRAIN_TIMEOUT;

	return order_patience(3 * start + drain + TRIALS_GRACE);
}

static bool
upgrade_is_under_way(const struct order_recipient *r)
{
	struct order_state s;

	return order_read(r->ctl->name, r->pid, ORDER_OF_UPGRADE, &s) == 0 &&
	       s.begun > s.ended;
}

int
ctl_upgrade(const struct ctl *ctl, int argc, char *argv[])
{
	const struct order_errand upgrade = {
		.verb = ORDER_OF_UPGRADE,
		.signo = ORDER_SIGNAL,
		.code = ORDER_UPGRADE,
		.patience = upgrade_patience(ctl->config),
		.name = "the upgrade",
		.done = "",
		.refused = "not upgraded, the old program stays in use",
	};
	struct order_recipient r;
	int status;

	if ((status = ctl_parse_flag(argc, argv, NULL, NULL)) != 0)
		return status;
	if ((status = order_find(ctl, &r)) != 0)
		return status;
	if (upgrade_is_under_way(&r)) {
		journal_tell(LOG_ERR, "hydratorctl: another upgrade is under way");
		status = EXIT_FAILURE;
	} else
		status = order_run(&r, &upgrade);
	order_leave(&r);
	return status;
}
