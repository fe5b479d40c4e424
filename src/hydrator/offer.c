/* From a snapshot to what others read. */
#include "hydrator/offer.h"

#include <stdio.h>

#include "payload/encode.h"
#include "payload/view.h"

#define OFFER_KEY_SIZE 512

/* The reference groups nothing in what it keeps of with-stats: it has no key. */
static const struct {
	enum view_kind view;
	const char *before, *after; /* of the category in the key */
} offered[] = {
	{ VIEW_RISK, "deletion_risk", "grouped=false" },
	{ VIEW_RISK_GROUPED, "deletion_risk", "grouped=true" },
	{ VIEW_RISK_VARIATIONS, "deletion_risk", "grouped=false:variations=true" },
	{ VIEW_STATS, "stats", "grouped=false" },
	{ VIEW_STATS_GROUPED, "stats", "grouped=true" },
};

bool
offer_identity(void *arg, const struct snapshot *s, struct buf *out)
{
	const struct offer *o = arg;
	const struct view_directory *d = view_open(s->data, s->len, o->category);

	if (d != NULL)
		payload_identity(d, out);
	return d != NULL;
}

void
offer_bodies(void *arg, const struct snapshot *s, member_put_fn *put, void *put_arg)
{
	const struct offer *o = arg;
	const struct view_directory *d = view_open(s->data, s->len, o->category);
	char key[OFFER_KEY_SIZE];
	size_t i;

	if (d == NULL || o->prefix[0] == '\0')
		return;
	for (i = 0; i < NELEM(offered); i++) {
		const struct view *v = &d->views[offered[i].view];

		if (!v->present)
			continue;
		snprintf(key, sizeof(key), "%s:%s:%s:%s", o->prefix, offered[i].before,
		    category_name(o->category), offered[i].after);
		if (!put(put_arg, key,
			(struct str){ s->data + v->body.off, v->body.len }))
			return;
	}
}
