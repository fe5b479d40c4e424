/* The columns of a list of models: what they are called, and what stands in them. */
#ifndef CTL_MODELS_CELL_H
#define CTL_MODELS_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "ctl/out.h"
#include "ctl/published.h"

/* In the order in which they are shown. */
enum models_column {
	MODELS_NAME,
	MODELS_BASELINE,
	MODELS_USAGE_DAY,
	MODELS_USAGE_MONTH,
	MODELS_USAGE_TOTAL,
	MODELS_PERCENTAGE,
	MODELS_WORKERS,
	MODELS_COST_BENEFIT,
	MODELS_SIZE,
	MODELS_NSFW,
	MODELS_SCORE,
	MODELS_CRITICAL,
	MODELS_WARNING,
	MODELS_SINCE,
	MODELS_FLAGS,
	MODELS_COLUMN_MAX
};

enum models_kind {
	MODELS_NULL,
	MODELS_TEXT,
	MODELS_INT,
	MODELS_NUMBER,
	MODELS_BOOL,
	MODELS_TIME,
	MODELS_FLAG_SET,
};

struct models_cell {
	enum models_kind kind;
	struct str text; /* raw, a stranger's */
	int64_t n; /* MODELS_TIME: Unix seconds; MODELS_FLAG_SET: RISK_BIT() of each */
	double d;  /* finite */
	bool critical; /* of MODELS_FLAG_SET: the model is, which a screen says there */
};

/* Key, heading, and how it is shown where all are. */
const struct out_column *models_column(enum models_column);
/* The column of that name, or of the only one that begins so; -1: there is none or are
 * several. */
int models_column_find(struct str) MUST_CHECK;

/* What stands there; row is one of VIEW_RISK. */
struct models_cell models_cell(
    const struct published *, uint32_t row, enum models_column);
/* Below, above or 0; null is MODELS_NULL's kind, which the caller looks at before. */
int models_cell_compare(const struct models_cell *, const struct models_cell *);

/* Adds it to a row of a stream that becomes that format. */
void models_cell_out(
    struct out *, enum out_format, enum models_column, const struct models_cell *);
/* As lists have it (lists/csv.h, lists/markdown.h). */
void models_cell_csv(struct buf *, const struct models_cell *);
void models_cell_markdown(struct buf *, const struct models_cell *);

#endif
