/* Query parameters. */
#include "reader/query.h"

#include "http/percent.h"
#include "json/write.h"
#include "python/lax.h"
#include "terms/category.h"
#include "terms/event.h"

enum parameter {
	PARAMETER_GROUP,
	PARAMETER_WORKERS,
	PARAMETER_VARIATIONS,
	PARAMETER_PRESET,
	PARAMETER_LIMIT,
	PARAMETER_OFFSET,
	PARAMETER_MIN_WORKER_COUNT,
	PARAMETER_SORT_BY,
	PARAMETER_SORT_DESC,
	PARAMETER_MIN_DAYS,
	PARAMETER_FORMAT,
	PARAMETER_SINCE,
	PARAMETER_KINDS,
	PARAMETER_EXPLAIN,
	PARAMETER_MAX
};

/* What has pages and formats. */
#define QUERY_LISTS (QUERY_RISK | QUERY_HISTORY | QUERY_CHANGES | QUERY_UNLISTED)

/* In the order of declaration, which is the order of error items. */
static const struct {
	struct str name;
	unsigned endpoints;
} parameters[PARAMETER_MAX] = {
	[PARAMETER_GROUP] = { STR("group_text_models"),
	    QUERY_STATISTICS | QUERY_RISK | QUERY_COLUMNS },
	[PARAMETER_WORKERS] = { STR("include_workers"), QUERY_WITH_STATS },
	[PARAMETER_VARIATIONS] = { STR("include_backend_variations"),
	    QUERY_RISK | QUERY_WITH_STATS | QUERY_COLUMNS },
	[PARAMETER_PRESET] = { STR("preset"), QUERY_RISK | QUERY_HISTORY },
	[PARAMETER_LIMIT] = { STR("limit"), QUERY_STATISTICS | QUERY_LISTS },
	[PARAMETER_OFFSET] = { STR("offset"), QUERY_STATISTICS | QUERY_LISTS },
	[PARAMETER_MIN_WORKER_COUNT] = { STR("min_worker_count"), QUERY_WITH_STATS },
	[PARAMETER_SORT_BY] = { STR("sort_by"), QUERY_WITH_STATS },
	[PARAMETER_SORT_DESC] = { STR("sort_desc"), QUERY_WITH_STATS },
	[PARAMETER_MIN_DAYS] = { STR("min_days"), QUERY_RISK },
	[PARAMETER_FORMAT] = { STR("format"), QUERY_LISTS },
	[PARAMETER_SINCE] = { STR("since"), QUERY_CHANGES },
	[PARAMETER_KINDS] = { STR("kinds"), QUERY_CHANGES },
	[PARAMETER_EXPLAIN] = { STR("explain"), QUERY_MODEL },
};

struct str
query_parameter_name(size_t i)
{
	return i < PARAMETER_MAX ? parameters[i].name : STR("");
}

/* Up to the input: what all items have in common. */
static void
begin_item(struct buf *errors, const char *type, const char *place, struct str name,
    const char *message)
{
	if (errors->len > 0)
		buf_putc(errors, ',');
	buf_puts(errors, "{\"type\":\"");
	buf_puts(errors, type);
	buf_puts(errors, "\",\"loc\":[\"");
	buf_puts(errors, place);
	buf_puts(errors, "\",\"");
	buf_add(errors, name.p, name.len);
	buf_puts(errors, "\"],\"msg\":\"");
	buf_puts(errors, message);
}

static void
put_input(struct buf *errors, struct str input)
{
	buf_puts(errors, "\",\"input\":");
	json_put_string(errors, input);
}

const char *
query_format_name(enum view_format format)
{
	static const char *const names[FORMAT_MAX] = {
		[FORMAT_JSON] = "json",
		[FORMAT_CSV] = "csv",
		[FORMAT_MARKDOWN] = "markdown",
	};

	return names[format];
}

/* The words of which a parameter has to be one. */
struct choice {
	const char *(*name)(int i);
	int n;
};

static const char *
category_at(int i)
{
	return category_name((enum category)i);
}

static const char *
format_at(int i)
{
	return query_format_name((enum view_format)i);
}

static const char *
kind_at(int i)
{
	return event_kind_name((enum event_kind)i);
}

static void
list_choices(struct buf *b, const struct choice *c)
{
	int i;

	for (i = 0; i < c->n; i++)
		buf_printf(b, "%s'%s'",
		    i == 0          ? ""
		    : i == c->n - 1 ? " or "
				    : ", ",
		    c->name(i));
}

static void
put_enum_item(struct buf *errors, const char *place, struct str name,
    const struct choice *c, struct str input)
{
	begin_item(errors, "enum", place, name, "Input should be ");
	list_choices(errors, c);
	put_input(errors, input);
	buf_puts(errors, ",\"ctx\":{\"expected\":\"");
	list_choices(errors, c);
	buf_puts(errors, "\"}}");
}

void
query_bad_category(
    const char *place, struct str parameter, struct str name, struct buf *errors)
{
	const struct choice categories = { category_at, CATEGORY_MAX };

	put_enum_item(errors, place, parameter, &categories, name);
}

static void
convert_bool(enum parameter id, struct str value, bool *out, struct buf *errors)
{
	if (value.p == NULL || lax_bool_text(value, out))
		return;
	begin_item(errors, "bool_parsing", "query", parameters[id].name,
	    "Input should be a valid boolean, unable to interpret input");
	put_input(errors, value);
	buf_putc(errors, '}');
}

static void
convert_int(enum parameter id, struct str value, int64_t least, struct arena *a,
    struct str *text, int64_t *out, struct buf *errors)
{
	if (value.p == NULL)
		return;
	switch (lax_int_text(value, a, text, out)) {
	case LAX_INT_OK:
		if (*out >= least)
			return;
		begin_item(errors, "greater_than_equal", "query", parameters[id].name,
		    "Input should be greater than or equal to ");
		json_put_int(errors, least);
		put_input(errors, value);
		buf_puts(errors, ",\"ctx\":{\"ge\":");
		json_put_int(errors, least);
		buf_puts(errors, "}}");
		return;
	case LAX_INT_INVALID:
		begin_item(errors, "int_parsing", "query", parameters[id].name,
		    "Input should be a valid integer, unable to parse string as an "
		    "integer");
		break;
	case LAX_INT_TOO_LONG:
		begin_item(errors, "int_parsing_size", "query", parameters[id].name,
		    "Unable to parse input string as an integer, exceeded maximum "
		    "size");
		break;
	}
	put_input(errors, value);
	buf_putc(errors, '}');
}

static const struct str sort_names[] = {
	[SORT_NONE] = STR(""),
	[SORT_WORKER_COUNT] = STR("worker_count"),
	[SORT_USAGE_TOTAL] = STR("usage_total"),
	[SORT_USAGE_MONTH] = STR("usage_month"),
	[SORT_NAME] = STR("name"),
};

struct str
query_sort_name(enum query_sort sort)
{
	return sort_names[sort];
}

static enum query_sort
sort_find(struct str name)
{
	for (size_t i = SORT_NONE + 1; i < NELEM(sort_names); i++)
		if (str_eq(name, sort_names[i]))
			return (enum query_sort)i;
	return SORT_NONE;
}

static struct str
cut_at(struct str *s, char c)
{
	const char *at = s->len ? memchr(s->p, c, s->len) : NULL;
	struct str head = *s;

	if (at != NULL)
		head.len = (size_t)(at - s->p);
	*s = str_from(*s, at != NULL ? head.len + 1 : head.len);
	return head;
}

bool
query_next(struct str *raw, struct arena *a, struct str *name, struct str *value)
{
	while (raw->len > 0) {
		*value = cut_at(raw, '&');
		if (value->len == 0)
			continue;
		*name = percent_decode(cut_at(value, '='), true, a);
		return true;
	}
	return false;
}

static void
convert_format(struct str value, struct query *q, struct buf *errors)
{
	const struct choice formats = { format_at, FORMAT_MAX };

	q->has_format = value.p != NULL;
	for (int i = 0; i < FORMAT_MAX; i++) {
		const char *name = format_at(i);

		q->format = (enum view_format)i;
		if (!q->has_format || str_eq(value, (struct str){ name, strlen(name) }))
			return;
	}
	put_enum_item(
	    errors, "query", parameters[PARAMETER_FORMAT].name, &formats, value);
}

/* A list with commas between; what is empty in it is nothing. */
static void
convert_kinds(struct str value, uint32_t *kinds, struct buf *errors)
{
	const struct choice all = { kind_at, EVENT_KIND_MAX };
	struct str name;
	int kind;

	while (value.len > 0) {
		name = cut_at(&value, ',');
		if (name.len == 0)
			continue;
		kind = event_kind_find(name.p, name.len);
		if (kind < 0) {
			put_enum_item(errors, "query", parameters[PARAMETER_KINDS].name,
			    &all, name);
			return;
		}
		*kinds |= UINT32_C(1) << kind;
	}
}

/* The last value of each parameter that the endpoint has, still encoded; p is NULL
 * where there is none. Earlier ones are not even looked at. */
static void
collect(struct str raw, unsigned endpoint, struct arena *a, struct str *values)
{
	struct str value, name;
	int i;

	while (query_next(&raw, a, &name, &value)) {
		for (i = 0; i < PARAMETER_MAX; i++)
			if ((parameters[i].endpoints & endpoint) &&
			    str_eq(name, parameters[i].name))
				values[i] = value;
	}
}

/* In the order of declaration. */
static void
convert(const struct str *values, struct arena *a, struct query *q, struct buf *errors)
{
	struct str text;

	convert_bool(
	    PARAMETER_GROUP, values[PARAMETER_GROUP], &q->group_text_models, errors);
	convert_bool(
	    PARAMETER_WORKERS, values[PARAMETER_WORKERS], &q->include_workers, errors);
	convert_bool(PARAMETER_VARIATIONS, values[PARAMETER_VARIATIONS],
	    &q->include_backend_variations, errors);
	q->preset = values[PARAMETER_PRESET];
	q->has_limit = values[PARAMETER_LIMIT].p != NULL;
	convert_int(PARAMETER_LIMIT, values[PARAMETER_LIMIT], 1, a, &q->limit_text,
	    &q->limit, errors);
	convert_int(PARAMETER_OFFSET, values[PARAMETER_OFFSET], 0, a, &q->offset_text,
	    &q->offset, errors);
	q->has_min_worker_count = values[PARAMETER_MIN_WORKER_COUNT].p != NULL;
	convert_int(PARAMETER_MIN_WORKER_COUNT, values[PARAMETER_MIN_WORKER_COUNT],
	    INT64_MIN, a, &text, &q->min_worker_count, errors);
	q->sort_by = sort_find(values[PARAMETER_SORT_BY]);
	convert_bool(
	    PARAMETER_SORT_DESC, values[PARAMETER_SORT_DESC], &q->sort_desc, errors);
	convert_int(PARAMETER_MIN_DAYS, values[PARAMETER_MIN_DAYS], 0, a, &text,
	    &q->min_days, errors);
	convert_format(values[PARAMETER_FORMAT], q, errors);
	convert_int(
	    PARAMETER_SINCE, values[PARAMETER_SINCE], 0, a, &text, &q->since, errors);
	convert_kinds(values[PARAMETER_KINDS], &q->kinds, errors);
	convert_bool(PARAMETER_EXPLAIN, values[PARAMETER_EXPLAIN], &q->explain, errors);
}

bool
query_parse(struct str raw, unsigned endpoint, struct arena *a, struct query *q,
    struct buf *errors)
{
	struct str values[PARAMETER_MAX] = { 0 };
	size_t before = errors->len;
	int i;

	*q = (struct query){ .offset_text = STR("0"), .sort_desc = true };
	if (raw.len == 0)
		return true;
	collect(raw, endpoint, a, values);
	for (i = 0; i < PARAMETER_MAX; i++)
		values[i] = percent_decode(values[i], true, a);
	convert(values, a, q, errors);
	return errors->len == before;
}
