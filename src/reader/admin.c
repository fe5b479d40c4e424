/*
 * What strangers may learn here is that it is here: each answer before the token is the
 * same for every category, and wrong tokens cost them more than us. The token is looked
 * at first, so that whoever has it is let in while others guess.
 */
#include "reader/admin.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "json/write.h"
#include "proc/channel.h"
#include "shm/ledger.h"

/* Answers of 401 that may come at once, and the time that each takes to be owed no
 * more. */
#define STRANGERS_BURST 10
#define STRANGERS_PAUSE NSEC_PER_SEC
#define TOLD_PAUSE (60 * NSEC_PER_SEC)

/* The label of an answer. */
enum admin_result {
	ADMIN_ACCEPTED,
	ADMIN_UNAUTHORIZED,
	ADMIN_LIMITED,
	ADMIN_UNAVAILABLE,
	ADMIN_OTHER,
};

void
admin_open(
    struct admin *a, const struct child_context *context, struct counters *counters)
{
	char err[1024], *token;

	*a = (struct admin){ .config = context->config,
		.segment = context->segment,
		.counters = counters,
		.channel = context->channel,
		.told = INT64_MIN / 2 };
	token = secret_read_token("http.admin_token_file",
	    context->config->http.admin_token_file, err, sizeof(err));
	if (token == NULL) {
		log_warnx(
		    "%s: orders over HTTP are refused; mend it, then reload", err);
		return;
	}
	secret_ask(&a->token, token);
	secret_free(&token);
}

void
admin_close(struct admin *a)
{
	secret_forget(&a->token);
}

static void
admin_refuse(
    struct http_response *r, int status, const char *detail, enum admin_result result)
{
	r->label = result;
	http_response_error(r, status, detail);
}

static void
admin_refuse_for_now(
    struct http_response *r, int status, const char *detail, enum admin_result result)
{
	buf_puts(&r->fields, "Retry-After: 1\r\n");
	admin_refuse(r, status, detail, result);
}

/* RFC 6750 section 2.1; the scheme in any case: RFC 9110 section 11.1. */
static bool
admin_shows_token(const struct admin *a, const struct http_request *q)
{
	static const struct str scheme = STR("bearer ");
	const struct http_field *f;
	struct str shown;
	size_t at = 0;

	f = http_field_next(q, STR("authorization"), &at);
	if (f == NULL || http_field_next(q, STR("authorization"), &at) != NULL ||
	    f->value.len <= scheme.len ||
	    strncasecmp(f->value.p, scheme.p, scheme.len) != 0)
		return false;
	shown = str_from(f->value, scheme.len);
	while (shown.len > 0 && shown.p[0] == ' ')
		shown = str_from(shown, 1);
	return secret_is(&a->token, shown);
}

/* Each answer is owed for a while; nobody is owed more than a burst of them. */
static bool
admin_is_crowded(struct admin *a, int64_t now)
{
	if (a->owed < now)
		a->owed = now;
	if (a->owed - now > (STRANGERS_BURST - 1) * STRANGERS_PAUSE)
		return true;
	a->owed += STRANGERS_PAUSE;
	return false;
}

/* Whether it is somebody who may. */
static bool
admin_lets_in(struct admin *a, const struct http_request *q, struct http_response *r)
{
	if (a->token.len == 0) {
		admin_refuse_for_now(
		    r, 503, "The token could not be read here", ADMIN_UNAVAILABLE);
		return false;
	}
	if (admin_shows_token(a, q))
		return true;
	if (admin_is_crowded(a, clock_boot())) {
		/* A connection for each guess. */
		r->close = true;
		admin_refuse_for_now(
		    r, 429, "Too many requests without the token", ADMIN_LIMITED);
		return false;
	}
	/* RFC 6750 section 3.1: nothing more is said to who has shown none. */
	buf_puts(&r->fields, "WWW-Authenticate: Bearer realm=\"hydratord\"");
	if (http_field_next(q, STR("authorization"), &(size_t){ 0 }) != NULL)
		buf_puts(&r->fields, ", error=\"invalid_token\"");
	buf_puts(&r->fields, "\r\n");
	admin_refuse(r, 401, "The token is missing or wrong", ADMIN_UNAUTHORIZED);
	return false;
}

/* Its index in the configuration, or -1. */
static int
admin_find(const struct config *c, struct str category)
{
	size_t i;

	for (i = 0; i < c->ncategories; i++)
		if (strlen(c->category[i].name) == category.len &&
		    memcmp(c->category[i].name, category.p, category.len) == 0)
			return (int)i;
	return -1;
}

/* The hydrator counts orders when they come to it, so this is the least number that the
 * order can have there. */
static uint64_t
admin_next_order(const struct admin *a, const char *category)
{
	int latch = segment_find_category(a->segment, category);
	struct ledger l;

	if (latch == -1 || !ledger_read(a->segment, (unsigned)latch, &l))
		return 1;
	return l.refresh.asked + 1;
}

static void
admin_refresh(const struct admin *a, struct str category, struct http_response *r)
{
	int i = admin_find(a->config, category);
	const char *name;
	uint64_t order;

	if (i == -1) {
		admin_refuse(r, 404, "This category is not configured", ADMIN_OTHER);
		return;
	}
	name = a->config->category[i].name;
	order = admin_next_order(a, name);
	if (channel_send(a->channel, CHANNEL_ASKED, (uint64_t)i) == -1) {
		admin_refuse_for_now(
		    r, 503, "The supervisor has orders to read", ADMIN_UNAVAILABLE);
		return;
	}
	r->label = ADMIN_ACCEPTED;
	r->status = 202;
	r->type = "application/json";
	buf_printf(&r->text,
	    "{\"category\":\"%s\",\"order\":%" PRIu64 ",\"status\":\"accepted\"}", name,
	    order);
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

void
admin_handle(void *arg, const struct http_request *q, struct http_response *r)
{
	static const struct str refresh = STR("/admin/refresh/");
	struct admin *a = arg;
	struct str category;

	buf_puts(&r->fields, "Cache-Control: no-store\r\n");
	if (!str_starts(q->path, refresh) || q->path.len == refresh.len ||
	    memchr(q->path.p + refresh.len, '/', q->path.len - refresh.len) != NULL) {
		admin_refuse(r, 404, "Not Found", ADMIN_OTHER);
		return;
	}
	category = str_from(q->path, refresh.len);
	if (q->method != HTTP_POST) {
		buf_puts(&r->fields, "Allow: POST\r\n");
		admin_refuse(r, 405, "Method Not Allowed", ADMIN_OTHER);
	} else if (admin_lets_in(a, q, r)) {
		admin_refresh(a, category, r);
	}
}

static void
admin_tell(struct admin *a, const char *peer)
{
	int64_t now = clock_boot();

	a->strangers++;
	if (now - a->told < TOLD_PAUSE)
		return;
	a->told = now;
	log_warnx("%" PRIu64 " request%s for http.admin_listen without the token, the "
		  "last from %s",
	    a->strangers, a->strangers == 1 ? "" : "s", peer != NULL ? peer : "nobody");
	a->strangers = 0;
}

/* Not what stands behind the path: it may be a secret that has no place there. */
static void
admin_log(struct access_log *log, const struct http_exchange *e)
{
	struct http_exchange shown = *e;
	struct http_request request;
	const char *query;

	if (e->request != NULL && e->request->line.len > 0) {
		request = *e->request;
		query = memchr(request.line.p, '?', request.line.len);
		if (query != NULL)
			request.line.len = (size_t)(query - request.line.p);
		shown.request = &request;
	}
	access_add(log, &shown, clock_wall());
}

void
admin_note(struct admin *a, struct access_log *log, const struct http_exchange *e)
{
	static const enum counter counters[] = {
		[ADMIN_ACCEPTED] = COUNTER_ADMIN_ACCEPTED,
		[ADMIN_UNAUTHORIZED] = COUNTER_ADMIN_UNAUTHORIZED,
		[ADMIN_LIMITED] = COUNTER_ADMIN_LIMITED,
		[ADMIN_UNAVAILABLE] = COUNTER_ADMIN_UNAVAILABLE,
		[ADMIN_OTHER] = COUNTER_ADMIN_OTHER,
	};
	unsigned result = e->response->refused ? ADMIN_OTHER : e->response->label;

	counter_add(a->counters, counters[result], 1);
	if (result == ADMIN_UNAUTHORIZED || result == ADMIN_LIMITED)
		admin_tell(a, e->peer);
	if (log != NULL)
		admin_log(log, e);
}
