/* Query parameters: what they say, and what is wrong with them (doc/reference.md 8.3
 * and 8.4). Pure. */
#ifndef READER_QUERY_H
#define READER_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "payload/view.h"

/* Endpoints, as bits: which parameters they have. */
#define QUERY_STATISTICS 1u
#define QUERY_RISK 2u
#define QUERY_WITH_STATS 4u
#define QUERY_HISTORY 8u
#define QUERY_CHANGES 16u
#define QUERY_UNLISTED 32u
#define QUERY_MODEL 64u
#define QUERY_COLUMNS 128u
#define QUERY_CYCLES 256u /* has no parameters */

/* What models are sorted by; whatever else is asked for leaves them as they are. */
enum query_sort {
	SORT_NONE,
	SORT_WORKER_COUNT,
	SORT_USAGE_TOTAL,
	SORT_USAGE_MONTH,
	SORT_NAME
};

struct query {
	bool group_text_models;
	bool include_workers;
	bool include_backend_variations;
	struct str preset; /* empty: none */
	bool has_limit;
	struct str limit_text; /* canonical decimal, of any length */
	int64_t limit;         /* saturated */
	struct str offset_text;
	int64_t offset;
	bool has_min_worker_count;
	int64_t min_worker_count; /* saturated */
	enum query_sort sort_by;
	bool sort_desc;
	int64_t min_days; /* at risk, saturated; 0: any number */
	bool has_format;
	enum view_format format;
	int64_t since;  /* the id of a change, saturated; 0: all */
	uint32_t kinds; /* of changes, bit 1 << enum event_kind; 0: all */
	bool explain;   /* why a model is at risk */
};

/* Whether it asks for a part: offset=0 alone does not (doc/reference.md 8.7). */
static inline bool
query_paged(const struct query *q)
{
	return q->has_limit || q->offset > 0;
}

/*
 * Parses the raw query string of an endpoint. Strings of *out are in raw, in the arena
 * or static. Each bad parameter adds an item to the JSON list in *errors (with a ','
 * before it unless *errors is empty), in the order in which they are declared. Returns
 * whether there was none.
 */
bool query_parse(struct str raw, unsigned endpoint, struct arena *, struct query *out,
    struct buf *errors) MUST_CHECK;

/* "json", "csv", "markdown". */
const char *query_format_name(enum view_format);

/* What sort_by calls it; empty for SORT_NONE. Static. */
struct str query_sort_name(enum query_sort);

/* The names of all parameters in the order of declaration, so that none is left out by
 * whoever has to go through them; empty behind the last. Static. */
struct str query_parameter_name(size_t i);

/* Adds the item of a category that does not exist, which place ("path", "query") has as
 * that parameter. name: decoded. */
void query_bad_category(
    const char *place, struct str parameter, struct str name, struct buf *errors);

/* Cuts the next parameter off a raw query string: its name decoded, its value (p is not
 * NULL) not yet. Returns false if there is none. */
bool query_next(
    struct str *raw, struct arena *, struct str *name, struct str *value) MUST_CHECK;

#endif
