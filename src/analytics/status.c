/* Decoding an element of the status document. */
#include "analytics/status.h"

#include "json/walk.h"
#include "python/lax.h"
#include "python/text.h"

enum {
	STATUS_PERFORMANCE,
	STATUS_QUEUED,
	STATUS_JOBS,
	STATUS_ETA,
	STATUS_TYPE,
	STATUS_NAME,
	STATUS_COUNT,
	STATUS_MEMBERS
};

static bool
check_type(const struct json_value *v, struct check *c)
{
	struct str s;

	if (!check_str(v, c))
		return false;
	s = json_str(v, c->arena);
	return str_eq(s, STR("image")) || str_eq(s, STR("text")) ||
	       check_fail(c, "not image or text");
}

static const struct member status_members[STATUS_MEMBERS] = {
	[STATUS_PERFORMANCE] = MEMBER("performance", check_float, MEMBER_REQUIRED),
	[STATUS_QUEUED] = MEMBER("queued", check_int, MEMBER_REQUIRED),
	[STATUS_JOBS] = MEMBER("jobs", check_int, MEMBER_REQUIRED),
	[STATUS_ETA] = MEMBER("eta", check_int, MEMBER_REQUIRED),
	[STATUS_TYPE] = MEMBER("type", check_type, MEMBER_REQUIRED),
	[STATUS_NAME] = MEMBER("name", check_str, MEMBER_REQUIRED),
	[STATUS_COUNT] = MEMBER("count", check_int, MEMBER_REQUIRED),
};
static const struct shape status_shape = { status_members, STATUS_MEMBERS };

/* Negative counts pass the reference's checks but break its analysis later. */
bool
status_decode(const struct json_value *v, struct check *c, struct status *out)
{
	struct json_value values[STATUS_MEMBERS];

	if (v->type != JSON_T_OBJECT)
		return check_fail(c, "not an object");
	shape_read(&status_shape, v, c->arena, values);
	if (!shape_check(&status_shape, values, c))
		return false;
	out->name = json_str(&values[STATUS_NAME], c->arena);
	if (!lax_float(&values[STATUS_PERFORMANCE], c->arena, &out->performance) ||
	    !lax_int(&values[STATUS_QUEUED], c->arena, &out->queued) ||
	    !lax_int(&values[STATUS_JOBS], c->arena, &out->jobs) ||
	    !lax_int(&values[STATUS_ETA], c->arena, &out->eta) ||
	    !lax_int(&values[STATUS_COUNT], c->arena, &out->count))
		return check_fail(c, "not a number");
	if (out->count < 0)
		return check_fail(c, "negative") || check_within(c, "count");
	if (values[STATUS_NAME].escaped && !text_valid(out->name))
		return check_fail(c, "not Unicode") || check_within(c, "name");
	return true;
}
