/* The answers, and where they come from. */
#include <inttypes.h>

#include "base/clock.h"
#include "ctl/judge_put.h"
#include "terms/document.h"

#define NAMES_MAX 4 /* that are told; of the others how many there are */

static void
set_add(struct judge_set *set, const struct facts_category *c)
{
	set->of[set->n++] = c;
}

/* "a and b are", "a, b, c and 12 more are". */
static void
put_names(struct judge_finding *it, const struct judge_set *set)
{
	size_t shown = set->n > NAMES_MAX ? NAMES_MAX - 1 : set->n;

	for (size_t i = 0; i < shown; i++)
		judge_put_more(it, "%s%s",
		    i == 0                              ? ""
		    : i + 1 == shown && shown == set->n ? " and "
							: ", ",
		    set->of[i]->name);
	if (shown < set->n)
		judge_put_more(it, " and %zu more", set->n - shown);
	judge_put_more(it, set->n == 1 ? " is" : " are");
}

/* What its documents, or else its last failure, have to say. */
static void
put_cause(struct judge_finding *it, const struct facts_category *c)
{
	struct buf why = { 0 };

	ledger_say(&c->ledger, &why);
	if (why.len > 0)
		judge_put_more(it, ": %.*s", (int)why.len, why.data);
	else if (c->ledger.failing_since != 0 && c->ledger.cause[0] != '\0')
		judge_put_more(it, ": %s", c->ledger.cause);
	buf_free(&why);
}

/* The first that has a cause: an outage has one for all. */
static const struct facts_category *
told_of(const struct judge_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->of[i]->ledger.failing_since != 0)
			return set->of[i];
	return set->of[0];
}

/* Categories begin one after another, and not before hydration.startup_delay. */
static bool
is_about_to_begin(const struct facts *f, const struct facts_category *c)
{
	return c->cycle.number == 0 && c->ledger.failing_since == 0 &&
	       c->ledger.phase == LEDGER_IDLE &&
	       f->boot - f->daemon.started_boot < f->options.start_timeout;
}

static void
advise_refresh(
    const struct facts *f, struct judge_finding *it, const struct facts_category *c)
{
	struct buf wait = { 0 };

	if (is_about_to_begin(f, c)) {
		judge_put_advice(it, "its first refresh is about to begin: wait");
		return;
	}
	if (c->ledger.failing_since != 0)
		judge_put_advice(it, "mend what the cause names; ");
	if (c->ledger.phase != LEDGER_IDLE) {
		judge_put_advice(it, "a refresh is under way");
		return;
	}
	judge_put_advice(it, "hydratorctl refresh %s tries at once", c->name);
	if (c->ledger.next_try > f->boot) {
		out_put_span(&wait, c->ledger.next_try - f->boot);
		judge_put_advice(
		    it, ", else it is tried in %.*s", (int)wait.len, wait.data);
	}
	buf_free(&wait);
}

static int64_t
oldest(const struct judge_set *set)
{
	int64_t age = 0;

	for (size_t i = 0; i < set->n; i++)
		if (set->of[i]->age > age)
			age = set->of[i]->age;
	return age * NSEC_PER_SEC;
}

/* Of answers that are missing or old. */
static void
put_answers(const struct facts *f, struct judge_verdict *v, enum judge_kind kind,
    enum ctl_exit status, const struct judge_set *set, const char *words)
{
	const struct facts_category *c;
	struct judge_finding *it;

	if (set->n == 0)
		return;
	c = told_of(set);
	it = judge_put(v, kind, status, "%s", "");
	put_names(it, set);
	judge_put_more(it, " %s", words);
	if (kind != JUDGE_EMPTY)
		judge_put_span(it, ", of ", oldest(set));
	if (kind != JUDGE_EMPTY)
		judge_put_more(it, " ago");
	put_cause(it, c);
	advise_refresh(f, it, c);
}

struct answers {
	struct judge_set empty, expired, old, stale;
	size_t served;
	bool required_missing; /* /readyz is 503 */
};

static void
sort_answers(const struct facts *f, struct answers *a)
{
	const struct facts_category *c;

	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		if (!c->there)
			set_add(&a->empty, c);
		else if (c->freshness == FRESHNESS_EXPIRED)
			set_add(&a->expired, c);
		else
			a->served++;
		if (c->there && c->freshness == FRESHNESS_STALE_IF_ERROR)
			set_add(&a->old, c);
		if (c->there && c->freshness == FRESHNESS_STALE)
			set_add(&a->stale, c);
		if (c->required && (!c->there || c->freshness == FRESHNESS_EXPIRED))
			a->required_missing = true;
	}
}

static void
judge_answers(const struct facts *f, struct judge_verdict *v)
{
	struct answers a = { 0 };
	enum ctl_exit missing;
	struct judge_finding *it;

	sort_answers(f, &a);
	missing = a.required_missing ? CTL_NOT_SERVING : CTL_DEGRADED;
	if (a.served == 0) {
		it = judge_put(v, JUDGE_NOTHING_SERVED, CTL_NOT_SERVING,
		    "no category has an answer");
		put_cause(it, told_of(a.empty.n > 0 ? &a.empty : &a.expired));
		advise_refresh(f, it, told_of(a.empty.n > 0 ? &a.empty : &a.expired));
	} else {
		put_answers(f, v, JUDGE_EMPTY, missing, &a.empty, "empty");
		put_answers(f, v, JUDGE_EXPIRED, missing, &a.expired, "expired");
	}
	put_answers(f, v, JUDGE_OLD, CTL_DEGRADED, &a.old, "old");
	put_answers(f, v, JUDGE_STALE, CTL_DEGRADED, &a.stale, "stale");
}

/* Refreshes that fail while the answers are still fresh. */
static void
judge_refreshes(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_category *c, *first = NULL;
	struct judge_set set = { 0 };
	struct judge_finding *it;

	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		if (c->ledger.failing_since == 0 || !c->there ||
		    c->freshness != FRESHNESS_FRESH)
			continue;
		set_add(&set, c);
		if (first == NULL ||
		    c->ledger.failing_since < first->ledger.failing_since)
			first = c;
	}
	if (set.n == 0)
		return;
	it = judge_put(v, JUDGE_FAILING, CTL_DEGRADED, "%s", "");
	put_names(it, &set);
	judge_put_more(it, " not refreshed");
	if (f->wall > first->ledger.failing_since)
		judge_put_span(it, " for ", f->wall - first->ledger.failing_since);
	put_cause(it, first);
	advise_refresh(f, it, first);
}

static void
gate_documents(struct judge_finding *it, unsigned documents)
{
	const char *lead = " (";

	for (int d = DOCUMENT_NONE + 1; d < DOCUMENT_MAX; d++) {
		if ((documents & 1u << d) == 0)
			continue;
		judge_put_more(it, "%s%s", lead, document_name((enum document_kind)d));
		lead = ", ";
	}
	if (lead[0] == ',')
		judge_put_more(it, ")");
}

static void
judge_gate(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_category *c, *first = NULL;
	struct judge_finding *it;
	size_t n = 0;
	int64_t since;

	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		if (c->refused != 0 && n++ == 0)
			first = c;
	}
	if (n == 0)
		return;
	it = judge_put(v, JUDGE_GATE, CTL_DEGRADED,
	    "%s has a document that has shrunk too far to be believed", first->name);
	gate_documents(it, COUNTERS_REFUSED_DOCUMENTS(first->refused));
	since =
	    f->wall / NSEC_PER_SEC - (int64_t)COUNTERS_REFUSED_SINCE(first->refused);
	if (since > 0)
		judge_put_span(it, ", for ", since * NSEC_PER_SEC);
	if (n > 1)
		judge_put_more(it, "; and %zu more categories", n - 1);
	judge_put_advice(it,
	    "if it is right, and models are really gone: hydratorctl refresh "
	    "--accept-smaller %s; else nothing, the last good one is used",
	    first->name);
}

static void
judge_room(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_category *c, *first = NULL;
	struct judge_finding *it;
	struct buf b = { 0 };

	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		if (c->wanted > 0 && (first == NULL || c->wanted > first->wanted))
			first = c;
	}
	if (first == NULL)
		return;
	out_put_bytes(&b, first->wanted);
	it = judge_put(v, JUDGE_NO_ROOM, CTL_DEGRADED,
	    "a snapshot of %s takes %.*s of shared memory, and has no room",
	    first->name, (int)b.len, b.data);
	if (first->wanted > f->max)
		judge_put_advice(
		    it, "raise segment.max above that, then hydratorctl reload");
	else
		judge_put_advice(it,
		    "the room grows by itself if /dev/shm has some: df -h /dev/shm");
	buf_free(&b);
}

static void
judge_hosts(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_host *h, *open = NULL, *resting = NULL;
	struct judge_finding *it;

	for (size_t i = 0; i < f->nhosts; i++) {
		h = &f->host[i];
		if (h->breaker.state != BREAKER_CLOSED && open == NULL)
			open = h;
		if (h->floor > 0 && (resting == NULL || h->floor > resting->floor))
			resting = h;
	}
	if (open != NULL) {
		it = judge_put(v, JUDGE_BREAKER, CTL_DEGRADED,
		    "%s has failed %u times in a row", open->name,
		    open->breaker.failures);
		if (open->breaker.wait > 0)
			judge_put_span(
			    it, " and is not asked for ", open->breaker.wait);
		judge_put_advice(
		    it, "see that host, and the way to it; it is tried by itself");
	}
	if (resting != NULL) {
		it = judge_put(v, JUDGE_FLOOR, CTL_FRESH,
		    "%s has sent Retry-After and is not asked", resting->name);
		judge_put_span(it, " for another ", resting->floor);
		judge_put_advice(it, "nothing; ask its operator if it goes on");
	}
}

static void
judge_fleet(const struct facts *f, struct judge_verdict *v)
{
	const struct ledger_fleet *l, *first = NULL;
	struct judge_finding *it;
	size_t n = 0;

	for (size_t i = 0; i < f->ncategories; i++) {
		l = &f->category[i].ledger.fleet;
		if (!l->used || l->up || l->since == 0)
			continue;
		n++;
		if (first == NULL || l->since < first->since)
			first = l;
	}
	if (n == 0)
		return;
	it = judge_put(v, JUDGE_REDIS, CTL_DEGRADED,
	    "Redis does not answer %zu of %zu %s", n, f->ncategories,
	    f->ncategories == 1 ? "category" : "categories");
	if (f->wall > first->since)
		judge_put_span(it, ", for ", f->wall - first->since);
	if (first->error[0] != '\0')
		judge_put_more(it, ": %s", first->error);
	judge_put_advice(it, "see Redis, and redis.url; this machine refreshes for "
			     "itself meanwhile, and "
			     "goes back to the fleet by itself");
}

static void
judge_history(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_category *c, *failing = NULL, *unposted = NULL;
	const struct ledger_history *h;
	struct judge_finding *it;

	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		h = &c->ledger.history;
		if (h->state == LEDGER_PAST_FAILING && failing == NULL)
			failing = c;
		if (h->notify && h->pending > 0 && h->notify_error[0] != '\0' &&
		    unposted == NULL)
			unposted = c;
	}
	if (failing != NULL) {
		it = judge_put(v, JUDGE_HISTORY, CTL_DEGRADED,
		    "the history of %s is not recorded: %s", failing->name,
		    failing->ledger.history.error);
		judge_put_advice(it,
		    "room and rights in state_dir, an end to who locks or "
		    "moves the file (fuser shows it); nothing is lost "
		    "before a restart");
	}
	if (unposted != NULL) {
		it = judge_put(v, JUDGE_WEBHOOK, CTL_DEGRADED,
		    "%" PRIu64 " changes of %s wait to be posted: %s",
		    unposted->ledger.history.pending, unposted->name,
		    unposted->ledger.history.notify_error);
		judge_put_advice(it,
		    "the server of notify.url_file, that URL, the proxy; none is lost "
		    "while fewer than 1,000 wait");
	}
}

static void
judge_saving(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_category *c;
	struct judge_finding *it;

	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		if (c->ledger.unsaved_wall == 0 || c->saved > c->ledger.unsaved_wall)
			continue;
		it = judge_put(v, JUDGE_NOT_SAVED, CTL_DEGRADED,
		    "the snapshot of %s is not saved: %s", c->name, c->ledger.unsaved);
		judge_put_advice(it, "room and rights in state_dir: a restart would "
				     "have old answers, or "
				     "none");
		return;
	}
}

void
judge_categories(const struct facts *f, struct judge_verdict *v)
{
	judge_answers(f, v);
	judge_refreshes(f, v);
	judge_gate(f, v);
	judge_room(f, v);
	judge_hosts(f, v);
	judge_fleet(f, v);
	judge_history(f, v);
	judge_saving(f, v);
}
