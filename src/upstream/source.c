/* Documents fetched side by side, each from the first of its places that has it. */
#include "upstream/source.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "upstream/retry.h"

#define SOURCE_ATTEND_MS 1000
#define SOURCE_NOW INT64_MIN
#define SOURCE_NEVER INT64_MAX
/* How often to look whether the probe of another process has ended. */
#define SOURCE_PROBE_LOOK (200 * NSEC_PER_MSEC)

/* One call of source_fetch_all(). */
struct sources {
	struct fetcher *fetcher;
	struct source *item;
	size_t n;
	const struct source_wait *wait;
	int64_t deadline;
};

static const char *
source_place(const struct source *s)
{
	return s->urls[s->next];
}

/* The place was asked, and this came of it. */
static void
source_note_asked(struct source *s, const char *why, int status)
{
	s->failed_url = source_place(s);
	strlcpy(s->failed, why, sizeof(s->failed));
	s->failed_status = status;
}

/* Goes on to the next place at once, if there is one. */
static void
source_fail(struct source *s, const char *why)
{
	size_t used = strlen(s->error);

	snprintf(s->error + used, sizeof(s->error) - used, "%s%s: %s%s%s",
	    used > 0 ? "; " : "", source_place(s), s->last,
	    s->last[0] != '\0' ? ", then " : "", why);
	s->last[0] = '\0';
	s->tries = 0;
	s->settled = ++s->next == s->nurls;
	s->due = s->settled ? SOURCE_NEVER : SOURCE_NOW;
}

static void
source_start(struct sources *run, struct source *s, int64_t timeout)
{
	const char *url = source_place(s);
	struct fetch_request q = { .url = url, .timeout = timeout };

	if (s->known_url != NULL && strcmp(url, s->known_url) == 0) {
		q.etag = s->known_etag;
		q.last_modified = s->known_last_modified;
	}
	if (s->tries++ > 0)
		s->retries++;
	s->due = SOURCE_NEVER;
	fetcher_start(run->fetcher, (unsigned)(s - run->item), &q);
}

/* A place that was tried before its host was left alone has been asked. */
static void
source_note_unsent(struct source *s)
{
	if (s->last[0] != '\0')
		source_note_asked(s, s->last, s->last_status);
	if (s->unsent == 0 || s->permit.wait < s->unsent_wait)
		s->unsent_wait = s->permit.wait;
	s->unfetched++;
	s->unsent++;
}

/* Tries its place now, if its host may be asked and there is time. */
static void
source_try(struct sources *run, struct source *s, int64_t now)
{
	char why[FETCH_ERROR_MAX];
	int64_t timeout = s->timeout, left;

	if (run->deadline != SOURCE_NEVER) {
		left = (run->deadline - now + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
		timeout = left < timeout ? left : timeout;
	}
	if (timeout <= 0) {
		if (s->last[0] != '\0')
			source_note_asked(s, s->last, s->last_status);
		s->unfetched++;
		source_fail(s, "no time is left (upstream.cycle_timeout)");
		return;
	}
	switch (permit_ask(run->wait->permits, source_place(s), timeout, &s->permit,
	    why, sizeof(why))) {
	case PERMIT_GRANTED:
		source_start(run, s, timeout);
		break;
	case PERMIT_SOON:
		s->due = now + SOURCE_PROBE_LOOK;
		break;
	case PERMIT_REFUSED:
		source_note_unsent(s);
		source_fail(s, why);
	}
}

/* Begins what is due, and says how long nothing else will be: milliseconds. */
static int
sources_begin(struct sources *run)
{
	int64_t now, wait = SOURCE_ATTEND_MS * NSEC_PER_MSEC;
	struct source *s;

	for (s = run->item; s < run->item + run->n; s++) {
		now = clock_boot();
		while (s->due <= now)
			source_try(run, s, now);
		if (s->due < now + wait)
			wait = s->due - now;
	}
	return (int)((wait + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}

bool
source_is_unsent(const struct source *s)
{
	return !s->done && s->failed_url == NULL && s->unsent > 0;
}

bool
source_is_local(const char *url)
{
	return strncasecmp(url, "file:", 5) == 0;
}

/* A probe is a single try, and so is one that the host answered with a wish for rest.
 */
static int64_t
source_retry_wait(const struct source *s, const struct fetch_result *r)
{
	if (source_is_local(source_place(s)) || s->permit.probe || r->retry_after > 0)
		return -1;
	return retry_wait(s->tries, r->transient, arc4random());
}

/* Whether its host is to blame: a 404 is an answer, and so is what is too large. */
static bool
result_is_failure(const struct fetch_result *r)
{
	return r->error != NULL && (r->transient || r->status == 0);
}

/* Of what was not fetched. */
static void
source_note_failure(struct sources *run, struct source *s, const struct fetch_result *r)
{
	int64_t wait = source_retry_wait(s, r);

	if (r->retry_after > 0)
		permit_set_floor(run->wait->permits, &s->permit, r->retry_after);
	if (wait >= 0) {
		log_debug("%s: %s: %s; another try in %d ms", s->name, source_place(s),
		    r->error, (int)(wait / NSEC_PER_MSEC));
		strlcpy(s->last, r->error, sizeof(s->last));
		s->last_status = r->status;
		s->due = clock_boot() + wait;
		return;
	}
	if (result_is_failure(r))
		permit_failed(&s->permit);
	else
		permit_answered(&s->permit);
	s->unfetched++;
	s->last[0] = '\0';
	source_note_asked(s, r->error, r->status);
	source_fail(s, r->error);
}

static char *
copy_or_null(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

/* An answer without a body may leave out what has not changed (RFC 9110 15.4.5). */
static void
source_take_validators(struct source *s, const struct fetch_result *r)
{
	bool same = r->not_modified;

	s->etag = copy_or_null(r->etag != NULL || !same ? r->etag : s->known_etag);
	s->last_modified =
	    copy_or_null(r->last_modified != NULL || !same ? r->last_modified
							   : s->known_last_modified);
}

static void
source_take(struct source *s, const struct fetch_result *r)
{
	if (!s->missing && !r->not_modified) {
		s->body = *r->body;
		memset(r->body, 0, sizeof(*r->body));
	}
	s->not_modified = r->not_modified;
	source_take_validators(s, r);
	s->fetched_boot = r->fetched_boot;
	s->fetched_wall = r->fetched_wall;
	s->url = source_place(s);
	s->done = s->settled = true;
	if (s->error[0] != '\0')
		log_warnx("%s: %s; taken from %s", s->name, s->error, s->url);
}

/* A transfer has ended. */
static void
source_finish(struct sources *run, struct source *s, const struct fetch_result *r)
{
	char why[FETCH_ERROR_MAX];

	s->asked = (struct source_asked){
		.place = s->next,
		.status = r->status,
		.bytes = r->body->len,
		.nsec = clock_boot() - r->fetched_boot,
		.wall = r->fetched_wall,
	};
	permit_count(&s->permit, r->status, s->asked.nsec);
	s->missing = s->optional && r->missing;
	if (r->error != NULL && !s->missing) {
		source_note_failure(run, s, r);
		return;
	}
	permit_answered(&s->permit);
	s->last[0] = '\0';
	if (!s->missing && !r->not_modified && s->accept != NULL &&
	    !s->accept(s->arg, r->body, why, sizeof(why))) {
		s->refused++;
		source_note_asked(s, why, r->status);
		source_fail(s, why);
		return;
	}
	source_take(s, r);
}

static bool
sources_are_settled(const struct sources *run)
{
	size_t i;

	for (i = 0; i < run->n; i++)
		if (!run->item[i].settled)
			return false;
	return true;
}

static enum source_result
sources_stop(struct sources *run)
{
	size_t i;

	fetcher_cancel(run->fetcher);
	for (i = 0; i < run->n; i++)
		permit_abandon(&run->item[i].permit);
	return SOURCE_STOPPED;
}

enum source_result
source_fetch_all(
    struct fetcher *f, struct source *s, size_t n, const struct source_wait *wait)
{
	struct sources run = { f, s, n, wait, SOURCE_NEVER };
	struct fetch_result r;
	size_t i;
	int ms;

	for (i = 0; i < n; i++)
		s[i].due = SOURCE_NOW;
	if (wait->timeout > 0)
		run.deadline = clock_boot() + wait->timeout * NSEC_PER_SEC;
	for (;;) {
		ms = sources_begin(&run);
		if (sources_are_settled(&run))
			break;
		if (fetcher_wait(f, wait->fd, ms, &r))
			source_finish(&run, &s[r.slot], &r);
		if (!wait->attend(wait->arg))
			return sources_stop(&run);
	}
	for (i = 0; i < n; i++)
		if (!s[i].done)
			return SOURCE_FAILED;
	return SOURCE_FETCHED;
}

void
source_free_all(struct source *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_free(&s[i].body);
		free(s[i].etag);
		free(s[i].last_modified);
		s[i].etag = s[i].last_modified = NULL;
	}
}
