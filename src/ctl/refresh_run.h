/* Orders for categories: sending them, waiting for each, telling what came of it. */
#ifndef CTL_REFRESH_RUN_H
#define CTL_REFRESH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ctl/order.h"
#include "shm/ledger.h"
#include "shm/segment.h"

/* A category that is waited for. */
struct refresh_task {
	char category[64];
	uint64_t before; /* how many of its kind had come, or ended, when it was sent */
	bool ended, well;
	const char *outcome; /* "refreshed", ... */
	char text[LEDGER_ORDER_SIZE];
};

struct refresh {
	struct order_recipient to;
	bool accept;    /* what the gate refuses, instead of a refresh */
	int64_t sent;   /* clock_boot() of the first order; 0: none was sent */
	int64_t epoch;  /* of the segment that the last one was for */
	bool has_ended; /* the daemon, while it was waited for */
	size_t n;
	struct refresh_task task[SEGMENT_CATEGORIES_MAX];
};

/*
 * Sends the order for all tasks, whose categories are set, waits until each has ended,
 * and tells what came of it: people hear of each as it ends. Returns the exit status: 0
 * if all went well, else EXIT_FAILURE, CTL_NOT_RUNNING or as order_send().
 */
int refresh_run(struct refresh *) MUST_CHECK;

#endif
