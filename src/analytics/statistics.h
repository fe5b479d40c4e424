/* The statistics of a category, over its raw records (doc/reference.md 7). Pure. */
#ifndef ANALYTICS_STATISTICS_H
#define ANALYTICS_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/analytics.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "records/record.h"

#define STATISTICS_BUCKETS 8

struct statistics {
	const struct analytics_settings *settings;
	enum category category;
	struct arena *arena;
	uint64_t models; /* set by the caller, or by statistics_groups_add() */
	uint64_t nsfw;
	uint64_t trigger_words;
	uint64_t inpainting;
	uint64_t requirements;
	uint64_t showcases;
	struct map baselines; /* text -> uint64_t count, as the next three */
	struct map tags;
	struct map styles;
	struct map hosts;
	uint64_t with_downloads;
	uint64_t download_entries;
	uint64_t with_size;
	int64_t total_size; /* bytes, stops at INT64_MAX */
	uint64_t with_parameters;
	uint64_t buckets[STATISTICS_BUCKETS];
};

/* Nothing is counted yet. Settings and arena are borrowed. */
void statistics_init(struct statistics *, const struct analytics_settings *,
    enum category, struct arena *);
/* Counts a record that is an object, but for its downloads. */
void statistics_add(struct statistics *, const struct fields *);
/* Counts the hosts of download entries, as do groups of several records. */
void statistics_add_hosts(struct statistics *, const struct host *, uint32_t n);
/* Counts a model with so many download entries. */
void statistics_add_downloads(struct statistics *, uint64_t entries);
/* Appends everything from `,"nsfw_count":` to before the value of computed_at. */
void statistics_print(struct buf *, const struct statistics *);

/* The records of text_generation by base name, for the grouped statistics
 * (doc/reference.md 7.5). */
struct statistics_group {
	bool used;     /* a record of the document belongs to it */
	bool closed;   /* its first record has no list that entries can join */
	uint32_t next; /* group in order of first appearance */
	uint64_t entries;
	struct statistics_part *parts;
	struct statistics_part *last;
};

struct statistics_groups {
	struct map *bases; /* base name -> statistics_group; the caller adds to it */
	struct statistics *statistics;
	uint32_t first;
	uint32_t last;
};

/* Adds a record that is an object to the group with number `base` in bases, in the
 * order of the document. */
void statistics_groups_add(
    struct statistics_groups *, uint32_t base, const struct fields *);
/* Counts the downloads of all groups. */
void statistics_groups_finish(struct statistics_groups *);

#endif
