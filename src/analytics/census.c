/* Counts and order-independent hashes of names. */
#include "analytics/census.h"

#include <string.h>
#include <xxhash.h>

#include "records/report.h"
#include "terms/document.h"

static void
census_add(struct census *c, struct str name)
{
	c->count++;
	c->names += XXH3_64bits(name.p, name.len);
}

/* Without a worker a model is flagged, listed or not. */
static void
census_status(const struct horde *h, struct census *c)
{
	for (uint32_t i = 0; i < h->nstatuses; i++)
		if (h->statuses[i].count > 0)
			census_add(c, h->statuses[i].name);
}

static void
census_stats(const struct horde *h, struct census *c)
{
	for (uint32_t i = 0; i < h->names.count; i++) {
		const struct horde_name *n = map_at(&h->names, i);

		if (usage_known(&n->usage))
			census_add(c, h->names.keys[i]);
	}
}

static void
census_workers(const struct workers *w, struct census *c)
{
	for (uint32_t i = 0; i < w->id_numbers.count; i++)
		census_add(c, w->id_numbers.keys[i]);
}

void
census_take(enum category category, const struct reference *r, const struct horde *h,
    const struct workers *w, struct census *census)
{
	memset(census, 0, DOCUMENT_MAX * sizeof(*census));
	census[DOCUMENT_REFERENCE] = (struct census){ r->nvalid, r->names };
	if (!category_has_horde(category))
		return;
	census_status(h, &census[DOCUMENT_STATUS]);
	census_stats(h, &census[DOCUMENT_STATS]);
	census_workers(w, &census[DOCUMENT_WORKERS]);
}
