/* What top shows, for scripts: a document a sample. Private to top*.c. */
#ifndef CTL_TOP_BATCH_H
#define CTL_TOP_BATCH_H

#include <stdint.h>

#include "base/attr.h"
#include "ctl/ctl.h"

/* Prints count samples (0: without end), each of the delay before it, nanoseconds.
 * Returns an exit status: CTL_FRESH, or that of attach_open(), which has told why, when
 * there is nothing to look at. */
int top_batch(const struct ctl *, int64_t count, int64_t delay) MUST_CHECK;

#endif
