/* How the daemon is, on one screen. */
#include "ctl/attach.h"
#include "ctl/commands.h"

int
ctl_status(const struct ctl *ctl, int argc, char *argv[])
{
	struct attached a;
	struct out *o;
	int status;

	(void)argc;
	(void)argv;
	if ((status = attach_open(ctl, &a)) != 0)
		return status;
	o = out_open(ctl, stdout, "status", 1);
	out_int(o, "supervisor", "supervisor", a.supervisor);
	out_close(&o);
	attach_close(&a);
	return CTL_FRESH;
}
