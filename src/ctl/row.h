/* A row of a view as JSON, for what its figures do not say. */
#ifndef CTL_ROW_H
#define CTL_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "json/scan.h"

/* Scans the text of a row. Returns false if it is not one object: the snapshot was made
 * by somebody else. */
bool row_open(struct str text, struct json_value *) MUST_CHECK;
/* The member of an object, its type JSON_T_NONE if it has none of that name or is no
 * object. key needs no escapes. */
struct json_value row_get(const struct json_value *, const char *key);
/* The member as a number; absent: it is none. */
int64_t row_int(const struct json_value *, const char *key, int64_t absent);
/* The same; NaN: it is none. */
double row_number(const struct json_value *, const char *key);
bool row_is_true(const struct json_value *, const char *key);

#endif
