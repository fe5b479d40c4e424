/* Plain, grouped and variations views of deletion risk. */
#include "analytics/render.h"

#include <stdlib.h>

#include "analytics/group.h"
#include "analytics/views.h"
#include "json/write.h"
#include "payload/write.h"
#include "python/number.h"
#include "terms/correction.h"

/* Bytes that a model takes in one view, about: the buffer is made that big at once. */
#define MODEL_BYTES 960

/* Which of a model's two usages (doc/reference.md 4.2 and 4.3) a view shows. */
enum usage_kind {
	USAGE_FAMILY,
	USAGE_EXACT,
};

struct render {
	const struct printing *printing;
	struct risk_terms terms;
	const struct horde *horde;
	const struct model *models;
	uint32_t n;
	struct arena *arena;
	struct buf *out;
	struct risk_shared shared;
};

struct order {
	int64_t month;
	uint32_t model;
};

/* Models are rendered in an order that is not that of memory: one is fetched while the
 * ones before it are printed, and what it points to half as far ahead. */
#define RENDER_AHEAD 8

static const struct usage *
render_usage(const struct render *r, uint32_t i, enum usage_kind kind)
{
	const struct merged *m = &r->models[i].merged;

	return kind == USAGE_EXACT ? &m->exact : &m->family;
}

static int
order_compare(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->month != y->month)
		return x->month < y->month ? 1 : -1;
	return x->model < y->model ? -1 : x->model > y->model;
}

/* Models by usage_month, descending and stable; and the category's total with it. */
static struct order *
render_sort(struct render *r, enum usage_kind kind)
{
	struct order *order = arena_alloc(r->arena, r->n * sizeof(*order));

	r->terms.total_month = 0;
	for (uint32_t i = 0; i < r->n; i++) {
		order[i].month = render_usage(r, i, kind)->n[PERIOD_MONTH];
		order[i].model = i;
		r->terms.total_month = number_add(r->terms.total_month, order[i].month);
	}
	if (r->n > 1)
		qsort(order, r->n, sizeof(*order), order_compare);
	return order;
}

static void
render_fetch(const struct model *m)
{
	const char *p = (const char *)m;

	for (size_t at = 0; at < sizeof(*m); at += 64)
		__builtin_prefetch(p + at);
	__builtin_prefetch(p + sizeof(*m) - 1);
}

static void
render_fetch_details(const struct render *r, const struct model *m)
{
	__builtin_prefetch(m->record.name.p);
	__builtin_prefetch(m->hosts);
	if (m->merged.best != HORDE_NONE)
		__builtin_prefetch(&r->horde->statuses[m->merged.best]);
	if (m->merged.size != HORDE_NONE)
		__builtin_prefetch(map_at(&r->horde->sizes, m->merged.size));
}

/* Fetches for the model at place i of an order what its successors need. */
static void
render_fetch_ahead(const struct render *r, const struct order *order, uint32_t i)
{
	if (i + RENDER_AHEAD < r->n)
		render_fetch(&r->models[order[i + RENDER_AHEAD].model]);
	if (i + RENDER_AHEAD / 2 < r->n)
		render_fetch_details(r, &r->models[order[i + RENDER_AHEAD / 2].model]);
}

/* The ungrouped view. With groups, every model is also added to its group. */
static int
render_models(struct render *r, enum usage_kind usage, enum view_kind kind,
    struct groups *groups, struct view_row **rows)
{
	const struct order *order = render_sort(r, usage);
	struct variation variations[BACKEND_MAX];
	struct risk_view view;
	struct risk risk;

	risk_view_begin(&view, r->out, &r->terms, r->n, r->n, &r->shared);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct model *m = &r->models[order[i].model];

		render_fetch_ahead(r, order, i);
		risk_of_model(
		    &r->terms, m, render_usage(r, order[i].model, usage), &risk);
		if (kind == VIEW_RISK_VARIATIONS) {
			risk.variations = variations;
			risk.nvariations =
			    risk_variations(r->horde, m, r->arena, variations);
		}
		risk_view_open_row(&view);
		risk_print(r->out, r->terms.category, &risk);
		risk_view_close_row(
		    &view, &risk, kind == VIEW_RISK ? order[i].model : UINT32_MAX);
		if (groups != NULL)
			groups_add(groups, m->base, &risk, i);
		if (!printing_goes_on(r->printing))
			return -1;
	}
	risk_view_end(&view, kind);
	if (rows != NULL)
		*rows = view.list.rows;
	return 0;
}

/* A group of one is its model's JSON of the plain view, but for the name. */
static void
render_single(
    struct render *r, const struct view_row *row, struct str name, struct str base)
{
	struct buf *out = r->out;
	size_t head = 0, before = out->len;

	/* The name as printed tells how much to leave out. */
	if (!str_eq(name, base)) {
		buf_puts(out, "{\"name\":");
		json_put_string(out, name);
		head = out->len - before;
		out->len = before;
		buf_puts(out, "{\"name\":");
		json_put_string(out, base);
	}
	(void)buf_reserve(out, row->len - head);
	memcpy(out->data + out->len, out->data + row->off + head, row->len - head);
	out->len += row->len - head;
}

static int
render_groups(
    struct render *r, const struct groups *groups, const struct view_row *rows)
{
	struct risk_view view;
	struct risk risk;

	risk_view_begin(&view, r->out, &r->terms, r->n, groups->count, &r->shared);
	for (uint32_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->list[i];

		risk_view_open_row(&view);
		if (group->members == 1) {
			risk = group->merged;
			render_single(
			    r, &rows[group->first], group->name, group->merged.name);
		} else {
			group_finish(groups, &r->terms, i, &risk);
			risk_print(r->out, r->terms.category, &risk);
		}
		risk_view_close_row(&view, &risk, UINT32_MAX);
		if (!printing_goes_on(r->printing))
			return -1;
	}
	risk_view_end(&view, VIEW_RISK_GROUPED);
	return 0;
}

int
render_risk(const struct printing *p, enum category category, const struct horde *horde,
    const struct model *models, uint32_t n, const struct map *bases)
{
	struct render r = { .printing = p,
		.terms = { .settings = p->settings, .category = category },
		.horde = horde,
		.models = models,
		.n = n,
		.arena = p->arena,
		.out = p->out };
	enum usage_kind usage =
	    p->settings->corrections & CORRECT_EXACT_USAGE ? USAGE_EXACT : USAGE_FAMILY;
	struct buf *out = p->out;
	struct groups groups;
	struct view_row *rows;

	risk_shared_init(&r.shared, n, p->arena);
	if (category != CATEGORY_TEXT_GENERATION) {
		(void)buf_reserve(out, (size_t)n * MODEL_BYTES);
		if (render_models(&r, usage, VIEW_RISK, NULL, NULL) == -1)
			return -1;
		payload_alias(out, VIEW_RISK, VIEW_RISK_GROUPED);
		payload_alias(out, VIEW_RISK, VIEW_RISK_VARIATIONS);
		payload_index_names(out);
		return 0;
	}
	(void)buf_reserve(out, (size_t)n * MODEL_BYTES * 3);
	groups_init(&groups, bases, p->arena);
	if (render_models(&r, usage, VIEW_RISK, &groups, &rows) == -1 ||
	    render_groups(&r, &groups, rows) == -1)
		return -1;
	payload_index_names(out);
	return render_models(&r, USAGE_EXACT, VIEW_RISK_VARIATIONS, NULL, NULL);
}
