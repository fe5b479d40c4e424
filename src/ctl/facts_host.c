/* Hosts, and what each was asked for last: a ledger has the number of an address, the
 * configuration the address. */
#include <stdio.h>
#include <string.h>

#include "base/log_text.h"
#include "ctl/facts_read.h"
#include "ctl/running.h"
#include "shm/origin.h"

#define URL_MAX 1024

/* Item `place` of a list as the configuration writes it: { "a", "b" }. */
static bool
list_item(struct str list, uint64_t place, char *out, size_t size)
{
	const char *p = list.p, *end = list.p + list.len, *open, *close;

	for (;; place--) {
		open = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
		if (open == NULL)
			return false;
		close = memchr(open + 1, '"', (size_t)(end - open - 1));
		if (close == NULL)
			return false;
		if (place == 0)
			break;
		p = close + 1;
	}
	snprintf(out, size, "%.*s", (int)(close - open - 1), open + 1);
	return true;
}

/* Where a document was asked for last; false: in a file, or it is not known. */
static bool
document_origin(const struct segment *seg, const char *category,
    const struct ledger_document *d, char origin[ORIGIN_SIZE])
{
	char url[URL_MAX], option[128];
	struct str list;

	if (strcmp(d->name, "reference") != 0) {
		running_text(seg, "horde.url", url, sizeof(url));
		return origin_of_url(url, origin);
	}
	snprintf(option, sizeof(option), "category.%s.reference", category);
	return running_find(seg, option, &list) &&
	       list_item(list, d->place, url, sizeof(url)) &&
	       origin_of_url(url, origin);
}

static void
note_answer(struct facts *f, const struct ledger_document *d, const char *origin)
{
	struct facts_host *h;

	for (size_t i = 0; i < f->nhosts; i++) {
		h = &f->host[i];
		if (strcmp(h->name, origin) != 0 || d->asked_wall <= h->asked)
			continue;
		h->asked = d->asked_wall;
		h->status = d->status;
		h->took = d->nsec;
	}
}

static void
note_answers(const struct segment *seg, struct facts *f)
{
	const struct facts_category *c;
	char origin[ORIGIN_SIZE];

	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		for (size_t j = 0; j < c->ledger.ndocuments; j++)
			if (document_origin(
				seg, c->name, &c->ledger.document[j], origin))
				note_answer(f, &c->ledger.document[j], origin);
	}
}

static void
count_answers(struct facts_host *h, const struct host_view *v)
{
	for (unsigned code = 0; code < HOST_CODES_MAX; code++) {
		h->requests += v->answered[code];
		if (code != host_code_of(200) && code != host_code_of(304))
			h->failed += v->answered[code];
	}
	if (h->requests > 0 && v->nsec <= INT64_MAX)
		h->nsec = (int64_t)(v->nsec / h->requests);
}

void
facts_read_hosts(const struct segment *seg, struct facts *f)
{
	struct host_view v;
	struct facts_host *h;

	for (unsigned i = 0; i < HOSTS_MAX; i++) {
		if (!hosts_read(seg, i, &v))
			continue;
		h = &f->host[f->nhosts++];
		strlcpy(h->name, v.name, sizeof(h->name));
		log_defuse(h->name, strlen(h->name));
		h->breaker = breaker_look(v.breaker, f->boot);
		if (v.floor > f->boot)
			h->floor = v.floor - f->boot;
		count_answers(h, &v);
	}
	note_answers(seg, f);
}
