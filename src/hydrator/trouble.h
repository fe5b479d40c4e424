/*
 * What is wrong with a category: said when it begins and whenever it becomes something
 * else, then every ten minutes together with how it began. In between it is kept, not
 * repeated. Hydrators.
 */
#ifndef HYDRATOR_TROUBLE_H
#define HYDRATOR_TROUBLE_H

#include <stdint.h>

#include "shm/ledger.h"

/* Seconds between two lines about the same thing. */
#define TROUBLE_REMINDER 600

/* Zeroed: all is well. What a predecessor knew may be put into since and first. */
struct trouble {
	uint64_t key;  /* what it is now; 0: nothing, or not known to this process */
	int64_t since; /* clock_wall() when it began; 0: all is well */
	int64_t said;  /* clock_boot() of the last line about it */
	char first[LEDGER_CAUSE_SIZE]; /* how it began, */
	char last[LEDGER_CAUSE_SIZE];  /* and what it is now */
};

/* A cycle came to this: a warning if its key, which is not 0, is another than before.
 * what follows the category in the line: " not refreshed: ..." or ": ...". */
void trouble_note(
    struct trouble *, const char *category, uint64_t key, const char *what);
/* A cycle has succeeded: says so if something was wrong. */
void trouble_over(struct trouble *, const char *category);
/* At any time: reminds of what goes on, if it is time to. */
void trouble_remind(struct trouble *, const char *category);

#endif
