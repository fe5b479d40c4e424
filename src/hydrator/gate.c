/* Comparing what documents hold. */
#include "hydrator/gate.h"

#include <inttypes.h>
#include <stdio.h>

#include "records/report.h"
#include "terms/document.h"

static bool
gate_is_enough(const struct gate_rule *rule, uint64_t count, uint64_t of)
{
	return (double)count >= rule->min_ratio * (double)of;
}

static bool
gate_is_equal(
    const struct gate *g, const struct gate_rule *rule, const struct census *c)
{
	if (g->population)
		return gate_is_enough(rule, c->count, g->doubted.count) &&
		       gate_is_enough(rule, g->doubted.count, c->count);
	return c->count == g->doubted.count && c->names == g->doubted.names;
}

enum gate_verdict
gate_judge(struct gate *g, const struct gate_rule *rule, const struct census *c,
    int64_t boot, int64_t wall)
{
	bool equal;

	if (!g->known || gate_is_enough(rule, c->count, g->good.count)) {
		gate_forget(g);
		return GATE_PLAUSIBLE;
	}
	if (g->seen == 0)
		g->since = wall;
	equal = g->seen != 0 && gate_is_equal(g, rule, c);
	if (equal && g->ordered)
		return GATE_ORDERED;
	if (!equal) {
		g->doubted = *c;
		g->seen = 1;
		g->seen_at = boot;
	} else if (boot - g->seen_at >= rule->spacing) {
		g->seen++;
		g->seen_at = boot;
	}
	return g->seen >= rule->confirmations ? GATE_CONFIRMED : GATE_REFUSED;
}

void
gate_forget(struct gate *g)
{
	g->seen = 0;
	g->since = 0;
}

void
gate_measure(struct gate *g, const struct census *c)
{
	g->known = true;
	g->at_least = false;
	g->good = *c;
}

void
gate_accept(struct gate *g, const struct census *c)
{
	gate_measure(g, c);
	gate_forget(g);
}

void
gate_count(enum document_kind which, const struct census *c, char *out, size_t len)
{
	static const char *const units[DOCUMENT_MAX] = {
		[DOCUMENT_NONE] = "",
		[DOCUMENT_REFERENCE] = "models",
		[DOCUMENT_STATUS] = "models with a worker",
		[DOCUMENT_STATS] = "models with usage",
		[DOCUMENT_WORKERS] = "workers",
	};

	snprintf(out, len, "%" PRIu64 " %s", c->count, units[which]);
}

void
gate_describe(const struct gate *g, const struct gate_rule *rule,
    enum document_kind which, char *out, size_t len)
{
	char count[64];

	gate_count(which, &g->doubted, count, sizeof(count));
	snprintf(out, len,
	    "implausible: %s, down from %s%" PRIu64 " (answer %" PRIu64 " of %" PRIu64
	    " like it)",
	    count, g->at_least ? "at least " : "", g->good.count, g->seen,
	    rule->confirmations);
}
