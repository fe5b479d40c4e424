/* /livez, /readyz and /heartbeat. Ready is who has answers of http.ready_categories
 * that may be served: an upstream that fails, or a hydrator that is gone, makes nobody
 * unready before the answers expire. */
#include "reader/health.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/write.h"
#include "reader/freshness.h"
#include "reader/health_daemon.h"
#include "shm/breaker.h"
#include "shm/counters.h"
#include "shm/hosts.h"
#include "shm/ledger.h"
#include "shm/origin.h"
#include "terms/category.h"
#include "terms/document.h"
#include "terms/part.h"

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
	char origin[ORIGIN_SIZE];
	struct host_view host;

	if (!origin_of_url(config->horde.url, origin) ||
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

/* Of a part. */
struct condition {
	bool there;
	int64_t age;
	enum freshness freshness;
};

/* A category is in the condition of its main answers: workers are an extra. */
struct category_condition {
	uint64_t generation; /* 0: none */
	int nparts;          /* that the category can have */
	enum snapshot_part main;
	struct condition part[PART_MAX];
};

static struct condition
condition_of_part(const struct part_stamp *stamp, const struct config *config)
{
	struct condition c = { .freshness = FRESHNESS_EXPIRED };

	if (!part_stamp_is_there(stamp))
		return c;
	c.there = true;
	c.age = freshness_age(stamp->fetched_boot, clock_boot());
	c.freshness = freshness_of(config, c.age);
	return c;
}

static void
condition_of(struct category_condition *c, struct store *store,
    const struct config *config, size_t i)
{
	static const struct part_stamp none;
	const char *name = config->category[i].name;
	int category = category_find(name, strlen(name));
	bool horde = category >= 0 && category_has_horde((enum category)category);
	struct generation *g = NULL;

	if (category >= 0 &&
	    store_get(store, (enum category)category, &g) != STORE_HELD)
		g = NULL;
	c->generation = g != NULL ? g->snapshot->generation : 0;
	c->main = horde ? PART_DELETION_RISK : PART_STATISTICS;
	c->nparts = horde ? PART_MAX : PART_STATISTICS + 1;
	for (int p = 0; p < c->nparts; p++)
		c->part[p] = condition_of_part(
		    g != NULL ? generation_stamp(g, (enum snapshot_part)p) : &none,
		    config);
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

static void
put_condition(struct buf *b, const struct condition *c)
{
	buf_printf(b, "\"state\":\"%s\",\"age\":",
	    c->there ? freshness_name(c->freshness) : "empty");
	if (c->there)
		buf_printf(b, "%" PRId64, c->age);
	else
		buf_puts(b, "null");
}

static void
put_parts(struct buf *b, const struct category_condition *c)
{
	buf_puts(b, "\"parts\":{");
	for (int p = 0; p < c->nparts; p++) {
		buf_printf(b, "%s\"%s\":{", p > 0 ? "," : "",
		    part_name((enum snapshot_part)p));
		put_condition(b, &c->part[p]);
		buf_putc(b, '}');
	}
	buf_puts(b, "},");
}

static void
put_text(struct buf *b, const char *text)
{
	json_put_string(b, (struct str){ text, strlen(text) });
}

/* Of clock_wall(), in seconds; null if there is none. */
static void
put_time(struct buf *b, int64_t wall)
{
	if (wall == 0)
		buf_puts(b, "null");
	else
		buf_printf(b, "%" PRId64, wall / NSEC_PER_SEC);
}

static void
put_error(struct buf *b, const struct ledger_error *e)
{
	if (e->wall == 0) {
		buf_puts(b, "null");
		return;
	}
	buf_puts(b, "{\"at\":");
	put_time(b, e->wall);
	buf_puts(b, ",\"host\":");
	if (e->host[0] != '\0')
		put_text(b, e->host);
	else
		buf_puts(b, "null");
	if (e->status != 0)
		buf_printf(b, ",\"status\":%" PRId64, e->status);
	else
		buf_puts(b, ",\"status\":null");
	buf_puts(b, ",\"text\":");
	put_text(b, e->text);
	buf_putc(b, '}');
}

static void
put_text_or_null(struct buf *b, const char *text)
{
	if (text[0] != '\0')
		put_text(b, text);
	else
		buf_puts(b, "null");
}

static void
put_document(struct buf *b, const struct ledger_document *d)
{
	buf_puts(b, "{\"document\":");
	put_text(b, d->name);
	buf_printf(b, ",\"state\":\"%s\",\"age\":",
	    ledger_state_name((enum ledger_state)d->state));
	if (d->fetched_wall != 0)
		buf_printf(b, "%" PRId64, freshness_age(d->fetched_boot, clock_boot()));
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"last_error\":");
	put_error(b, &d->error);
	buf_putc(b, '}');
}

/* Whoever ordered it over HTTP (admin.h) sees here when it has ended. */
static void
put_refresh(struct buf *b, const struct ledger_refresh *r)
{
	buf_printf(b,
	    ",\"refresh\":{\"asked\":%" PRIu64 ",\"done\":%" PRIu64
	    ",\"outcome\":\"%s\",\"text\":",
	    r->asked, r->done, ledger_outcome_name((enum ledger_outcome)r->outcome));
	put_text_or_null(b, r->text);
	buf_putc(b, '}');
}

/* What the hydrator has to say for itself. */
static void
put_ledger(struct buf *b, const struct ledger *l)
{
	int64_t now = clock_boot();

	buf_puts(b, ",\"next_try\":");
	put_time(b, l->next_try != 0 ? clock_wall() + (l->next_try - now) : 0);
	put_refresh(b, &l->refresh);
	buf_puts(b, ",\"trouble\":");
	if (l->failing_since == 0) {
		buf_puts(b, "null");
	} else {
		buf_puts(b, "{\"since\":");
		put_time(b, l->failing_since);
		buf_puts(b, ",\"cause\":");
		put_text(b, l->cause);
		buf_putc(b, '}');
	}
	buf_puts(b, ",\"documents\":[");
	for (size_t i = 0; i < l->ndocuments; i++) {
		if (i > 0)
			buf_putc(b, ',');
		put_document(b, &l->document[i]);
	}
	buf_putc(b, ']');
}

/* In seconds, to the millisecond. */
static void
put_seconds(struct buf *b, int64_t nsec)
{
	buf_printf(b, "%.3f", (double)nsec / (double)NSEC_PER_SEC);
}

/* Nothing without redis.url. What Redis does makes nobody unready: it is only told. */
static void
put_fleet(struct buf *b, const struct ledger_fleet *f, int64_t lease)
{
	int64_t now = clock_boot();

	if (!f->used)
		return;
	buf_printf(b, ",\"fleet\":{\"role\":\"%s\",\"leader\":",
	    ledger_role_name(ledger_role_now(f, lease * NSEC_PER_SEC, now)));
	put_text_or_null(b, f->leader);
	buf_printf(b, ",\"up\":%s,\"since\":", f->up ? "true" : "false");
	put_time(b, f->since);
	buf_puts(b, ",\"error\":");
	put_text_or_null(b, f->error);
	buf_puts(b, ",\"seen\":");
	put_time(b, f->seen != 0 ? clock_wall() + (f->seen - now) : 0);
	buf_printf(b, ",\"generation\":%" PRIu64 ",\"lag\":", f->generation);
	put_seconds(b, f->lag);
	buf_puts(b, ",\"skew\":");
	put_seconds(b, f->skew);
	buf_printf(b, ",\"refused\":%" PRIu64 "}", f->refused);
}

/* Nothing where it is off. A history that is not written makes nobody unready. */
static void
put_history(struct buf *b, const struct ledger_history *h)
{
	if (h->state == LEDGER_PAST_OFF)
		return;
	buf_printf(b,
	    ",\"history\":{\"state\":\"%s\",\"models\":%" PRIu64 ",\"sampled\":",
	    ledger_past_name((enum ledger_past)h->state), h->models);
	put_time(b, h->sampled);
	buf_printf(b, ",\"last_event\":%" PRIu64 ",\"error\":", h->last_event);
	put_text_or_null(b, h->error);
	if (h->notify) {
		buf_printf(b,
		    ",\"notify\":{\"pending\":%" PRIu64 ",\"delivered\":", h->pending);
		put_time(b, h->delivered);
		buf_puts(b, ",\"error\":");
		put_text_or_null(b, h->notify_error);
		buf_putc(b, '}');
	}
	buf_putc(b, '}');
}

/* One entry of `categories`. Times are Unix seconds. */
static void
put_category(struct buf *b, const char *name, bool required,
    const struct category_condition *c, const struct counters *k,
    const struct ledger *l, int64_t lease)
{
	int64_t success =
	    atomic_load_explicit(&k->last_success_wall, memory_order_relaxed);

	buf_printf(b, "{\"category\":\"%s\",\"required\":%s,", name,
	    required ? "true" : "false");
	put_condition(b, &c->part[c->main]);
	buf_puts(b, ",\"generation\":");
	if (c->generation != 0)
		buf_printf(b, "%" PRIu64 ",", c->generation);
	else
		buf_puts(b, "null,");
	put_parts(b, c);
	if (success == 0)
		buf_puts(b, "\"last_success\":null,");
	else
		buf_printf(b, "\"last_success\":%" PRId64 ",", success / NSEC_PER_SEC);
	buf_printf(b, "\"failures\":%" PRIu64 ",", counter_read(&k->failures_in_row));
	put_gate(b, counter_read(&k->refused));
	put_ledger(b, l);
	put_fleet(b, &l->fleet, lease);
	put_history(b, &l->history);
	buf_putc(b, '}');
}

static bool
is_required(const struct config *config, const char *category)
{
	const struct config_list *l = &config->http.ready_categories;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->item[i], category) == 0)
			return true;
	return false;
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

static void
put_categories(struct buf *b, struct store *store, const struct config *config,
    const struct segment *segment)
{
	struct category_condition c;
	const char *name, *separator = "";
	struct ledger ledger;
	unsigned i;

	buf_puts(b, ",\"categories\":[");
	for (i = 0; i < config->ncategories; i++) {
		name = config->category[i].name;
		condition_of(&c, store, config, i);
		ledger_read(segment, i, &ledger);
		buf_puts(b, separator);
		put_category(b, name, is_required(config, name), &c,
		    segment_counters(segment, i), &ledger, config->redis.lease);
		separator = ",";
	}
	buf_putc(b, ']');
}

static bool
is_ready(struct store *store, const struct config *config)
{
	struct category_condition c;
	bool ready = true;
	unsigned i;

	for (i = 0; i < config->ncategories; i++) {
		if (!is_required(config, config->category[i].name))
			continue;
		condition_of(&c, store, config, i);
		ready &= c.part[c.main].freshness != FRESHNESS_EXPIRED;
	}
	return ready;
}

void
health_ready(struct http_response *r, struct store *store, const struct config *config,
    const struct segment *segment, struct str query)
{
	bool ready = is_ready(store, config);

	buf_printf(&r->text, "{\"status\":\"%s\"", ready ? "ok" : "unavailable");
	if (has_verbose(query)) {
		health_daemon_put(&r->text, config, segment);
		put_categories(&r->text, store, config, segment);
	}
	buf_putc(&r->text, '}');
	if (!ready)
		buf_printf(&r->fields, "Retry-After: %" PRId64 "\r\n",
		    config->http.retry_after);
	put_answer(r, ready ? 200 : 503);
}
