/* What all commands say in the same words. */
#include "ctl/ctl.h"

#include <stddef.h>
#include <stdio.h>
#include <sysexits.h>

int
ctl_usage(const char *name, const char *message)
{
	if (message != NULL)
		fprintf(stderr, "hydratorctl: %s: %s\n", name, message);
	fprintf(stderr, "hydratorctl: see hydratorctl %s -h\n", name);
	return EX_USAGE;
}
