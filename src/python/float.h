/* Python's float() of text. Pure. */
#ifndef PYTHON_FLOAT_H
#define PYTHON_FLOAT_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"

/*
 * Whether Python's float() takes s, which has no white space around it and is valid
 * UTF-8; then *out is what it gives. Digits may be of any script and have single
 * underscores between them; there is no hexadecimal.
 */
bool python_float(struct str s, struct arena *, double *out) MUST_CHECK;

#endif
