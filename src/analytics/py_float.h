/* Python's float() of text. Pure. */
#ifndef ANALYTICS_PY_FLOAT_H
#define ANALYTICS_PY_FLOAT_H

#include <stdbool.h>

#include "attr.h"
#include "mem.h"
#include "str.h"

/*
 * Whether Python's float() takes s, which has no white space around it and is valid
 * UTF-8; then *out is what it gives. Digits may be of any script and have single
 * underscores between them; there is no hexadecimal.
 */
bool py_float(struct str s, struct arena *, double *out) MUST_CHECK;

#endif
