/* Splitting URLs as the reference does (doc/reference.md 1.12). Pure. */
#ifndef PYTHON_URL_H
#define PYTHON_URL_H

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"

struct url {
	struct str scheme; /* lower case, may be empty */
	struct str netloc; /* as written, may be empty */
};

/* Returns 0, or -1 where the reference raises (bad brackets, NFKC delimiters). Results
 * point into url or the arena. */
int url_split(struct str url, struct arena *, struct url *out) MUST_CHECK;

#endif
