/* Which lists a payload has. */
#include "lists/lists.h"

#include <stdbool.h>

#include "lists/changes.h"
#include "lists/risk.h"
#include "payload/view.h"
#include "payload/write.h"

static const struct view *
lists_view(struct buf *payload, enum view_kind kind)
{
	return &payload_directory(payload)->views[kind];
}

/* Views that share their rows share their texts. */
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
	return true;
}

/* What was printed before there was a history says of no model since when it is at
 * risk: a payload that is carried on may get one later, behind its texts. */
static bool
lists_has_risk(struct buf *payload, enum view_kind kind)
{
	struct view_span text = lists_view(payload, kind)->texts[FORMAT_CSV].body;

	return text.len > 0 && text.off >= payload_directory(payload)->past.at_risk;
}

void
lists_print(struct buf *payload, struct pace *pace)
{
	static const enum view_kind risk[] = { VIEW_RISK, VIEW_RISK_GROUPED,
		VIEW_RISK_VARIATIONS };
	size_t i;

	for (i = 0; i < NELEM(risk); i++) {
		const struct view *v = lists_view(payload, risk[i]);

		if (!v->present || v->figures == 0 ||
		    lists_has_risk(payload, risk[i]) || lists_share(payload, risk[i]))
			continue;
		if (!lists_risk(payload, risk[i], pace))
			break;
	}
	if (lists_view(payload, VIEW_CHANGES)->present &&
	    lists_view(payload, VIEW_CHANGES)->texts[FORMAT_CSV].body.len == 0)
		lists_changes(payload);
	payload_seal(payload);
}
