/*
 * Fuzzes target: a value from Redis. The first byte of the input says what is done to
 * the rest before it is read: 0, nothing; 1, its length and its checksum are made true,
 * as by somebody who knows how; 2, the same, and the length of the payload is the one
 * that the frame says.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "fleet/value_layout.h"

#define MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fleet_value_id id = { "text_generation", "format01" };

static void
require(int holds)
{
	if (!holds)
		abort();
}

static void
seal(char *value, size_t len, int length_too)
{
	struct value_header h;
	struct str coded;

	if (len < sizeof(h))
		return;
	memcpy(&h, value, sizeof(h));
	coded = (struct str){ value + sizeof(h), len - sizeof(h) };
	if (length_too)
		h.value.length = ZSTD_getFrameContentSize(coded.p, coded.len);
	h.coded = coded.len;
	h.checksum = value_checksum(&h, coded);
	memcpy(value, &h, sizeof(h));
}

/* What was taken is whole, and is taken again when it is passed on. */
static void
check(const struct fleet_value *v, const struct buf *payload)
{
	struct buf value = { 0 }, again = { 0 };
	struct fleet_value got;
	char err[256];

	require(payload->len == v->length && payload->len <= MAX);
	require(XXH3_64bits(payload->data, payload->len) == v->checksum);
	fleet_value_write(&id, v, payload->data, payload->len, &value);
	require(fleet_value_read(&id, (struct str){ value.data, value.len }, MAX, &got,
		    &again, err, sizeof(err)) == FLEET_GOOD);
	require(again.len == payload->len &&
		memcmp(again.data, payload->data, again.len) == 0);
	require(got.token == v->token && strcmp(got.leader, v->leader) == 0);
	buf_free(&value);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf payload = { 0 };
	struct fleet_value v;
	enum fleet_verdict verdict;
	char err[256] = "", *value;

	if (size == 0)
		return 0;
	/* Exactly as long as it is: what reads behind it is found. */
	value = malloc(size);
	memcpy(value, data + 1, size - 1);
	if (data[0] % 4 > 0)
		seal(value, size - 1, data[0] % 4 == 2);
	value = realloc(value, size > 1 ? size - 1 : 1);
	verdict = fleet_value_read(
	    &id, (struct str){ value, size - 1 }, MAX, &v, &payload, err, sizeof(err));
	if (verdict == FLEET_GOOD)
		check(&v, &payload);
	else
		require(payload.len == 0 && err[0] != '\0');
	buf_free(&payload);
	free(value);
	return 0;
}
