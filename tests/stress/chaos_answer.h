/* Whether the bytes that came back are the answer to what was asked. */
#ifndef TESTS_STRESS_CHAOS_ANSWER_H
#define TESTS_STRESS_CHAOS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define ETAG_SIZE 64

/* What was asked. */
struct question {
	unsigned target;      /* index into question_target[] */
	bool gzip;            /* Accept-Encoding: gzip, else none */
	char etag[ETAG_SIZE]; /* of If-None-Match, or "" */
	int64_t asked;        /* nanoseconds, CLOCK_MONOTONIC */
};

/* What came back. */
struct answer {
	size_t size; /* bytes, head and body */
	int status;
	bool closing;         /* Connection: close */
	bool gzip;            /* it is encoded so; it need not be where it may */
	char etag[ETAG_SIZE]; /* with its W/ */
};

enum verdict {
	ANSWER_PARTIAL,
	ANSWER_WHOLE,
	ANSWER_WRONG
};

extern const char *const question_target[];
extern const unsigned question_targets;

/* Whether the target is asked for with Accept-Encoding: gzip, too. */
bool question_may_gzip(unsigned target) MUST_CHECK;

/*
 * Judges the first answer of n bytes. It is right if it is 200 or, to If-None-Match
 * with the same tag, 304; if its body has the length that the head says, and is,
 * decoded, byte for byte the one that came with this ETag before, whoever sent it and
 * in whatever encoding (the instant of the computation apart); and if every model in it
 * is of one generation: the scripted upstream gives all models of a generation the same
 * baseline and the same usage. On ANSWER_WRONG why[size] says why.
 */
enum verdict answer_judge(const struct question *, const char *in, size_t n,
    struct answer *, char *why, size_t size) MUST_CHECK;

#endif
