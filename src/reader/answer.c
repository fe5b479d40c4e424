/* The routes. */
#include "reader/answer.h"

#include <string.h>

#include <xxhash.h>

#include "base/clock.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/percent.h"
#include "json/write.h"
#include "reader/body.h"
#include "reader/cors.h"
#include "reader/events.h"
#include "reader/freshness.h"
#include "reader/health.h"
#include "reader/location.h"
#include "reader/openapi.h"
#include "reader/query.h"
#include "reader/route.h"
#include "reader/selection.h"
#include "reader/traffic.h"
#include "terms/category.h"
#include "terms/part.h"
#include "terms/preset.h"

#define ALLOW "Allow: GET, HEAD, OPTIONS\r\n"
#define NO_STORE "Cache-Control: no-store\r\n"

/* One request on its way through the functions below. */
struct job {
	struct answerer *answerer;
	const struct http_request *request;
	struct http_response *response;
	unsigned endpoint; /* QUERY_* */
	struct query query;
	enum category category;
	struct generation *generation; /* borrowed from the store */
	enum snapshot_part part;       /* of it, which the answer is made of */
	enum freshness freshness;
	int64_t age; /* seconds */
	struct selection selection;
};

static void
json_answer(struct http_response *r, int status)
{
	r->status = status;
	r->type = "application/json";
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

/* {"detail":"..."} of a text that may hold anything. */
static void
answer_error(struct http_response *r, int status, struct str detail)
{
	buf_puts(&r->text, "{\"detail\":");
	json_put_string(&r->text, detail);
	buf_putc(&r->text, '}');
	buf_puts(&r->fields, NO_STORE);
	json_answer(r, status);
}

static void
answer_missing(struct job *j)
{
	struct buf text = { 0 };

	buf_printf(&text, "Category '%s' not found%s", category_name(j->category),
	    j->endpoint == QUERY_WITH_STATS ? "" : " or has no models");
	answer_error(j->response, 404, (struct str){ text.data, text.len });
	buf_free(&text);
}

static void
put_retry_after(struct http_response *r, int64_t seconds)
{
	buf_puts(&r->fields, "Retry-After: ");
	http_put_uint(&r->fields, (uint64_t)seconds);
	buf_puts(&r->fields, "\r\n");
}

static void
answer_unavailable(struct job *j, struct str detail)
{
	struct http_response *r = j->response;

	put_retry_after(r, j->answerer->config->http.retry_after);
	answer_error(r, 503, detail);
}

static void
answer_bad_preset(struct job *j)
{
	struct buf text = { 0 };
	int i;

	buf_puts(&text, "Invalid preset: Unknown preset: '");
	buf_add(&text, j->query.preset.p, j->query.preset.len);
	buf_puts(&text, "'. Valid presets: ");
	for (i = 0; i < PRESET_MAX; i++)
		buf_printf(
		    &text, "%s%s", i == 0 ? "" : ", ", preset_name((enum preset)i));
	answer_error(j->response, 400, (struct str){ text.data, text.len });
	buf_free(&text);
}

/* Returns false if another answer than 200 is set. */
static bool
set_body(struct job *j)
{
	struct answerer *a = j->answerer;
	struct http_response *r = j->response;

	switch (body_set(&a->maker, r, j->request, j->generation, &j->selection)) {
	case BODY_SET:
		r->type = "application/json";
		return true;
	case BODY_UNACCEPTABLE:
		answer_error(r, 406, STR("Not Acceptable"));
		break;
	case BODY_LATER:
		put_retry_after(r, 1);
		answer_error(r, 503, STR("The body is not encoded yet"));
		break;
	}
	return false;
}

static void
answer_failed(struct http_response *r)
{
	answer_error(r, 412, STR("Precondition Failed"));
}

/* Never later than the answer's Date (RFC 9110 section 8.8.2.1), though a clock that
 * was ahead when the data was made may have left such a time in it. */
static void
put_last_modified(struct job *j, enum view_kind kind)
{
	struct http_response *r = j->response;
	const struct generation *g = j->generation;
	char date[HTTP_DATE_SIZE];

	buf_puts(&r->fields, "Last-Modified: ");
	if (g->directory->views[kind].modified > r->date) {
		http_date(r->date, date);
		buf_puts(&r->fields, date);
	} else {
		buf_add(&r->fields, g->modified[kind], HTTP_DATE_SIZE - 1);
	}
	buf_puts(&r->fields, "\r\n");
}

/* What is selected, with its validators; or 304 or 412, for which no body is made at
 * all. */
static void
answer_selection(struct job *j)
{
	struct http_response *r = j->response;
	enum view_kind kind = j->selection.kind;
	struct http_validators v = {
		.etag = selection_tag(&j->selection, j->generation->directory),
		.dated = true,
		.modified = j->generation->directory->views[kind].modified,
	};

	switch (conditional_judge(j->request, &v, r->date)) {
	case HTTP_GO_ON:
		if (!set_body(j))
			return;
		break;
	case HTTP_NOT_MODIFIED:
		r->status = 304;
		break;
	case HTTP_FAILED:
		answer_failed(r);
		return;
	}
	conditional_put_etag(&r->fields, v.etag);
	put_last_modified(j, kind);
	freshness_put(&r->fields, j->answerer->config, j->freshness, j->age);
	buf_puts(&r->fields, "Vary: Accept-Encoding\r\nSurrogate-Key: ");
	buf_puts(&r->fields, category_name(j->category));
	buf_puts(&r->fields, "\r\n");
}

/* The part of a view that the query asks for. */
static void
answer_view(struct job *j, enum view_kind kind)
{
	if (selection_make(&j->selection, kind, &j->query, &j->answerer->selected))
		answer_selection(j);
	else
		answer_bad_preset(j);
}

/* Path and query parameters. Whether they are good; else the answer is 422. */
static bool
check_parameters(struct job *j, struct str category, unsigned endpoint)
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
	buf_puts(&r->text, "{\"detail\":[");
	buf_add(&r->text, a->errors.data, a->errors.len);
	buf_puts(&r->text, "]}");
	buf_puts(&r->fields, NO_STORE);
	json_answer(r, 422);
	return false;
}

/* Whether there is such a part and it may be served; else the answer is 404 or 503. */
static bool
find_part(struct job *j, enum snapshot_part part)
{
	struct answerer *a = j->answerer;
	const struct part_stamp *stamp;

	switch (store_get(a->store, j->category, &j->generation)) {
	case STORE_UNKNOWN:
		answer_missing(j);
		return false;
	case STORE_EMPTY:
		answer_unavailable(j, STR("The data has not been fetched yet"));
		return false;
	case STORE_HELD:
		break;
	}
	j->part = part;
	stamp = generation_stamp(j->generation, part);
	if (!part_stamp_is_there(stamp)) {
		answer_unavailable(j, STR("The data has not been fetched yet"));
		return false;
	}
	j->age = freshness_age(stamp->fetched_boot, clock_boot());
	j->freshness = freshness_of(a->config, j->age);
	if (j->freshness == FRESHNESS_EXPIRED) {
		answer_unavailable(j, STR("The data is too old to be served"));
		return false;
	}
	return true;
}

/* A variant that a category does not have is its plain view. */
static enum view_kind
choose(const struct job *j, bool wanted, enum view_kind variant, enum view_kind plain)
{
	return wanted && j->generation->directory->views[variant].present ? variant
									  : plain;
}

/* Whether there are valid records; else the answer is 404, or 503 if there are others.
 */
static bool
have_models(struct job *j, enum view_kind kind)
{
	const struct view_directory *d = j->generation->directory;

	if (d->typed_entries > 0 && d->views[kind].present)
		return true;
	if (d->raw_entries > 0)
		answer_unavailable(j, STR("None of the category's records is valid"));
	else
		answer_missing(j);
	return false;
}

static void
answer_statistics(struct job *j, struct str category)
{
	enum view_kind kind;

	if (!check_parameters(j, category, QUERY_STATISTICS) ||
	    !find_part(j, PART_STATISTICS))
		return;
	kind = choose(j, j->query.group_text_models, VIEW_STATS_GROUPED, VIEW_STATS);
	if (j->generation->directory->views[kind].present)
		answer_view(j, kind);
	else
		answer_missing(j);
}

/* The order of the checks is the reference's: doc/reference.md 8.5. */
static void
answer_risk(struct job *j, struct str category)
{
	enum view_kind kind;

	if (!check_parameters(j, category, QUERY_RISK))
		return;
	if (!category_has_horde(j->category)) {
		answer_error(j->response, 400,
		    STR("Deletion risk analysis is only supported for "
			"image_generation and text_generation categories"));
		return;
	}
	if (!find_part(j, PART_DELETION_RISK))
		return;
	kind = choose(
	    j, j->query.include_backend_variations, VIEW_RISK_VARIATIONS, VIEW_RISK);
	kind = choose(j, j->query.group_text_models, VIEW_RISK_GROUPED, kind);
	if (have_models(j, kind))
		answer_view(j, kind);
}

static void
answer_bad_category(struct job *j)
{
	struct buf text = { 0 };

	buf_printf(&text,
	    "Category '%s' does not support Horde statistics. Only image_generation "
	    "and text_generation are supported.",
	    category_name(j->category));
	answer_error(j->response, 400, (struct str){ text.data, text.len });
	buf_free(&text);
}

/* doc/reference.md 8.9. */
static void
answer_with_stats(struct job *j, struct str category)
{
	if (!check_parameters(j, category, QUERY_WITH_STATS))
		return;
	if (!category_has_horde(j->category)) {
		answer_bad_category(j);
		return;
	}
	if (!find_part(j, j->query.include_workers ? PART_WORKERS : PART_DELETION_RISK))
		return;
	if (have_models(j, VIEW_WITH_STATS))
		answer_view(j, VIEW_WITH_STATS);
}

static void
answer_fixed(struct http_response *r, struct str body)
{
	r->type = "application/json";
	buf_puts(&r->fields, NO_STORE);
	http_response_add(r, body);
}

static void
answer_replicate_mode(struct http_response *r, const struct config *c)
{
	bool primary = strcmp(c->http.replicate_mode, "PRIMARY") == 0;

	buf_puts(&r->text, "{\"replicate_mode\":\"");
	buf_puts(&r->text, c->http.replicate_mode);
	buf_puts(&r->text, "\",\"canonical_format\":\"");
	buf_puts(&r->text, c->http.canonical_format);
	buf_puts(&r->text, "\",\"writable\":");
	json_put_bool(&r->text, primary);
	buf_putc(&r->text, '}');
	buf_puts(&r->fields, NO_STORE);
	json_answer(r, 200);
}

static void
answer_openapi(struct http_response *r, const struct http_request *q)
{
	struct str document = { openapi_json, openapi_json_len };
	struct http_validators v = { .etag = XXH3_64bits(document.p, document.len) };

	switch (conditional_judge(q, &v, r->date)) {
	case HTTP_GO_ON:
		r->type = "application/json";
		http_response_add(r, document);
		break;
	case HTTP_NOT_MODIFIED:
		r->status = 304;
		break;
	case HTTP_FAILED:
		answer_failed(r);
		return;
	}
	conditional_put_etag(&r->fields, v.etag);
	buf_puts(&r->fields, "Cache-Control: public, max-age=3600\r\n");
}

static void
answer_redirect(struct http_response *r, const struct http_request *q, struct str path)
{
	r->status = 307;
	location_put(&r->fields, path, q->query);
}

static void
answer_options(struct http_response *r)
{
	r->status = 204;
	buf_puts(&r->fields, ALLOW);
}

static void
answer_route(struct job *j, const struct route_match *m)
{
	struct http_response *r = j->response;

	switch (m->route) {
	case ROUTE_NONE:
		answer_error(r, 404, STR("Not Found"));
		break;
	case ROUTE_REDIRECT:
		answer_redirect(r, j->request, m->path);
		break;
	case ROUTE_ROOT:
		answer_fixed(r,
		    STR("{\"message\":\"Welcome to the Horde Model Reference API. See "
			"`/api/docs` for interactive documentation.\"}"));
		break;
	case ROUTE_HEARTBEAT:
		health_heartbeat(r, j->answerer->config, j->answerer->segment);
		break;
	case ROUTE_REPLICATE_MODE:
		answer_replicate_mode(r, j->answerer->config);
		break;
	case ROUTE_OPENAPI:
		answer_openapi(r, j->request);
		break;
	case ROUTE_STATISTICS:
		answer_statistics(j, m->category);
		break;
	case ROUTE_RISK:
		answer_risk(j, m->category);
		break;
	case ROUTE_WITH_STATS:
		answer_with_stats(j, m->category);
		break;
	case ROUTE_LIVEZ:
		health_live(r);
		break;
	case ROUTE_READYZ:
		health_ready(r, j->answerer->store, j->answerer->config,
		    j->answerer->segment, j->request->query);
		break;
	case ROUTE_EVENTS:
		events_answer(j->answerer->events, j->request, r, j->answerer->arena);
		break;
	case ROUTE_HISTORY:
	case ROUTE_CHANGES:
	case ROUTE_UNLISTED:
	case ROUTE_MODEL:
		answer_error(r, 404, STR("Not Found"));
		break;
	case ROUTE_REFUSED: /* the server answers it */
	case ROUTE_MAX:
		break;
	}
}

static unsigned
label_of(const struct answerer *a, const struct route_match *m)
{
	int known = -1;

	if (route_has_category(m->route))
		known = category_find(m->category.p, m->category.len);
	return traffic_label(
	    m->route, known < 0 ? -1 : store_latch(a->store, (enum category)known));
}

void
answer_handle(void *arg, const struct http_request *q, struct http_response *r)
{
	struct answerer *a = arg;
	struct job j = { .answerer = a, .request = q, .response = r };
	struct route_match m;

	arena_reset(a->arena);
	m = route_match(percent_decode(q->path, false, a->arena));
	r->label = label_of(a, &m);
	if (cors_is_preflight(&a->config->http.cors, q)) {
		cors_preflight(&a->config->http.cors, q, r);
		return;
	}
	if (q->method == HTTP_OPTIONS && str_eq(q->path, STR("*"))) {
		answer_options(r);
	} else if (m.route == ROUTE_NONE || m.route == ROUTE_REDIRECT ||
		   q->method == HTTP_GET || q->method == HTTP_HEAD) {
		answer_route(&j, &m);
	} else if (q->method == HTTP_OPTIONS) {
		answer_options(r);
	} else {
		buf_puts(&r->fields, ALLOW);
		answer_error(r, 405, STR("Method Not Allowed"));
	}
	cors_put(&a->config->http.cors, q, r);
}
