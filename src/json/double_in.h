/* Reading decimal text as a double, rounded correctly. Pure; C locale. */
#ifndef JSON_DOUBLE_IN_H
#define JSON_DOUBLE_IN_H

#include "base/str.h"

/*
 * text is a decimal number as strtod(3) reads it, without space around it: optional
 * sign, digits with an optional point, optional exponent; or NaN, inf, Infinity in any
 * case. The nearest double, ties to even; infinite if it is out of range.
 */
double json_read_double(struct str text);

#endif
