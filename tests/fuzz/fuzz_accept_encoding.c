/* Fuzzes targets: Accept-Encoding, and Accept. Each line of the input is the value of a
 * field of either name. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
	if (!holds)
		abort();
}

/* No encoding twice; and what decides alone is stable. */
static void
check(const struct http_request *q)
{
	static const struct str types[] = { STR("application/json"), STR("text/csv"),
		STR("text/markdown") };
	struct negotiation n, again;
	unsigned i, seen = 0;

	negotiate(q, &n);
	require(n.n <= ENCODING_MAX);
	for (i = 0; i < n.n; i++) {
		require(n.order[i] < ENCODING_MAX && !(seen >> n.order[i] & 1));
		seen |= 1u << n.order[i];
	}
	require(negotiate_type(q, types, 3) < 3);
	negotiate(q, &again);
	require(again.n == n.n &&
		memcmp(again.order, n.order, n.n * sizeof(n.order[0])) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as it is: what reads behind a value is found. */
	char *text = malloc(size > 0 ? size : 1);
	struct http_request q = { .nfields = 0 };
	struct str rest = { text, size };
	const char *end;
	size_t len;

	memcpy(text, data, size);
	while (rest.len > 0 && q.nfields + 1 < HTTP_FIELDS_MAX) {
		end = memchr(rest.p, '\n', rest.len);
		len = end == NULL ? rest.len : (size_t)(end - rest.p);
		q.fields[q.nfields++] =
		    (struct http_field){ STR("Accept-Encoding"), { rest.p, len } };
		q.fields[q.nfields++] =
		    (struct http_field){ STR("Accept"), { rest.p, len } };
		rest = str_from(rest, end == NULL ? len : len + 1);
	}
	check(&q);
	free(text);
	return 0;
}
