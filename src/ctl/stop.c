/* The end of the daemon. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/journal.h"
#include "ctl/commands.h"
#include "ctl/order.h"
#include "ctl/out.h"

#define DRAIN 60 /* seconds, where nobody says more */

static int
stop_await(struct order_recipient *r, int64_t patience, bool now)
{
	int64_t end = clock_boot() + patience * NSEC_PER_SEC;

	while (!order_has_ended(r))
		if (clock_boot() > end) {
			journal_tell(LOG_ERR,
			    "hydratorctl: pid %d has not stopped within %lld s: %s",
			    (int)r->pid, (long long)patience,
			    now ? "is it stopped by SIGSTOP? kill -KILL ends it, and "
				  "the next start goes on with what is saved"
				: "hydratorctl stop --now waits for no answer under "
				  "way");
			return EXIT_FAILURE;
		}
	return 0;
}

static void
stop_tell(const struct order_recipient *r)
{
	struct out *o = out_open(r->ctl, stdout, "stop", 1);
	char note[64];

	out_int(o, "pid", NULL, r->pid);
	snprintf(note, sizeof(note), "pid %d has stopped", (int)r->pid);
	if (r->ctl->terminal)
		out_note(o, note);
	out_close(&o);
}

int
ctl_stop(const struct ctl *ctl, int argc, char *argv[])
{
	struct order_recipient r;
	bool now = false;
	int64_t drain;
	int status;

	if ((status = ctl_parse_flag(argc, argv, "now", &now)) != 0)
		return status;
	if ((status = order_find(ctl, &r)) != 0)
		return status;
	drain = now ? 0 : order_option(&r, "supervisor.drain_timeout", DRAIN);
	if ((status = order_send(&r, SIGTERM, now ? ORDER_STOP_NOW : 0)) == 0)
		status = stop_await(&r, order_patience(drain), now);
	if (status == 0)
		stop_tell(&r);
	order_leave(&r);
	return status;
}
