/* Rendering the views of deletion risk from the models of a category. Pure. */
#ifndef ANALYTICS_RENDER_H
#define ANALYTICS_RENDER_H

#include <stdint.h>

#include "analytics/horde.h"
#include "analytics/risk.h"
#include "analytics/views.h"
#include "base/attr.h"

/* Appends every deletion-risk view that the category has. Models name their group by
 * its number in bases (text_generation only). Returns 0, or -1 if printing_goes_on()
 * said no. */
int render_risk(const struct printing *, enum category, const struct horde *,
    const struct model *models, uint32_t n, const struct map *bases) MUST_CHECK;

#endif
