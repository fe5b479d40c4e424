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

#include "attr.h"
#include "buf.h"
#include "category.h"

/* Corrections of the reference's oddities (DESIGN "Identical answers"), by bit. */
#define CORRECT_PARAMETER_BUCKETS 1u
#define CORRECT_NEVER_USED 2u
#define CORRECT_EXACT_USAGE 4u

/* Spec section 8.1. Borrowed strings. */
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

/* A document as fetched; data may be NULL where the category has none. */
struct document {
	const char *data;
	size_t len;
};

struct analytics_input {
	enum category category;
	struct document reference; /* v2: object name -> record */
	struct document status;    /* only category_has_horde() */
	struct document stats;
	struct document workers; /* data NULL: none */
	int64_t now;             /* Unix seconds: computed_at */
};

/* Which document was refused. */
enum analytics_document {
	DOCUMENT_NONE,
	DOCUMENT_REFERENCE,
	DOCUMENT_STATUS,
	DOCUMENT_STATS,
	DOCUMENT_WORKERS,
	DOCUMENT_MAX
};

/* "reference", "status", ...: for messages. */
const char *document_name(enum analytics_document);

/* How much of use a document holds: models of the reference, models with a worker of
 * the status, models with usage of the stats, workers. */
struct census {
	uint64_t count;
	uint64_t names; /* sum of hashes: the same set gives the same in any order */
};

struct analytics_report {
	/* Called for each record or entry that is left out, with what and why, e.g.
	 * "reference record \"Foo\": nsfw: required". May be NULL. */
	void (*skip)(void *arg, const char *what);
	void *arg;
	uint64_t skipped;                /* out: how many */
	enum analytics_document refused; /* out: on error */
	char error[256];                 /* out: on error: which document, where, why */
	struct census census[DOCUMENT_MAX]; /* out: on success */
};

/*
 * Appends the payload (view.h) to out, which the caller empties first and owns.
 * Returns 0, or -1 with report->refused and report->error set: a document is not
 * JSON, of another shape, or every one of its entries is invalid.
 */
int analytics_render(const struct analytics_settings *, const struct analytics_input *,
    struct buf *out, struct analytics_report *report) MUST_CHECK;

#endif
