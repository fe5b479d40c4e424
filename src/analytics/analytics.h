/*
 * The analytics: from the upstream documents of a category, in memory, to the payload
 * that is published. Pure: no I/O, no shared memory, no clock. Hydrators, tests,
 * fuzzers and the benchmark call it.
 */
#ifndef ANALYTICS_ANALYTICS_H
#define ANALYTICS_ANALYTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "records/document.h"
#include "records/report.h"
#include "terms/category.h"
#include "terms/correction.h"

/* doc/reference.md 9.2. Borrowed strings. */
struct analytics_settings {
	const char *const *preferred_hosts;
	size_t npreferred_hosts;
	double low_usage_percent;      /* image_generation: 0.0065 */
	double text_low_usage_percent; /* text_generation: 0.02 */
	bool text_ignore_hosts;        /* true */
	int64_t text_critical_usage;   /* 10 */
	int64_t text_critical_workers; /* 1 */
	unsigned corrections;          /* CORRECT_* */
};

/* Fills in the reference's defaults. */
void analytics_defaults(struct analytics_settings *);

/* Opened for this category (document_open). */
struct analytics_input {
	enum category category;
	struct document reference; /* of any form: records/entries.h */
	struct document status;    /* only category_has_horde() */
	struct document stats;     /* only category_has_horde() */
	struct document workers;   /* may be absent: no workers are known */
	int64_t now;               /* Unix seconds: computed_at */
};

/*
 * Appends the payload (payload/view.h) to out, which the caller empties first and owns.
 * Returns 0, or -1 with report->refused and report->reason set: a document is absent,
 * of another shape inside, or every one of its entries is invalid. If that is so of the
 * reference document, there are statistics and no other view.
 */
int analytics_render(const struct analytics_settings *, const struct analytics_input *,
    struct buf *out, struct report *report) MUST_CHECK;

#endif
