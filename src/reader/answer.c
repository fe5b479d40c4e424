/* The routes. */
#include "reader/answer.h"

#include <string.h>

#include <xxhash.h>

#include "dashboard/dashboard.h"
#include "http/conditional.h"
#include "http/negotiate.h"
#include "http/percent.h"
#include "json/write.h"
#include "reader/cors.h"
#include "reader/endpoint.h"
#include "reader/events.h"
#include "reader/health.h"
#include "reader/job.h"
#include "reader/location.h"
#include "reader/openapi.h"
#include "reader/route.h"
#include "reader/traffic.h"
#include "terms/category.h"

#define ALLOW "Allow: GET, HEAD, OPTIONS\r\n"

static void
answer_fixed(struct http_response *r, struct str body)
{
	r->type = "application/json";
	buf_puts(&r->fields, JOB_NO_STORE);
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
	buf_puts(&r->fields, JOB_NO_STORE);
	job_json(r, 200);
}

static void
answer_openapi(struct http_response *r, const struct http_request *q)
{
	struct str document = { openapi_json, openapi_json_len };
	struct http_validators v = { .etag = XXH3_64bits(document.p, document.len) };
	enum http_condition condition = job_judge(r, q, &v);

	if (condition == HTTP_FAILED)
		return;
	if (condition == HTTP_GO_ON) {
		r->type = "application/json";
		http_response_add(r, document);
	}
	conditional_put_etag(&r->fields, v.etag);
	buf_puts(&r->fields, "Cache-Control: public, max-age=3600\r\n");
}

/* What differs from client to client and from build to build, so that nothing between
 * may keep it unasked: a link leads to the page that fits the service. */
static void
answer_dashboard(struct http_response *r, const struct http_request *q)
{
	struct http_validators v = { .etag = dashboard.etag };
	enum http_condition condition;
	struct negotiation n;

	negotiate(q, &n);
	buf_puts(&r->fields, "Vary: Accept-Encoding\r\n");
	if (n.n == 0) {
		job_error(r, 406, STR("Not Acceptable"));
		return;
	}
	condition = job_judge(r, q, &v);
	if (condition == HTTP_FAILED)
		return;
	if (condition == HTTP_GO_ON) {
		r->type = "text/html; charset=utf-8";
		http_response_add(r, dashboard.forms[n.order[0]]);
		negotiate_put_encoding(&r->fields, n.order[0]);
	}
	conditional_put_etag(&r->fields, v.etag);
	buf_add(&r->fields, dashboard.fields.p, dashboard.fields.len);
	buf_puts(&r->fields, "Cache-Control: no-cache\r\n");
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
answer_of_category(struct job *j, const struct route_match *m)
{
	switch (m->route) {
	case ROUTE_STATISTICS:
		endpoint_statistics(j, m->category);
		break;
	case ROUTE_RISK:
		endpoint_risk(j, m->category);
		break;
	case ROUTE_WITH_STATS:
		endpoint_with_stats(j, m->category);
		break;
	case ROUTE_HISTORY:
		endpoint_history(j, m->category);
		break;
	case ROUTE_CHANGES:
		endpoint_changes(j, m->category);
		break;
	case ROUTE_UNLISTED:
		endpoint_unlisted(j, m->category);
		break;
	case ROUTE_MODEL:
		endpoint_model(j, m->category, m->model);
		break;
	case ROUTE_COLUMNS:
		endpoint_columns(j, m->category);
		break;
	case ROUTE_CYCLES:
		endpoint_cycles(j, m->category);
		break;
	default: /* has no category */
		break;
	}
}

static void
answer_route(struct job *j, const struct route_match *m)
{
	struct http_response *r = j->response;

	switch (m->route) {
	case ROUTE_NONE:
		job_error(r, 404, STR("Not Found"));
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
	case ROUTE_DASHBOARD:
		answer_dashboard(r, j->request);
		break;
	default: /* of a category; or refused, which the server answers */
		answer_of_category(j, m);
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
	if (m.route == ROUTE_DASHBOARD && q->listener < a->dashboard_from)
		m.route = ROUTE_NONE;
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
		job_error(r, 405, STR("Method Not Allowed"));
	}
	cors_put(&a->config->http.cors, q, r);
}
