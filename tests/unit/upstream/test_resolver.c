/* A name server that never answers holds up neither a timeout nor a stop. */
#include <sys/wait.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "upstream/fetch.h"
#include "fixture/directory.h"
#include "fixture/silent_resolver.h"
#include "unit.h"

#define SOON (15 * NSEC_PER_SEC)

enum outcome {
	FINE,
	NO_NAMESPACE,
	NOT_ASKED,
	WRONG_RESULT,
	LATE
};

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
	struct pollfd asked = { .fd = silent_resolver_enter(), .events = POLLIN };
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
	return directory_make();
}

static int
teardown(void **state UNUSED)
{
	return directory_remove("resolv.conf", NULL);
}

UNIT_FIXTURE(.group_setup = setup, .group_teardown = teardown);
