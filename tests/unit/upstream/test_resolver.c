/* A name server that never answers holds up neither a timeout nor a stop. */
#include <poll.h>

#include "base/clock.h"
#include "upstream/fetch.h"
#include "fixture/silent_resolver.h"
#include "unit.h"

#define SOON (15 * NSEC_PER_SEC)

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

static const char *
hang(int asked)
{
	struct fetch_request q = { .url = "http://upstream.example/", .timeout = 60 };
	struct pollfd question = { .fd = asked, .events = POLLIN };
	struct fetcher *f = fetcher_new();
	struct fetch_result r;

	if (f == NULL)
		return "no fetcher";
	fetcher_start(f, 0, &q);
	if (fetcher_wait(f, -1, 30000, &r) != 1 || r.error == NULL || !r.transient)
		return "a transfer has no timeout";
	if (poll(&question, 1, 0) != 1)
		return "the name server is not asked";
	fetcher_start(f, 1, &q);
	if (fetcher_wait(f, -1, 200, &r) != 0)
		return "a transfer does not wait";
	fetcher_close(&f);
	return NULL;
}

TEST(test_silent_name_server)
{
	silent_resolver_run(hang, SOON);
}

UNIT_FIXTURE(.group_setup = silent_resolver_setup,
    .group_teardown = silent_resolver_teardown);
