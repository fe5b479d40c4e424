/* Reading the specification's vectors with our own reader, for unit tests. */
#ifndef TESTS_JSON_VECTORS_H
#define TESTS_JSON_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json/walk.h"

/* The vectors of that name, an array; *text is what they stand in. Skips the test where
 * the specification is absent. */
static inline struct json_value
vectors_load(const char *name, struct buf *text)
{
	const char *shared = getenv("HYDRATORD_SHARED");
	struct json_value v;
	struct json_error err;
	char path[4096];
	size_t n;
	FILE *f;

	if (shared == NULL)
		skip();
	snprintf(path, sizeof(path), "%s/spec/%s", shared, name);
	f = fopen(path, "r");
	if (f == NULL)
		skip();
	while ((n = fread(buf_reserve(text, 65536), 1, 65536, f)) > 0)
		text->len += n;
	fclose(f);
	assert_int_equal(json_scan(text->data, text->len, &v, &err), 0);
	assert_int_equal(v.type, JSON_T_ARRAY);
	return v;
}

/* The member of that name, or JSON_T_NONE. */
static inline struct json_value
vectors_get(const struct json_value *object, const char *name)
{
	struct json_walk w = json_walk(object);
	struct json_value key, value, found = { .type = JSON_T_NONE };

	while (json_member(&w, &key, &value))
		if (key.len == strlen(name) + 2 &&
		    memcmp(key.p + 1, name, key.len - 2) == 0)
			found = value;
	return found;
}

#endif
