/* hydratord: options, and the table of what the processes do. The only file that knows
 * all of them. */
#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/journal.h"
#include "config/config.h"
#include "hydrator/hydrator.h"
#include "probe/probe.h"
#include "proc/child.h"
#include "proc/privilege.h"
#include "proc/sandbox.h"
#include "reader/reader.h"
#include "supervisor/replace.h"
#include "supervisor/rights.h"
#include "supervisor/supervisor.h"
#include "terms/category.h"

#define DEFAULT_CONFIG SYSCONFDIR "/hydratord.conf"

static role_main_fn *const roles[ROLE_MAX] = {
	[ROLE_HYDRATOR] = hydrator_main,
	[ROLE_READER] = reader_main,
};

struct options {
	const char *config;
	bool foreground;
	bool test;
	bool dump;
	bool check;
	bool replace;
};

enum {
	OPTION_CHECK = 256,
	OPTION_REPLACE,
}; /* options without a letter */

static const struct option long_options[] = {
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "replace", no_argument, NULL, OPTION_REPLACE },
	{ 0 },
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: hydratord [-f] [-t] [-T] [-V] [-h] [--check] [--replace] [-c "
	    "FILE]\n"
	    "  -c FILE  configuration, default %s\n"
	    "  -f       stay in the foreground\n"
	    "  -t       test the configuration, start nothing\n"
	    "  -T       print the effective configuration, start nothing\n"
	    "  -V       print the version and those of the libraries\n"
	    "  -h       print this\n"
	    "  --check  ask the running daemon whether it is ready: 0 it is, 1 not, 3 "
	    "it does not run\n"
	    "  --replace stop the running daemon and take over its sockets\n"
	    "hydratorctl(1) orders a running daemon about.\n",
	    DEFAULT_CONFIG);
}

/* None of these calls sets up its library. */
static void
print_versions(void)
{
	printf("hydratord %s\n%s\njansson/%s libevent/%s\n", PACKAGE_VERSION,
	    curl_version(), jansson_version_str(), event_get_version());
}

static void
options_parse(struct options *o, int argc, char *argv[])
{
	int c;

	while ((c = getopt_long(argc, argv, "c:fhtTV", long_options, NULL)) != -1)
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 't':
			o->test = true;
			break;
		case 'T':
			o->dump = true;
			break;
		case OPTION_CHECK:
			o->check = true;
			break;
		case OPTION_REPLACE:
			o->replace = true;
			break;
		case 'V':
			print_versions();
			exit(EXIT_SUCCESS);
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr);
			exit(EXIT_FAILURE);
		}
	if (optind < argc) {
		usage(stderr);
		exit(EXIT_FAILURE);
	}
}

static bool
category_is_known(const char *name)
{
	return category_find(name, strlen(name)) != -1;
}

/* -t: what a start would refuse without touching anything shared. */
static int
test_config(const struct config *c, const char *path)
{
	const double mib = 1024 * 1024;
	struct privilege privilege;
	char message[512];
	char lead[32];

	snprintf(lead, sizeof(lead), "%shydratord: ", journal_mark(LOG_WARNING));
	(void)config_print_variables(stderr, lead, true);
	if (privilege_find(c->user, &privilege, message, sizeof(message)) == -1) {
		journal_tell(LOG_ERR, "hydratord: %s", message);
		return EX_CONFIG;
	}
	if (!rights_judge(c, &privilege, path))
		return EX_CONFIG;
	printf("%s: configuration OK\n", path);
	printf("shared memory: at most %.1f MiB (%zu categories, 2 buffers of %.1f MiB "
	       "each)",
	    2 * (double)c->ncategories * (double)c->segment.capacity / mib,
	    c->ncategories, (double)c->segment.capacity / mib);
	if (c->segment.max > c->segment.capacity)
		printf(
		    ", growing up to %.1f MiB a buffer", (double)c->segment.max / mib);
	puts("; of all this only what was published is taken");
	return EXIT_SUCCESS;
}

static int
load_config(const char *path, struct config **out, char *err, size_t errlen)
{
	return config_load(path, category_is_known, out, err, errlen);
}

/* The path as it is wherever the process goes. Links in it stay: what they lead to is
 * looked up at each reload, so that one that was switched leads to the new file. NULL
 * with errno: the directory that we are in is gone. */
static char *
absolute_path(const char *path)
{
	char *directory, *whole = NULL;

	if (path[0] == '/')
		return strdup(path);
	if ((directory = getcwd(NULL, 0)) == NULL)
		return NULL;
	if (asprintf(&whole, "%s/%s", directory, path) == -1)
		whole = NULL;
	free(directory);
	return whole;
}

static int
run(const struct config *c, const char *path, bool foreground)
{
	char *whole = absolute_path(path);
	const struct supervisor_start start = { c, load_config, whole, roles,
		foreground };
	int status;

	if (whole == NULL) {
		journal_tell(LOG_ERR, "hydratord: %s: %s", path, strerror(errno));
		return EX_CONFIG;
	}
	status = supervisor_run(&start);
	free(whole);
	return status;
}

static void
dump_config(const struct config *c)
{
	config_dump(c, stdout);
	fputs("# Of the environment:\n", stdout);
	if (config_print_variables(stdout, "# ", false) == 0)
		fputs("# no variable is hydratord's or the reference's\n", stdout);
	sandbox_describe(c, stdout);
}

int
main(int argc, char *argv[])
{
	struct options options = { .config = DEFAULT_CONFIG };
	struct config *config;
	char message[8192];
	int status = EXIT_SUCCESS;

	supervisor_set_up_process();
	options_parse(&options, argc, argv);
	if (load_config(options.config, &config, message, sizeof(message)) == -1) {
		journal_tell(LOG_ERR, "%s", message);
		return EX_CONFIG;
	}
	if (options.dump)
		dump_config(config);
	else if (options.test)
		status = test_config(config, options.config);
	else if (options.check)
		status = probe_ready(config);
	else if (options.replace && replace_running(config) == -1)
		status = EXIT_FAILURE;
	else
		status = run(config, options.config, options.foreground);
	config_free(&config);
	return status;
}
