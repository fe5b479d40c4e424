/*
 * The payload of a snapshot: position-independent, written by a hydrator, read by
 * readers. A directory of views; each is one complete JSON body plus what is needed
 * to cut pages and presets out of it without parsing or printing a model.
 *
 * A deletion-risk body is, in order
 *
 *   {"category":C,"category_total_month_usage":N,"total_count":   <- ends at `count`
 *   T,"returned_count":T,"offset":0,"limit":null,"models":[
 *   MODEL,MODEL,...                                               <- rows
 *   ],"summary":{...}}                                            <- `tail`
 *
 * so a page is body[0, count) + its own numbers + a run of rows + tail, and a preset
 * is the same with the rows whose flags match and the preset's own tail.
 * A statistics body is
 *
 *   {"category":C,"total_models":N,"returned_models":N,"offset":  <- ends at `count`
 *   0,"limit":null
 *   ,"nsfw_count":...}                                            <- `tail`
 *
 * A with-stats body is the plain answer: `{`, rows of `"NAME":{...}`, `}`. What a row
 * of the other answers has instead is in struct with_stats_row.
 */
#ifndef PAYLOAD_VIEW_H
#define PAYLOAD_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "codec/encode.h"
#include "terms/category.h"
#include "terms/preset.h"

#define VIEW_MAGIC "hyview04" /* 8 bytes; the digits are the format's version */

enum view_kind {
	VIEW_RISK,
	VIEW_RISK_GROUPED,
	VIEW_RISK_VARIATIONS,
	VIEW_STATS,
	VIEW_STATS_GROUPED,
	VIEW_WITH_STATS,
	VIEW_MAX
};

/* The bit of a body's encoded form in a set of forms. */
static inline uint32_t
view_form(enum view_kind kind, enum encoding encoding)
{
	return UINT32_C(1) << (kind * ENCODING_MAX + encoding);
}

/* A range of the payload. */
struct view_span {
	uint64_t off;
	uint64_t len;
};

/* A model of a view: where its JSON is (rows are neighbours, one ',' between) and
 * the set of presets that it belongs to, bit 1 << enum preset. */
struct view_row {
	uint64_t off;
	uint32_t len;
	uint32_t presets;
};

/* A preset over a view: how many rows match, and the text that follows the rows. */
struct view_preset {
	uint64_t matches;
	struct view_span tail; /* `],"summary":{...}}` over the matches */
};

/* The end of the year 9999, the last that an HTTP-date can say (RFC 9110 5.6.7). */
#define VIEW_TIME_MAX INT64_C(253402300799)

struct view {
	uint32_t present; /* 0: this category has no such view */
	uint32_t nrows;
	uint64_t total_count;  /* total_count of an unpaged answer or preset */
	struct view_span body; /* complete, identity */
	struct view_span count;
	struct view_span tail;
	uint64_t rows; /* offset of struct view_row[nrows], 8-aligned */
	struct view_preset presets[PRESET_MAX];
	uint64_t etag; /* hash of the content, computed_at and observed_at left out: the
			* same on every machine and for an unchanged refresh */
	int64_t modified; /* Unix seconds since which the etag is what it is, 0 to
			   * VIEW_TIME_MAX; the hydrator fills it in
			   * (hydrator/modified.h) */
	/* The complete body in each encoding; empty: identity serves it better. That
	 * of ENCODING_IDENTITY is not used. */
	struct view_span coded[ENCODING_MAX];
};

/*
 * What a row of VIEW_WITH_STATS is put together from, and how it is selected and
 * sorted. Its plain text, the view_row, is
 *
 *   "NAME":{...,"queued":N,"usage_stats":   <- ends at `head`
 *   USAGE                                   <- `usage` bytes
 *   WITH_STATS_NULLS TIME WITH_STATS_COUNT COUNT}
 *
 * and an answer with backend variations has `exact_usage` and `variations` in it, one
 * with workers has the summaries of its list and their number. TIME is the view's.
 */
struct with_stats_row {
	uint32_t head;
	uint32_t usage;
	uint32_t nworkers;            /* of its list; 0: it has none, null */
	uint32_t rank;                /* of the lower-case name; ties share it */
	int64_t worker_count;         /* COUNT */
	struct view_span exact_usage; /* an object or null */
	struct view_span variations;  /* an object */
	uint64_t list;                /* number of its struct with_stats_list */
	int64_t usage_month[2];       /* plain, with variations */
	int64_t usage_total[2];
};

/* The number of workers that is shown (doc/reference.md 4.5). */
static inline int64_t
with_stats_count(const struct with_stats_row *row, bool workers)
{
	return workers && row->nworkers > 0 ? row->nworkers : row->worker_count;
}

#define WITH_STATS_SUMMARIES ",\"worker_summaries\":"
#define WITH_STATS_VARIATIONS ",\"backend_variations\":"
#define WITH_STATS_TIME ",\"observed_at\":"
#define WITH_STATS_COUNT ",\"worker_count\":"
#define WITH_STATS_NULLS                                                               \
	WITH_STATS_SUMMARIES "null" WITH_STATS_VARIATIONS "null" WITH_STATS_TIME

/*
 * The workers of a model, in the order of the answer: with_stats.members[first, first +
 * n). A worker may serve thousands of models, so its text stands in the payload once
 * and lists have its number. Models whose names differ in case share a list; each list
 * begins in `members` where the one before it ends.
 */
struct with_stats_list {
	uint64_t first;
	uint64_t n;   /* not 0 */
	uint64_t len; /* bytes of the object `{"ID":{...},...}` that they make */
};

/* Offsets are 8-aligned. */
struct with_stats {
	uint64_t rows;    /* offset of struct with_stats_row[nrows] */
	uint64_t workers; /* offset of struct view_span[nworkers]: `"ID":{...}` */
	uint64_t nworkers;
	uint64_t lists; /* offset of struct with_stats_list[nlists] */
	uint64_t nlists;
	uint64_t members; /* offset of uint32_t[nmembers], numbers of workers */
	uint64_t nmembers;
	uint64_t workers_etag; /* hashes of what the plain answer lacks */
	uint64_t variations_etag;
	int64_t observed_at; /* TIME: Unix seconds, computed_at of the payload that the
			      * view was made for */
};

struct view_directory {
	char magic[8];
	uint32_t category;      /* enum category */
	uint32_t skipped;       /* invalid records left out, all documents */
	uint64_t size;          /* of the whole payload */
	uint64_t raw_entries;   /* of the reference document */
	uint64_t typed_entries; /* valid ones; 0: no models, 404, or 503 if there are
				 * raw entries */
	uint64_t new_baselines; /* valid ones whose baseline is none of those that this
				 * version knows */
	int64_t computed_at;    /* Unix seconds */
	struct view views[VIEW_MAX];
	struct with_stats with_stats; /* if VIEW_WITH_STATS is present */
};

/*
 * Reader, once per generation: checks that data[0, len) is a payload of this version
 * for this category whose every offset and length is in bounds, so that nothing has
 * to be checked afterwards. Returns the directory (it points into data), or NULL.
 */
const struct view_directory *view_open(
    const void *data, size_t len, enum category) MUST_CHECK;

#endif
