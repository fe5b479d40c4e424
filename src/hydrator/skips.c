/* Remembers by count and hash what was logged. */
#include "hydrator/skips.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/log.h"
#include "base/mem.h"

void
skips_begin(struct skips *s)
{
	while (s->nnamed > 0)
		free(s->named[--s->nnamed]);
	s->count = s->sum = 0;
}

void
skips_add(struct skips *s, const char *what)
{
	if (s->nnamed < SKIPS_NAMED)
		s->named[s->nnamed++] = xstrdup(what);
	s->count++;
	s->sum += XXH3_64bits(what, strlen(what));
}

void
skips_report(struct skips *s, const char *category)
{
	size_t i;

	if (s->count == s->reported_count && s->sum == s->reported_sum)
		return;
	s->reported_count = s->count;
	s->reported_sum = s->sum;
	for (i = 0; i < s->nnamed; i++)
		log_warnx("%s: skipped: %s", category, s->named[i]);
	if (s->count > s->nnamed)
		log_warnx(
		    "%s: skipped: %" PRIu64 " more", category, s->count - s->nnamed);
	if (s->count == 0)
		log_info("%s: nothing is skipped any more", category);
}

void
skips_free(struct skips *s)
{
	skips_begin(s);
	memset(s, 0, sizeof(*s));
}
