/* Asking the records of hosts, and telling them. */
#include "upstream/permit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/breaker.h"
#include "shm/origin.h"
#include "shm/retry_after.h"

/* What a prober needs besides its try to tell how it went. */
#define PERMIT_PROBE_MARGIN (5 * NSEC_PER_SEC)

_Static_assert(ORIGIN_SIZE <= HOST_NAME_SIZE, "records have room for all origins");

static struct host *
permit_find_host(struct permits *p, const char *url)
{
	char origin[ORIGIN_SIZE];
	struct host *h;

	if (p == NULL || p->segment == NULL || !origin_of_url(url, origin))
		return NULL;
	h = hosts_claim(p->segment, origin);
	if (h == NULL && !p->full) {
		p->full = true;
		log_warnx("%s: more than %d upstream hosts: no breaker for this one",
		    origin, HOSTS_MAX);
	}
	return h;
}

/* Rounded up, as it is told to people. */
static int64_t
seconds_of(int64_t nsec)
{
	return (nsec + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
}

static enum permit_answer
permit_refuse(
    struct permit *out, int64_t wait, const char *reason, char *why, size_t whylen)
{
	out->wait = wait;
	snprintf(why, whylen, "not asked for another %" PRId64 " s (%s)",
	    seconds_of(wait), reason);
	return PERMIT_REFUSED;
}

enum permit_answer
permit_ask(struct permits *p, const char *url, int64_t timeout, struct permit *out,
    char *why, size_t whylen)
{
	int64_t now = clock_boot(), floor;
	struct host *h = permit_find_host(p, url);
	char reason[64];
	struct breaker_view v;

	*out = (struct permit){ .host = h, .document = breaker_document(url) };
	if (h == NULL)
		return PERMIT_GRANTED;
	floor = atomic_load(&h->floor);
	if (floor > now)
		return permit_refuse(out, floor - now, "Retry-After", why, whylen);
	switch (breaker_ask(&h->breaker, now,
	    timeout * NSEC_PER_SEC + PERMIT_PROBE_MARGIN, &out->ticket)) {
	case BREAKER_PROBE:
		out->probe = true;
		return PERMIT_GRANTED;
	case BREAKER_GO:
		return PERMIT_GRANTED;
	case BREAKER_BUSY:
		return PERMIT_SOON;
	case BREAKER_REFUSED:
		break;
	}
	v = breaker_look(atomic_load(&h->breaker), now);
	snprintf(reason, sizeof(reason), "%u failures in a row", v.failures);
	return permit_refuse(out, v.wait, reason, why, whylen);
}

void
permit_count(const struct permit *permit, int status, int64_t nsec)
{
	if (permit->host != NULL)
		host_count(permit->host, status, nsec);
}

void
permit_answered(struct permit *permit)
{
	char name[HOST_NAME_SIZE];

	if (permit->host != NULL && breaker_succeed(&permit->host->breaker))
		log_info("%s answers again", host_name(permit->host, name));
	permit->host = NULL;
}

void
permit_failed(struct permit *permit)
{
	char name[HOST_NAME_SIZE];
	unsigned failures;

	if (permit->host == NULL)
		return;
	failures = breaker_fail(&permit->host->breaker, permit->document, clock_boot());
	if (failures > 0)
		log_warnx("%s failed %u times in a row: not asked for %" PRId64 " s",
		    host_name(permit->host, name), failures,
		    seconds_of(BREAKER_COOLDOWN));
	permit->host = NULL;
}

void
permit_abandon(struct permit *permit)
{
	if (permit->host != NULL && permit->probe)
		breaker_abandon(&permit->host->breaker, permit->ticket, clock_boot());
	permit->host = NULL;
}

static void
permit_save_floors(const struct permits *p)
{
	char err[512];

	if (p->state_dir == NULL || p->state_dir[0] == '\0')
		return;
	if (retry_after_save(p->segment, p->state_dir, p->category, err, sizeof(err)) ==
	    -1)
		log_warnx("Retry-After will not survive a restart: %s", err);
}

void
permit_set_floor(struct permits *p, const struct permit *permit, int64_t seconds)
{
	int64_t now = clock_boot(), most = HOST_FLOOR_MAX / NSEC_PER_SEC;
	char name[HOST_NAME_SIZE];

	if (permit->host == NULL || seconds <= 0)
		return;
	if (seconds > most)
		log_warnx("%s asks for %" PRId64 " s of rest: it gets %" PRId64,
		    host_name(permit->host, name), seconds, most);
	if (seconds > most)
		seconds = most;
	if (!host_raise_floor(permit->host, now + seconds * NSEC_PER_SEC, now))
		return;
	log_info("%s is not asked for %" PRId64 " s (Retry-After)",
	    host_name(permit->host, name), seconds);
	permit_save_floors(p);
}
