/* The deletion risk of a model (doc/reference.md 5.2 to 5.6). Pure. */
#ifndef ANALYTICS_RISK_H
#define ANALYTICS_RISK_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/analytics.h"
#include "analytics/horde.h"
#include "analytics/merge.h"
#include "base/buf.h"
#include "base/str.h"
#include "records/record.h"
#include "terms/flag.h"
#include "terms/preset.h"

/* A model of the category: a record and what was merged with it. */
struct model {
	struct record record;
	uint32_t base; /* text: number of its base name (doc/reference.md 3.3) */
	uint32_t part; /* number in horde.parts */
	const struct str *hosts; /* [nhosts] download_hosts */
	uint32_t nhosts;
	uint32_t flags; /* those that follow from the record alone */
	struct merged merged;
};

/* A backend of the variations view. */
struct variation {
	enum backend backend;
	struct str name;
	const struct status *status; /* NULL: none */
	struct usage usage;
};

/* What is shown of a model or a group. Ratios and sizes: NaN is null. */
struct risk {
	struct str name;
	struct str baseline;
	uint32_t flags;
	bool nsfw;
	bool has_description;
	bool critical;
	int64_t workers;
	struct usage usage;
	double percentage;
	double day_to_month;
	double month_to_total;
	double cost_benefit;
	double size_gb;
	uint64_t downloads;
	uint64_t identity; /* of record.h; 0: of a group of several */
	const struct str *hosts;
	uint32_t nhosts;
	uint32_t nvariations;
	const struct variation *variations;
};

/* What all models of a view share. */
struct risk_terms {
	const struct analytics_settings *settings;
	enum category category;
	int64_t total_month; /* usage of the category */
};

/* Sets hosts and flags of a model from its record. */
void risk_judge_record(
    const struct analytics_settings *, enum category, struct arena *, struct model *);
/* The risk of a model that is given this usage; without variations. */
void risk_of_model(const struct risk_terms *, const struct model *,
    const struct usage *, struct risk *out);
/* The variations of a model (doc/reference.md 4.6); returns how many there are. */
uint32_t risk_variations(const struct horde *, const struct model *, struct arena *,
    struct variation out[BACKEND_MAX]);
/* doc/reference.md 5.4, is_critical: from flags, usage and workers. */
bool risk_is_critical(const struct risk_terms *, const struct risk *);
/* doc/reference.md 5.4, has_warning. */
bool risk_has_warning(uint32_t flags);
/* doc/reference.md 8.6: the set of presets, bit 1 << enum preset, that it belongs to.
 */
uint32_t risk_presets(const struct risk *);

/* Appends the JSON of doc/reference.md 5.5. */
void risk_print(struct buf *, enum category, const struct risk *);

/* doc/reference.md 5.6, over some list of models. */
struct summary {
	uint64_t models;
	uint64_t flagged[RISK_FLAG_MAX];
	uint64_t at_risk;
	uint64_t critical;
	uint64_t warnings;
	uint64_t score; /* sum of the risk scores */
	int64_t month;  /* sum of usage_month, stops at INT64_MAX */
};

/* Counts a model; the summary is zeroed at first. */
void summary_add(struct summary *, const struct risk *);
/* The average is rounded except over unfiltered groups (doc/reference.md 6.3); month is
 * shown as category_total_month_usage. */
void summary_print(
    struct buf *, const struct summary *, int64_t month, bool round_average);

#endif
