/* What a page has to know to say how old is too old, and who keeps whom waiting. */
#include "reader/health_daemon.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log_text.h"
#include "json/write.h"
#include "shm/breaker.h"
#include "shm/daemon.h"
#include "shm/hosts.h"

static void
put_facts(struct buf *b, const struct segment *segment)
{
	struct daemon_facts facts;

	if (!daemon_read(segment, &facts)) {
		buf_printf(b, ",\"version\":null,\"now\":%" PRId64 ",\"started\":null",
		    clock_wall() / NSEC_PER_SEC);
		return;
	}
	buf_puts(b, ",\"version\":");
	json_put_string(b, (struct str){ facts.version, strlen(facts.version) });
	buf_printf(b, ",\"now\":%" PRId64 ",\"started\":%" PRId64,
	    clock_wall() / NSEC_PER_SEC, facts.started_wall / NSEC_PER_SEC);
}

static void
put_host(struct buf *b, struct host_view *host, int64_t now)
{
	static const char *const states[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_HALF_OPEN] = "half_open",
		[BREAKER_OPEN] = "open",
	};
	struct breaker_view v = breaker_look(host->breaker, now);
	int64_t wait = v.state == BREAKER_OPEN ? v.wait : 0;

	if (host->floor > now && host->floor - now > wait)
		wait = host->floor - now;
	if (wait > HOST_FLOOR_MAX) /* no host gets more, whatever stands there */
		wait = HOST_FLOOR_MAX;
	log_defuse(host->name, strlen(host->name));
	buf_puts(b, "{\"host\":");
	json_put_string(b, (struct str){ host->name, strlen(host->name) });
	buf_printf(b,
	    ",\"state\":\"%s\",\"failures\":%u,\"retry_at\":", states[v.state],
	    v.failures);
	if (wait > 0)
		buf_printf(b, "%" PRId64 "}", (clock_wall() + wait) / NSEC_PER_SEC);
	else
		buf_puts(b, "null}");
}

static void
put_hosts(struct buf *b, const struct segment *segment)
{
	const char *separator = "";
	struct host_view host;
	unsigned i;

	buf_puts(b, ",\"hosts\":[");
	for (i = 0; i < HOSTS_MAX; i++) {
		if (!hosts_read(segment, i, &host))
			continue;
		buf_puts(b, separator);
		put_host(b, &host, clock_boot());
		separator = ",";
	}
	buf_putc(b, ']');
}

void
health_daemon_put(
    struct buf *b, const struct config *config, const struct segment *segment)
{
	put_facts(b, segment);
	buf_printf(b,
	    ",\"hydration\":{\"interval\":%" PRId64 ",\"ttl\":%" PRId64
	    ",\"stale_ttl\":%" PRId64 ",\"stale_if_error\":%" PRId64 "}",
	    config->hydration.interval, config->hydration.ttl,
	    config->hydration.stale_ttl, config->hydration.stale_if_error);
	put_hosts(b, segment);
}
