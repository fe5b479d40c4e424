/* Answers of a category: what each endpoint refuses, in the order of doc/reference.md
 * 8.5, and what it selects. category: as it stands in the path, not yet known. Whatever
 * comes of it, the job's response is complete afterwards. */
#ifndef READER_ENDPOINT_H
#define READER_ENDPOINT_H

#include "base/str.h"
#include "reader/job.h"

void endpoint_statistics(struct job *, struct str category);
void endpoint_risk(struct job *, struct str category);
void endpoint_with_stats(struct job *, struct str category);
void endpoint_history(struct job *, struct str category);
void endpoint_changes(struct job *, struct str category);
void endpoint_unlisted(struct job *, struct str category);
void endpoint_columns(struct job *, struct str category);
void endpoint_cycles(struct job *, struct str category);
/* model: its name, which is not empty. */
void endpoint_model(struct job *, struct str category, struct str model);

#endif
