/* One model: its figures, its backends, since when things are so, and why. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ctl/commands.h"
#include "ctl/models_cell.h"
#include "ctl/published.h"
#include "ctl/row.h"
#include "ctl/running.h"
#include "json/walk.h"
#include "payload/explain.h"
#include "shm/ledger.h"

struct model {
	const struct published *p;
	uint32_t row;           /* of VIEW_RISK */
	struct json_value json; /* of that row; JSON_T_NONE: it is damaged */
	struct arena *arena;    /* for texts that are escaped in it */
	struct out *out;
	enum out_format format;
};

enum {
	OPTION_EXPLAIN = 256,
};

static const struct option model_options[] = {
	{ "explain", no_argument, NULL, OPTION_EXPLAIN },
	{ 0 },
};

/* Empty: it is no string. */
static struct str
text_of(const struct model *m, const struct json_value *value)
{
	return value->type == JSON_T_STRING ? json_str(value, m->arena) : STR("");
}

static void
out_member(const struct model *m, const struct json_value *object, const char *key)
{
	struct json_value value = row_get(object, key);
	struct str text = text_of(m, &value);

	if (value.type == JSON_T_STRING)
		out_text(m->out, key, key, text.p, text.len);
	else if (value.type == JSON_T_INTEGER)
		out_int(m->out, key, key, row_int(object, key, 0));
	else
		out_number(m->out, key, key, row_number(object, key));
}

static void
put_model_figures(const struct model *m)
{
	struct models_cell cell;

	for (int i = 0; i < MODELS_COLUMN_MAX; i++) {
		cell = models_cell(m->p, m->row, (enum models_column)i);
		models_cell_out(m->out, m->format, (enum models_column)i, &cell);
	}
}

/* Calls with each of its hosts. */
static void
each_host(const struct model *m, void (*take)(void *arg, struct str host), void *arg)
{
	struct json_value hosts = row_get(&m->json, "download_hosts"), host;
	struct json_walk walk;

	if (hosts.type != JSON_T_ARRAY)
		return;
	for (walk = json_walk(&hosts); json_element(&walk, &host);)
		take(arg, text_of(m, &host));
}

static void
join_host(void *arg, struct str host)
{
	struct buf *b = arg;

	buf_puts(b, b->len > 0 ? ", " : "");
	buf_add(b, host.p, host.len);
}

static void
out_host(void *arg, struct str host)
{
	const struct model *m = arg;

	out_item(m->out, arena_strndup(m->arena, host.p, host.len));
}

static void
put_downloads(struct model *m)
{
	struct buf hosts = { 0 };

	out_member(m, &m->json, "download_count");
	if (m->format != OUT_TABLE) {
		out_list(m->out, "download_hosts", NULL);
		each_host(m, out_host, m);
		out_list_end(m->out);
		return;
	}
	each_host(m, join_host, &hosts);
	out_text(
	    m->out, NULL, "download_hosts", hosts.len > 0 ? hosts.data : "", hosts.len);
	buf_free(&hosts);
}

/* How many of the document of workers serve it, beside what its status says. */
static void
put_workers_listed(const struct model *m)
{
	const struct view_directory *d = m->p->directory;
	uint32_t at = published_figures(m->p, VIEW_RISK)[m->row].with_stats;
	const struct with_stats_row *rows =
	    (const void *)(m->p->snapshot->data + d->with_stats.rows);

	if (at != UINT32_MAX && published_age(m->p, PART_WORKERS) >= 0)
		out_int(m->out, "workers_listed", "workers_listed", rows[at].nworkers);
	else
		out_null(m->out, "workers_listed", "workers_listed");
}

/* The view of variations has the same models in another order; -1: it has not. */
static int64_t
find_variations(const struct model *m)
{
	const struct view *v = &m->p->directory->views[VIEW_RISK_VARIATIONS];
	const struct view_figures *f;
	struct str name =
	    published_text(m->p, published_figures(m->p, VIEW_RISK)[m->row].name);

	if (!v->present || v->figures == 0)
		return -1;
	f = published_figures(m->p, VIEW_RISK_VARIATIONS);
	for (uint32_t i = 0; i < v->nrows; i++)
		if (str_eq(name, published_text(m->p, f[i].name)))
			return i;
	return -1;
}

static void
put_variations(const struct model *m)
{
	static const struct out_column columns[] = {
		{ "backend", "BACKEND", 0 },
		{ "variant_name", "NAME", OUT_CUT },
		{ "worker_count", "WORKERS", OUT_RIGHT },
		{ "performance", "PERFORMANCE", OUT_RIGHT },
		{ "usage_day", "DAY", OUT_RIGHT },
		{ "usage_month", "MONTH", OUT_RIGHT },
		{ "usage_total", "TOTAL", OUT_RIGHT },
	};
	struct json_value row, list = { .type = JSON_T_NONE }, variation;
	int64_t at = find_variations(m);
	struct json_walk walk;

	if (at >= 0 &&
	    row_open(published_row(m->p, VIEW_RISK_VARIATIONS, (uint32_t)at), &row))
		list = row_get(&row, "backend_variations");
	out_table(m->out, "variations", "Variations", columns, NELEM(columns));
	if (list.type == JSON_T_ARRAY)
		for (walk = json_walk(&list); json_element(&walk, &variation);) {
			out_row(m->out);
			for (size_t k = 0; k < NELEM(columns); k++)
				out_member(m, &variation, columns[k].key);
		}
	out_table_end(m->out);
}

static void
put_times(const struct model *m)
{
	static const char *const keys[] = { "first_seen", "last_seen", "at_risk_since",
		"critical_since", "unused_since", "no_workers_since" };
	struct json_value row;

	if (!m->p->directory->views[VIEW_HISTORY].present ||
	    !row_open(published_row(m->p, VIEW_HISTORY, m->row), &row))
		return;
	out_group(m->out, "history", "History");
	for (size_t k = 0; k < NELEM(keys); k++)
		out_time(m->out, keys[k], keys[k],
		    published_wall(row_int(&row, keys[k], 0)));
	out_member(m, &row, "resets");
	out_group_end(m->out);
}

/* Of what is in use; of a snapshot that was saved no document is, and it is as old as
 * the oldest one that the part was made of. */
static int64_t
age_of(const struct model *m, const struct ledger *l, enum document_kind document)
{
	int64_t age = ledger_age(l, document_name(document), clock_boot());

	return age >= 0 ? age : published_age(m->p, PART_DELETION_RISK);
}

static void
put_explained(const struct model *m, int flag, const struct explain *e, int64_t age)
{
	struct out *o = m->out;

	out_row(o);
	out_string(o, "flag", NULL, explain_name(flag));
	out_bool(o, "set", NULL, e->set);
	if (e->has_value) {
		out_number(o, "value", NULL, e->value);
		out_number(o, "threshold", NULL, e->threshold);
	} else {
		out_null(o, "value", NULL);
		out_null(o, "threshold", NULL);
	}
	out_string(o, "option", NULL, e->option);
	out_text(o, "text", NULL, e->text.data, e->text.len);
	out_string(o, "document", NULL, document_name(e->document));
	out_span(o, "document_age", NULL, age);
	out_string(o, "section", NULL, e->section);
}

/* Nothing of it may be cut off, so it is no table. */
static void
note_explained(const struct model *m, int flag, const struct explain *e, int64_t age)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s: %s", explain_name(flag), e->set ? "SET" : "not set");
	buf_putc(&b, '\0');
	if (e->set)
		out_mark(m->out, flag == EXPLAIN_CRITICAL ? OUT_BAD : OUT_WARN);
	out_note(m->out, b.data);
	buf_reset(&b);
	buf_puts(&b, "    ");
	buf_add(&b, e->text.data, e->text.len);
	buf_putc(&b, '\0');
	out_note(m->out, b.data);
	buf_reset(&b);
	buf_printf(&b, "    document %s", document_name(e->document));
	if (age >= 0) {
		buf_puts(&b, ", ");
		out_put_span(&b, age);
		buf_puts(&b, " old");
	}
	buf_printf(&b, "; doc/reference.md %s", e->section);
	buf_putc(&b, '\0');
	out_note(m->out, b.data);
	buf_free(&b);
}

/* Those that are set first. */
static void
note_all(const struct model *m, const struct explain_rule *rule,
    const struct explain_model *e, const struct ledger *ledger, bool set)
{
	bool first = true;
	struct explain found;

	for (int flag = 0; flag < EXPLAIN_MAX; flag++) {
		explain(rule, e, flag, &found);
		if (found.set == set) {
			if (first)
				out_note(m->out, "");
			note_explained(
			    m, flag, &found, age_of(m, ledger, found.document));
			first = false;
		}
		buf_free(&found.text);
	}
}

/* The defaults are those of hydratord.conf(5). */
static struct explain_rule
explain_rule_of(const struct model *m)
{
	const struct segment *s = m->p->attached.segment;
	struct explain_rule r = {
		.category = (enum category)m->p->directory->category,
		.critical_usage = running_int(s, "analysis.text_critical_usage", 10),
		.critical_workers = running_int(s, "analysis.text_critical_workers", 1),
		.never_used = running_list_has(s, "analysis.corrections", "never-used"),
	};

	if (r.category == CATEGORY_TEXT_GENERATION) {
		r.low_usage_percent =
		    running_double(s, "analysis.text_low_usage_percent", 0.02);
		r.ignores_hosts = running_bool(s, "analysis.text_ignore_hosts", true);
	} else
		r.low_usage_percent =
		    running_double(s, "analysis.low_usage_percent", 0.0065);
	if (!running_find(s, "analysis.preferred_hosts", &r.preferred_hosts))
		r.preferred_hosts = STR("{ \"huggingface.co\" }");
	return r;
}

static void
put_explanation(const struct model *m)
{
	const struct segment *segment = m->p->attached.segment;
	struct explain_rule rule = explain_rule_of(m);
	struct explain_model e = explain_model(m->p->directory, m->row);
	struct explain found;
	struct ledger ledger = { 0 };
	int at = segment_find_category(segment, m->p->category);

	if (at < 0 || !ledger_read(segment, (unsigned)at, &ledger))
		ledger = (struct ledger){ 0 };
	out_table(m->out, "explain", NULL, NULL, 0);
	for (int flag = 0; flag < EXPLAIN_MAX; flag++) {
		explain(&rule, &e, flag, &found);
		put_explained(m, flag, &found, age_of(m, &ledger, found.document));
		buf_free(&found.text);
	}
	out_table_end(m->out);
	note_all(m, &rule, &e, &ledger, true);
	note_all(m, &rule, &e, &ledger, false);
}

static void
print_model(struct model *m, bool explained)
{
	m->arena = arena_new();
	if (!row_open(published_row(m->p, VIEW_RISK, m->row), &m->json))
		m->json = (struct json_value){ .type = JSON_T_NONE };
	out_string(m->out, "category", "category", m->p->category);
	out_int(m->out, "generation", NULL, (int64_t)m->p->snapshot->generation);
	out_span(m->out, "age", "age", published_age(m->p, PART_DELETION_RISK));
	put_model_figures(m);
	put_downloads(m);
	put_workers_listed(m);
	put_variations(m);
	put_times(m);
	if (explained)
		put_explanation(m);
	arena_free(&m->arena);
}

int
ctl_model(const struct ctl *ctl, int argc, char *argv[])
{
	bool explained = false;
	struct published p;
	struct model m = { .p = &p, .format = ctl->format };
	int64_t row;
	int c, status;

	while ((c = getopt_long(argc, argv, "", model_options, NULL)) != -1) {
		if (c != OPTION_EXPLAIN)
			return ctl_usage(argv[0], NULL);
		explained = true;
	}
	if (argc - optind != 2)
		return ctl_usage(argv[0], "needs a category and a name");
	if ((status = published_open(ctl, argv[optind], &p)) != 0)
		return status;
	if (!published_has_models(&p))
		status = CTL_NOT_SERVING;
	else if ((row = published_find(&p, argv[optind + 1])) < 0)
		status = EXIT_FAILURE;
	else {
		m.row = (uint32_t)row;
		m.out = out_open(ctl, stdout, "model", 1);
		print_model(&m, explained);
		out_close(&m.out);
	}
	published_close(&p);
	return status;
}
