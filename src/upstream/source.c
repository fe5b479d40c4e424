/* Documents fetched side by side, each from the first of its places that has it. */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "mem.h"

#define SOURCE_ATTEND_MS 1000

static void
source_begin(struct fetcher *f, struct source *s, unsigned slot)
{
	fetcher_start(f, slot, s->urls[s->next], s->timeout);
}

static void
source_note_failure(struct source *s, const char *why)
{
	size_t used = strlen(s->error);

	snprintf(s->error + used, sizeof(s->error) - used, "%s%s: %s",
	    used > 0 ? "; " : "", s->urls[s->next], why);
}

/* Returns why the result is not the document, or NULL. */
static const char *
source_judge(struct source *s, const struct fetch_result *r, char *why, size_t whylen)
{
	if (r->error != NULL) {
		s->unfetched++;
		return r->error;
	}
	if (s->accept != NULL && !s->accept(r->body, why, whylen)) {
		s->refused++;
		return why;
	}
	return NULL;
}

static void
source_take(struct source *s, const struct fetch_result *r)
{
	s->body = *r->body;
	memset(r->body, 0, sizeof(*r->body));
	s->fetched_boot = r->fetched_boot;
	s->fetched_wall = r->fetched_wall;
	s->url = s->urls[s->next];
	s->done = true;
	if (s->error[0] != '\0')
		log_warnx("%s: %s; taken from %s", s->name, s->error, s->url);
}

/* Returns 1 if this document is settled, well or not, 0 if its next place is tried. */
static unsigned
source_settle(struct fetcher *f, struct source *s, const struct fetch_result *r)
{
	char why[FETCH_ERROR_MAX];
	const char *failure = NULL;

	s->missing = s->optional && r->missing;
	if (!s->missing)
		failure = source_judge(s, r, why, sizeof(why));
	if (failure == NULL) {
		source_take(s, r);
		return 1;
	}
	source_note_failure(s, failure);
	if (++s->next == s->nurls)
		return 1;
	source_begin(f, s, r->slot);
	return 0;
}

enum sources_result
sources_fetch(
    struct fetcher *f, struct source *s, size_t n, const struct source_wait *wait)
{
	struct fetch_result r;
	unsigned i, settled = 0;

	for (i = 0; i < n; i++)
		source_begin(f, &s[i], i);
	while (settled < n) {
		if (fetcher_wait(f, wait->fd, SOURCE_ATTEND_MS, &r))
			settled += source_settle(f, &s[r.slot], &r);
		if (!wait->attend(wait->arg)) {
			fetcher_cancel(f);
			return SOURCES_STOPPED;
		}
	}
	for (i = 0; i < n; i++)
		if (!s[i].done)
			return SOURCES_FAILED;
	return SOURCES_FETCHED;
}

void
sources_free(struct source *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_free(&s[i].body);
		free(s[i].etag);
		free(s[i].last_modified);
		s[i].etag = s[i].last_modified = NULL;
	}
}

static char *
source_url(const char *base, const char *tail)
{
	size_t size = strlen(base) + strlen(tail) + 1;
	char *url = xmalloc(size);

	snprintf(url, size, "%s%s", base, tail);
	return url;
}

static bool
base_is_file(const char *base)
{
	return strncasecmp(base, "file:", 5) == 0;
}

char *
source_status_url(const char *base, bool image)
{
	if (base_is_file(base))
		return source_url(
		    base, image ? "/status_image.json" : "/status_text.json");
	return source_url(base, image
				    ? "/v2/status/models?type=image&model_state=known"
				    : "/v2/status/models?type=text&model_state=known");
}

char *
source_stats_url(const char *base, bool image)
{
	if (base_is_file(base))
		return source_url(
		    base, image ? "/stats_image.json" : "/stats_text.json");
	return source_url(base, image ? "/v2/stats/img/models?model_state=known"
				      : "/v2/stats/text/models?model_state=known");
}

char *
source_workers_url(const char *base, bool image)
{
	if (base_is_file(base))
		return source_url(base, "/workers.json");
	return source_url(
	    base, image ? "/v2/workers?type=image" : "/v2/workers?type=text");
}
