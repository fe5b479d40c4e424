/* Lax scalars (doc/reference.md 1.9), of documents, query parameters and settings.
 * Pure. */
#ifndef PYTHON_LAX_H
#define PYTHON_LAX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"
#include "json/scan.h"

/* Each returns whether the value is accepted, and sets *out only then. */
bool lax_str(const struct json_value *, struct arena *, struct str *out) MUST_CHECK;
/* false also for an integer beyond 64 bits (doc/reference.md 1.1). */
bool lax_int(const struct json_value *, struct arena *, int64_t *out) MUST_CHECK;
bool lax_float(const struct json_value *, struct arena *, double *out) MUST_CHECK;
bool lax_bool(const struct json_value *, struct arena *, bool *out) MUST_CHECK;
/* The text of a string, of a parameter or a setting. */
bool lax_bool_text(struct str, bool *out) MUST_CHECK;

enum lax_int_result {
	LAX_INT_OK,
	LAX_INT_INVALID,
	LAX_INT_TOO_LONG, /* a plain integer of more than 4300 characters */
};

/* The rules of doc/reference.md 1.10; s need not be UTF-8. *text is the canonical
 * decimal form (in the arena or in s; "0" also of "-0"), *value the integer, saturated
 * at the ends of int64_t. Both mean something only with LAX_INT_OK. */
enum lax_int_result lax_int_text(
    struct str s, struct arena *, struct str *text, int64_t *value) MUST_CHECK;

#endif
