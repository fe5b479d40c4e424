/* The thread's words to Redis. What only a leader may say Redis takes from nobody else.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "fleet/member_run.h"
#include "shm/hosts.h"

/* Between tries to write what Redis refused. */
#define MEMBER_RETRY_MS INT64_C(1000)
#define MEMBER_RETRY_MAX_MS INT64_C(30000)

/* A write was not carried out. What is refused, for want of memory for one, is tried
 * again; the lease may be renewed meanwhile. */
static void
member_miss_write(struct member *m, enum redis_result result)
{
	if (result != REDIS_REFUSED) {
		member_miss(m, result);
		return;
	}
	m->write_due = clock_boot() +
		       NSEC_PER_MSEC * backoff_next(m->write_misses++, MEMBER_RETRY_MS,
					   MEMBER_RETRY_MAX_MS, arc4random());
	pthread_mutex_lock(&m->lock);
	m->write_failed = true;
	member_note_error(m, result);
	member_set_up(m);
	pthread_mutex_unlock(&m->lock);
	member_signal(m->told);
}

static void
member_write_well(struct member *m)
{
	m->write_misses = 0;
	m->write_due = 0;
	pthread_mutex_lock(&m->lock);
	m->write_failed = false;
	member_set_up(m);
	pthread_mutex_unlock(&m->lock);
}

/* Another machine has led since. */
static void
member_fenced(struct member *m, uint64_t token)
{
	pthread_mutex_lock(&m->lock);
	if (m->role.token == token)
		role_lose(&m->role);
	m->role.due = clock_boot();
	pthread_mutex_unlock(&m->lock);
	member_signal(m->told);
}

void
member_say_begin(struct member *m)
{
	enum redis_result result;
	struct role_mark mark;
	int64_t at;
	bool begin, fenced = false;

	pthread_mutex_lock(&m->lock);
	begin = m->begin;
	at = m->begin_at;
	mark = (struct role_mark){ m->role.token, m->seq + 1 };
	m->begin = false;
	pthread_mutex_unlock(&m->lock);
	if (!begin || mark.token == 0)
		return;
	result = script_begin(m->script, at, mark, &fenced);
	if (result != REDIS_ANSWERED)
		member_miss_write(m, result);
	else if (fenced)
		member_fenced(m, mark.token);
}

/* Makes the value of what the latch holds. Returns false if that cannot be told. */
static bool
member_make(struct member *m, const struct member_offer *offer, struct role_mark mark,
    const struct snapshot *s, struct buf *value)
{
	struct fleet_value v = { .token = mark.token, .seq = mark.seq };
	struct buf payload = { 0 };
	int64_t now = clock_boot(), redis = redis_now(m->redis);
	bool made;

	ledger_put(v.leader, sizeof(v.leader), m->set.name);
	v.begun = offer->begun;
	v.published = offer->boot + (redis - now);
	memcpy(v.gate, offer->gate, sizeof(v.gate));
	fleet_value_stamp(&v, &s->stamp, now, redis);
	made = m->set.work.identity(m->set.work.arg, s, &payload);
	if (made)
		fleet_value_write(&m->set.id, &v, payload.data, payload.len, value);
	buf_free(&payload);
	return made;
}

/* On the way of the bodies. */
struct member_bodies {
	struct member *m;
	uint64_t token;
	enum redis_result result;
	bool fenced;
};

static bool
member_put_body(void *arg, const char *key, struct str body)
{
	struct member_bodies *b = arg;
	struct member *m = b->m;

	b->result =
	    script_put(m->script, b->token, key, body, m->set.body_ttl, &b->fenced);
	return b->result == REDIS_ANSWERED && !b->fenced;
}

/* Publishes the value, unless it is in Redis already. Returns false if there is none,
 * or with what came of it, if it did not get there. */
static bool
member_send_value(struct member *m, const struct member_offer *offer,
    struct role_mark mark, const struct snapshot *s, enum redis_result *result,
    bool *fenced)
{
	struct buf value = { 0 };
	bool made;

	if (offer->said.token == mark.token)
		return true;
	made = member_make(m, offer, mark, s, &value);
	if (made)
		*result = script_publish(
		    m->script, mark, (struct str){ value.data, value.len }, fenced);
	buf_free(&value);
	if (!made || *result != REDIS_ANSWERED || *fenced)
		return false;
	pthread_mutex_lock(&m->lock);
	role_published(&m->role, mark);
	if (m->offer.serial != offer->serial)
		role_own(&m->role);
	else
		m->offer.said = mark;
	pthread_mutex_unlock(&m->lock);
	return true;
}

static enum redis_result
member_send(struct member *m, const struct member_offer *offer, struct role_mark mark,
    bool *fenced)
{
	struct member_bodies bodies = { m, mark.token, REDIS_ANSWERED, false };
	enum redis_result result = REDIS_ANSWERED;
	struct snapshot *s = NULL;

	if (snapshot_take(m->set.segment, m->set.latch, 0, &s) == SNAPSHOT_FRESH &&
	    member_send_value(m, offer, mark, s, &result, fenced)) {
		m->set.work.bodies(m->set.work.arg, s, member_put_body, &bodies);
		result = bodies.result;
		*fenced = bodies.fenced;
	}
	snapshot_release(&s);
	return result;
}

/* Locked. Takes what is to be said now, if there is something, and as what. */
static bool
member_take_offer(struct member *m, struct member_offer *offer, struct role_mark *mark)
{
	*offer = m->offer;
	if (!offer->wanted || m->role.token == 0 || clock_boot() < m->write_due)
		return false;
	if (offer->said.token != m->role.token)
		m->seq++; /* also where the answer is lost it may be used up */
	*mark = (struct role_mark){ m->role.token, m->seq };
	return true;
}

void
member_say_offer(struct member *m)
{
	struct member_offer offer;
	enum redis_result result;
	struct role_mark mark;
	bool wanted, fenced = false;

	pthread_mutex_lock(&m->lock);
	wanted = member_take_offer(m, &offer, &mark);
	pthread_mutex_unlock(&m->lock);
	if (!wanted)
		return;
	result = member_send(m, &offer, mark, &fenced);
	malloc_trim(0); /* a payload and its value, until the next one */
	if (result != REDIS_ANSWERED) {
		member_miss_write(m, result);
		return;
	}
	if (fenced) {
		member_fenced(m, mark.token);
		return;
	}
	pthread_mutex_lock(&m->lock);
	if (m->offer.serial == offer.serial)
		m->offer.wanted = false;
	pthread_mutex_unlock(&m->lock);
	member_write_well(m);
	member_signal(m->told);
}

void
member_say_hosts(struct member *m)
{
	struct buf told = { 0 };
	enum redis_result result;
	uint64_t token;
	bool hosts, fenced = false;

	pthread_mutex_lock(&m->lock);
	hosts = m->hosts;
	token = m->role.token;
	m->hosts = false;
	pthread_mutex_unlock(&m->lock);
	if (!hosts || token == 0)
		return;
	hosts_tell(m->set.segment, clock_boot(), redis_now(m->redis), &told);
	result = script_put_hosts(
	    m->script, token, (struct str){ told.data, told.len }, &fenced);
	buf_free(&told);
	if (result != REDIS_ANSWERED)
		member_miss_write(m, result);
	else if (fenced)
		member_fenced(m, token);
}

void
member_say_ask(struct member *m)
{
	enum redis_result result;
	bool ask;

	pthread_mutex_lock(&m->lock);
	ask = m->ask != 0 && clock_boot() < m->ask;
	m->ask = 0;
	pthread_mutex_unlock(&m->lock);
	if (!ask)
		return;
	result = script_ask(m->script);
	if (result != REDIS_ANSWERED)
		member_miss_write(m, result);
}

void
member_say_leave(struct member *m)
{
	enum redis_result result;
	bool leave;

	pthread_mutex_lock(&m->lock);
	leave = m->leave;
	m->leave = false;
	pthread_mutex_unlock(&m->lock);
	if (!leave)
		return;
	result = script_leave(m->script);
	if (result != REDIS_ANSWERED)
		member_miss_write(m, result);
}
