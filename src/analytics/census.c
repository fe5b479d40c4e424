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

/* What the answers flag a model for, by the document whose fault it would be. A
 * document of other models than ours, or without one of its periods, is as bad as an
 * empty one. The day does not count: it begins anew. */
static void
census_models(const struct reference *r, const struct horde *h, struct census *census)
{
	const struct model *m;
	const int64_t *used;

	for (m = r->models; m < r->models + r->nmodels; m++) {
		used = h->has_families ? m->merged.family.n : m->merged.exact.n;
		if (m->merged.workers > 0)
			census_add(&census[DOCUMENT_STATUS], m->record.name);
		if (used[PERIOD_MONTH] > 0 && used[PERIOD_TOTAL] > 0)
			census_add(&census[DOCUMENT_STATS], m->record.name);
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
	census_models(r, h, census);
	census_workers(w, &census[DOCUMENT_WORKERS]);
}
