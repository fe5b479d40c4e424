/*
 * One request on its way to its answer, and what the answers of all endpoints have in
 * common: errors, validators, age. The functions that check return false after they
 * have made the answer an error.
 */
#ifndef READER_JOB_H
#define READER_JOB_H

#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "http/conditional.h"
#include "http/parse.h"
#include "http/response.h"
#include "reader/answer.h"
#include "reader/freshness.h"
#include "reader/generation.h"
#include "reader/query.h"
#include "reader/selection.h"
#include "terms/category.h"
#include "terms/part.h"

#define JOB_NO_STORE "Cache-Control: no-store\r\n"

struct job {
	struct answerer *answerer;
	const struct http_request *request;
	struct http_response *response;
	/* After job_check(). */
	unsigned endpoint; /* QUERY_* */
	struct query query;
	enum category category;
	/* After job_find_part(). */
	struct generation *generation; /* borrowed from the store */
	enum freshness freshness;      /* of the part that the answer is made of */
	int64_t age;                   /* seconds */
	/* What job_answer() is to answer. */
	struct selection selection;
	bool by_type; /* there are other formats of it: Accept matters */
};

/* Makes the answer's text its body. */
void job_json(struct http_response *, int status);
/* {"detail":"..."} of a text that may hold anything. */
void job_error(struct http_response *, int status, struct str detail);
/* 422 of parameters; errors: the items that query_parse() left. */
void job_refuse(struct http_response *, const struct buf *errors);
/* 404 of a category without models, 503 with Retry-After. */
void job_missing(struct job *);
void job_unavailable(struct job *, struct str detail);

/*
 * Holds the request's conditions against the validators of what a GET would be answered
 * 200 with, before a body is made. HTTP_FAILED: the answer is 412, and whole.
 * HTTP_NOT_MODIFIED: it is 304, and lacks the fields of the 200 alone.
 */
enum http_condition job_judge(struct http_response *, const struct http_request *,
    const struct http_validators *) MUST_CHECK;

/* Reads the parameters of path and query; else the answer is 422. */
bool job_check(struct job *, struct str category, unsigned endpoint) MUST_CHECK;
/* Finds the category's generation, and whether that part of it is there and may be
 * served; else the answer is 404 or 503. */
bool job_find_part(struct job *, enum snapshot_part) MUST_CHECK;
/* Of a generation that has been found: makes another part of it what age and freshness
 * are of. Returns false, and changes nothing, if it is not there or too old. */
bool job_take_part(struct job *, enum snapshot_part) MUST_CHECK;
/* Answers what is selected of the generation, with its validators; or 304 or 412, for
 * which no body is made at all. */
void job_answer(struct job *);

#endif
