/* What a hydrator says of its fleet: one line for each change, and the ledger. Private
 * to follow.c. */
#ifndef HYDRATOR_FOLLOW_TELL_H
#define HYDRATOR_FOLLOW_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "fleet/member.h"
#include "hydrator/cycle.h"

/* What was said last; zeroed, but for the role that it begins with: nothing. */
struct follow_tell {
	bool begun;
	bool up;
	char code[REDIS_CODE_MAX];
	int64_t since;
	enum ledger_role role;
	char leader[LEDGER_LEADER_SIZE];
	uint64_t lead;
	uint64_t refused;
	bool skewed;
	bool differs;
};

/* Logs what has changed. */
void follow_tell(
    struct follow_tell *, const struct member_view *, const char *category);
/* Writes the ledger of the category if its part of the fleet has changed; lag: of the
 * last snapshot that was taken, nanoseconds. */
void follow_account(struct cycle *, const struct member_view *, int64_t lag);
/* The latch has a snapshot of another machine, with this stamp: enters it in the
 * ledger's documents. */
void follow_account_snapshot(struct cycle *, const struct snapshot_stamp *);

#endif
