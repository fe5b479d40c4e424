/* The rows of a view of deletion risk, as lists print them. Pure. Private to lists/. */
#ifndef LISTS_MODEL_ROWS_H
#define LISTS_MODEL_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "payload/view.h"

/* All of it points into the payload, until that grows. */
struct model_rows {
	const struct view_directory *d;
	const struct view *view;
	const struct view_figures *figures; /* of each row */
	enum view_kind kind;
	const int64_t *at_risk; /* since when, by rows of VIEW_RISK; NULL: not known */
};

/* Of a view that is present and has figures. Since when is known where there is a
 * history, but not of groups. */
struct model_rows model_rows_of(struct buf *payload, enum view_kind);
struct str model_rows_text(const struct model_rows *, struct view_span);
/* Unix seconds since when row i is at risk; 0: it is not, or it is not known. */
int64_t model_rows_since(const struct model_rows *, uint32_t i);

#endif
