/* The AI Horde workers document, indexed by the models they serve (doc/reference.md 2.6
 * and 4.5). Pure. */
#ifndef ANALYTICS_WORKERS_H
#define ANALYTICS_WORKERS_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "records/report.h"
#include "records/document.h"

struct workers_link; /* private */
struct worker_id;

struct workers {
	struct arena *arena;
	struct str *summaries; /* [n] `"ID":{...}`, printed once a worker */
	uint32_t *ids;         /* [n] number of its id in seen */
	uint32_t n;
	struct map models;     /* lower-case model name -> its workers' links */
	struct map id_numbers; /* id -> struct worker_id */
	uint32_t *members;     /* [n] scratch of workers_print() */
	uint32_t walks;
};

/* Reads the document; if it is absent there are no workers. Bad elements are skipped
 * and reported. Returns 0, or -1 with *report. */
int workers_read(const struct document *, struct arena *, struct workers *out,
    struct report *report) MUST_CHECK;

/* Appends the object worker id -> summary of the model with this lower-case name and
 * returns how many it has; 0: none, and nothing was appended. */
uint32_t workers_print(struct workers *, struct str lower, struct buf *);

#endif
