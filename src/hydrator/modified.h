/* Since when the content of each view is what it is (Last-Modified). Hydrators. */
#ifndef HYDRATOR_MODIFIED_H
#define HYDRATOR_MODIFIED_H

#include <stdint.h>

#include "payload/view.h"

/* What was published last; zeroed: nothing. */
struct modified {
	struct {
		uint64_t etag;
		int64_t since; /* Unix seconds; 0: there was no such view */
	} view[VIEW_MAX];
};

/* Fills in `modified` of each view of a payload that is about to be published: as
 * before where its etag is as before, else now (Unix seconds). Never later than now: a
 * clock that was ahead once would else be believed until the content changes. */
void modified_stamp(const struct modified *, struct view_directory *, int64_t now);

/* Notes a payload that was published. */
void modified_note(struct modified *, const struct view_directory *);

#endif
