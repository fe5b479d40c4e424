/* The view of models with what the Horde knows of them (spec section 7.6). Pure. */
#ifndef ANALYTICS_WITH_STATS_H
#define ANALYTICS_WITH_STATS_H

#include <stdint.h>

#include "analytics.h"
#include "buf.h"
#include "horde.h"
#include "mem.h"
#include "risk.h"
#include "workers.h"

/* Appends VIEW_WITH_STATS: the plain answer, and the pieces of the others. Models are
 * merged, in the order of the answer. */
void with_stats_write(const struct analytics_settings *, const struct horde *,
    struct workers *, const struct model *models, uint32_t n, struct arena *,
    struct buf *out);

#endif
