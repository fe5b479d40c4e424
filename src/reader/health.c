/* /livez, /readyz and /heartbeat. Ready is who has answers that may be served: an
 * upstream that fails, or a hydrator that is gone, makes nobody unready before the
 * answers expire. */
#include "reader/health.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "reader/freshness.h"
#include "shm/breaker.h"
#include "shm/counters.h"
#include "shm/hosts.h"
#include "shm/origin.h"
#include "terms/category.h"
#include "terms/document.h"

static void
put_answer(struct http_response *r, int status)
{
	r->status = status;
	r->type = "application/json";
	buf_puts(&r->fields, "Cache-Control: no-store\r\n");
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

void
health_live(struct http_response *r)
{
	buf_puts(&r->text, "{\"status\":\"ok\"}");
	put_answer(r, 200);
}

/* A directory of documents has no breaker, and neither has a host nobody asked yet:
 * both are as good as one that is closed. */
static struct breaker_view
horde_breaker(const struct config *config, const struct segment *segment)
{
	char origin[HOST_URL_SIZE];
	struct host_view host;

	if (!host_url_of(config->horde.url, origin) ||
	    !hosts_find(segment, origin, &host))
		return (struct breaker_view){ .state = BREAKER_CLOSED };
	return breaker_look(host.breaker, clock_boot());
}

void
health_heartbeat(
    struct http_response *r, const struct config *config, const struct segment *segment)
{
	struct breaker_view v = horde_breaker(config, segment);

	buf_printf(&r->text,
	    "{\"status\":\"ok\",\"ai_horde\":{\"degraded\":%s,"
	    "\"consecutive_failures\":%u,\"seconds_until_retry\":",
	    v.state == BREAKER_CLOSED ? "false" : "true", v.failures);
	if (v.state == BREAKER_OPEN)
		buf_printf(&r->text, "%.1f}}", (double)v.wait / (double)NSEC_PER_SEC);
	else
		buf_puts(&r->text, "null}}");
	put_answer(r, 200);
}

struct condition {
	const struct generation *generation; /* NULL: none */
	int64_t age;
	enum freshness freshness;
};

static struct condition
condition_of(struct store *store, const struct config *config, size_t i)
{
	const char *name = config->category[i].name;
	int category = category_find(name, strlen(name));
	struct generation *g = NULL;
	struct condition c = { .freshness = FRESHNESS_EXPIRED };

	if (category < 0 || store_get(store, (enum category)category, &g) != STORE_HELD)
		return c;
	c.generation = g;
	c.age = freshness_age(g->snapshot->stamp.fetched_boot, clock_boot());
	c.freshness = freshness_of(config, c.age);
	return c;
}

/* What the hydrator's gate refuses, by the word of struct counters. */
static void
put_gate(struct buf *b, uint64_t refused)
{
	const char *separator = "";
	int document;

	buf_puts(b, "\"gate\":{\"refused\":[");
	for (document = DOCUMENT_NONE + 1; document < DOCUMENT_MAX; document++) {
		if ((COUNTERS_REFUSED_DOCUMENTS(refused) & 1u << document) == 0)
			continue;
		buf_printf(b, "%s\"%s\"", separator,
		    document_name((enum document_kind)document));
		separator = ",";
	}
	if (refused == 0)
		buf_puts(b, "],\"since\":null}");
	else
		buf_printf(
		    b, "],\"since\":%" PRIu64 "}", COUNTERS_REFUSED_SINCE(refused));
}

/* One entry of `categories`. Times are Unix seconds. */
static void
put_condition(struct buf *b, const char *name, const struct condition *c,
    const struct counters *k)
{
	int64_t success =
	    atomic_load_explicit(&k->last_success_wall, memory_order_relaxed);

	buf_printf(b, "{\"category\":\"%s\",\"state\":\"%s\",", name,
	    c->generation == NULL ? "empty" : freshness_name(c->freshness));
	if (c->generation == NULL)
		buf_puts(b, "\"age\":null,\"generation\":null,");
	else
		buf_printf(b, "\"age\":%" PRId64 ",\"generation\":%" PRIu64 ",", c->age,
		    c->generation->snapshot->generation);
	if (success == 0)
		buf_puts(b, "\"last_success\":null,");
	else
		buf_printf(b, "\"last_success\":%" PRId64 ",", success / NSEC_PER_SEC);
	buf_printf(b, "\"failures\":%" PRIu64 ",", counter_read(&k->failures_in_row));
	put_gate(b, counter_read(&k->refused));
	buf_putc(b, '}');
}

static bool
has_verbose(struct str query)
{
	static const struct str verbose = STR("verbose");
	const char *next;

	for (;;) {
		next = query.len > 0 ? memchr(query.p, '&', query.len) : NULL;
		if (str_starts(query, verbose) &&
		    (query.len == verbose.len || query.p[verbose.len] == '=' ||
			query.p[verbose.len] == '&'))
			return true;
		if (next == NULL)
			return false;
		query = str_from(query, (size_t)(next + 1 - query.p));
	}
}

void
health_ready(struct http_response *r, struct store *store, const struct config *config,
    const struct segment *segment, struct str query)
{
	struct buf list = { 0 };
	struct condition c;
	bool ready = true;
	unsigned i;

	for (i = 0; i < config->ncategories; i++) {
		c = condition_of(store, config, i);
		ready &= c.freshness != FRESHNESS_EXPIRED;
		if (i > 0)
			buf_putc(&list, ',');
		put_condition(
		    &list, config->category[i].name, &c, segment_counters(segment, i));
	}
	buf_printf(&r->text, "{\"status\":\"%s\"", ready ? "ok" : "unavailable");
	if (has_verbose(query)) {
		buf_puts(&r->text, ",\"categories\":[");
		buf_add(&r->text, list.data, list.len);
		buf_putc(&r->text, ']');
	}
	buf_putc(&r->text, '}');
	buf_free(&list);
	if (!ready)
		buf_printf(&r->fields, "Retry-After: %" PRId64 "\r\n",
		    config->http.retry_after);
	put_answer(r, ready ? 200 : 503);
}
