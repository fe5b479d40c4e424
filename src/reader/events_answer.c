/* What a request for /events asks, and its answer. */
#include <string.h>

#include "base/buf.h"
#include "http/percent.h"
#include "payload/view.h"
#include "reader/events.h"
#include "reader/job.h"
#include "reader/query.h"

static struct str
cut_comma(struct str *s)
{
	const char *comma = s->len > 0 ? memchr(s->p, ',', s->len) : NULL;
	struct str item = *s;

	if (comma != NULL)
		item.len = (size_t)(comma - s->p);
	*s = str_from(*s, comma != NULL ? item.len + 1 : item.len);
	return item;
}

static bool
parse_number(struct str s, uint64_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || *n > VIEW_ID_MAX)
			return false;
		*n = *n * 10 + (uint64_t)(s.p[i] - '0');
	}
	return s.len > 0 && *n <= VIEW_ID_MAX;
}

/* NAME=NUMBER. Of a category that is not known any more nothing is to be known. */
static bool
parse_item(struct str item, struct events_position *p)
{
	const char *equals = memchr(item.p, '=', item.len);
	uint64_t after;
	int known;

	if (equals == NULL ||
	    !parse_number(str_from(item, (size_t)(equals - item.p) + 1), &after))
		return false;
	known = category_find(item.p, (size_t)(equals - item.p));
	if (known >= 0)
		p->after[known] = after;
	return true;
}

bool
events_parse_id(struct str id, struct events_position *p)
{
	uint64_t after;
	int i;

	if (!parse_number(id, &after))
		after = EVENTS_NOW;
	for (i = 0; i < CATEGORY_MAX; i++)
		p->after[i] = after;
	if (after != EVENTS_NOW)
		return true;
	if (id.len == 0)
		return false;
	while (id.len > 0)
		if (!parse_item(cut_comma(&id), p))
			return false;
	return true;
}

/* A list of names, or one of several parameters with one each. Of what is wrong only
 * the first is told: a list of nothing but commas would make an answer of megabytes. */
static void
parse_categories(struct str names, uint32_t *categories, struct buf *errors)
{
	struct str name;
	int known;

	while (errors->len == 0) {
		name = cut_comma(&names);
		known = category_find(name.p, name.len);
		if (known >= 0)
			*categories |= UINT32_C(1) << known;
		else
			query_bad_category("query", STR("category"), name, errors);
		if (names.len == 0)
			break;
	}
}

/* A reconnect has the target of the first request, and says in the field how far it has
 * come since; the parameter is for clients that cannot set fields. */
static void
find_position(
    const struct http_request *q, struct str parameter, struct events_wanted *w)
{
	size_t at = 0;
	const struct http_field *field = http_field_next(q, STR("last-event-id"), &at);
	struct str id =
	    field != NULL && field->value.len > 0 ? field->value : parameter;

	w->resumes = events_parse_id(id, &w->position);
}

void
events_parse(const struct http_request *q, struct arena *a, struct events_wanted *w,
    struct buf *errors)
{
	struct str raw = q->query, name, value, id = { NULL, 0 };

	while (query_next(&raw, a, &name, &value)) {
		if (str_eq(name, STR("category")))
			parse_categories(
			    percent_decode(value, true, a), &w->categories, errors);
		else if (str_eq(name, STR("last_event_id")))
			id = percent_decode(value, true, a);
	}
	find_position(q, id, w);
}

static void
refuse(struct http_response *r, int status, const char *detail)
{
	http_response_error(r, status, detail);
	buf_puts(&r->fields, JOB_NO_STORE);
}

/* Returns false if another answer than 200 is set. */
static bool
check(struct events *e, const struct http_request *q, const struct events_wanted *w,
    const struct buf *errors, struct http_response *r)
{
	if (errors->len > 0) {
		job_refuse(r, errors);
		return false;
	}
	if ((w->categories & ~events_all(e)) != 0) {
		refuse(r, 404, "A category is not configured here");
		return false;
	}
	if (q->method == HTTP_GET && !events_have_place(e)) {
		refuse(r, 503, "Too many streams");
		buf_puts(&r->fields, "Retry-After: ");
		http_put_uint(&r->fields, events_retry_after(e));
		buf_puts(&r->fields, "\r\n");
		return false;
	}
	return true;
}

void
events_answer(struct events *e, const struct http_request *q, struct http_response *r,
    struct arena *a)
{
	struct events_wanted w = { .categories = 0 };
	struct buf errors = { 0 };

	events_parse(q, a, &w, &errors);
	if (w.categories == 0)
		w.categories = events_all(e);
	if (check(e, q, &w, &errors, r)) {
		r->type = "text/event-stream";
		/* nginx would gather the events in a buffer. */
		buf_puts(&r->fields, JOB_NO_STORE "X-Accel-Buffering: no\r\n");
		events_begin(e, &w, q->method != HTTP_HEAD, r);
	}
	buf_free(&errors);
}
