/* A name server that never answers holds up neither the limit nor a stop. */
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/redis_client.h"
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

static void *
stop_soon(void *arg)
{
	const uint64_t one = 1;
	int *fd = arg;

	usleep(200000);
	if (write(*fd, &one, sizeof(one)) != sizeof(one))
		abort();
	return NULL;
}

static enum outcome
hang(void)
{
	struct redis_settings set = redis_client_settings("redis://redis.example");
	struct pollfd asked = { .fd = silent_resolver_enter(), .events = POLLIN };
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct redis *r = redis_client_open(&set);
	pthread_t thread;
	int64_t begin;

	if (asked.fd == -1)
		return NO_NAMESPACE;
	begin = clock_boot();
	if (redis_connect(r) != REDIS_BROKEN)
		return WRONG_RESULT;
	if (poll(&asked, 1, 0) != 1)
		return NOT_ASKED;
	redis_close(&r);
	set.stop = fd;
	set.connect_ms = 60000;
	r = redis_client_open(&set);
	if (pthread_create(&thread, NULL, stop_soon, &fd) != 0 ||
	    redis_connect(r) != REDIS_STOPPED)
		return WRONG_RESULT;
	pthread_join(thread, NULL);
	redis_close(&r);
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
