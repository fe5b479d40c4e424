/* A name server that never answers holds up no stop, which leaves no thread behind. */
#include <sys/stat.h>

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/history_events.h"
#include "fixture/silent_resolver.h"
#include "notify/webhook.h"
#include "unit.h"

#define SOON (15 * NSEC_PER_SEC)
#define ASKED_MS 10000

static bool
put_url(const char *path)
{
	FILE *fp = fopen(path, "w");

	if (fp == NULL)
		return false;
	fputs("https://hooks.example/\n", fp);
	return (fchmod(fileno(fp), 0600) | fclose(fp)) == 0;
}

static const char *
stop_while_asking(const char *path, int asked)
{
	const struct webhook_settings set = {
		.url_file = path,
		.category = "blip",
		.kinds = UINT32_MAX,
		.user_agent = "hydratord-test",
		.proxy = "",
		.ca_file = "",
	};
	struct pollfd question = { .fd = asked, .events = POLLIN };
	struct history *h = history_events_new(10);
	struct webhook *w = webhook_open(&set);

	webhook_attend(w, h, true);
	history_events_add(h, EVENT_AT_RISK, "Amber");
	webhook_attend(w, h, true);
	if (poll(&question, 1, ASKED_MS) != 1)
		return "the name server is not asked";
	if (!webhook_close(&w, h))
		return "a thread is left behind";
	if (history_delivered(h) != 1)
		return "it was posted";
	history_free(&h);
	return NULL;
}

static const char *
stop(int asked)
{
	const char *path = directory_path("url"), *wrong = "no file";

	if (put_url(path))
		wrong = stop_while_asking(path, asked);
	unlink(path);
	return wrong;
}

TEST(test_silent_name_server)
{
	silent_resolver_run(stop, SOON);
}

UNIT_FIXTURE(.group_setup = silent_resolver_setup,
    .group_teardown = silent_resolver_teardown);
