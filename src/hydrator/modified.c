/* Carrying the times of change from one generation to the next. */
#include "hydrator/modified.h"

/* Answers with workers or variations change with them too; one date is enough for all.
 */
static uint64_t
content_of(const struct view_directory *d, int k)
{
	uint64_t etag = d->views[k].etag;

	if (k == VIEW_WITH_STATS)
		etag ^= d->with_stats.workers_etag ^ d->with_stats.variations_etag;
	return etag;
}

void
modified_stamp(const struct modified *m, struct view_directory *d, int64_t now)
{
	int k;

	for (k = 0; k < VIEW_MAX; k++) {
		struct view *v = &d->views[k];

		if (v->present && m->view[k].since != 0 &&
		    m->view[k].etag == content_of(d, k))
			v->modified = m->view[k].since < now ? m->view[k].since : now;
		else if (v->present)
			v->modified = now;
	}
}

void
modified_note(struct modified *m, const struct view_directory *d)
{
	int k;

	for (k = 0; k < VIEW_MAX; k++) {
		m->view[k].etag = content_of(d, k);
		m->view[k].since = d->views[k].present ? d->views[k].modified : 0;
	}
}
