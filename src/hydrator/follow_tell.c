/* Saying once what is so. */
#include "hydrator/follow_tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hydrator/account.h"
#include "shm/ledger.h"
#include "terms/part.h"

/* Clocks that differ by more than that are not set right. */
#define FOLLOW_SKEW (2 * NSEC_PER_SEC)

static void
tell_redis(struct follow_tell *t, const struct member_view *v, const char *category)
{
	int64_t now = clock_wall();
	bool known = v->since != 0;

	if (!known || (t->begun && t->up == v->up && strcmp(t->code, v->code) == 0))
		return;
	if (!v->up)
		log_warnx("%s: Redis fails: %s (%s)", category, v->error, v->where);
	else if (t->begun)
		log_info("%s: Redis is well again after %" PRId64 " s", category,
		    now > t->since ? (now - t->since) / NSEC_PER_SEC : 0);
	else
		log_info("%s: Redis is reached", category);
	if (!t->begun || t->up != v->up)
		t->since = now;
	t->begun = true;
	t->up = v->up;
	strlcpy(t->code, v->code, sizeof(t->code));
}

static void
tell_role(struct follow_tell *t, const struct member_view *v, const char *category)
{
	bool led = t->role == LEDGER_LEADER, leads = v->role == LEDGER_LEADER;

	if (leads && v->lead != t->lead)
		log_info("%s: this machine leads, token %" PRIu64, category, v->lead);
	if (led && !leads)
		log_info("%s: this machine leads no more", category);
	if (v->up && v->role == LEDGER_FOLLOWER && v->leader[0] != '\0' &&
	    (t->role != v->role || strcmp(t->leader, v->leader) != 0))
		log_info("%s: %s leads", category, v->leader);
	if (v->role == LEDGER_ALONE && t->role != v->role)
		log_warnx("%s is hydrated for this machine alone: %s", category,
		    v->why_alone);
	t->role = v->role;
	t->lead = v->lead;
	if (v->up) /* else it is who led last, this machine perhaps */
		strlcpy(t->leader, v->leader, sizeof(t->leader));
}

static void
tell_refusal(struct follow_tell *t, const struct member_view *v, const char *category)
{
	if (t->refused != v->refused)
		log_warnx(
		    "%s: what the fleet has is not taken: it %s", category, v->refusal);
	t->refused = v->refused;
}

static void
tell_skew(struct follow_tell *t, const struct member_view *v, const char *category)
{
	int64_t skew = v->skew < 0 ? -v->skew : v->skew;
	bool skewed = skew > FOLLOW_SKEW;

	if (skewed && !t->skewed)
		log_warnx("%s: the clock of Redis is %" PRId64
			  " ms %s that of this machine",
		    category, skew / NSEC_PER_MSEC,
		    v->skew < 0 ? "behind" : "ahead of");
	t->skewed = skewed;
}

/* Answers would change with the leader. */
static void
tell_difference(
    struct follow_tell *t, const struct member_view *v, const char *category)
{
	if (v->differs && !t->differs)
		log_warnx("%s: section analysis of %s, who leads, is another one: its "
			  "answers are given here as well",
		    category, v->leader);
	if (v->leader[0] != '\0')
		t->differs = v->differs;
}

void
follow_tell(struct follow_tell *t, const struct member_view *v, const char *category)
{
	tell_redis(t, v, category);
	tell_skew(t, v, category);
	tell_refusal(t, v, category);
	tell_role(t, v, category);
	tell_difference(t, v, category);
}

void
follow_account(struct cycle *c, const struct member_view *v, int64_t lag)
{
	struct ledger_fleet f = {
		.used = 1,
		.up = v->up,
		.role = v->role,
		.since = v->since,
		.token = v->token,
		.generation = v->held.seq,
		.seen = v->seen,
		.lag = v->role == LEDGER_FOLLOWER ? lag : 0,
		.skew = v->skew,
		.commands = v->counts.commands,
		.errors = v->counts.errors,
		.bytes_in = v->counts.bytes_in,
		.bytes_out = v->counts.bytes_out,
		.refused = v->refused,
	};

	ledger_put(f.leader, sizeof(f.leader), v->leader);
	ledger_put(f.error, sizeof(f.error), v->up ? "" : v->error);
	if (memcmp(&f, &c->ledger.fleet, sizeof(f)) == 0)
		return;
	c->ledger.fleet = f;
	ledger_write(c->segment, c->latch, &c->ledger);
}

void
follow_account_snapshot(struct cycle *c, const struct snapshot_stamp *stamp)
{
	static const enum snapshot_part parts[INPUT_MAX] = {
		[INPUT_REFERENCE] = PART_STATISTICS,
		[INPUT_STATUS] = PART_DELETION_RISK,
		[INPUT_STATS] = PART_DELETION_RISK,
		[INPUT_WORKERS] = PART_WORKERS,
	};
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		const struct part_stamp *p = &stamp->part[parts[k]];
		struct ledger_document *d = &c->ledger.document[k];

		d->fetched_boot = p->fetched_boot;
		d->fetched_wall = p->fetched_wall;
	}
	account_write(c);
}
