/* Printing JSON as the reference does (doc/reference.md 1.4 and 1.8). Pure. */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* With quotes; s is valid UTF-8. */
void json_put_string(struct buf *, struct str s);
void json_put_int(struct buf *, int64_t);
/* The same after a text, as it stands: a key and what is before it. */
static inline void
json_put_int_after(struct buf *b, struct str text, int64_t n)
{
	buf_add(b, text.p, text.len);
	json_put_int(b, n);
}
/* As Python's repr: shortest digits that read back as the same double. Finite only. The
 * first call may build a table; not for threads. */
void json_put_double(struct buf *, double);
/* "true" or "false". */
void json_put_bool(struct buf *, bool);

#endif
