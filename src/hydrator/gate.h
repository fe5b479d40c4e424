/*
 * Whether a document that is smaller than the last good one may be believed. What an
 * upstream forgets for a minute would be flagged for deletion by the answers, so a
 * document that has shrunk too far has to come several times first. Pure.
 */
#ifndef HYDRATOR_GATE_H
#define HYDRATOR_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "records/report.h"
#include "terms/document.h"

struct gate_rule {
	double min_ratio;       /* of the last good count; 0: whatever comes is good */
	uint64_t confirmations; /* equal answers that are believed */
	int64_t spacing;        /* answers closer together count once; nanoseconds */
};

/* What is remembered of one document. Zeroed: there is nothing to compare with. */
struct gate {
	/* Who is in the document comes and goes by nature (workers): then answers are
	 * equal if neither has shrunk too far from the other. Else the names count. */
	bool population;
	bool known;         /* good is of use */
	bool at_least;      /* good.count may have been more, names are not known */
	struct census good; /* of the last document that was accepted */

	struct census doubted; /* the one that is refused */
	uint64_t seen;         /* equal answers so far; 0: nothing is refused */
	int64_t seen_at;       /* clock_boot() of the last one that counted */
	int64_t since;         /* clock_wall() of the first refusal in a row */
	bool ordered; /* the doubted one is to be accepted, if it comes again */
};

enum gate_verdict {
	GATE_PLAUSIBLE, /* ends a row of refusals */
	GATE_CONFIRMED, /* too small, but it came often enough */
	GATE_ORDERED, /* too small, but it is the one that was ordered to be accepted */
	GATE_REFUSED,
};

/* Judges a document at an instant of clock_boot() and clock_wall(). */
enum gate_verdict gate_judge(struct gate *, const struct gate_rule *,
    const struct census *, int64_t boot, int64_t wall) MUST_CHECK;
/* The last good document came again: ends a row of refusals. */
void gate_forget(struct gate *);
/* A document was published: it is the good one from now on. */
void gate_accept(struct gate *, const struct census *);

/* What the good document holds now, beside others than it was accepted with: status and
 * stats are counted by the models of the reference. */
void gate_measure(struct gate *, const struct census *);

/* Says what was refused: for a log line. */
void gate_describe(const struct gate *, const struct gate_rule *, enum document_kind,
    char *out, size_t len);
/* "40 models with usage" of such a document. */
void gate_count(enum document_kind, const struct census *, char *out, size_t len);

#endif
