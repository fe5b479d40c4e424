/* Decimal digits of unsigned integers. Private to the JSON writers. */
#ifndef JSON_DECIMAL_H
#define JSON_DECIMAL_H

#include <stdint.h>

#define DECIMAL_MAX 20 /* digits of UINT64_MAX */

/* Writes n's digits so that they end before end, and returns where they begin. */
char *decimal_before(char *end, uint64_t n);

#endif
