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
	int status = ctl_parse_flag(argc, argv, NULL, NULL);

	return status != 0 ? status : order_carry_out(ctl, &reopen);
}
