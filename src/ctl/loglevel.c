/* More lines in the log, or fewer, for a while. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/journal.h"
#include "base/log_level.h"
#include "ctl/commands.h"
#include "ctl/order.h"
#include "shm/daemon.h"
#include "shm/segment.h"

/* Whoever came after us has had the last word. */
static int
level_check(const struct order_recipient *r, enum log_level level)
{
	struct daemon_facts facts;
	struct segment *seg;
	bool known;

	if (segment_look(r->ctl->name, r->pid, &seg) == -1)
		return 0;
	known = daemon_read(seg, &facts);
	segment_close(&seg);
	if (!known || strcmp(facts.level, log_level_name(level)) == 0)
		return 0;
	journal_tell(LOG_ERR,
	    "hydratorctl: another order came after this one: the log's level is %s",
	    facts.level);
	return EXIT_FAILURE;
}

static int
level_order(const struct ctl *ctl, enum log_level level, unsigned seconds)
{
	const struct order_errand order = {
		.verb = ORDER_OF_LOGLEVEL,
		.signo = ORDER_SIGNAL,
		.code = ORDER_LOGLEVEL,
		.argument = ORDER_LEVEL(level, seconds),
		.patience = order_patience(0),
		.name = "the change of the level",
		.done = "",
		.refused = "the level is not changed",
	};
	struct order_recipient r;
	int status = order_find(ctl, &r);

	if (status != 0)
		return status;
	if ((status = order_run(&r, &order)) == 0)
		status = level_check(&r, level);
	order_leave(&r);
	return status;
}

int
ctl_loglevel(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct option options[] = { { 0 } };
	unsigned seconds = 0;
	const char *bad;
	char message[96];
	int level;

	if (getopt_long(argc, argv, "", options, NULL) != -1)
		return ctl_usage(argv[0], NULL);
	argv += optind;
	if (argc - optind < 1 || argc - optind > 2)
		return ctl_usage("loglevel", "it takes a level, and seconds");
	if ((level = log_level_find(argv[0])) == -1)
		return ctl_usage(
		    "loglevel", "the level must be error, warning, info or debug");
	if (argv[1] != NULL) {
		seconds = (unsigned)strtonum(argv[1], 1, ORDER_LEVEL_SECONDS_MAX, &bad);
		if (bad != NULL) {
			snprintf(message, sizeof(message), "seconds must be 1 to %u",
			    ORDER_LEVEL_SECONDS_MAX);
			return ctl_usage("loglevel", message);
		}
	}
	return level_order(ctl, (enum log_level)level, seconds);
}
