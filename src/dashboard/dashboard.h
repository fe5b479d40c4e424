/* The dashboard, as it was when this was built: one HTML document with all its script
 * and style. Readers; dashboard.am makes the source. */
#ifndef DASHBOARD_DASHBOARD_H
#define DASHBOARD_DASHBOARD_H

#include <stdint.h>

#include "base/str.h"
#include "codec/encode.h"

struct dashboard {
	uint64_t etag; /* of the document, whatever its encoding */
	/* The field lines that go with it, each with its CRLF: its policy names the
	 * hashes of its script and of its style. */
	struct str fields;
	struct str forms[ENCODING_MAX]; /* none is empty */
};

extern const struct dashboard dashboard;

#endif
