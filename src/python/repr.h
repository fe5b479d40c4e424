/* Python's str(), repr() and truth of JSON values. Pure. */
#ifndef PYTHON_REPR_H
#define PYTHON_REPR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/scan.h"

/* Python's str() of a JSON value, for statistics over raw documents
 * (doc/reference.md 1.11): `1`, `1.0`, `True`, `None`, `['a']`, `{'a': 1}`; of a string
 * its content. */
void repr_put_str(struct buf *, const struct json_value *, struct arena *);
/* Python's truth of a JSON value. */
bool repr_truthy(const struct json_value *);

#endif
