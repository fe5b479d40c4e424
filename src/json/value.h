/* Describing the value that begins at a byte of checked text. Private to json_*.c. */
#ifndef JSON_VALUE_H
#define JSON_VALUE_H

#include "json/scan.h"

/* p is the first byte of a value that json_scan() found good; end is at most the end of
 * the document and at least that of the value. */
void json_value_at(const char *p, const char *end, struct json_value *out);

#endif
