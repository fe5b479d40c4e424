/*
 * The inside of a history. Private to history/.
 *
 * Models are numbered in the order in which they first appeared, which is that of their
 * ids, and the map of names has the same numbers. A day is a column: its number of use
 * and of workers of each model, so that a new day is one allocation and a young history
 * is small.
 */
#ifndef HISTORY_STATE_H
#define HISTORY_STATE_H

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "history/history.h"

/* Usage is compared with the mean of the days D-8 to D-2 (doc/history.md). */
#define HISTORY_JUDGED_DAYS 9

/* Ids follow the clock, in milliseconds, so that half of what a payload can say is far
 * off; one from elsewhere must not bring them near the end. */
#define HISTORY_ID_MAX (VIEW_ID_MAX / 2)
#define HISTORY_FORGOTTEN_MAX 1000000

struct history_model {
	struct history_model_row row; /* its name is owned */
	uint64_t seen;                /* number of the last publication with it */
	int64_t dirty_day;            /* the first that changed; INT64_MAX: none */
	bool dirty;                   /* the row */
	bool dirty_hour;
};

/* Each value plus 1; 0: not known. */
struct history_column {
	int64_t day;
	uint64_t *used; /* [room]; NULL: there is no such day */
	uint32_t *workers;
};

struct history {
	struct history_rule rule;
	struct history_meta meta;
	struct history_counts counts;
	bool dirty;
	bool batch_taken;
	int64_t turned_to;
	struct buf forgotten; /* ids that may be recorded yet */
	int64_t samples;

	struct arena *arena; /* of the map alone */
	struct map names;
	struct history_model *models; /* [room] */
	uint32_t n, room;
	struct history_column *columns; /* [kept], that of a day at its remainder */
	int64_t kept;

	struct history_event
	    *events; /* a ring; their names are owned, one block each */
	size_t events_room, first_event, nevents;
	uint64_t recorded_id, handed_id;
	uint64_t forgotten_id;

	uint32_t restored; /* the model whose days are coming in */

	/* Of the publication at hand. */
	uint64_t publication;
	bool makes_events;
	bool models_went;
	size_t burst;      /* events made */
	uint64_t left_out; /* events beyond the most of a publication */
	struct arena *scratch;
};

/* models.c */

/* Room for n models. It moves them: no pointer to one outlives the call. */
void history_reserve(struct history *, size_t n);
/* One more, zeroed but for its name, which is copied. It moves the others likewise. */
struct history_model *history_add_model(struct history *, struct str name);
/* *own is a text of the history's own: text is copied in its place, which may be a part
 * of it, or it is freed and empty. */
void history_text_set(struct str *own, struct str text);
void history_text_free(struct str *own);
/* Makes the map of names anew: some have changed, or models went. */
void history_index(struct history *);
/* Drops the models that went too long ago, or are too many (struct history_rule); those
 * that stay have other numbers then. */
void history_forget(struct history *, int64_t now);
/* The row of that id goes with the next batch. */
void history_forget_id(struct history *, uint64_t id);
/* The bits of a model (history.h) that has these figures. */
uint32_t history_bits(const struct view_event_figures *);
/* The figures of a publication, brought into their ranges. */
void history_figures(struct view_event_figures *, const struct history_model_now *);
/* Its row is in the next batch. */
void history_touch(struct history *, struct history_model *);

/* rename.c: gives models that went the names of those that came instead, with an event
 * each; came[i].model of such a one is then the model's number. went: numbers of
 * models. Returns whether there was one; then history_index() is due. */
struct history_newcomer {
	const struct history_model_now *now;
	uint32_t model; /* MAP_NONE: none yet */
};
bool history_rename(struct history *, const uint32_t *went, size_t nwent,
    struct history_newcomer *came, size_t ncame, int64_t now);

/* events.c */

/* Appends an event that has its id, in the place of the oldest if there are events_max;
 * its texts are copied. */
void history_event_push(struct history *, const struct history_event *);
/* Gives it the time and an id, if the publication makes events and has room for it. */
void history_event_make(struct history *, struct history_event *, int64_t now);
/* The one that counts those for which there was no room. */
void history_event_rest(struct history *, int64_t now);
/* The i-th of nevents, the oldest first, until the next one is appended. */
const struct history_event *history_event_at(const struct history *, size_t i);
void history_events_free(struct history *);

/* bits.c; at: Unix seconds of the publication. */

/* A model that was not known: its bits are so since then, and no event says so. */
void history_bits_begin(
    struct history_model *, const struct view_event_figures *, int64_t now);
/* One that was, with new figures: notes which bits changed, and makes the events of
 * those that have been so for rule.settle. */
void history_bits_note(struct history *, struct history_model *,
    const struct view_event_figures *, int64_t now);

/* series.c */

/* The day of a time. */
int64_t history_day_of(int64_t at);
/* The column of a day that the state has, made if there is none yet. */
struct history_column *history_column(struct history *, int64_t day);
/* The same, or NULL: nothing is known of that day. */
const struct history_column *history_column_look(const struct history *, int64_t day);
/* Of every column: room for so many models; those in [n, room) are unknown. */
void history_columns_grow(struct history *, uint32_t room);
/* Of every column: model `from` has the number `to` now. */
void history_columns_move(struct history *, uint32_t from, uint32_t to);
/* Of every column: models in [from, to) are unknown afterwards. */
void history_columns_clear(struct history *, uint32_t from, uint32_t to);
void history_columns_free(struct history *);
/* Forgets what is later than now, if the clock went back by more than HISTORY_TURN. */
void history_turn_back(struct history *, int64_t now);
/* Samples the models of a publication, if the last sample is old enough. */
void history_sample(struct history *, int64_t now);

#endif
