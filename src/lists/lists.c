/* Which lists a payload has. */
#include "lists/lists.h"

#include <stdbool.h>

#include "lists/changes.h"
#include "lists/columns.h"
#include "lists/risk.h"
#include "payload/view.h"
#include "payload/write.h"

static const struct view *
lists_view(struct buf *payload, enum view_kind kind)
{
	return &payload_directory(payload)->views[kind];
}

/* Views that share their rows share their texts and columns. */
static bool
lists_share(struct buf *payload, enum view_kind kind)
{
	const struct view *plain = lists_view(payload, VIEW_RISK);
	const struct view *v = lists_view(payload, kind);
	int f;

	if (kind == VIEW_RISK || v->rows != plain->rows)
		return false;
	for (f = FORMAT_JSON + 1; f < FORMAT_MAX; f++)
		payload_directory(payload)->views[kind].texts[f] = plain->texts[f];
	payload_alias(payload, view_columns(VIEW_RISK), view_columns(kind));
	return true;
}

/* What was printed before there was a history says of no model since when it is at
 * risk: a payload that is carried on may get one later, behind its texts. */
static bool
lists_has_risk(struct buf *payload, enum view_kind kind)
{
	const struct view *columns = lists_view(payload, view_columns(kind));

	return columns->present &&
	       columns->body.off >= payload_directory(payload)->past.at_risk;
}

/* Columns are the last of a view, so that whoever has them has all. */
static bool
lists_print_risk(struct buf *payload, enum view_kind kind, struct pace *pace)
{
	const struct view *v = lists_view(payload, kind);

	if (!v->present || v->figures == 0 || lists_has_risk(payload, kind) ||
	    lists_share(payload, kind))
		return true;
	return lists_risk(payload, kind, pace) && lists_columns(payload, kind, pace);
}

void
lists_print(struct buf *payload, struct pace *pace)
{
	static const enum view_kind risk[] = { VIEW_RISK, VIEW_RISK_GROUPED,
		VIEW_RISK_VARIATIONS };
	size_t i;

	for (i = 0; i < NELEM(risk) && lists_print_risk(payload, risk[i], pace); i++)
		;
	if (lists_view(payload, VIEW_CHANGES)->present &&
	    lists_view(payload, VIEW_CHANGES)->texts[FORMAT_CSV].body.len == 0)
		lists_changes(payload);
	payload_seal(payload);
}
