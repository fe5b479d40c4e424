/* The view of models with what the Horde knows of them (doc/reference.md 8.9). Pure. */
#ifndef ANALYTICS_WITH_STATS_H
#define ANALYTICS_WITH_STATS_H

#include <stdint.h>

#include "analytics/horde.h"
#include "analytics/risk.h"
#include "analytics/views.h"
#include "analytics/workers.h"
#include "base/attr.h"

/* Appends VIEW_WITH_STATS: the plain answer, and the pieces of the others. Models are
 * merged, in the order of the answer. observed_at: Unix seconds, shown with each model.
 * Returns 0, or -1 if printing_goes_on() said no. */
int with_stats_write(const struct printing *, const struct horde *, struct workers *,
    const struct model *models, uint32_t n, int64_t observed_at) MUST_CHECK;

#endif
