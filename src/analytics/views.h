/* Laying out the views of a payload (payload/view.h): bodies, rows, presets. Pure. */
#ifndef ANALYTICS_VIEWS_H
#define ANALYTICS_VIEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/analytics.h"
#include "analytics/risk.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/pace.h"
#include "payload/list.h"
#include "payload/view.h"

/* What all that prints into a payload is given. */
struct printing {
	const struct analytics_settings *settings;
	struct pace *pace; /* may be NULL */
	struct arena *arena;
	struct buf *out;
};

/* Asked after each model: false if the pace has stopped or the payload has become too
 * large. */
static inline bool
printing_goes_on(const struct printing *p)
{
	return pace_step(p->pace) && p->out->len <= p->settings->payload_max;
}

struct risk_text; /* private */

/* What the views of a payload are made with, one after the other. */
struct risk_shared {
	struct view_figures *figures; /* of the view that is under construction */
	struct map texts; /* of baselines and hosts -> struct view_span; off 0: it is
			   * not there yet */
	struct arena *arena;
};

/* A deletion-risk view under construction. */
struct risk_view {
	struct payload_list list;   /* its rows are borrowed from the arena */
	struct risk_shared *shared; /* borrowed */
	struct risk_text *escaped;  /* names that rows have only with escapes */
	struct summary all;
	struct summary by_preset[PRESET_MAX];
	int64_t total_month;
};

/* nrows: of the longest view. */
void risk_shared_init(struct risk_shared *, uint32_t nrows, struct arena *);
/* total_count is what an unpaged answer says; nrows rows follow. The texts are those of
 * the payload. */
void risk_view_begin(struct risk_view *, struct buf *, const struct risk_terms *,
    uint32_t total_count, uint32_t nrows, struct risk_shared *);
/* Call before and after a row's JSON was appended to the buffer; with_stats is what its
 * figures say (payload/view.h). */
void risk_view_open_row(struct risk_view *);
void risk_view_close_row(struct risk_view *, const struct risk *, uint32_t with_stats);
/* Completes the view and enters it in the directory. */
void risk_view_end(struct risk_view *, enum view_kind);

/* Writes a statistics view. */
struct statistics;
void views_write_statistics(
    struct buf *, const struct statistics *, int64_t computed_at, enum view_kind);

#endif
