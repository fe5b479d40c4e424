/* Exact integer division into a double. */
#include "python/number.h"

#include <math.h>

#define EXACT (INT64_C(1) << 53) /* doubles hold every integer up to here */

/* Shifted up to 127 bits, a has a quotient of at least 64: more than the 54 that
 * rounding looks at, and a remainder only has to leave its lowest bit set. */
double
number_ratio(int64_t a, int64_t b)
{
	unsigned __int128 n, q;
	int shift;

	if (a == 0 || (a <= EXACT && b <= EXACT))
		return (double)a / (double)b;
	shift = 63 + __builtin_clzll((unsigned long long)a);
	n = (unsigned __int128)(uint64_t)a << shift;
	q = n / (uint64_t)b;
	return ldexp((double)(q | (n % (uint64_t)b != 0)), -shift);
}
