/* hydratord: options, and the table of what the processes do. The only file that knows
 * all of them. */
#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>

#include <sys/stat.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
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
#include "supervisor/handover.h"
#include "supervisor/rehearse.h"
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
	bool rehearse;
	const char *adopt; /* a descriptor's number, NULL: none */
};

enum {
	OPTION_CHECK = 256,
	OPTION_REPLACE,
	OPTION_ADOPT, /* of the daemon to itself, as the next one: upgrade.h */
	OPTION_REHEARSE,
}; /* options without a letter */

static const struct option long_options[] = {
	{ "adopt", required_argument, NULL, OPTION_ADOPT },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "rehearse", no_argument, NULL, OPTION_REHEARSE },
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
		case OPTION_ADOPT:
			o->adopt = optarg;
			break;
		case OPTION_REHEARSE:
			o->rehearse = true;
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

/* What an upgrade starts: the path by which we were started, if it leads to us, for its
 * links may lead elsewhere then; else that of our file. */
static char *
program_path(const char *name)
{
	char own[PATH_MAX];
	struct stat by_name, st;
	ssize_t n;

	if (strchr(name, '/') != NULL && stat(name, &by_name) == 0 &&
	    stat("/proc/self/exe", &st) == 0 && st.st_dev == by_name.st_dev &&
	    st.st_ino == by_name.st_ino)
		return absolute_path(name);
	n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	own[n > 0 ? n : 0] = '\0';
	return strdup(own);
}

static int
run(const struct config *c, const struct options *o, const char *name)
{
	char *path = absolute_path(o->config), *program = program_path(name);
	const struct supervisor_start start = { .config = c,
		.load = load_config,
		.path = path,
		.roles = roles,
		.foreground = o->foreground,
		.program = program };
	int status = EX_CONFIG;

	if (path == NULL || program == NULL)
		journal_tell(LOG_ERR, "hydratord: %s: %s", o->config, strerror(errno));
	else
		status = supervisor_run(&start);
	free(path);
	free(program);
	return status;
}

/* As another program of this process goes on: both paths are absolute then. */
static int
take_over(const struct options *o, const char *name)
{
	struct handover h;
	struct config *c;
	struct supervisor_start start = { .load = load_config,
		.path = o->config,
		.roles = roles,
		.foreground = o->foreground,
		.handover = &h };
	char *program = strdup(name); /* setproctitle(3bsd) writes over it */
	const char *bad;
	char message[8192];
	int fd = (int)strtonum(o->adopt, 0, INT_MAX, &bad), status;

	start.program = program;
	if (program == NULL || bad != NULL ||
	    handover_open(fd, &h, message, sizeof(message)) == -1) {
		journal_tell(LOG_ERR, "hydratord: %s", bad != NULL ? bad : message);
		return EXIT_FAILURE;
	}
	if (load_config(handover_config(&h), &c, message, sizeof(message)) == -1) {
		journal_tell(LOG_ERR, "%s", message);
		(void)!handover_return(&h, o->config, o->foreground, message);
		return EX_CONFIG;
	}
	start.config = c;
	status = supervisor_run(&start);
	handover_close(&h);
	config_free(&c);
	free(program);
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
	if (options.adopt != NULL)
		return take_over(&options, argv[0]);
	if (load_config(options.config, &config, message, sizeof(message)) == -1) {
		journal_tell(LOG_ERR, "%s", message);
		return EX_CONFIG;
	}
	if (options.dump)
		dump_config(config);
	else if (options.test)
		status = test_config(config, options.config);
	else if (options.rehearse)
		status = rehearse(config, roles);
	else if (options.check)
		status = probe_ready(config);
	else if (options.replace && replace_running(config) == -1)
		status = EXIT_FAILURE;
	else
		status = run(config, &options, argv[0]);
	config_free(&config);
	return status;
}
