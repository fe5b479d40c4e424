/* Decimal digits of unsigned integers, two at a time. */
#include "json/decimal.h"

#include <string.h>

static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

char *
decimal_before(char *end, uint64_t n)
{
	while (n >= 100) {
		end -= 2;
		memcpy(end, pairs + n % 100 * 2, 2);
		n /= 100;
	}
	if (n < 10) {
		*--end = (char)('0' + n);
		return end;
	}
	end -= 2;
	memcpy(end, pairs + n * 2, 2);
	return end;
}
