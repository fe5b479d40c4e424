/* The thread: looks, takes, publishes; each wait is one of redis.h. What is shared is
 * copied out before Redis is spoken to, so the hydrator never waits for the lock. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "fleet/member_run.h"
#include "shm/hosts.h"

/* A connection measures Redis' clock once; clocks drift apart in days. */
#define MEMBER_CONNECTION (3600 * NSEC_PER_SEC)
#define MEMBER_SLEEP_MAX_MS 60000
/* By so much it is not the answer that was slow: somebody has set Redis' clock. */
#define MEMBER_STEP (2 * NSEC_PER_SEC)

static bool
member_is_stopping(struct member *m)
{
	bool stopping;

	pthread_mutex_lock(&m->lock);
	stopping = m->stopping;
	pthread_mutex_unlock(&m->lock);
	return stopping;
}

/* Locked. */
void
member_set_up(struct member *m)
{
	bool up = !m->look_failed && !m->step_failed && !m->write_failed;

	if (up != m->view.up || m->view.since == 0)
		m->view.since = clock_wall();
	m->view.up = up;
	if (up)
		m->view.error[0] = m->view.code[0] = '\0';
}

/* Locked. */
void
member_note_error(struct member *m, enum redis_result result)
{
	const char *code = redis_code(m->redis);
	bool odd = result == REDIS_REFUSED && code[0] == '\0';

	strlcpy(
	    m->view.code, result == REDIS_REFUSED ? code : "", sizeof(m->view.code));
	strlcpy(m->view.error,
	    odd ? "what it answers is not of this version of hydratord"
		: redis_error(m->redis),
	    sizeof(m->view.error));
	m->view.counts = *redis_counts(m->redis);
}

void
member_miss(struct member *m, enum redis_result result)
{
	if (result == REDIS_STOPPED)
		return;
	m->missed = true;
	pthread_mutex_lock(&m->lock);
	m->look_failed = true;
	role_missed(&m->role, clock_boot(), arc4random());
	member_note_error(m, result);
	member_set_up(m);
	pthread_mutex_unlock(&m->lock);
	redis_disconnect(m->redis);
	member_signal(m->told);
}

/* Locked. What only a leader does is not its business any more. */
static void
member_note_lead(struct member *m, uint64_t before)
{
	if (m->role.token == before)
		return;
	m->seq = 0;
	m->begin = false;
	m->offer.wanted = m->hosts = false;
	m->write_failed = false;
	m->write_due = 0;
	m->write_misses = 0;
}

static bool
member_connect(struct member *m)
{
	enum redis_result result;

	if (redis_is_connected(m->redis) &&
	    clock_boot() - m->connected > MEMBER_CONNECTION)
		redis_disconnect(m->redis);
	if (redis_is_connected(m->redis))
		return true;
	result = redis_connect(m->redis);
	if (result != REDIS_ANSWERED) {
		member_miss(m, result);
		return false;
	}
	m->connected = clock_boot();
	pthread_mutex_lock(&m->lock);
	m->view.offset = redis_now(m->redis) - m->connected;
	m->view.skew = redis_skew(m->redis);
	pthread_mutex_unlock(&m->lock);
	return true;
}

/* Ages are counted on Redis' clock: where that was set the next look measures it anew,
 * on a connection of its own. */
static void
member_check_clock(struct member *m, int64_t clock, int64_t sent, int64_t answered)
{
	int64_t offset = redis_now(m->redis) - clock_boot();

	if (clock < sent + offset - MEMBER_STEP ||
	    clock > answered + offset + MEMBER_STEP)
		m->connected -= MEMBER_CONNECTION;
}

static void
member_look_now(struct member *m)
{
	uint64_t believed, seen;
	struct role_look look;
	enum redis_result result;
	int64_t sent = clock_boot();
	bool stands;

	pthread_mutex_lock(&m->lock);
	stands = role_stands(&m->role, sent);
	believed = m->role.token;
	seen = m->role.highest;
	pthread_mutex_unlock(&m->lock);
	result = script_look(m->script, stands, believed, seen, &look);
	if (result != REDIS_ANSWERED) {
		member_miss(m, result);
		return;
	}
	member_check_clock(m, look.clock, sent, clock_boot());
	pthread_mutex_lock(&m->lock);
	role_seen(&m->role, &look, sent, clock_boot(), arc4random());
	member_note_lead(m, believed);
	m->asked |= look.asked;
	m->view.seen = m->role.good;
	m->look_failed = false;
	if (!look.leads) /* a wish is forgotten, a publication is another's */
		m->write_failed = false;
	m->view.counts = *redis_counts(m->redis);
	member_set_up(m);
	pthread_mutex_unlock(&m->lock);
	member_signal(m->told);
}

/* Why a key cannot be read, however often it is asked for, NULL: it may be. Somebody
 * else has written it; Redis is well. */
static const char *
member_key_fault(const struct member *m, enum redis_result result)
{
	if (result == REDIS_REFUSED && strcmp(redis_code(m->redis), "WRONGTYPE") == 0)
		return "is no string in Redis";
	if (result == REDIS_BROKEN &&
	    strcmp(redis_code(m->redis), REDIS_CODE_LARGE) == 0)
		return "is larger than any that fits this machine (segment.max)";
	return NULL;
}

/* Whether a key's value has come; or *why, which is empty, says what is wrong with the
 * key. Otherwise there was no answer, which is noted. */
static bool
member_has_read(struct member *m, enum redis_result result, char *why, size_t whylen)
{
	const char *fault = member_key_fault(m, result);

	if (fault != NULL)
		strlcpy(why, fault, whylen);
	else if (result != REDIS_ANSWERED)
		member_miss(m, result);
	return fault != NULL || result == REDIS_ANSWERED;
}

/* What a leader is to know before its first cycle. */
static void
member_learn_hosts(struct member *m)
{
	char why[256] = "";
	enum redis_result result;
	struct str told;
	uint64_t token;

	pthread_mutex_lock(&m->lock);
	token = m->role.token != m->prepared ? m->role.token : 0;
	pthread_mutex_unlock(&m->lock);
	if (token == 0)
		return;
	result = script_get_hosts(m->script, &told);
	if (!member_has_read(m, result, why, sizeof(why)))
		return;
	if (why[0] == '\0' && told.len > 0)
		(void)!hosts_learn(m->set.segment, told, clock_boot(),
		    redis_now(m->redis), why, sizeof(why));
	pthread_mutex_lock(&m->lock);
	m->prepared = token;
	if (why[0] != '\0') {
		m->view.refused++;
		snprintf(m->view.refusal, sizeof(m->view.refusal),
		    "tells of hosts what cannot be read: that %s", why);
	}
	pthread_mutex_unlock(&m->lock);
	member_signal(m->told);
}

/* Locked. Whether something newer is to be fetched; the hydrator takes one at a time.
 */
static bool
member_wants(const struct member *m)
{
	return !m->arrived && !m->taking && role_wants(&m->role);
}

/* Reads a value into *v and *payload, or says why not. */
static bool
member_read(struct member *m, struct str value, struct role_mark newest,
    struct fleet_value *v, struct buf *payload, char *why, size_t whylen)
{
	if (value.len == 0) {
		strlcpy(why, "is not there any more", whylen);
		return false;
	}
	if (fleet_value_read(&m->set.id, value, m->set.max, v, payload, why, whylen) !=
	    FLEET_GOOD)
		return false;
	if (!role_is_newer(newest, (struct role_mark){ v->token, v->seq }))
		return true;
	strlcpy(why, "is older than it is said to be", whylen);
	return false;
}

static void
member_fetch(struct member *m)
{
	struct fleet_value v = { 0 };
	struct buf payload = { 0 };
	char why[REDIS_ERROR_MAX] = "";
	struct role_mark newest;
	enum redis_result result;
	struct str value;
	bool wants;

	pthread_mutex_lock(&m->lock);
	wants = member_wants(m);
	newest = m->role.look.generation;
	pthread_mutex_unlock(&m->lock);
	if (!wants)
		return;
	result = script_get_snapshot(m->script, &value);
	if (!member_has_read(m, result, why, sizeof(why)))
		return;
	wants = why[0] == '\0' &&
		member_read(m, value, newest, &v, &payload, why, sizeof(why));
	pthread_mutex_lock(&m->lock);
	if (wants) {
		m->value = v;
		m->payload = payload;
		m->arrived = true;
	} else {
		role_refuse(&m->role, newest);
		m->view.refused++;
		strlcpy(m->view.refusal, why, sizeof(m->view.refusal));
		buf_free(&payload);
	}
	pthread_mutex_unlock(&m->lock);
	member_signal(m->told);
}

/* A connection that bears looks but no snapshot, since it is slow or because all ask at
 * once, is no good one; and who tries again at once makes it worse. */
static void
member_judge_steps(struct member *m)
{
	pthread_mutex_lock(&m->lock);
	if (m->missed) {
		m->step_failed = true;
		role_hold_off(&m->role, m->step_misses++, clock_boot(), arc4random());
	} else {
		m->step_failed = false;
		m->step_misses = 0;
	}
	member_set_up(m);
	pthread_mutex_unlock(&m->lock);
}

/* In this order a leader has learned what there is before it says anything. Each step
 * that fails ends the connection or is left for later. */
static void
member_turn(struct member *m)
{
	static void (*const steps[])(struct member *) = {
		member_say_leave,
		member_learn_hosts,
		member_fetch,
		member_say_begin,
		member_say_offer,
		member_say_hosts,
		member_say_ask,
	};
	bool due, well;
	size_t i;

	pthread_mutex_lock(&m->lock);
	due = clock_boot() >= m->role.due;
	pthread_mutex_unlock(&m->lock);
	if (due && member_connect(m))
		member_look_now(m);
	well = redis_is_connected(m->redis);
	m->missed = false;
	for (i = 0; i < NELEM(steps); i++)
		if (redis_is_connected(m->redis) && !member_is_stopping(m))
			steps[i](m);
	if (well && !member_is_stopping(m))
		member_judge_steps(m);
}

/* Until the next look is due, or a write that was refused, or there are orders. */
static void
member_sleep(struct member *m)
{
	struct pollfd pfd[] = {
		{ .fd = m->wake, .events = POLLIN },
		{ .fd = m->stop, .events = POLLIN },
	};
	int64_t due, left;
	uint64_t orders;

	pthread_mutex_lock(&m->lock);
	due = m->role.due;
	if (m->offer.wanted && m->role.token != 0 && m->write_due < due &&
	    redis_is_connected(m->redis))
		due = m->write_due;
	pthread_mutex_unlock(&m->lock);
	left = (due - clock_boot()) / NSEC_PER_MSEC + 1;
	if (left > MEMBER_SLEEP_MAX_MS)
		left = MEMBER_SLEEP_MAX_MS;
	if (left > 0)
		(void)poll(pfd, NELEM(pfd), (int)left);
	(void)!read(m->wake, &orders, sizeof(orders));
}

void *
member_main(void *arg)
{
	struct member *m = arg;
	bool leads;

	while (!member_is_stopping(m)) {
		member_turn(m);
		member_sleep(m);
	}
	pthread_mutex_lock(&m->lock);
	leads = m->role.token != 0;
	pthread_mutex_unlock(&m->lock);
	if (leads)
		script_part(m->script, MEMBER_PART_MS);
	return NULL;
}
