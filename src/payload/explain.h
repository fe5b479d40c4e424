/*
 * Why a model is at risk, and what it is short of being so: each flag, the number
 * against the threshold, the options and documents that these come from
 * (doc/reference.md 5.2 and 5.4). Pure.
 */
#ifndef PAYLOAD_EXPLAIN_H
#define PAYLOAD_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "payload/view.h"
#include "terms/category.h"
#include "terms/document.h"
#include "terms/flag.h"

/* What can be explained: each enum risk_flag, and behind them is_critical. */
#define EXPLAIN_CRITICAL RISK_FLAG_MAX
#define EXPLAIN_MAX (RISK_FLAG_MAX + 1)

/* The options that judge models of a category, as the daemon has them. */
struct explain_rule {
	enum category category;
	double low_usage_percent;
	int64_t critical_usage, critical_workers; /* of text */
	bool ignores_hosts;         /* text, and analysis.text_ignore_hosts */
	bool never_used;            /* the correction of that name */
	struct str preferred_hosts; /* as the file has them; borrowed */
};

/* What is known of the model. Texts are borrowed. */
struct explain_model {
	int64_t usage[3]; /* of the day, the month, in total */
	int64_t workers;
	int64_t month; /* usage of the whole category */
	uint32_t flags;
	bool critical;
	struct str hosts; /* as in struct view_figures */
	struct str baseline;
};

/* Most flags are set while `value` is below `threshold`. */
struct explain {
	bool set;
	bool has_value;
	double value, threshold;
	const char *option; /* where the threshold is from; NULL: it is fixed */
	enum document_kind document;
	const char *section; /* of doc/reference.md */
	struct buf text;     /* in words; to be freed by the caller */
};

/* What is known of the model of that row of VIEW_RISK, which has figures; texts lie in
 * the payload. */
struct explain_model explain_model(const struct view_directory *, uint32_t row);
/* flag: below EXPLAIN_MAX. */
void explain(const struct explain_rule *, const struct explain_model *, int flag,
    struct explain *out);
/* What explain() calls it: flag_name(), or "critical". */
const char *explain_name(int flag);

/* The least usage in the month that is not low, of a category that has that much. */
int64_t explain_enough(double percent, int64_t month);

#endif
