/* What `explain=true` adds to the answer of one model. */
#ifndef READER_EXPLANATION_H
#define READER_EXPLANATION_H

#include <stdint.h>

#include "base/buf.h"

struct job;

/*
 * Appends a JSON array: for each flag, and `critical`, the number, the threshold, the
 * option, the document and its age in seconds, and all of that in words, by the rules
 * of the configuration. row: of VIEW_RISK of the job's generation, which has figures.
 * What it takes does not grow with the number of models.
 */
void explanation_put(struct buf *, const struct job *, uint32_t row);

#endif
