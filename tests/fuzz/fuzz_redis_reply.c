/* Fuzzes what Redis, or who is in its place, answers: the same in pieces as at once,
 * and within our bounds. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "fleet/reply.h"

#define MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	unsigned replies;
	size_t things;
	bool refused;
	bool begun;
};

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static size_t
count(const struct redisReply *reply)
{
	size_t i, n = 1;

	require(reply->len <= MAX);
	if (reply->type == REDIS_REPLY_ARRAY)
		for (i = 0; i < reply->elements; i++)
			n += count(reply->element[i]);
	return n;
}

/* A reply that was begun is ended by more bytes, a second one in them by none. */
static void
feed(struct reply_reader *r, const char *data, size_t n, struct outcome *o)
{
	struct redisReply *reply;
	char err[128] = "";

	do {
		o->refused = reply_feed(r, data, n, &reply, err, sizeof(err)) == -1;
		require(o->refused == (err[0] != '\0'));
		if (reply == NULL)
			break;
		o->replies++;
		o->things += count(reply);
		freeReplyObject(reply);
		n = 0;
	} while (!o->refused && reply_is_begun(r));
	o->begun = reply_is_begun(r);
	require(o->things <= (size_t)o->replies * (REPLY_ELEMENTS_MAX + 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply_reader *whole = reply_open(MAX), *pieces = reply_open(MAX);
	struct outcome a = { 0 }, b = { 0 };
	char *text = xmalloc(size + 1);
	size_t at, step;

	memcpy(text, data, size);
	feed(whole, text, size, &a);
	for (at = 0; at < size && !b.refused; at += step) {
		step = 1 + at % 7 < size - at ? 1 + at % 7 : size - at;
		feed(pieces, text + at, step, &b);
	}
	/* At once, more bytes than one reply may have are refused, whatever they are.
	 */
	if (size <= MAX) {
		require(a.refused == b.refused);
		require(a.replies == b.replies && a.things == b.things);
		require(a.refused || a.begun == b.begun);
	}
	reply_close(&whole);
	reply_close(&pieces);
	free(text);
	return 0;
}
