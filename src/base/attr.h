/* What is asked of the compiler all over the tree. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Of a struct that other builds read, or other machines: offset is in bytes. */
#define STAYS_AT(type, member, offset)                                                 \
	_Static_assert(offsetof(struct type, member) == (offset),                      \
	    #type "." #member " must stay at " #offset)

#endif
