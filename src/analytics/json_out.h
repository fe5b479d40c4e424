/* Printing JSON as the reference does (spec sections 0.1 and 0.5). Pure. */
#ifndef ANALYTICS_JSON_OUT_H
#define ANALYTICS_JSON_OUT_H

#include <stdint.h>

#include "buf.h"
#include "json_in.h"
#include "str.h"

/* With quotes; s is valid UTF-8. */
void json_put_string(struct buf *, struct str s);
void json_put_int(struct buf *, int64_t);
/* As Python's repr: shortest digits that read back as the same double. Finite only. The
 * first call may build a table; not for threads. */
void json_put_double(struct buf *, double);
/* "true" or "false". */
void json_put_bool(struct buf *, bool);

/* Decimal rounding of the exact binary value, ties to even: Python's round(x, n), n is
 * 2 or 4. Finite only. */
double json_round(double x, int digits);

/* Python 3.12's sum() of floats: Neumaier compensation. Start with { 0 }. */
struct json_sum {
	double sum;
	double compensation;
	int started;
};
void json_sum_add(struct json_sum *, double);
double json_sum_get(const struct json_sum *);

/* Python's str() of a JSON value, for statistics over raw documents (spec section 6):
 * `1`, `1.0`, `True`, `None`, `['a']`, `{'a': 1}`; of a string its content. */
void json_put_python_str(struct buf *, const struct json_value *, struct arena *);
/* Python's truth of a JSON value. */
bool json_truthy(const struct json_value *);

#endif
