/* One model whole, put together from the rows of several views:
 *
 *   {"category":C,"name":N,"deletion_risk":ROW,"with_stats":ROW or null,
 *   "dates":[...] or null,"history":ROW or null}
 *
 * where the second row has its workers and variations. What is selected with an
 * explanation ends with `,"explanation":[...]}`. */
#ifndef READER_MODEL_H
#define READER_MODEL_H

#include <stdint.h>

#include "base/attr.h"
#include "http/response.h"
#include "payload/view.h"

struct generation;
struct selection;

/* As page_put(). */
void model_put(
    struct http_response *, const struct generation *, const struct selection *);
/* A hash of all that but the time in the second row. */
uint64_t model_hash(const struct view_directory *, const struct selection *) MUST_CHECK;
/* Unix seconds since which all of it is what it is, at the latest. */
int64_t model_modified(
    const struct view_directory *, const struct selection *) MUST_CHECK;

#endif
