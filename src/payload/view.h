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
 * History, changes and unlisted are laid out as a deletion-risk body (payload/list.h):
 *
 *   {"category":C,"sampled_at":T,"dates":["2026-09-01",...],"total_count":T,
 *   "returned_count":T,"offset":0,"limit":null,"models":[
 *   {"name":N,"present":true,"first_seen":U,"last_seen":U,"at_risk_since":U or null,
 *   "critical_since":...,"unused_since":...,"no_workers_since":...,"resets":n,"from":K,
 *   "usage":[...],"workers":[...]},...           <- arrays begin at dates[K]
 *   ]}
 *
 *   {"category":C,"last_id":ID,"total_count":T,...,"changes":[
 *   {"id":ID,"at":U,"since":U,"kind":"flag_set","model":N or null,"flag":F or null,
 *   "former":N or null,"count":n or null,"before":{...} or null,"after":{...} or null}
 *   ,...]}                                       <- newest first
 *
 *   {"category":C,"total_count":T,...,"models":[
 *   {"name":N,"worker_count":...,"queued":...,"usage_day":...,"usage_month":...,
 *   "usage_total":...},...                       <- by usage_month, then name
 *   ]}
 *
 * where U is Unix seconds, and a change's figures are {"usage_day":...,"usage_month":
 * ...,"usage_total":...,"workers":...,"risk_score":...,"flags":["low_usage",...]}. The
 * rows of history are first the models of VIEW_RISK, in its order and with its preset
 * bits, then those that have gone, with none; each preset has its tail.
 *
 * Columns are answered whole: such a view has no rows, and its `count` and `tail` are
 * empty. All lists are in the order of the view that they are the columns of:
 *
 *   {"category":C,"category_total_month_usage":N,"total_count":T,
 *   "flags":["zero_usage_day",...],"baselines":[B,...],"history":true,
 *   "first_day":D,"columns":{
 *   "name":[...],"baseline":[its place in `baselines`, or -1],"risk_score":[...],
 *   "flags":[1 << place in `flags`, added up],"marks":[1: critical, 2: warning, 4:
 * nsfw], "workers":[...],"usage_day":[...],"usage_month":[...],"usage_total":[...],
 *   "size_gb":[to the hundredth, or null],"at_risk_since":[days since D, or null]}}
 *
 * D is days since 1970-01-01 in UTC, or null where at_risk_since is of no model; such a
 * list, and a size_gb of which that is so, is null itself.
 */
#ifndef PAYLOAD_VIEW_H
#define PAYLOAD_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "codec/encode.h"
#include "terms/category.h"
#include "terms/event.h"
#include "terms/flag.h"
#include "terms/preset.h"

#define VIEW_MAGIC "hyview07" /* 8 bytes; the digits are the format's version */

enum view_kind {
	VIEW_RISK,
	VIEW_RISK_GROUPED,
	VIEW_RISK_VARIATIONS,
	VIEW_STATS,
	VIEW_STATS_GROUPED,
	VIEW_WITH_STATS,
	VIEW_HISTORY,
	VIEW_CHANGES,
	VIEW_UNLISTED,
	VIEW_COLUMNS,
	VIEW_COLUMNS_GROUPED,
	VIEW_COLUMNS_VARIATIONS,
	VIEW_MAX
};

/* The columns of a view of deletion risk. */
static inline enum view_kind
view_columns(enum view_kind risk)
{
	return (enum view_kind)(risk - VIEW_RISK + VIEW_COLUMNS);
}

/* Views of which hydrators make encoded forms: a set of forms is a word in the segment
 * (shm/asked.h), and has no bits for more. Readers alone encode the others. */
#define VIEW_FORM_KINDS VIEW_UNLISTED

/* The bit of a body's encoded form in a set of forms; 0: it has none. */
static inline uint32_t
view_form(enum view_kind kind, enum encoding encoding)
{
	if (kind >= VIEW_FORM_KINDS)
		return 0;
	return UINT32_C(1) << (kind * ENCODING_MAX + encoding);
}

/* What a list can be written as. */
enum view_format {
	FORMAT_JSON,
	FORMAT_CSV,
	FORMAT_MARKDOWN,
	FORMAT_MAX
};

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

/* The rows of a view as text of another format, printed before it is published. */
struct view_text {
	struct view_span body; /* complete: head, rows, foot; len 0: there is none */
	uint64_t rows; /* offset of uint64_t[nrows + 1], 8-aligned: where in the payload
			* each row begins, and where the last one ends; rows follow one
			* another, and have their line ends */
	uint64_t etag; /* as that of the view */
	int64_t modified; /* the same */
};

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
	uint64_t figures; /* offset of struct view_figures[nrows]; 0: none. The views of
			   * deletion risk have them */
	struct view_text texts[FORMAT_MAX]; /* that of FORMAT_JSON is not used */
};

/* Bits of `marks`. */
#define FIGURES_KNOWN UINT32_C(1)    /* they are figures: without it there are none */
#define FIGURES_CRITICAL UINT32_C(2) /* is_critical of the row */
#define FIGURES_WARNING UINT32_C(4)  /* has_warning */
#define FIGURES_NSFW UINT32_C(8)     /* nsfw */
#define FIGURES_MARKS UINT32_C(15)   /* all of them */

/* A row in numbers, for who makes something else of it than JSON. */
struct view_figures {
	struct view_span name; /* raw: UTF-8 that is escaped nowhere, any characters */
	struct view_span baseline; /* raw; len 0: null */
	struct view_span hosts;    /* of its downloads, raw: "a.example, b.example", the
				    * rest of many as a number; len 0: none */
	int64_t usage[3];          /* of the day, the month, in total; not negative */
	int64_t workers;           /* not negative */
	uint32_t flags;            /* RISK_BIT() of each; 0: it is not at risk */
	uint32_t marks;
	double percentage;   /* usage_percentage_of_category */
	double cost_benefit; /* NaN: null; neither is infinite */
	double size_gb;      /* the same */
	uint64_t identity;   /* hash of what the model's files are: the same files, the
			      * same number, in whatever order; 0: not known */
	uint32_t with_stats; /* its row in VIEW_WITH_STATS, UINT32_MAX: none; of
			      * VIEW_RISK, elsewhere it may be UINT32_MAX */
	uint32_t reserved;   /* 0 */
};

/* Figures of a model when something happened to it. */
struct view_event_figures {
	int64_t usage[3]; /* as in view_figures, and so are the others */
	int64_t workers;
	uint32_t flags;
	uint32_t marks;
};

/* Row i of VIEW_CHANGES. Times are Unix seconds, 0 to VIEW_TIME_MAX. */
struct view_event {
	uint64_t id;    /* rises, so it falls from row to row; below 2^53 */
	int64_t at;     /* when it was noticed */
	int64_t since;  /* since when it is so */
	uint32_t kind;  /* enum event_kind */
	uint32_t flag;  /* enum risk_flag of EVENT_FLAG_SET and EVENT_FLAG_CLEARED,
			 * else UINT32_MAX */
	uint64_t count; /* how many EVENT_MANY stands for, else 0 */
	struct view_span model;  /* its name, raw; of EVENT_MANY empty */
	struct view_span former; /* of EVENT_RENAMED its name before, else empty */
	struct view_event_figures before, after;
};

#define VIEW_ID_MAX ((UINT64_C(1) << 53) - 1)

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

/* Names to rows of VIEW_RISK: an open hash, for view_find() alone. */
struct view_names {
	uint64_t slots;  /* offset of uint32_t[nslots]: a row and 1, or 0: empty */
	uint64_t nslots; /* a power of two, twice the rows at least; 0: there is none */
};

/* What VIEW_HISTORY has besides its rows; zero where there is none. */
struct view_past {
	int64_t sampled_at; /* Unix seconds of the last sample, 0: none */
	uint64_t at_risk;   /* offset of int64_t[nrows of VIEW_RISK]: Unix seconds since
			     * when it is at risk; 0: it is not, or it is not known */
	uint64_t dates;     /* how many dates the series have */
	struct view_span dates_text; /* `["2026-09-01",...]` */
	uint64_t delivered; /* up to which event they were posted; 0: unknown */
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
	int64_t total_month; /* usage in the month of all models of VIEW_RISK, by which
			      * each one's share is judged; not negative */
	struct view views[VIEW_MAX];
	struct with_stats with_stats; /* if VIEW_WITH_STATS is present */
	struct view_names names;      /* if VIEW_RISK has figures */
	struct view_past past;        /* if VIEW_HISTORY is present */
	uint64_t
	    events; /* offset of struct view_event[nrows of VIEW_CHANGES]; 0: none */
};

/*
 * Reader, once per generation: checks that data[0, len) is a payload of this version
 * for this category whose every offset and length is in bounds, so that nothing has
 * to be checked afterwards. Returns the directory (it points into data), or NULL.
 */
const struct view_directory *view_open(
    const void *data, size_t len, enum category) MUST_CHECK;

/* Any process: the row of VIEW_RISK of the model of that name, byte for byte, or -1.
 * The directory is one of view_open(). */
int64_t view_find(const struct view_directory *, struct str name) MUST_CHECK;

#endif
