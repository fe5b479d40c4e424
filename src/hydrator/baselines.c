/* Remembers by hash what was logged. */
#include "hydrator/baselines.h"

#include <xxhash.h>

#include "base/log.h"
#include "records/report.h"

void
baselines_note(struct baselines *b, const char *category, struct str baseline)
{
	uint64_t hash = XXH3_64bits(baseline.p, baseline.len);
	struct report_name quoted;

	for (size_t i = 0; i < b->n; i++)
		if (b->named[i] == hash)
			return;
	if (b->n < BASELINES_NAMED) {
		b->named[b->n++] = hash;
		log_warnx("%s: new baseline %s: its models are taken as they are",
		    category, report_quote(baseline, &quoted));
	} else if (!b->full) {
		b->full = true;
		log_warnx(
		    "%s: there are more new baselines: no more are named", category);
	}
}
