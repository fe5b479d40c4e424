/* What is asked of a category, and in which order it is refused. */
#include "reader/endpoint.h"

#include "http/negotiate.h"
#include "json/write.h"
#include "payload/closest.h"
#include "reader/cycles_answer.h"
#include "reader/explanation.h"
#include "reader/query.h"
#include "terms/category.h"
#include "terms/part.h"
#include "terms/preset.h"

static void
answer_bad_preset(struct job *j)
{
	struct buf text = { 0 };
	int i;

	buf_puts(&text, "Invalid preset: Unknown preset: '");
	buf_add(&text, j->query.preset.p, j->query.preset.len);
	buf_puts(&text, "'. Valid presets: ");
	for (i = 0; i < PRESET_MAX; i++)
		buf_printf(
		    &text, "%s%s", i == 0 ? "" : ", ", preset_name((enum preset)i));
	job_error(j->response, 400, (struct str){ text.data, text.len });
	buf_free(&text);
}

/* Where there is no history there is no answer that needs one. */
static bool
have_history(struct job *j, enum view_kind kind)
{
	const struct config *c = j->answerer->config;

	if (j->generation->directory->views[kind].present)
		return true;
	if (c->history.enabled && c->state_dir != NULL && c->state_dir[0] != '\0')
		job_unavailable(j, STR("The history has not been read yet"));
	else
		job_error(j->response, 404, STR("History is not kept here"));
	return false;
}

/* Groups are no models. For images the view of groups is that of models. */
static bool
is_of_groups(const struct job *j)
{
	const struct view *views = j->generation->directory->views;

	return j->selection.kind == VIEW_RISK_GROUPED &&
	       views[VIEW_RISK_GROUPED].rows != views[VIEW_RISK].rows;
}

/* A filter that is not applied would make candidates of what are none. */
static bool
check_days(struct job *j)
{
	if (j->selection.min_days == 0)
		return true;
	if (j->selection.preset != PRESET_DELETION_CANDIDATES)
		job_error(j->response, 400,
		    STR("min_days goes with preset=deletion_candidates alone"));
	else if (is_of_groups(j))
		job_error(j->response, 400,
		    STR("min_days does not go with group_text_models"));
	else
		return have_history(j, VIEW_HISTORY);
	return false;
}

/* What is asked for by a name has to be there; what is only liked better need not. */
static bool
choose_format(struct job *j, enum view_kind kind)
{
	static const struct str types[FORMAT_MAX] = {
		[FORMAT_JSON] = STR("application/json"),
		[FORMAT_CSV] = STR("text/csv"),
		[FORMAT_MARKDOWN] = STR("text/markdown"),
	};
	const struct view *v = &j->generation->directory->views[kind];
	struct query *q = &j->query;

	j->by_type = true;
	if (!q->has_format)
		q->format =
		    (enum view_format)negotiate_type(j->request, types, FORMAT_MAX);
	if (q->format == FORMAT_JSON || v->texts[q->format].body.len > 0)
		return true;
	if (q->has_format)
		job_error(
		    j->response, 404, STR("This list is not there in this format"));
	q->format = FORMAT_JSON;
	return !q->has_format;
}

/* The part of a view that the query asks for. */
static void
answer_view(struct job *j, enum view_kind kind)
{
	if (!selection_make(&j->selection, kind, &j->query, &j->answerer->selected))
		answer_bad_preset(j);
	else if (check_days(j))
		job_answer(j);
}

/* The same, in one of its formats. */
static void
answer_list(struct job *j, enum view_kind kind)
{
	if (choose_format(j, kind))
		answer_view(j, kind);
}

/* A variant that a category does not have is its plain view. */
static enum view_kind
choose(const struct job *j, bool wanted, enum view_kind variant, enum view_kind plain)
{
	return wanted && j->generation->directory->views[variant].present ? variant
									  : plain;
}

/* The view of deletion risk that is asked for. */
static enum view_kind
choose_risk(const struct job *j)
{
	enum view_kind kind = choose(
	    j, j->query.include_backend_variations, VIEW_RISK_VARIATIONS, VIEW_RISK);

	return choose(j, j->query.group_text_models, VIEW_RISK_GROUPED, kind);
}

/* Whether there are valid records; else the answer is 404, or 503 if there are others.
 */
static bool
have_models(struct job *j, enum view_kind kind)
{
	const struct view_directory *d = j->generation->directory;

	if (d->typed_entries > 0 && d->views[kind].present)
		return true;
	if (d->raw_entries > 0)
		job_unavailable(j, STR("None of the category's records is valid"));
	else
		job_missing(j);
	return false;
}

void
endpoint_statistics(struct job *j, struct str category)
{
	enum view_kind kind;

	if (!job_check(j, category, QUERY_STATISTICS) ||
	    !job_find_part(j, PART_STATISTICS))
		return;
	kind = choose(j, j->query.group_text_models, VIEW_STATS_GROUPED, VIEW_STATS);
	if (j->generation->directory->views[kind].present)
		answer_view(j, kind);
	else
		job_missing(j);
}

/* The order of the checks is the reference's: doc/reference.md 8.5. */
void
endpoint_risk(struct job *j, struct str category)
{
	enum view_kind kind;

	if (!job_check(j, category, QUERY_RISK))
		return;
	if (!category_has_horde(j->category)) {
		job_error(j->response, 400,
		    STR("Deletion risk analysis is only supported for "
			"image_generation and text_generation categories"));
		return;
	}
	if (!job_find_part(j, PART_DELETION_RISK))
		return;
	kind = choose_risk(j);
	if (have_models(j, kind))
		answer_list(j, kind);
}

static void
answer_bad_category(struct job *j)
{
	struct buf text = { 0 };

	buf_printf(&text,
	    "Category '%s' does not support Horde statistics. Only image_generation "
	    "and text_generation are supported.",
	    category_name(j->category));
	job_error(j->response, 400, (struct str){ text.data, text.len });
	buf_free(&text);
}

/* doc/reference.md 8.9. */
void
endpoint_with_stats(struct job *j, struct str category)
{
	if (!job_check(j, category, QUERY_WITH_STATS))
		return;
	if (!category_has_horde(j->category)) {
		answer_bad_category(j);
		return;
	}
	if (!job_find_part(
		j, j->query.include_workers ? PART_WORKERS : PART_DELETION_RISK))
		return;
	if (have_models(j, VIEW_WITH_STATS))
		answer_view(j, VIEW_WITH_STATS);
}

/* What is told of models by name beyond the reference's answers. */
static bool
find_models(struct job *j, struct str category, unsigned endpoint)
{
	if (!job_check(j, category, endpoint))
		return false;
	if (!category_has_horde(j->category)) {
		answer_bad_category(j);
		return false;
	}
	return job_find_part(j, PART_DELETION_RISK);
}

void
endpoint_history(struct job *j, struct str category)
{
	if (find_models(j, category, QUERY_HISTORY) && have_models(j, VIEW_RISK) &&
	    have_history(j, VIEW_HISTORY))
		answer_list(j, VIEW_HISTORY);
}

void
endpoint_changes(struct job *j, struct str category)
{
	if (find_models(j, category, QUERY_CHANGES) && have_models(j, VIEW_RISK) &&
	    have_history(j, VIEW_CHANGES))
		answer_list(j, VIEW_CHANGES);
}

void
endpoint_unlisted(struct job *j, struct str category)
{
	if (find_models(j, category, QUERY_UNLISTED) && have_models(j, VIEW_UNLISTED))
		answer_list(j, VIEW_UNLISTED);
}

/* They are left out, as other formats are, of a snapshot that the segment has no room
 * for with them. */
void
endpoint_columns(struct job *j, struct str category)
{
	enum view_kind kind;

	if (!find_models(j, category, QUERY_COLUMNS) || !have_models(j, VIEW_RISK))
		return;
	kind = view_columns(choose_risk(j));
	if (j->generation->directory->views[kind].present)
		answer_view(j, kind);
	else
		job_unavailable(j, STR("The segment has no room for columns yet"));
}

/* Also before anything was published: then most is to be learned from them. */
void
endpoint_cycles(struct job *j, struct str category)
{
	int latch;

	if (!job_check(j, category, QUERY_CYCLES))
		return;
	latch = store_latch(j->answerer->store, j->category);
	if (latch >= 0)
		cycles_answer(j, (unsigned)latch);
	else
		job_missing(j);
}

static void
answer_closest(struct job *j, struct str model)
{
	struct buf *text = &j->response->text;
	const struct generation *g = j->generation;
	struct str closest[CLOSEST_MAX];
	unsigned n =
	    closest_find(g->directory, g->lists.names, g->lists.nnames, model, closest);

	buf_puts(text, "{\"detail\":\"Model not found\",\"closest\":[");
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(text, ',');
		json_put_string(text, closest[i]);
	}
	buf_puts(text, "]}");
	buf_puts(&j->response->fields, JOB_NO_STORE);
	job_json(j->response, 404);
}

/* Workers that are not there, or too old, are left out: they are one row of many. */
void
endpoint_model(struct job *j, struct str category, struct str model)
{
	int64_t row;

	if (!find_models(j, category, QUERY_MODEL) || !have_models(j, VIEW_RISK))
		return;
	row = view_find(j->generation->directory, model);
	if (row < 0) {
		answer_closest(j, model);
		return;
	}
	buf_reset(&j->answerer->explained);
	if (j->query.explain)
		explanation_put(&j->answerer->explained, j, (uint32_t)row);
	selection_make_model(&j->selection, (uint32_t)row, model,
	    job_take_part(j, PART_WORKERS),
	    (struct str){ j->answerer->explained.data, j->answerer->explained.len },
	    &j->answerer->selected);
	job_answer(j);
}
