/* Looking for bytes of JSON text, eight at a time. Private to json_*.c. */
#ifndef JSON_BYTES_H
#define JSON_BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES_ALL(c) (UINT64_C(0x0101010101010101) * (unsigned char)(c))

/* Eight bytes, the first in the lowest place whatever the machine. */
static inline uint64_t
bytes_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/* Marks (0x80) each byte of w that equals c. A byte above a true mark may be marked
 * wrongly, since the subtraction borrows: only the lowest mark counts. */
static inline uint64_t
bytes_equal(uint64_t w, char c)
{
	w ^= BYTES_ALL(c);
	return (w - BYTES_ALL(1)) & ~w & BYTES_ALL(0x80);
}

/* Marks each byte below n, which is at most 0x80; the same caution. */
static inline uint64_t
bytes_below(uint64_t w, unsigned char n)
{
	return (w - BYTES_ALL(n)) & ~w & BYTES_ALL(0x80);
}

/* Index of the lowest marked byte; marks is not 0. */
static inline unsigned
bytes_first(uint64_t marks)
{
	return (unsigned)__builtin_ctzll(marks) / 8;
}

static inline const char *
bytes_skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

#endif
