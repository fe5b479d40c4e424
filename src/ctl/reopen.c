/* The log files opened anew, after a rotation. */
#include <signal.h>

#include "ctl/commands.h"
#include "ctl/order.h"

int
ctl_reopen(const struct ctl *ctl, int argc, char *argv[])
{
	const struct order_errand reopen = {
		.verb = ORDER_OF_REOPEN,
		.signo = SIGUSR2,
		.patience = order_patience(0),
		.name = "the reopening",
		.done = "the logs are opened anew",
		.refused = "not all was opened anew",
	};
	struct order_recipient r;
	int status;

	if ((status = ctl_parse_flag(argc, argv, NULL, NULL)) != 0)
		return status;
	if ((status = order_find(ctl, &r)) != 0)
		return status;
	status = order_run(&r, &reopen);
	order_leave(&r);
	return status;
}
