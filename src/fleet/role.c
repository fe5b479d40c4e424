/* The rules of the fleet, without Redis and without a clock. */
#include "fleet/role.h"

#include <stddef.h>

#include "base/backoff.h"
#include "base/clock.h"

/* Without an answer of Redis, before a machine that has nothing helps itself. */
#define ROLE_COLD (5 * NSEC_PER_SEC)
/* A machine that has nothing looks more often. */
#define ROLE_COLD_POLL (NSEC_PER_SEC / 2)
/* After a lease has ended unrenewed, all look for it: not in the same millisecond. */
#define ROLE_SPREAD (100 * NSEC_PER_MSEC)
/* In a lease there is time for several tries to renew it. */
#define ROLE_RENEWALS 3
/* So many polls without a leader tell that nobody else wants to be one. */
#define ROLE_VACANCY 3
#define ROLE_RETRY_MS INT64_C(1000)
#define ROLE_RETRY_MAX_MS INT64_C(30000)

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
role_open(struct role *r, const struct role_rule *rule, bool holds, int64_t now)
{
	*r = (struct role){
		.rule = *rule,
		.good = now,
		.sign = now,
		.due = now,
		.holds = holds,
	};
}

/* Only ever earlier than the poll, so that news is not older than that. */
static int64_t
role_poll(const struct role *r, uint32_t random)
{
	int64_t poll = r->rule.poll;

	if (r->token != 0)
		poll = least(poll, r->rule.lease / ROLE_RENEWALS);
	else if (!r->holds)
		poll = least(poll, ROLE_COLD_POLL);
	return poll - (int64_t)((double)poll / 4 * random / UINT32_MAX);
}

static void
role_plan(struct role *r, int64_t now, uint32_t random)
{
	int64_t wait = role_poll(r, random);

	if (r->token == 0 && r->look.left > 0 && role_stands(r, now))
		wait = least(wait, r->look.left + (int64_t)((double)ROLE_SPREAD *
							    random / UINT32_MAX));
	r->due = now + wait;
}

static bool
role_is_same(struct role_mark a, struct role_mark b)
{
	return a.token == b.token && a.seq == b.seq;
}

/* A cycle that began, also one that will fail, is a sign as good as a snapshot: where
 * the upstream is down it is down for all, who need not all try. */
static void
role_note_signs(struct role *r, const struct role_look *look, int64_t now)
{
	if (!role_is_same(look->generation, r->look.generation) ||
	    (look->begun != 0 && look->begun != r->look.begun))
		r->sign = now;
}

/* Redis may have been emptied; what is known of the last cycle stays known. */
static void
role_note_look(struct role *r, const struct role_look *look)
{
	int64_t begun = r->look.begun;
	struct role_mark begins = r->look.begins;

	r->look = *look;
	if (look->begun != 0)
		return;
	r->look.begun = begun;
	r->look.begins = begins;
}

void
role_seen(struct role *r, const struct role_look *look, int64_t sent, int64_t now,
    uint32_t random)
{
	r->good = now;
	r->misses = 0;
	role_note_signs(r, look, now);
	role_note_look(r, look);
	if (look->token > r->highest)
		r->highest = look->token;
	r->token = look->leads ? look->token : 0;
	r->lease_end = look->leads ? sent + r->rule.lease : 0;
	if (look->leads || look->left > 0)
		r->vacant = 0;
	else if (r->vacant == 0)
		r->vacant = now;
	role_plan(r, now, random);
}

void
role_missed(struct role *r, int64_t now, uint32_t random)
{
	r->due = now + NSEC_PER_MSEC * backoff_next(r->misses, ROLE_RETRY_MS,
					   ROLE_RETRY_MAX_MS, random);
	r->misses++;
}

void
role_hold_off(struct role *r, unsigned failures, int64_t now, uint32_t random)
{
	int64_t wait = NSEC_PER_MSEC *
		       backoff_next(failures, ROLE_RETRY_MS, ROLE_RETRY_MAX_MS, random);

	r->due =
	    now + (r->token != 0 ? least(wait, r->rule.lease / ROLE_RENEWALS) : wait);
}

bool
role_stands(const struct role *r, int64_t now)
{
	if (!r->rule.stands || now >= r->rest)
		return r->rule.stands;
	return r->vacant != 0 && now - r->vacant >= ROLE_VACANCY * r->rule.poll;
}

/* Not for having been paused itself: then a look is only overdue. */
static bool
role_is_cut_off(const struct role *r, int64_t now)
{
	int64_t patience = r->rule.patience;

	if (!r->holds)
		patience = least(patience, ROLE_COLD);
	return now - r->good >= patience && (r->misses > 0 || now - r->due >= patience);
}

/* As of the last good look: without one nobody can be seen. */
static bool
role_sees_nobody(const struct role *r)
{
	return r->good - r->sign >=
	       (r->holds ? r->rule.interval + r->rule.patience : r->rule.lease);
}

enum ledger_role
role_at(const struct role *r, int64_t now)
{
	if (r->token != 0 && now < r->lease_end)
		return LEDGER_LEADER;
	return role_why_alone(r, now) != NULL ? LEDGER_ALONE : LEDGER_FOLLOWER;
}

const char *
role_why_alone(const struct role *r, int64_t now)
{
	if (r->token != 0 && now < r->lease_end)
		return NULL;
	if (role_is_cut_off(r, now))
		return "Redis does not answer";
	if (r->spoiled)
		return "what the fleet has cannot be used";
	return role_sees_nobody(r) ? "nobody is seen to hydrate for the fleet" : NULL;
}

bool
role_wants(const struct role *r)
{
	return role_is_newer(r->look.generation, r->settled);
}

static void
role_settle(struct role *r, struct role_mark mark, bool spoiled)
{
	if (role_is_newer(r->settled, mark))
		return;
	r->settled = mark;
	r->spoiled = spoiled;
}

void
role_take(struct role *r, struct role_mark mark)
{
	r->holds = true;
	r->held = mark;
	role_settle(r, mark, false);
}

void
role_pass(struct role *r, struct role_mark mark)
{
	role_settle(r, mark, false);
}

void
role_refuse(struct role *r, struct role_mark mark)
{
	role_settle(r, mark, true);
}

void
role_own(struct role *r)
{
	r->holds = true;
	r->held = (struct role_mark){ 0 };
}

void
role_begin(struct role *r, int64_t redis, struct role_mark begins)
{
	r->look.begun = redis;
	r->look.begins = begins;
}

void
role_published(struct role *r, struct role_mark mark)
{
	r->look.generation = mark;
	role_take(r, mark);
}

void
role_lose(struct role *r)
{
	r->token = 0;
	r->lease_end = 0;
}

void
role_resign(struct role *r, int64_t now)
{
	role_lose(r);
	r->rest = now + r->rule.interval;
	r->vacant = now;
}

int64_t
role_first_cycle(const struct role *r, int64_t redis)
{
	struct role_mark newest = r->settled;
	/* Redis' clock may have gone back since. */
	int64_t past = redis > r->look.begun ? redis - r->look.begun : 0;

	if (role_is_newer(r->look.generation, newest))
		newest = r->look.generation;
	if (r->look.begun == 0)
		return 0;
	if (past < r->rule.interval && !role_is_newer(r->look.begins, newest))
		return r->rule.interval - past;
	return -(past % r->rule.interval);
}
