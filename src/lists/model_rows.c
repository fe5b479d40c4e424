/* Views of the same models have them in another order, and since when is known by the
 * rows of one. */
#include "lists/model_rows.h"

#include "payload/write.h"

struct model_rows
model_rows_of(struct buf *payload, enum view_kind kind)
{
	const struct view_directory *d = payload_directory(payload);
	const char *data = payload->data;
	struct model_rows r = { .d = d, .view = &d->views[kind], .kind = kind };

	r.figures = (const void *)(data + r.view->figures);
	if (kind != VIEW_RISK_GROUPED && d->past.at_risk != 0)
		r.at_risk = (const void *)(data + d->past.at_risk);
	return r;
}

struct str
model_rows_text(const struct model_rows *r, struct view_span span)
{
	return (struct str){ (const char *)r->d + span.off, span.len };
}

int64_t
model_rows_since(const struct model_rows *r, uint32_t i)
{
	int64_t row = i;

	if (r->at_risk == NULL || r->figures[i].flags == 0)
		return 0;
	if (r->kind != VIEW_RISK)
		row = view_find(r->d, model_rows_text(r, r->figures[i].name));
	return row >= 0 ? r->at_risk[row] : 0;
}
