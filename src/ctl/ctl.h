/*
 * hydratorctl: what every command is given, and what it gives back. A process of its
 * own, which reads what the daemon wrote into its segment, and writes nothing there;
 * orders are signals (ctl/order.h). Main thread only.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>

#include "base/attr.h"
#include "ctl/out.h"

struct config;

/* Exit statuses. Of an order that was refused or failed, and of a comparison that
 * found a difference: 1. Of a wrong command line: EX_USAGE. */
enum ctl_exit {
	CTL_FRESH = 0,
	CTL_DEGRADED = 1,    /* something wants somebody, answers are given */
	CTL_NOT_SERVING = 2, /* a category has no answer, or all have none */
	CTL_NOT_RUNNING = 3,
	CTL_NO_RIGHT = 4, /* to look, or to order */
};

struct ctl {
	const char *config_path;     /* of -c, or the default */
	bool config_given;           /* it is of -c */
	const struct config *config; /* NULL: the file cannot be read */
	const char *config_error;    /* why, lines of config_load(); NULL: it can */
	/* The segment's, "/hydratord": of -n, else of the configuration, else the
	 * default of segment.name. Never NULL. */
	const char *name;
	enum out_format format;
	bool terminal; /* standard output is one */
	bool colour;   /* it is, and NO_COLOR and TERM allow colours */
};

/*
 * A command. argv[0] is its name; the options that all commands have (-c, -n, --json,
 * --format, -h, -V) are taken out of argv, wherever they stood, so that a command may
 * not have one of these letters for something else. getopt_long(3) is as for a first
 * call. Returns the exit status.
 */
typedef int ctl_run_fn(const struct ctl *, int argc, char *argv[]);

struct ctl_command {
	const char *name;
	ctl_run_fn *run; /* NULL: this build has it not */
	/* Its own arguments, "CATEGORY [--limit N] [--follow]"; "": none. What an
	 * option is followed by here is its value. */
	const char *usage;
	const char *help; /* what it does, one line of the list of commands */
};

/* Of a command whose command line is wrong: says so, with a hint, on standard error.
 * name is argv[0]; message NULL: getopt_long(3) has said it. Returns EX_USAGE. */
int ctl_usage(const char *name, const char *message);

/* The command line of a command that takes no argument, and no option but --FLAG, which
 * sets *given; flag NULL: none at all. Returns 0, or EX_USAGE as ctl_usage(). */
int ctl_parse_flag(int argc, char *argv[], const char *flag, bool *given) MUST_CHECK;

#endif
