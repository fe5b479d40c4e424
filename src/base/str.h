/* A borrowed run of bytes: text that lives in a document or an arena. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Not NUL-terminated, may contain NUL, p may be NULL when len is 0. */
struct str {
	const char *p;
	size_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}

/* s without its first n bytes (n <= s.len). */
static inline struct str
str_from(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.len - n };
}

#endif
