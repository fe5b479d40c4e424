/* Adding findings. Private to judge*.c. */
#ifndef CTL_JUDGE_PUT_H
#define CTL_JUDGE_PUT_H

#include "base/attr.h"
#include "ctl/judge.h"

/* Categories that have the same to be said of them. */
struct judge_set {
	const struct facts_category *of[SEGMENT_CATEGORIES_MAX];
	size_t n;
};

/* Begins a finding, with its text. */
struct judge_finding *judge_put(struct judge_verdict *, enum judge_kind, enum ctl_exit,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Appends to what it says, and says what to do. */
void judge_put_more(struct judge_finding *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void judge_put_advice(struct judge_finding *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends a span in words after a text: " for 3 min 20 s". */
void judge_put_span(struct judge_finding *, const char *text, int64_t nsec);

/* What is wrong with categories, and with what they are made of. */
void judge_categories(const struct facts *, struct judge_verdict *);

#endif
