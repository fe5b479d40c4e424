/* A name server that never answers holds up neither the limit nor a stop. */
#include <sys/eventfd.h>

#include <poll.h>
#include <pthread.h>

#include "base/clock.h"
#include "fixture/redis_client.h"
#include "fixture/silent_resolver.h"
#include "unit.h"

#define SOON (15 * NSEC_PER_SEC)

static const char *
hang(int asked)
{
	struct redis_settings set = redis_client_settings("redis://redis.example");
	struct pollfd question = { .fd = asked, .events = POLLIN };
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct redis *r = redis_client_open(&set);
	pthread_t thread;

	if (redis_connect(r) != REDIS_BROKEN)
		return "a connection without an address is not broken";
	if (poll(&question, 1, 0) != 1)
		return "the name server is not asked";
	redis_close(&r);
	set.stop = fd;
	set.connect_ms = 60000;
	r = redis_client_open(&set);
	if (pthread_create(&thread, NULL, redis_client_stop_soon, &fd) != 0 ||
	    redis_connect(r) != REDIS_STOPPED)
		return "a connection is not stopped";
	pthread_join(thread, NULL);
	redis_close(&r);
	return NULL;
}

TEST(test_silent_name_server)
{
	silent_resolver_run(hang, SOON);
}

UNIT_FIXTURE(.group_setup = silent_resolver_setup,
    .group_teardown = silent_resolver_teardown);
