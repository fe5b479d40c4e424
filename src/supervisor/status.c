/* The states of categories, in words. */
#include "supervisor/status.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/attr.h"
#include "config/config.h"
#include "shm/ledger.h"
#include "shm/snapshot.h"
#include "supervisor/crew.h"
#include "terms/category.h"
#include "terms/part.h"

enum condition {
	CONDITION_SERVED,
	CONDITION_EMPTY,   /* nothing was published */
	CONDITION_EXPIRED, /* too old to be answered */
	CONDITION_OLD,     /* answered, though its refreshes have failed for a while */
	CONDITION_FAILING, /* answered, and not old yet, but a refresh has failed */
	CONDITION_MAX
};

/* Of its main answers, as /readyz has it. */
static enum condition
condition_of(const struct crew *w, unsigned category, int64_t now)
{
	const char *name = w->config->category[category].name;
	int known = category_find(name, strlen(name));
	bool horde = known >= 0 && category_has_horde((enum category)known);
	const struct part_stamp *part;
	struct snapshot_stamp stamp;
	struct ledger l;
	int64_t age;

	snapshot_stamp_now(w->segment, category, &stamp);
	part = &stamp.part[horde ? PART_DELETION_RISK : PART_STATISTICS];
	if (!part_stamp_is_there(part))
		return CONDITION_EMPTY;
	age = (now - part->fetched_boot) / NSEC_PER_SEC;
	if (age > w->config->hydration.stale_if_error)
		return CONDITION_EXPIRED;
	if (age > w->config->hydration.stale_ttl)
		return CONDITION_OLD;
	return ledger_read(w->segment, category, &l) && l.failing_since != 0
		   ? CONDITION_FAILING
		   : CONDITION_SERVED;
}

/* With what is wrong with its documents, as its hydrator has noted it. */
static void
put_category(struct buf *b, const struct crew *w, unsigned category)
{
	struct buf why = { 0 };
	struct ledger l;

	buf_printf(b, " %s", w->config->category[category].name);
	if (ledger_read(w->segment, category, &l))
		ledger_say(&l, &why);
	if (why.len > 0)
		buf_printf(b, " (%.*s)", (int)why.len, why.data);
	buf_free(&why);
}

static void
put_condition(
    struct buf *b, const struct crew *w, const enum condition *of, enum condition c)
{
	static const char *const words[] = {
		[CONDITION_SERVED] = "served",
		[CONDITION_EMPTY] = "empty",
		[CONDITION_EXPIRED] = "expired",
		[CONDITION_OLD] = "old",
		[CONDITION_FAILING] = "not refreshed",
	};
	unsigned i, n = 0;

	_Static_assert(NELEM(words) == CONDITION_MAX, "every condition has a word");
	for (i = 0; i < w->config->ncategories; i++)
		n += of[i] == c;
	if (n == 0)
		return;
	buf_printf(b, "%s%u of %zu categories %s:", b->len > 0 ? "; " : "", n,
	    w->config->ncategories, words[c]);
	for (i = 0; i < w->config->ncategories; i++)
		if (of[i] == c) {
			put_category(b, w, i);
			if (--n > 0)
				buf_putc(b, ',');
		}
}

/* Where Redis does not answer; its hydrator's words, and since when by the first. */
static void
put_fleet(struct buf *b, const struct crew *w)
{
	struct ledger l, first = { 0 };
	unsigned i, n = 0;
	char since[32];
	struct tm tm;
	time_t at;

	for (i = 0; i < w->config->ncategories; i++) {
		if (!ledger_read(w->segment, i, &l) || !l.fleet.used || l.fleet.up ||
		    l.fleet.since == 0)
			continue;
		if (n++ == 0 || l.fleet.since < first.fleet.since)
			first = l;
	}
	if (n == 0)
		return;
	at = first.fleet.since / NSEC_PER_SEC;
	strftime(since, sizeof(since), "%FT%TZ", gmtime_r(&at, &tm));
	buf_printf(b, "; Redis: %s since %s for %u of %zu categories",
	    first.fleet.error[0] != '\0' ? first.fleet.error : "no answer", since, n,
	    w->config->ncategories);
}

void
status_line(
    const struct crew *w, int64_t now, const char *refused, char *line, size_t size)
{
	enum condition of[SEGMENT_CATEGORIES_MAX], c;
	struct buf b = { 0 };
	unsigned i;

	for (i = 0; i < w->config->ncategories; i++)
		of[i] = condition_of(w, i, now);
	for (c = CONDITION_SERVED + 1; c < CONDITION_MAX; c++)
		put_condition(&b, w, of, c);
	if (b.len == 0)
		buf_printf(&b, "%zu categories served", w->config->ncategories);
	put_fleet(&b, w);
	if (refused[0] != '\0')
		buf_printf(&b, "; the last reload was refused: %s", refused);
	snprintf(line, size, "%.*s", (int)b.len, b.data);
	buf_free(&b);
}
