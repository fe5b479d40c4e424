/* The worst of what is wrong. */
#include "ctl/attach.h"
#include "ctl/commands.h"

int
ctl_why(const struct ctl *ctl, int argc, char *argv[])
{
	return ctl_status(ctl, argc, argv);
}
