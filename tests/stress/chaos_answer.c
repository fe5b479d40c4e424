/* Judging answers: complete, true to their checksum, of one generation. */
#include "chaos_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <xxhash.h>

#define STATISTICS "/model_references/statistics/"
/* More than any head or body of this test. */
#define HEAD_MAX 8192
#define BODY_MAX (512 * 1024)
/* A power of two; a generation that is forgotten for another one is only not compared
 * any more. */
#define KNOWN 65536

const char *const question_target[] = {
	STATISTICS "image_generation/deletion-risk",
	STATISTICS "image_generation",
	STATISTICS "image_generation/deletion-risk?limit=5&offset=7",
	STATISTICS "image_generation/with-stats?sort_by=usage_total",
	STATISTICS "text_generation/deletion-risk?group_text_models=true",
	STATISTICS "text_generation",
	STATISTICS "text_generation/deletion-risk?preset=missing_data&limit=9",
};
const unsigned question_targets = NELEM(question_target);

/* Bodies by what was asked and the ETag that they came with. */
static struct {
	uint64_t key, sum;
} known[KNOWN];

bool
question_may_gzip(unsigned target)
{
	/* Statistics carry the instant of their computation, which no ETag covers. */
	return strchr(question_target[target] + strlen(STATISTICS), '/') != NULL;
}

/* The value of a field of the head, up to the end of its line; NULL: there is none. */
static const char *
head_field(const char *head, size_t n, const char *name, size_t *len)
{
	const char *at = memmem(head, n, name, strlen(name)), *end;

	if (at == NULL)
		return NULL;
	at += strlen(name);
	end = memmem(at, (size_t)(head + n - at), "\r\n", 2);
	*len = (size_t)(end - at);
	return at;
}

/* All values that stand behind the key are one. */
static bool
all_equal(const char *body, size_t n, const char *key)
{
	const char *first = NULL, *at = body, *end = body + n;
	size_t len, first_len = 0;

	while ((at = memmem(at, (size_t)(end - at), key, strlen(key))) != NULL) {
		at += strlen(key);
		for (len = 0; at + len < end && at[len] != ',' && at[len] != '}';)
			len++;
		if (first == NULL) {
			first = at;
			first_len = len;
		} else if (len != first_len || memcmp(first, at, len) != 0)
			return false;
	}
	return true;
}

/* Of the body without the instant of its computation, in statistics or in each model,
 * which a refresh that changes nothing changes. */
static uint64_t
body_sum(const char *body, size_t n)
{
	static const char key[] = "ed_at\":"; /* of computed_at and observed_at */
	const char *end = body + n, *at;
	uint64_t sum = 0;

	while ((at = memmem(body, (size_t)(end - body), key, strlen(key))) != NULL) {
		at += strlen(key);
		sum = XXH3_64bits_withSeed(body, (size_t)(at - body), sum);
		for (body = at; body < end && *body >= '0' && *body <= '9';)
			body++;
	}
	return XXH3_64bits_withSeed(body, (size_t)(end - body), sum);
}

static bool
body_is_known(
    const struct question *q, const struct answer *a, const char *body, size_t n)
{
	char text[ETAG_SIZE + 32];
	uint64_t key, sum = body_sum(body, n);
	int len = snprintf(text, sizeof(text), "%u %s", q->target, a->etag);

	key = XXH3_64bits(text, (size_t)len);
	if (known[key % KNOWN].key == key)
		return known[key % KNOWN].sum == sum;
	known[key % KNOWN].key = key;
	known[key % KNOWN].sum = sum;
	return true;
}

/* Decodes a body in place of its bytes. Who encoded it, and how well, does not matter.
 */
static bool
body_decode(const char **body, size_t *n)
{
	static struct libdeflate_decompressor *decompressor;
	static char plain[BODY_MAX];
	size_t len;

	if (decompressor == NULL)
		decompressor = libdeflate_alloc_decompressor();
	if (decompressor == NULL ||
	    libdeflate_gzip_decompress(decompressor, *body, *n, plain, sizeof(plain),
		&len) != LIBDEFLATE_SUCCESS)
		return false;
	*body = plain;
	*n = len;
	return true;
}

static const char *
body_fault(const struct question *q, const struct answer *a, const char *body, size_t n)
{
	static const char *const marks[] = { "\"baseline\":\"",
		"\"usage_day\":", "\"worker_count\":", "\"day\":", "\"observed_at\":" };
	size_t i;

	if (a->gzip && !body_decode(&body, &n))
		return "is no gzip";
	if (!body_is_known(q, a, body, n))
		return "another body came with this ETag";
	if (n < 2 || body[0] != '{' || body[n - 1] != '}')
		return "is no JSON object";
	for (i = 0; i < NELEM(marks); i++)
		if (!all_equal(body, n, marks[i]))
			return "has models of several generations";
	return NULL;
}

/* What the head alone has wrong; sets the answer's fields and the length of the body.
 */
static const char *
head_fault(const struct question *q, const char *head, size_t n, struct answer *a,
    size_t *body)
{
	const char *at;
	size_t len;

	*body = 0;
	a->status =
	    strncmp(head, "HTTP/1.1 ", 9) == 0 ? (int)strtol(head + 9, NULL, 10) : 0;
	at = head_field(head, n, "\r\nConnection: ", &len);
	a->closing = at != NULL && len == 5 && memcmp(at, "close", 5) == 0;
	at = head_field(head, n, "\r\nETag: ", &len);
	if (a->status != 200 && a->status != 304)
		return "has another status";
	if (at == NULL || len >= ETAG_SIZE)
		return "has no ETag";
	strlcpy(a->etag, at, len + 1);
	if (a->status == 304)
		return strcmp(a->etag, q->etag) == 0 ? NULL : "304 with another ETag";
	at = head_field(head, n, "\r\nContent-Encoding: ", &len);
	a->gzip = at != NULL;
	if (a->gzip && !q->gzip)
		return "has another encoding";
	at = head_field(head, n, "\r\nContent-Length: ", &len);
	*body = at != NULL ? strtoul(at, NULL, 10) : 0;
	return *body == 0 || *body > BODY_MAX ? "has no Content-Length" : NULL;
}

enum verdict
answer_judge(const struct question *q, const char *in, size_t n, struct answer *a,
    char *why, size_t size)
{
	const char *end = memmem(in, n, "\r\n\r\n", 4), *fault;
	size_t head, body = 0;

	*a = (struct answer){ 0 };
	if (end == NULL && n < HEAD_MAX)
		return ANSWER_PARTIAL;
	head = end == NULL ? 0 : (size_t)(end - in) + 4;
	fault = end == NULL ? "has no head" : head_fault(q, in, head, a, &body);
	if (fault == NULL && n < head + body)
		return ANSWER_PARTIAL;
	a->size = head + body;
	if (fault == NULL && a->status == 200)
		fault = body_fault(q, a, in + head, body);
	if (fault == NULL)
		return ANSWER_WHOLE;
	snprintf(why, size, "%s%s: %s, %.*s", question_target[q->target],
	    q->gzip ? " (gzip)" : "", fault, (int)strcspn(in, "\r"), in);
	return ANSWER_WRONG;
}
