/* One cycle: fetch the documents of a category, render, publish. Hydrators. */
#ifndef HYDRATOR_CYCLE_H
#define HYDRATOR_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics.h"
#include "attr.h"
#include "config.h"
#include "counters.h"
#include "fetch.h"
#include "modified.h"
#include "publish.h"
#include "skips.h"
#include "source.h"

/* What cycles of one category share. The first group is borrowed. */
struct cycle {
	const struct config *config;
	const struct config_category *section;
	struct publisher *publisher;
	struct counters *counters;

	struct fetcher *fetcher;
	enum category category;
	struct analytics_settings settings;
	char *status_url; /* NULL: the category has no Horde documents */
	char *stats_url;
	char *workers_url;
	bool workers_missing; /* logged: their file: does not exist */
	struct skips skips;
	struct modified modified; /* modified_recall() may fill it in */
	uint64_t generation;      /* last published by this process, 0: none */
};

enum cycle_result {
	CYCLE_PUBLISHED,
	CYCLE_FAILED,  /* one line in the log says why; the last snapshot stays */
	CYCLE_STOPPED, /* the wait's attend said so */
};

/* The caller has set the first group and zeroed the rest. Returns 0, or -1 with a
 * message in err. */
int cycle_open(struct cycle *, char *err, size_t errlen) MUST_CHECK;
/* Frees what cycle_open made; may be called after it failed. */
void cycle_close(struct cycle *);

/* Runs a whole cycle and keeps the counters. */
enum cycle_result cycle_run(struct cycle *, const struct source_wait *) MUST_CHECK;

#endif
