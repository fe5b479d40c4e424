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
	size_t payload_max;            /* bytes that there is room for; SIZE_MAX: any */
};

/* Fills in the reference's defaults, and no bound of the payload. */
void analytics_defaults(struct analytics_settings *);

/* Opened for this category (document_open). */
struct analytics_input {
	enum category category;
	struct document reference; /* of any form: records/entries.h */
	/* Only category_has_horde(). Each may be absent: without status or stats there
	 * are statistics and no other view, without workers no workers are known. */
	struct document status;
	struct document stats;
	struct document workers;
	int64_t now; /* Unix seconds: computed_at, observed_at */
};

enum analytics_result {
	/* report->refused and report->reason say which document and why: the reference
	 * is absent, or one is of another shape inside, or every one of its entries is
	 * invalid. */
	ANALYTICS_REFUSED = -1,
	ANALYTICS_DONE,
	ANALYTICS_STOPPED,  /* report->pace said so */
	ANALYTICS_TOO_LARGE /* the payload is longer than payload_max; how much longer
			     * is not known, since the work ended there */
};

/*
 * Appends the payload (payload/view.h) to out, which the caller empties first and owns;
 * unless all is done what is in it is of no use. If every entry of the reference
 * document is invalid there are statistics and no other view.
 */
enum analytics_result analytics_render(const struct analytics_settings *,
    const struct analytics_input *, struct buf *out, struct report *report) MUST_CHECK;

#endif
