/* hydratorctl: the options that all commands have, and the table of commands. */
#include <ctype.h>
#include <err.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "config/config.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "terms/category.h"

#define DEFAULT_CONFIG SYSCONFDIR "/hydratord.conf"
#define DEFAULT_NAME "/hydratord" /* of segment.name */
#define OUR_OPTIONS "c:n:hV"

enum {
	OPTION_JSON = 256,
	OPTION_FORMAT,
}; /* options without a letter */

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "name", required_argument, NULL, 'n' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* In the order of the list that -h prints. */
static const struct ctl_command commands[] = {
	{ "status", ctl_status, "[--nagios]",
	    "how the daemon is, on one screen, and what to do" },
	{ "why", ctl_why, "", "the worst of what is wrong, and what to do" },
	{ "warnings", ctl_warnings, "[--limit N]", "the last warnings and errors" },
	{ "top", ctl_top, "[--batch [--count N] [--delay SECONDS]]", "the same, live" },
	{ "models", ctl_models,
	    "CATEGORY [--preset P] [--sort K] [--limit N] [--columns K,...] "
	    "[--csv|--markdown]",
	    "the models of a category" },
	{ "model", ctl_model, "CATEGORY NAME [--explain]",
	    "a model, and why it is at risk" },
	{ "history", ctl_history, "CATEGORY NAME", "a chart of what a model was used" },
	{ "changes", ctl_changes,
	    "CATEGORY [--since ID] [--kinds K,...] [--limit N] [--follow]",
	    "what happened to models" },
	{ "dump", ctl_dump, "CATEGORY VIEW [--encoding E]", "the bytes of an answer" },
	{ "cycles", ctl_cycles, "CATEGORY [--limit N] [--details]",
	    "the last cycles of a category" },
	{ "verify", ctl_verify, "", "every checksum and offset of the shared memory" },
	{ "config", ctl_config, "[--changed]", "the options of the running daemon" },
	{ "refresh", ctl_refresh, "[CATEGORY...] [--accept-smaller [--yes]]",
	    "have categories refreshed, and wait" },
	{ "reload", ctl_reload, "[--diff]",
	    "have the configuration loaded again, and wait" },
	{ "stop", ctl_stop, "[--now]", "end the daemon, and wait" },
	{ "reopen", ctl_reopen, "", "have the log files opened anew" },
	{ "loglevel", ctl_loglevel, "LEVEL [SECONDS]",
	    "log more or less, for a while" },
	{ "upgrade", ctl_upgrade, "", "have the installed program take over" },
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_command(FILE *to, const struct ctl_command *c)
{
	fprintf(to, "  %s%s%s\n        %s\n", c->name, c->usage[0] != '\0' ? " " : "",
	    c->usage, c->help);
}

static void
usage(FILE *to)
{
	fputs("usage: hydratorctl [-c FILE] [-n NAME] [--json | --format FORMAT] "
	      "COMMAND [ARGUMENT...]\n"
	      "  -c FILE  the daemon's configuration, default " DEFAULT_CONFIG "\n"
	      "  -n NAME  of its shared memory, default segment.name of that\n"
	      "  --json   the same as --format json\n"
	      "  --format FORMAT\n"
	      "           table, json or keyvalue\n"
	      "  -V       print the version\n"
	      "  -h       print this; after a command: of that one\n"
	      "commands:\n",
	    to);
	for (size_t i = 0; i < NCOMMANDS; i++)
		print_command(to, &commands[i]);
}

static NORETURN void
refuse(void)
{
	fputs("hydratorctl: see hydratorctl -h\n", stderr);
	exit(EX_USAGE);
}

static const struct ctl_command *
find_command(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	warnx("there is no command %s", name);
	refuse();
}

static enum out_format
format_of(const char *name)
{
	static const char *const names[] = { "table", "json", "keyvalue" };

	for (size_t i = 0; i < NELEM(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum out_format)i;
	warnx("--format %s: must be table, json or keyvalue", name);
	refuse();
}

/* As segment.name has it; the slash may be left out. */
static void
name_take(struct ctl *ctl, const char *name)
{
	static char whole[NAME_MAX + 1];

	snprintf(whole, sizeof(whole), "%s%s", name[0] == '/' ? "" : "/", name);
	if (strchr(whole + 1, '/') != NULL || whole[1] == '\0' || whole[1] == '.' ||
	    strlen(name) >= NAME_MAX)
		errx(EX_USAGE, "-n %s: must be a name as segment.name has it", name);
	ctl->name = whole;
}

/* command NULL: before any. */
static void
option_take(struct ctl *ctl, const struct ctl_command *command, int c, const char *arg)
{
	switch (c) {
	case 'c':
		ctl->config_path = arg;
		ctl->config_given = true;
		break;
	case 'n':
		name_take(ctl, arg);
		break;
	case OPTION_JSON:
		ctl->format = OUT_JSON;
		break;
	case OPTION_FORMAT:
		ctl->format = format_of(arg);
		break;
	case 'V':
		printf("hydratorctl %s\n", PACKAGE_VERSION);
		exit(EXIT_SUCCESS);
	case 'h':
		if (command == NULL)
			usage(stdout);
		else
			print_command(stdout, command);
		exit(EXIT_SUCCESS);
	default:
		refuse();
	}
}

/* The option of ours that an argument is, NULL: it is the command's. *value: what
 * stands behind it in the same argument, NULL: nothing does. */
static const struct option *
option_find(char *arg, char **value)
{
	const struct option *o;
	size_t len;

	*value = NULL;
	if (arg[0] != '-' || arg[1] == '\0')
		return NULL;
	for (o = long_options; o->name != NULL; o++) {
		len = strlen(o->name);
		if (arg[1] == '-' && strncmp(arg + 2, o->name, len) == 0 &&
		    (arg[2 + len] == '\0' || arg[2 + len] == '=')) {
			if (arg[2 + len] == '=')
				*value = arg + 2 + len + 1;
			return o;
		}
		if (arg[1] == o->val && (arg[2] == '\0' || o->has_arg != no_argument)) {
			if (arg[2] != '\0')
				*value = arg + 2;
			return o;
		}
	}
	return NULL;
}

/* Whether an argument is an option of the command that has a value behind it, which may
 * begin as one of ours does: its usage has "--sort KEY". */
static bool
option_takes_next(const struct ctl_command *command, const char *arg)
{
	const char *p = strstr(command->usage, arg);
	size_t len = strlen(arg);

	return arg[0] == '-' && arg[1] == '-' && p != NULL && p[len] == ' ' &&
	       isupper((unsigned char)p[len + 1]);
}

/* Takes our options out of what follows the command, which getopt_long(3) cannot leave
 * in their places for the command's; the others are put into rest, which has as much
 * room. Returns how many these are. */
static int
options_extract(struct ctl *ctl, const struct ctl_command *command, int argc,
    char *argv[], char *rest[])
{
	const struct option *o;
	int from, to = 0;
	char *value;

	rest[to++] = argv[0];
	for (from = 1; from < argc && strcmp(argv[from], "--") != 0; from++) {
		if ((o = option_find(argv[from], &value)) == NULL) {
			rest[to++] = argv[from];
			if (option_takes_next(command, argv[from]) && from + 1 < argc)
				rest[to++] = argv[++from];
			continue;
		}
		if (o->has_arg == no_argument && value != NULL)
			errx(EX_USAGE, "--%s takes no value", o->name);
		if (o->has_arg != no_argument && value == NULL) {
			if (++from == argc)
				errx(EX_USAGE, "--%s needs a value", o->name);
			value = argv[from];
		}
		option_take(ctl, command, o->val, value);
	}
	while (from < argc)
		rest[to++] = argv[from++];
	rest[to] = NULL;
	return to;
}

static bool
category_is_known(const char *name)
{
	return category_find(name, strlen(name)) != -1;
}

/* A file that cannot be read, or that somebody has just spoilt, is no reason not to
 * look: then the daemon is where it is by default. */
static struct config *
load_config(struct ctl *ctl, char *err, size_t errlen)
{
	struct config *config;

	if (config_load(ctl->config_path, category_is_known, &config, err, errlen) ==
	    -1) {
		ctl->config_error = err;
		if (ctl->name == NULL)
			ctl->name = DEFAULT_NAME;
		return NULL;
	}
	ctl->config = config;
	if (ctl->name == NULL)
		ctl->name = config->segment.name;
	return config;
}

static void
look_at_terminal(struct ctl *ctl)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	ctl->terminal = isatty(STDOUT_FILENO);
	ctl->colour = ctl->terminal && (no_color == NULL || no_color[0] == '\0') &&
		      term != NULL && strcmp(term, "dumb") != 0;
}

int
main(int argc, char *argv[])
{
	struct ctl ctl = { .config_path = DEFAULT_CONFIG };
	const struct ctl_command *command;
	struct config *config;
	char message[4096], **rest;
	int c, nrest, status;

	if (clock_init() == -1)
		err(EX_OSERR, "the clock of a test");
	/* Characters of a screen are of the user's locale, numbers are not. */
	setlocale(LC_CTYPE, "");
	while ((c = getopt_long(argc, argv, "+" OUR_OPTIONS, long_options, NULL)) != -1)
		option_take(&ctl, NULL, c, optarg);
	if (optind == argc) {
		usage(stderr);
		return EX_USAGE;
	}
	command = find_command(argv[optind]);
	rest = xcalloc((size_t)(argc - optind) + 1, sizeof(*rest));
	nrest = options_extract(&ctl, command, argc - optind, argv + optind, rest);
	optind = 0; /* glibc: from the start, for the command */
	if (command->run == NULL)
		errx(EX_UNAVAILABLE, "%s: not built yet", command->name);
	look_at_terminal(&ctl);
	config = load_config(&ctl, message, sizeof(message));
	status = command->run(&ctl, nrest, rest);
	config_free(&config);
	free(rest);
	return status;
}
