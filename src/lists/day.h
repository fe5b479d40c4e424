/* Dates, many in a row: gmtime_r(3) and strftime(3) would be most of what a list costs.
 * Pure. Hydrators. */
#ifndef LISTS_DAY_H
#define LISTS_DAY_H

#include <stdint.h>

#include "base/buf.h"

#define DAY_SECONDS 86400

/* The day in UTC of Unix seconds, 0 to the end of the year 9999: "2026-11-29". */
void day_put(struct buf *, int64_t at);

#endif
