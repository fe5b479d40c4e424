/* Counting what documents hold, for who compares them with earlier ones. Pure. */
#ifndef ANALYTICS_CENSUS_H
#define ANALYTICS_CENSUS_H

#include "analytics/horde.h"
#include "analytics/reference.h"
#include "analytics/workers.h"
#include "records/report.h"
#include "terms/category.h"

/* Fills in census[DOCUMENT_MAX] from documents that were read; horde and workers are
 * only looked at if category_has_horde(), and the reference is merged with them then.
 * What was left out as invalid is not there. */
void census_take(enum category, const struct reference *, const struct horde *,
    const struct workers *, struct census *);

#endif
