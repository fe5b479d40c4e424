/* The words are those of hydratorctl model --explain (payload/explain.h), so one
 * question has one answer, whoever is asked. */
#include "reader/explanation.h"

#include "base/clock.h"
#include "config/describe.h"
#include "json/write.h"
#include "payload/explain.h"
#include "reader/job.h"
#include "shm/ledger.h"
#include "terms/correction.h"
#include "terms/document.h"

static bool
has_correction(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->analysis.corrections.n; i++)
		if (strcmp(c->analysis.corrections.item[i], name) == 0)
			return true;
	return false;
}

/* The list of hosts as the file has it: it is in the segment for hydratorctl. */
static struct explain_rule
rule_of(const struct job *j)
{
	const struct config *c = j->answerer->config;
	bool text = j->category == CATEGORY_TEXT_GENERATION;
	struct explain_rule r = {
		.category = j->category,
		.low_usage_percent = text ? c->analysis.text_low_usage_percent
					  : c->analysis.low_usage_percent,
		.critical_usage = c->analysis.text_critical_usage,
		.critical_workers = c->analysis.text_critical_workers,
		.ignores_hosts = text && c->analysis.text_ignore_hosts,
		.never_used = has_correction(c, "never-used"),
	};
	struct str all;

	all.p = segment_config(j->answerer->segment, &all.len);
	if (!config_line_find(all, "analysis.preferred_hosts", &r.preferred_hosts))
		r.preferred_hosts = STR("{}");
	return r;
}

/* A snapshot that was saved has no documents: it is as old as the oldest of them. */
static int64_t
age_of(const struct job *j, const struct ledger *l, enum document_kind document)
{
	int64_t age = ledger_age(l, document_name(document), clock_boot());

	return age >= 0 ? age / NSEC_PER_SEC : j->age;
}

static void
put_compared(struct buf *b, struct str key, const struct explain *e, double number)
{
	buf_add(b, key.p, key.len);
	if (e->has_value)
		json_put_double(b, number);
	else
		buf_puts(b, "null");
}

static void
put_explained(struct buf *b, int flag, const struct explain *e, int64_t age)
{
	buf_printf(b, "{\"flag\":\"%s\",\"set\":", explain_name(flag));
	json_put_bool(b, e->set);
	put_compared(b, STR(",\"value\":"), e, e->value);
	put_compared(b, STR(",\"threshold\":"), e, e->threshold);
	if (e->option != NULL)
		buf_printf(b, ",\"option\":\"%s\"", e->option);
	else
		buf_puts(b, ",\"option\":null");
	buf_printf(b, ",\"document\":\"%s\"", document_name(e->document));
	json_put_int_after(b, STR(",\"document_age\":"), age);
	buf_puts(b, ",\"text\":");
	json_put_string(b, (struct str){ e->text.data, e->text.len });
	buf_putc(b, '}');
}

void
explanation_put(struct buf *b, const struct job *j, uint32_t row)
{
	const struct explain_rule rule = rule_of(j);
	const struct explain_model model = explain_model(j->generation->directory, row);
	int latch = store_latch(j->answerer->store, j->category);
	struct ledger ledger = { 0 };
	struct explain found;

	if (latch < 0 || !ledger_read(j->answerer->segment, (unsigned)latch, &ledger))
		ledger = (struct ledger){ 0 };
	for (int flag = 0; flag < EXPLAIN_MAX; flag++) {
		explain(&rule, &model, flag, &found);
		buf_putc(b, flag == 0 ? '[' : ',');
		put_explained(b, flag, &found, age_of(j, &ledger, found.document));
		buf_free(&found.text);
	}
	buf_putc(b, ']');
}
