/*
 * What became of the models of a category: since when they are as they are, how much
 * they were used on each day, and what changed. The rules are those of doc/history.md.
 * Pure: no I/O and no clock. A history is made, and filled with what was recorded, by
 * any thread; from then on it is the hydrator's alone.
 *
 * Times are Unix seconds, days are Unix days (UTC), a model's id is its number in the
 * database. Names are UTF-8, with any character.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "payload/view.h"
#include "terms/event.h"
#include "terms/flag.h"

#define HISTORY_DAY INT64_C(86400)
#define HISTORY_HOUR INT64_C(3600)
/* Bytes of a name. A model with a longer one has no history: with the most models that
 * are kept, and events, this bounds memory and file whatever an upstream sends. */
#define HISTORY_NAME_MAX 1024
#define HISTORY_HOURS_DAYS 8 /* for so many days hours are kept */

struct history_rule {
	int64_t sample_interval; /* seconds */
	int64_t days;            /* for which days and models that went are kept */
	size_t gone_max;         /* models that went, or as many as there are */
	int64_t shown;       /* days of a series, 1 to 400; the state has no others */
	int64_t settle;      /* seconds that a bit has to be as it is before that is
			      * an event; 0: at once */
	double factor;       /* of usage that rose or fell */
	int64_t usage_least; /* a day, below which it neither rises nor falls */
	size_t events_max;   /* that are shown */
	size_t burst_max;    /* of a publication; EVENT_MANY counts the others */
};

/* The values of the configuration's defaults. */
void history_defaults(struct history_rule *);

/* A model of a publication. Numbers below 0 count as 0. */
struct history_model_now {
	struct str name; /* borrowed */
	int64_t usage[3];
	int64_t workers;
	uint32_t flags;
	uint32_t marks;
	uint64_t identity; /* as in struct view_figures */
};

struct history;
struct history_event;

/* An empty one; the rule is copied. */
struct history *history_new(const struct history_rule *) MUST_CHECK;
/* Frees *h (NULL is fine) and sets it to NULL; not a batch that was taken. */
void history_free(struct history **);

/*
 * A publication with new content at the time now, with its n models; a name that comes
 * twice counts once. The first one of a history makes no event, and none does where
 * makes_events is false: a follower has its leader's by history_adopt_event(). Returns
 * whether there is something to record.
 */
bool history_note(struct history *, const struct history_model_now *, size_t n,
    int64_t now, bool makes_events);

/* An event of the leader's payload, whose text is in it, unless its id is one that is
 * known, or lower, or more than HISTORY_TURN after the last publication; from the
 * oldest to the newest. What it says need not be said again by who becomes the leader.
 */
void history_adopt_event(
    struct history *, const struct view_event *, const char *payload);

/* Up to which event the webhook has delivered, at most the last one; it only rises, and
 * is recorded. */
void history_deliver(struct history *, uint64_t id);
/* Below each id: of a history without an event, all that come are to be delivered. 0 is
 * one whose events were never delivered to anybody. */
#define HISTORY_DELIVERS UINT64_C(1)
uint64_t history_delivered(const struct history *);
uint64_t history_last_id(const struct history *);
/* When the last sample was taken, Unix seconds; 0: never. */
int64_t history_sampled(const struct history *);

/* The oldest event above an id of those in memory, the last events_max; NULL: none. It
 * is the history's, until the next publication is noted. */
const struct history_event *history_event_after(
    const struct history *, uint64_t id) MUST_CHECK;
/* The id of the last event that has left the memory; 0: none since it was read. */
uint64_t history_forgotten(const struct history *) MUST_CHECK;

/* For metrics and the log. Since the process began, but models. */
struct history_counts {
	uint64_t models; /* that are kept, those that went included */
	uint64_t samples;
	uint64_t resets;      /* totals that fell */
	uint64_t turns;       /* of the clock, back by more than HISTORY_TURN */
	uint64_t events;      /* made or adopted */
	uint64_t events_lost; /* that left the state before they were recorded */
};
#define HISTORY_TURN (26 * HISTORY_HOUR)
const struct history_counts *history_count(const struct history *);

/*
 * What is recorded.
 */

/* The bits of a model: bit 1 << enum risk_flag, and: */
enum {
	HISTORY_AT_RISK = RISK_FLAG_MAX,
	HISTORY_CRITICAL,
	HISTORY_BITS
};

struct history_meta {
	int64_t published_at; /* the last publication; 0: there was none */
	int64_t sampled_at;   /* the last sample; 0: there is none */
	uint64_t last_id;     /* of an event */
	uint64_t delivered_id;
	uint64_t last_model; /* the highest id that a model has had */
};

enum {
	HISTORY_PRESENT = 1, /* in the last publication */
	HISTORY_SAMPLED = 2, /* in the last sample: of such a model, sampled_at and
			      * last_seen rise with meta.sampled_at, and that alone
			      * makes no row of it in a batch */
};

struct history_model_row {
	uint64_t id;       /* from 1, rising with first appearance; never used twice */
	struct str name;   /* of one model alone when a batch is written, but not while:
			    * names may move from row to row, so no UNIQUE */
	uint32_t state;    /* HISTORY_PRESENT, HISTORY_SAMPLED */
	uint32_t reported; /* the bits as the last events have them */
	uint64_t identity; /* 0: unknown */
	uint64_t resets;   /* times that its total fell */
	int64_t first_seen;
	int64_t last_seen;
	int64_t rose_at;    /* the sample that last had a higher total; 0: none */
	int64_t sampled_at; /* its last sample; 0: none */
	int64_t since[HISTORY_BITS];      /* of each bit's value in `last` */
	struct view_event_figures last;   /* of the last publication with it */
	struct view_event_figures sample; /* of its last sample */
	struct view_event_figures steady; /* of the last publication in which its bits
					   * were those reported */
};

/* The last sample within an hour. Only where it differs from the sample before. */
struct history_hour_row {
	uint64_t model;
	int64_t hour; /* Unix hours */
	struct view_event_figures at;
};

/* A day that changed: it replaces what was recorded of it. */
struct history_day_row {
	uint64_t model;
	int64_t day;
	int64_t used;    /* -1: not known */
	int64_t workers; /* the most; -1: not known; at most HISTORY_WORKERS_MAX */
};
#define HISTORY_WORKERS_MAX INT64_C(4294967294)

struct history_event {
	uint64_t id;
	int64_t at;
	int64_t since;
	uint32_t kind; /* enum event_kind */
	uint32_t flag; /* UINT32_MAX: none */
	uint64_t count;
	struct str model;
	struct str former;
	struct view_event_figures before, after;
};

/*
 * What changed since the last batch. To be written in one transaction:
 *  - if turned_to is not 0, samples, hours and days that begin after it go first;
 *  - rows are written over what has the same key;
 *  - models that are forgotten go, with their hours and days;
 *  - so do hours and days that are too old, counted from meta.sampled_at.
 * In ascending order: models by id, hours and days by model and then time, events by
 * id. All is the batch's own, in one arena: another thread may read it.
 */
struct history_batch {
	struct history_meta meta;
	int64_t turned_to;
	int64_t samples; /* taken since the last batch; the last at meta.sampled_at */
	uint64_t *forgotten; /* ids */
	size_t nforgotten;
	struct history_model_row *models;
	size_t nmodels;
	struct history_hour_row *hours;
	size_t nhours;
	struct history_day_row *days;
	size_t ndays;
	struct history_event *events;
	size_t nevents;
	struct arena *arena; /* where all of it lies, the batch too */
};

/* NULL: nothing changed. One batch at a time: it is done before the next is taken. */
struct history_batch *history_take_batch(struct history *) MUST_CHECK;
/* Frees *batch; what is in it is recorded (written), or goes into the next one. A batch
 * that outlives its history is freed with history NULL. */
void history_batch_done(struct history *, struct history_batch **, bool written);
/* All that the history knows goes into the next batch: its database is a new one. */
void history_record_all(struct history *);

/*
 * Filling an empty history with what was recorded, in this order: meta, then models by
 * id, then days by model, then events by id. Nothing is believed: numbers are brought
 * into their ranges, and a row that cannot be (of a damaged file) is left out, which
 * false says. Days before history_first_day() and events but the last events_max are
 * not needed.
 */
void history_restore_meta(struct history *, const struct history_meta *);
bool history_restore_model(struct history *, const struct history_model_row *);
bool history_restore_day(struct history *, const struct history_day_row *);
bool history_restore_event(struct history *, const struct history_event *);
/* The first day that the state has, of meta.sampled_at. */
int64_t history_first_day(const struct history *);

#endif
