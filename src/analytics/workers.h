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
#include "payload/view.h"
#include "records/report.h"
#include "records/document.h"

struct worker; /* private */
struct worker_id;

struct workers {
	struct arena *arena;
	struct worker *all; /* [n] */
	uint32_t n;
	uint64_t nlinks;       /* of all models */
	struct map models;     /* lower-case model name -> its workers' links */
	struct map id_numbers; /* id -> struct worker_id */
	uint32_t walks;
	/* What workers_write() has written, as payload/view.h has it. */
	struct view_span *texts; /* [ntexts] */
	uint64_t ntexts;
	struct with_stats_list *lists; /* [nlists] */
	uint64_t *etags;               /* [nlists] hash of the texts, in order */
	uint64_t nlists;
	uint32_t *members; /* [nmembers] */
	uint64_t nmembers;
};

#define WORKERS_NONE UINT64_MAX

/* Reads the document; if it is absent there are no workers. Bad elements are skipped
 * and reported. Returns 0, or -1 with *report, or because its pace has stopped. */
int workers_read(const struct document *, struct arena *, struct workers *out,
    struct report *report) MUST_CHECK;

/* Returns the number in lists of the workers of the model with this lower-case name, or
 * WORKERS_NONE. Appends the texts of those that no list has had before; a list is made
 * once, however many models share it. */
uint64_t workers_write(struct workers *, struct str lower, struct buf *);

#endif
