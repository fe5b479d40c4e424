/* What the Horde knows and the reference document does not list (doc/reference.md
 * 4.7). Pure. */
#ifndef ANALYTICS_UNLISTED_H
#define ANALYTICS_UNLISTED_H

#include "analytics/horde.h"
#include "analytics/reference.h"
#include "analytics/views.h"
#include "base/attr.h"
#include "terms/category.h"

/* Rows at most, those with the most usage: how many names there are is not ours to
 * say, and must not keep models from being published. total_count is of all. */
#define UNLISTED_MAX 10000

/* Appends VIEW_UNLISTED; the models are merged. Returns 0, or -1 if printing_goes_on()
 * said no. */
int unlisted_write(const struct printing *, enum category, const struct horde *,
    const struct reference *) MUST_CHECK;

#endif
