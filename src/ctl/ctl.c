/* What all commands say in the same words. */
#include "ctl/ctl.h"

#include <getopt.h>
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

int
ctl_parse_flag(int argc, char *argv[], const char *flag, bool *given)
{
	const struct option options[] = { { flag, no_argument, NULL, 'f' }, { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'f')
			return ctl_usage(argv[0], NULL);
		*given = true;
	}
	return optind == argc ? 0 : ctl_usage(argv[0], "it takes no argument");
}
