/* The shortest decimal that reads back as a given double. Private to double_out.c. */
#ifndef JSON_DOUBLE_DIGITS_H
#define JSON_DOUBLE_DIGITS_H

#include <stdint.h>

/* digits * 10^exponent; digits has at most 17 digits and may end in zeros. */
struct double_digits {
	uint64_t digits;
	int exponent;
};

/*
 * x is finite and above 0. Of the decimals that round to x (to nearest, ties to even)
 * one with the fewest digits, and of these the one nearest to x: what David Gay's
 * dtoa(3) gives in mode 0, and so Python's repr. The first call builds a table
 * (0.1 ms, 10 KB); not for threads.
 */
struct double_digits double_digits(double x);

#endif
