/* A name server that never answers holds up neither a timeout nor a stop. */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "upstream/fetch.h"
#include "fixture/directory.h"
#include "unit.h"

/* The resolver itself gives up after 90 s. */
#define RESOLV_CONF "nameserver %s\noptions timeout:30 attempts:3\n"
#define SOON (15 * NSEC_PER_SEC)

enum outcome {
	FINE,
	NO_NAMESPACE,
	NOT_ASKED,
	WRONG_RESULT,
	LATE
};

static char resolv_conf[64];

/* An address of this machine that another test run has not. Returns the socket that
 * gets the questions, or -1. */
static int
name_server_open(char address[INET_ADDRSTRLEN])
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned pid = (unsigned)getpid();

	sin.sin_addr.s_addr = htonl(0x7f000000 | (0x400000 | (pid & 0x3fffff)));
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    inet_ntop(AF_INET, &sin.sin_addr, address, INET_ADDRSTRLEN) == NULL)
		return -1;
	return fd;
}

/* Makes this process resolve names by nobody else. -1: it may not. */
static int
world_enter(void)
{
	char address[INET_ADDRSTRLEN];
	int fd = name_server_open(address);
	FILE *fp;

	if (fd == -1 || (fp = fopen(resolv_conf, "w")) == NULL)
		return -1;
	fprintf(fp, RESOLV_CONF, address);
	fclose(fp);
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount(resolv_conf, "/etc/resolv.conf", NULL, MS_BIND, NULL) == -1)
		return -1;
	return fd;
}

static struct fetcher *
fetcher_new(void)
{
	struct fetch_settings set = {
		.connect_timeout = 1,
		.stall_timeout = 60,
		.max_bytes = 1000,
		.user_agent = "hydratord-test",
		.proxy = "",
	};
	struct fetcher *f;
	char err[256];

	return fetcher_open(&set, &f, err, sizeof(err)) == 0 ? f : NULL;
}

static enum outcome
hang(void)
{
	struct fetch_request q = { .url = "http://upstream.example/", .timeout = 60 };
	struct pollfd asked = { .fd = world_enter(), .events = POLLIN };
	struct fetcher *f = fetcher_new();
	struct fetch_result r;
	int64_t begin;

	if (asked.fd == -1 || f == NULL)
		return NO_NAMESPACE;
	begin = clock_boot();
	fetcher_start(f, 0, &q);
	if (fetcher_wait(f, -1, 30000, &r) != 1 || r.error == NULL || !r.transient)
		return WRONG_RESULT;
	if (poll(&asked, 1, 0) != 1)
		return NOT_ASKED;
	fetcher_start(f, 1, &q);
	if (fetcher_wait(f, -1, 200, &r) != 0)
		return WRONG_RESULT;
	fetcher_close(&f);
	return clock_boot() - begin < SOON ? FINE : LATE;
}

/* The end of the process counts, too: it is what a stop waits for. */
TEST(test_silent_name_server)
{
	int64_t begin = clock_boot();
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	if ((pid = fork()) == 0)
		exit(hang());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE)
		skip();
	assert_int_equal(WEXITSTATUS(status), FINE);
	assert_true(clock_boot() - begin < SOON);
}

static int
setup(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	snprintf(resolv_conf, sizeof(resolv_conf), "%s/resolv.conf", directory);
	return 0;
}

static int
teardown(void **state UNUSED)
{
	return directory_remove("resolv.conf", NULL);
}

UNIT_FIXTURE(.group_setup = setup, .group_teardown = teardown);
