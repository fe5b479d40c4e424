/* Since when the content of each view and text is what it is (Last-Modified).
 * Hydrators. */
#ifndef HYDRATOR_MODIFIED_H
#define HYDRATOR_MODIFIED_H

#include <stdint.h>

#include "payload/view.h"

struct modified_since {
	uint64_t etag;
	int64_t since; /* Unix seconds; 0: there was no such view or text */
};

/* What was published last; zeroed: nothing. */
struct modified {
	struct modified_since view[VIEW_MAX];
	struct modified_since text[VIEW_MAX][FORMAT_MAX];
};

/* Fills in `modified` of each view and text of a payload that is about to be published:
 * as before where its etag is as before, else now (Unix seconds). Never later than now:
 * a clock that was ahead once would else be believed until the content changes. */
void modified_stamp(const struct modified *, struct view_directory *, int64_t now);

/* Notes a payload that was published. */
void modified_note(struct modified *, const struct view_directory *);

#endif
