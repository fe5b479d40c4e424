/* Another program in the place of the running one. */
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
		.busy = "another upgrade is under way",
	};
	int status = ctl_parse_flag(argc, argv, NULL, NULL);

	return status != 0 ? status : order_carry_out(ctl, &upgrade);
}
