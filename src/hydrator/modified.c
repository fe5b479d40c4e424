/* Carrying the times of change from one generation to the next. */
#include "hydrator/modified.h"

#include <stdbool.h>

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

/* Since when what has that tag is what it is. */
static int64_t
since(const struct modified_since *m, uint64_t etag, int64_t now)
{
	return m->since != 0 && m->etag == etag && m->since < now ? m->since : now;
}

static bool
text_is_there(const struct view_directory *d, int k, int format)
{
	return d->views[k].present && d->views[k].texts[format].body.len > 0;
}

void
modified_stamp(const struct modified *m, struct view_directory *d, int64_t now)
{
	for (int k = 0; k < VIEW_MAX; k++) {
		struct view *v = &d->views[k];

		if (v->present)
			v->modified = since(&m->view[k], content_of(d, k), now);
		for (int f = 0; f < FORMAT_MAX; f++)
			if (text_is_there(d, k, f))
				v->texts[f].modified =
				    since(&m->text[k][f], v->texts[f].etag, now);
	}
}

void
modified_note(struct modified *m, const struct view_directory *d)
{
	for (int k = 0; k < VIEW_MAX; k++) {
		const struct view *v = &d->views[k];

		m->view[k] = (struct modified_since){ content_of(d, k),
			v->present ? v->modified : 0 };
		for (int f = 0; f < FORMAT_MAX; f++)
			m->text[k][f] = (struct modified_since){ v->texts[f].etag,
				text_is_there(d, k, f) ? v->texts[f].modified : 0 };
	}
}
