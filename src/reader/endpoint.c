/* What is asked of a category, and in which order it is refused. */
#include "reader/endpoint.h"

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

/* The part of a view that the query asks for. */
static void
answer_view(struct job *j, enum view_kind kind)
{
	if (selection_make(&j->selection, kind, &j->query, &j->answerer->selected))
		job_answer(j);
	else
		answer_bad_preset(j);
}

/* A variant that a category does not have is its plain view. */
static enum view_kind
choose(const struct job *j, bool wanted, enum view_kind variant, enum view_kind plain)
{
	return wanted && j->generation->directory->views[variant].present ? variant
									  : plain;
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
	kind = choose(
	    j, j->query.include_backend_variations, VIEW_RISK_VARIATIONS, VIEW_RISK);
	kind = choose(j, j->query.group_text_models, VIEW_RISK_GROUPED, kind);
	if (have_models(j, kind))
		answer_view(j, kind);
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
