/* Integer arithmetic with Python's results on 64 bits (doc/reference.md 1.1). Pure. */
#ifndef PYTHON_NUMBER_H
#define PYTHON_NUMBER_H

#include <stdint.h>

/* a + b of two non-negative numbers. Python's integers have no end; ours stop at
 * INT64_MAX (doc/reference.md 1.1), so that a sum is never negative. */
static inline int64_t
number_add(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* a / b, correctly rounded, also where an operand has more than 53 bits. a >= 0, b > 0.
 */
double number_ratio(int64_t a, int64_t b);

#endif
