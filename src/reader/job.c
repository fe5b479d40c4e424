/* What answers have in common: their errors, their validators, how old they are. */
#include "reader/job.h"

#include "base/clock.h"
#include "http/conditional.h"
#include "http/date.h"
#include "json/write.h"
#include "reader/body.h"
#include "terms/part.h"

void
job_json(struct http_response *r, int status)
{
	r->status = status;
	r->type = "application/json";
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

void
job_error(struct http_response *r, int status, struct str detail)
{
	buf_puts(&r->text, "{\"detail\":");
	json_put_string(&r->text, detail);
	buf_putc(&r->text, '}');
	buf_puts(&r->fields, JOB_NO_STORE);
	job_json(r, status);
}

void
job_refuse(struct http_response *r, const struct buf *errors)
{
	buf_puts(&r->text, "{\"detail\":[");
	buf_add(&r->text, errors->data, errors->len);
	buf_puts(&r->text, "]}");
	buf_puts(&r->fields, JOB_NO_STORE);
	job_json(r, 422);
}

void
job_missing(struct job *j)
{
	struct buf text = { 0 };

	buf_printf(&text, "Category '%s' not found%s", category_name(j->category),
	    j->endpoint == QUERY_WITH_STATS ? "" : " or has no models");
	job_error(j->response, 404, (struct str){ text.data, text.len });
	buf_free(&text);
}

static void
put_retry_after(struct http_response *r, int64_t seconds)
{
	buf_puts(&r->fields, "Retry-After: ");
	http_put_uint(&r->fields, (uint64_t)seconds);
	buf_puts(&r->fields, "\r\n");
}

void
job_unavailable(struct job *j, struct str detail)
{
	struct http_response *r = j->response;

	put_retry_after(r, j->answerer->config->http.retry_after);
	job_error(r, 503, detail);
}

/* Returns false if another answer than 200 is set. */
static bool
set_body(struct job *j)
{
	static const char *const types[FORMAT_MAX] = {
		[FORMAT_JSON] = "application/json",
		[FORMAT_CSV] = "text/csv; charset=utf-8; header=present",
		[FORMAT_MARKDOWN] = "text/markdown; charset=utf-8",
	};
	struct answerer *a = j->answerer;
	struct http_response *r = j->response;

	switch (body_set(&a->maker, r, j->request, j->generation, &j->selection)) {
	case BODY_SET:
		r->type = types[j->selection.format];
		return true;
	case BODY_UNACCEPTABLE:
		job_error(r, 406, STR("Not Acceptable"));
		break;
	case BODY_LATER:
		put_retry_after(r, 1);
		job_error(r, 503, STR("The body is not encoded yet"));
		break;
	}
	return false;
}

enum http_condition
job_judge(struct http_response *r, const struct http_request *q,
    const struct http_validators *v)
{
	enum http_condition condition = conditional_judge(q, v, r->date);

	if (condition == HTTP_NOT_MODIFIED)
		r->status = 304;
	else if (condition == HTTP_FAILED)
		job_error(r, 412, STR("Precondition Failed"));
	return condition;
}

/* Never later than the answer's Date (RFC 9110 section 8.8.2.1), though a clock that
 * was ahead when the data was made may have left such a time in it. */
static void
put_last_modified(struct job *j, int64_t modified)
{
	struct http_response *r = j->response;
	const struct selection *s = &j->selection;
	char date[HTTP_DATE_SIZE];

	buf_puts(&r->fields, "Last-Modified: ");
	if (modified > r->date || s->model || s->format != FORMAT_JSON) {
		http_date(modified < r->date ? modified : r->date, date);
		buf_puts(&r->fields, date);
	} else {
		buf_add(
		    &r->fields, j->generation->modified[s->kind], HTTP_DATE_SIZE - 1);
	}
	buf_puts(&r->fields, "\r\n");
}

static void
put_vary(struct job *j)
{
	struct buf *fields = &j->response->fields;

	buf_puts(fields, "Vary: Accept-Encoding");
	if (j->by_type)
		buf_puts(fields, ", Accept");
	buf_puts(fields, "\r\nSurrogate-Key: ");
	buf_puts(fields, category_name(j->category));
	buf_puts(fields, "\r\n");
}

void
job_answer(struct job *j)
{
	struct http_response *r = j->response;
	const struct view_directory *d = j->generation->directory;
	struct http_validators v = {
		.etag = selection_tag(&j->selection, j->generation),
		.dated = true,
		.modified = selection_modified(&j->selection, d),
	};
	enum http_condition condition = job_judge(r, j->request, &v);

	if (condition == HTTP_FAILED || (condition == HTTP_GO_ON && !set_body(j)))
		return;
	conditional_put_etag(&r->fields, v.etag);
	put_last_modified(j, v.modified);
	freshness_put(&r->fields, j->answerer->config, j->freshness, j->age);
	put_vary(j);
}

bool
job_check(struct job *j, struct str category, unsigned endpoint)
{
	struct answerer *a = j->answerer;
	struct http_response *r = j->response;
	int known = category_find(category.p, category.len);

	j->endpoint = endpoint;
	buf_reset(&a->errors);
	if (known < 0)
		query_bad_category(
		    "path", STR("model_category_name"), category, &a->errors);
	if (query_parse(j->request->query, endpoint, a->arena, &j->query, &a->errors) &&
	    known >= 0) {
		j->category = (enum category)known;
		return true;
	}
	job_refuse(r, &a->errors);
	return false;
}

bool
job_take_part(struct job *j, enum snapshot_part part)
{
	const struct part_stamp *stamp = generation_stamp(j->generation, part);
	const struct config *config = j->answerer->config;
	int64_t age;

	if (!part_stamp_is_there(stamp))
		return false;
	age = freshness_age(stamp->fetched_boot, clock_boot());
	if (freshness_of(config, age) == FRESHNESS_EXPIRED)
		return false;
	j->age = age;
	j->freshness = freshness_of(config, age);
	return true;
}

bool
job_find_part(struct job *j, enum snapshot_part part)
{
	switch (store_get(j->answerer->store, j->category, &j->generation)) {
	case STORE_UNKNOWN:
		job_missing(j);
		return false;
	case STORE_EMPTY:
		job_unavailable(j, STR("The data has not been fetched yet"));
		return false;
	case STORE_HELD:
		break;
	}
	if (job_take_part(j, part))
		return true;
	job_unavailable(j, part_stamp_is_there(generation_stamp(j->generation, part))
			       ? STR("The data is too old to be served")
			       : STR("The data has not been fetched yet"));
	return false;
}
