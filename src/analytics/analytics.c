/* The conductor: documents in, payload out. */
#include "analytics/analytics.h"

#include "analytics/census.h"
#include "analytics/horde.h"
#include "analytics/reference.h"
#include "analytics/render.h"
#include "analytics/unlisted.h"
#include "analytics/views.h"
#include "analytics/with_stats.h"
#include "analytics/workers.h"
#include "base/region.h"
#include "payload/write.h"
#include "records/document.h"
#include "records/report.h"

/* Address space for each byte of the documents: real ones take two. */
#define ARENA_RATIO 16

void
analytics_defaults(struct analytics_settings *s)
{
	static const char *const hosts[] = { "huggingface.co" };

	*s = (struct analytics_settings){
		.preferred_hosts = hosts,
		.npreferred_hosts = NELEM(hosts),
		.low_usage_percent = 0.0065,
		.text_low_usage_percent = 0.02,
		.text_ignore_hosts = true,
		.text_critical_usage = 10,
		.text_critical_workers = 1,
		.payload_max = SIZE_MAX,
	};
}

static int
analytics_read(const struct analytics_settings *settings,
    const struct analytics_input *in, struct arena *arena, struct horde *horde,
    struct workers *workers, struct reference *reference, struct report *report)
{
	bool exact = settings->corrections & CORRECT_EXACT_USAGE;

	if (in->reference.form.type == DOCUMENT_ABSENT)
		return report_refuse(report, DOCUMENT_REFERENCE, "absent");
	if (category_has_horde(in->category) &&
	    (horde_read(in, !exact, arena, horde, report) == -1 ||
		workers_read(&in->workers, arena, workers, report) == -1))
		return -1;
	return reference_read(settings, in, horde, arena, reference, report);
}

/* Of an empty document there are empty lists; but records of which none is valid are no
 * reason to say that a category has no models. */
static bool
analytics_has_risk(const struct analytics_input *in, const struct reference *r)
{
	return category_has_horde(in->category) &&
	       in->status.form.type != DOCUMENT_ABSENT &&
	       in->stats.form.type != DOCUMENT_ABSENT &&
	       (r->nvalid > 0 || r->nentries == 0);
}

/* The views that need the Horde's documents. Returns 0, or -1 for what ends
 * printing_goes_on(). */
static int
analytics_write_risk(const struct analytics_settings *settings,
    const struct analytics_input *in, struct horde *horde, struct workers *workers,
    struct reference *reference, struct arena *arena, struct pace *pace,
    struct buf *out)
{
	struct printing p = { settings, pace, arena, out };

	if (render_risk(&p, in->category, horde, reference->models, reference->nmodels,
		&reference->bases) == -1)
		return -1;
	if (with_stats_write(&p, horde, workers, reference->models, reference->nmodels,
		in->now) == -1)
		return -1;
	return unlisted_write(&p, in->category, horde, reference);
}

/* Everything in the arena is borrowed until the payload is complete. */
static int
analytics_render_in(const struct analytics_settings *settings,
    const struct analytics_input *in, struct arena *arena, struct buf *out,
    struct report *report)
{
	struct reference reference;
	struct view_directory *d;
	struct workers workers;
	struct horde horde;

	if (analytics_read(settings, in, arena, &horde, &workers, &reference, report) ==
	    -1)
		return -1;
	if (category_has_horde(in->category) &&
	    reference_merge(&reference, &horde, arena, report->pace) == -1)
		return -1;
	census_take(in->category, &reference, &horde, &workers, report->census);
	payload_begin(out, in->category);
	payload_directory(out)->computed_at = in->now;
	if (analytics_has_risk(in, &reference) &&
	    analytics_write_risk(settings, in, &horde, &workers, &reference, arena,
		report->pace, out) == -1)
		return -1;
	views_write_statistics(out, &reference.statistics, in->now, VIEW_STATS);
	if (in->category == CATEGORY_TEXT_GENERATION)
		views_write_statistics(
		    out, &reference.grouped, in->now, VIEW_STATS_GROUPED);
	else
		payload_alias(out, VIEW_STATS, VIEW_STATS_GROUPED);
	d = payload_directory(out);
	d->skipped =
	    report->skipped > UINT32_MAX ? UINT32_MAX : (uint32_t)report->skipped;
	d->size = out->len;
	d->raw_entries = reference.nentries;
	d->typed_entries = reference.nvalid;
	d->new_baselines = reference.nnew_baselines;
	return out->len <= settings->payload_max ? 0 : -1;
}

static size_t
analytics_length(const struct analytics_input *in)
{
	return in->reference.len + in->status.len + in->stats.len + in->workers.len;
}

enum analytics_result
analytics_render(const struct analytics_settings *settings,
    const struct analytics_input *in, struct buf *out, struct report *report)
{
	struct region memory;
	struct arena *arena;
	int rc;

	region_open(&memory, ARENA_RATIO * analytics_length(in));
	arena = arena_new_in(&memory);
	report->skipped = 0;
	report->refused = DOCUMENT_NONE;
	report->reason[0] = '\0';
	rc = analytics_render_in(settings, in, arena, out, report);
	arena_free(&arena);
	region_close(&memory);
	if (rc == 0)
		return ANALYTICS_DONE;
	if (report->refused != DOCUMENT_NONE)
		return ANALYTICS_REFUSED;
	return pace_stopped(report->pace) ? ANALYTICS_STOPPED : ANALYTICS_TOO_LARGE;
}
