/* Python's round() and sum() of floats, bit for bit (doc/reference.md 1.2 and 1.3).
 * Pure. */
#ifndef PYTHON_ROUNDING_H
#define PYTHON_ROUNDING_H

/* Decimal rounding of the exact binary value, ties to even: Python's round(x, n), n is
 * 2 or 4. Finite only. */
double python_round(double x, int digits);

/* Python 3.12's sum() of floats: Neumaier compensation. Start with { 0 }. */
struct float_sum {
	double sum;
	double compensation;
	int started;
};
void float_sum_add(struct float_sum *, double);
double float_sum_get(const struct float_sum *);

#endif
