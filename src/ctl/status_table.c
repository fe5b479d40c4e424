/* Categories, processes and hosts: a row each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/status_put.h"
#include "terms/document.h"

static void
row_age(struct out *o, const char *key, int64_t wall, int64_t now)
{
	out_span(o, key, NULL, wall == 0 ? -1 : now > wall ? now - wall : 0);
}

static const struct out_column category_columns[] = {
	{ "category", "CATEGORY", OUT_CUT },
	{ "state", "STATE", 0 },
	{ "age", "AGE", OUT_RIGHT },
	{ "models", "MODELS", OUT_RIGHT },
	{ "bytes", "SIZE", OUT_RIGHT },
	{ "result", "RESULT", 0 },
	{ "next", "NEXT", OUT_RIGHT },
	{ "took", "TOOK", OUT_RIGHT | OUT_SPARE },
	{ "gate", "GATE", OUT_SPARE },
	{ "history", "HISTORY", OUT_SPARE },
	{ "skipped", "SKIPPED", OUT_RIGHT | OUT_SPARE },
	{ "generation", "GENERATION", OUT_RIGHT | OUT_SPARE },
	{ "cycle_age", "CYCLE", OUT_RIGHT | OUT_SPARE },
	{ "fetch", "FETCH", OUT_RIGHT | OUT_SPARE },
	{ "compute", "COMPUTE", OUT_RIGHT | OUT_SPARE },
	{ "encode", "ENCODE", OUT_RIGHT | OUT_SPARE },
};

static const enum out_mark freshness_marks[] = {
	[FRESHNESS_FRESH] = OUT_GOOD,
	[FRESHNESS_STALE] = OUT_WARN,
	[FRESHNESS_STALE_IF_ERROR] = OUT_WARN,
	[FRESHNESS_EXPIRED] = OUT_BAD,
};

static void
category_state(struct out *o, const struct facts_category *c)
{
	out_mark(o, c->there ? freshness_marks[c->freshness] : OUT_BAD);
	out_string(o, "state", NULL, c->there ? freshness_name(c->freshness) : "empty");
	out_span(o, "age", NULL, c->there ? c->age * NSEC_PER_SEC : -1);
}

static int64_t
cycle_took(const struct cycles_brief *b)
{
	uint64_t all = b->fetch + b->compute + b->encode + b->publish;

	return all > INT64_MAX ? INT64_MAX : (int64_t)all;
}

static void
cycle_phase(struct out *o, const char *key, const struct cycles_brief *b, uint64_t nsec)
{
	out_span(o, key, NULL, b->number == 0 || nsec > INT64_MAX ? -1 : (int64_t)nsec);
}

static bool
cycle_is_good(const struct cycles_brief *b)
{
	return b->result == CYCLES_PUBLISHED || b->result == CYCLES_UNCHANGED ||
	       b->result == CYCLES_ADOPTED;
}

static void
category_cycle(struct out *o, const struct facts *f, const struct cycles_brief *b)
{
	bool good = cycle_is_good(b);

	out_count(o, "cycle", NULL, b->number);
	if (b->number != 0) {
		out_mark(o, good ? OUT_PLAIN : OUT_WARN);
		out_string(o, "result", NULL,
		    cycles_result_name((enum cycles_result)b->result));
	} else {
		out_null(o, "result", NULL);
	}
	row_age(o, "cycle_age", b->begun, f->wall);
	out_span(o, "took", NULL, b->number != 0 ? cycle_took(b) : -1);
	cycle_phase(o, "fetch", b, b->fetch);
	cycle_phase(o, "compute", b, b->compute);
	cycle_phase(o, "encode", b, b->encode);
	cycle_phase(o, "publish", b, b->publish);
}

/* A phase in place of the time: it runs. */
static void
category_next(struct out *o, const struct facts *f, const struct ledger *l)
{
	out_string(o, "phase", NULL, ledger_phase_name((enum ledger_phase)l->phase));
	if (l->phase != LEDGER_IDLE)
		out_show(
		    o, "next", NULL, ledger_phase_name((enum ledger_phase)l->phase));
	out_span(o, "next", NULL,
	    l->next_try == 0        ? -1
	    : l->next_try > f->boot ? l->next_try - f->boot
				    : 0);
}

/* Of HTTP. */
static void
document_status(struct out *o, int64_t status)
{
	if (status != 0)
		out_int(o, "status", NULL, status);
	else
		out_null(o, "status", NULL);
}

static void
document_error(struct out *o, const struct ledger_error *e)
{
	out_group(o, "error", NULL);
	out_time(o, "at", NULL, e->wall);
	out_string(o, "host", NULL, e->host[0] != '\0' ? e->host : NULL);
	document_status(o, e->status);
	out_string(o, "text", NULL, e->wall != 0 ? e->text : NULL);
	out_group_end(o);
}

static void
category_documents(struct out *o, const struct facts *f, const struct ledger *l)
{
	const struct ledger_document *d;

	out_table(o, "documents", NULL, NULL, 0);
	for (size_t i = 0; i < l->ndocuments; i++) {
		d = &l->document[i];
		out_row(o);
		out_string(o, "document", NULL, d->name);
		out_string(
		    o, "state", NULL, ledger_state_name((enum ledger_state)d->state));
		row_age(o, "age", d->fetched_wall, f->wall);
		out_count(o, "place", NULL, d->place);
		document_status(o, (int64_t)d->status);
		out_bytes(o, "bytes", NULL, d->bytes);
		out_span(o, "took", NULL, d->asked_wall != 0 ? d->nsec : -1);
		out_time(o, "asked", NULL, d->asked_wall);
		document_error(o, &d->error);
	}
	out_table_end(o);
}

static void
category_gate(struct out *o, uint64_t refused)
{
	unsigned documents = COUNTERS_REFUSED_DOCUMENTS(refused);
	struct buf b = { 0 };
	const char *name;

	out_list(o, "refused", NULL);
	for (int d = DOCUMENT_NONE + 1; d < DOCUMENT_MAX; d++) {
		if ((documents & 1u << d) == 0)
			continue;
		name = document_name((enum document_kind)d);
		out_item(o, name);
		buf_printf(&b, "%s%s", b.len > 0 ? "," : "", name);
	}
	out_list_end(o);
	buf_putc(&b, '\0');
	out_mark(o, b.len > 1 ? OUT_WARN : OUT_PLAIN);
	out_show(o, "gate", NULL, b.len > 1 ? b.data : "ok");
	buf_free(&b);
}

static void
category_history(struct out *o, const struct ledger_history *h)
{
	out_mark(o, h->state == LEDGER_PAST_FAILING ? OUT_WARN : OUT_PLAIN);
	out_string(o, "history", NULL, ledger_past_name((enum ledger_past)h->state));
	out_count(o, "pending_changes", NULL, h->pending);
	out_string(o, "webhook_error", NULL,
	    h->notify_error[0] != '\0' ? h->notify_error : NULL);
}

static void
category_fleet(struct out *o, const struct facts *f, const struct ledger_fleet *l)
{
	if (!l->used) {
		out_null(o, "fleet", NULL);
		return;
	}
	out_group(o, "fleet", NULL);
	out_string(o, "role", NULL,
	    ledger_role_name(ledger_role_now(l, f->options.redis_lease, f->boot)));
	out_string(o, "leader", NULL, l->leader[0] != '\0' ? l->leader : NULL);
	out_span(o, "lag", NULL, l->lag);
	out_bool(o, "up", NULL, l->up != 0);
	out_string(o, "error", NULL, l->error[0] != '\0' ? l->error : NULL);
	out_group_end(o);
}

static void
category_row(struct out *o, const struct facts *f, const struct facts_category *c)
{
	const struct ledger *l = &c->ledger;

	out_row(o);
	out_string(o, "category", NULL, c->name);
	out_bool(o, "required", NULL, c->required);
	category_state(o, c);
	out_count(o, "generation", NULL, c->generation);
	out_time(o, "published", NULL, c->published);
	out_int(o, "models", NULL, c->cycle.models);
	out_int(o, "skipped", NULL, c->cycle.skipped);
	out_bytes(o, "bytes", NULL, c->bytes);
	out_bytes(o, "wanted", NULL, c->wanted);
	category_cycle(o, f, &c->cycle);
	category_next(o, f, l);
	out_time(o, "succeeded", NULL, c->succeeded);
	out_count(o, "failures", NULL, c->failures);
	out_time(o, "failing_since", NULL, l->failing_since);
	out_string(o, "cause", NULL, l->failing_since != 0 ? l->cause : NULL);
	category_gate(o, c->refused);
	category_history(o, &l->history);
	out_time(o, "saved", NULL, c->saved);
	category_fleet(o, f, &l->fleet);
	category_documents(o, f, l);
}

/* Whether something is to be said of it. */
static bool
category_is_notable(const struct facts_category *c)
{
	return !c->there || c->freshness != FRESHNESS_FRESH ||
	       (c->cycle.number != 0 && !cycle_is_good(&c->cycle)) ||
	       c->failures != 0 || c->refused != 0 || c->ledger.failing_since != 0 ||
	       c->ledger.history.state == LEDGER_PAST_FAILING;
}

size_t
status_lines_categories(const struct facts *f, bool quiet)
{
	size_t n = 0;

	for (size_t i = 0; i < f->ncategories; i++)
		n += category_is_notable(&f->category[i]);
	return quiet && n < f->ncategories ? n + 1 : f->ncategories;
}

static void
note_left_out(struct out *o, size_t n, const char *how)
{
	char note[80];

	if (n == 0)
		return;
	snprintf(note, sizeof(note),
	    "and %zu that are %s: a higher screen, or hydratorctl top", n, how);
	out_note(o, note);
}

void
status_put_categories(struct out *o, const struct facts *f, bool quiet)
{
	size_t left_out = 0;

	out_table(o, "categories", "", category_columns, NELEM(category_columns));
	for (size_t i = 0; i < f->ncategories; i++)
		if (quiet && !category_is_notable(&f->category[i]))
			left_out++;
		else
			category_row(o, f, &f->category[i]);
	out_table_end(o);
	note_left_out(o, left_out, "well");
}

static const struct out_column process_columns[] = {
	{ "process", "PROCESS", OUT_CUT },
	{ "pid", "PID", OUT_RIGHT },
	{ "doing", "STATE", 0 },
	{ "uptime", "UP", OUT_RIGHT },
	{ "heartbeat_age", "BEAT", OUT_RIGHT },
	{ "cpu", "CPU", OUT_RIGHT },
	{ "memory", "MEMORY", OUT_RIGHT },
	{ "restarts", "DEATHS", OUT_RIGHT },
	{ "last_death", "LAST DEATH", OUT_SPARE },
	{ "descriptors", "FILES", OUT_RIGHT | OUT_SPARE },
};

static void
process_deaths(struct out *o, const struct process_view *v)
{
	uint64_t all = 0;

	out_group(o, "deaths", NULL);
	for (unsigned i = 0; i < DEATH_MAX; i++) {
		all += v->deaths[i];
		out_count(
		    o, process_death_name((enum counter_death)i), NULL, v->deaths[i]);
	}
	out_group_end(o);
	out_mark(o, all > 0 ? OUT_WARN : OUT_PLAIN);
	out_count(o, "restarts", NULL, all);
	out_time(o, "last_death", NULL, v->last_death);
}

/* Its state for people. */
static const char *
process_doing(const struct facts *f, const struct facts_process *p)
{
	if (!f->alive)
		return "gone";
	if (!facts_process_hangs(f, p))
		return process_state_name((enum child_state)p->view.state);
	return p->exists && (p->stat.state == 'T' || p->stat.state == 't') ? "stopped"
									   : "hangs";
}

static void
process_row(struct out *o, const struct facts *f, const struct facts_process *p)
{
	const struct process_view *v = &p->view;
	bool hangs = f->alive && facts_process_hangs(f, p), runs = p->exists;

	out_row(o);
	out_string(o, "process", NULL, p->name);
	out_string(o, "role", NULL, process_role_name((enum process_role)v->role));
	out_int(o, "index", NULL, v->index);
	out_int(o, "pid", NULL, v->pid);
	out_string(o, "state", NULL, process_state_name((enum child_state)v->state));
	out_bool(o, "hangs", NULL, hangs);
	out_mark(o, hangs || v->state == CHILD_DEAD ? OUT_BAD : OUT_PLAIN);
	out_show(o, "doing", NULL, process_doing(f, p));
	out_span(o, "uptime", NULL,
	    v->pid != 0 && v->born != 0 && f->boot > v->born ? f->boot - v->born : -1);
	out_span(o, "next_start", NULL, v->due > f->boot ? v->due - f->boot : -1);
	out_mark(o, hangs ? OUT_BAD : OUT_PLAIN);
	out_span(o, "heartbeat_age", NULL, p->beat != 0 ? f->boot - p->beat : -1);
	out_span(o, "cpu", NULL, runs ? p->stat.ran : -1);
	if (runs)
		out_bytes(o, "memory", NULL, p->stat.resident);
	else
		out_null(o, "memory", NULL);
	process_deaths(o, v);
	out_count(o, "descriptors", NULL, p->descriptors);
	out_count(o, "descriptors_max", NULL, p->descriptors_max);
}

/* Whether something is to be said of it. */
static bool
process_is_notable(const struct facts *f, const struct facts_process *p)
{
	return p->view.state != CHILD_READY || !p->exists || p->view.last_death != 0 ||
	       facts_process_hangs(f, p);
}

size_t
status_lines_processes(const struct facts *f, bool quiet)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nprocesses; i++)
		n += f->process[i].view.role == PROCESS_SUPERVISOR ||
		     process_is_notable(f, &f->process[i]);
	return quiet && n < f->nprocesses ? n + 1 : f->nprocesses;
}

void
status_put_processes(struct out *o, const struct facts *f, bool quiet)
{
	size_t left_out = 0;

	out_table(o, "processes", "", process_columns, NELEM(process_columns));
	/* Who owns the others stands first, in the last slot it is. */
	for (size_t i = 0; i < f->nprocesses; i++)
		if (f->process[i].view.role == PROCESS_SUPERVISOR)
			process_row(o, f, &f->process[i]);
	for (size_t i = 0; i < f->nprocesses; i++) {
		if (f->process[i].view.role == PROCESS_SUPERVISOR)
			continue;
		if (quiet && !process_is_notable(f, &f->process[i]))
			left_out++;
		else
			process_row(o, f, &f->process[i]);
	}
	out_table_end(o);
	note_left_out(o, left_out, "ready");
}

static const struct out_column host_columns[] = {
	{ "host", "UPSTREAM", OUT_CUT },
	{ "breaker", "BREAKER", 0 },
	{ "rest", "RETRY", OUT_RIGHT },
	{ "last", "LAST", 0 },
	{ "took", "TOOK", OUT_RIGHT },
	{ "latency", "MEAN", OUT_RIGHT | OUT_SPARE },
	{ "requests", "REQUESTS", OUT_RIGHT | OUT_SPARE },
	{ "failed", "FAILED", OUT_RIGHT | OUT_SPARE },
	{ "asked", "ASKED", OUT_SPARE },
};

static void
host_row(struct out *o, const struct facts_host *h)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_HALF_OPEN] = "half open",
		[BREAKER_OPEN] = "open",
	};
	bool closed = h->breaker.state == BREAKER_CLOSED;
	char code[24];

	out_row(o);
	out_string(o, "host", NULL, h->name);
	out_mark(o, closed ? OUT_PLAIN : OUT_WARN);
	out_string(o, "breaker", NULL, names[h->breaker.state]);
	out_int(o, "failures", NULL, h->breaker.failures);
	out_span(o, "rest", NULL,
	    h->floor > 0 ? h->floor
	    : closed     ? -1
			 : h->breaker.wait);
	snprintf(code, sizeof(code), "%" PRIu64, h->status);
	out_mark(o, h->status == 200 || h->status == 304 ? OUT_PLAIN : OUT_WARN);
	out_string(o, "last", NULL,
	    h->asked == 0    ? NULL
	    : h->status != 0 ? code
			     : "none");
	out_time(o, "asked", NULL, h->asked);
	out_span(o, "took", NULL, h->asked != 0 ? h->took : -1);
	out_span(o, "latency", NULL, h->requests > 0 ? h->nsec : -1);
	out_count(o, "requests", NULL, h->requests);
	out_count(o, "failed", NULL, h->failed);
}

void
status_put_hosts(struct out *o, const struct facts *f)
{
	out_table(o, "upstreams", "", host_columns, NELEM(host_columns));
	for (size_t i = 0; i < f->nhosts; i++)
		host_row(o, &f->host[i]);
	out_table_end(o);
}
