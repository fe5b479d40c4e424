/* Following takes what others made as it is; leading and being alone begin with what
 * the latch has, so that no document of before comes back. */
#include "hydrator/follow.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "fleet/member.h"
#include "hydrator/account.h"
#include "hydrator/follow_tell.h"
#include "hydrator/note.h"
#include "hydrator/offer.h"
#include "hydrator/outcome.h"
#include "hydrator/recall.h"
#include "hydrator/settings.h"
#include "payload/view.h"
#include "shm/snapshot.h"
#include "terms/part.h"

/* Room for a value around its payload, and for what zstd cannot make shorter. */
#define FOLLOW_VALUE_EXTRA ((size_t)1 << 20)

struct follow {
	struct cycle *cycle;
	struct member *member;
	struct member_view view;
	struct follow_tell tell;
	struct offer offer;
	enum ledger_role role; /* as the last follow_step() said */
	uint64_t lead;         /* by which token it leads; 0: it does not */
	bool asked;
	bool stale;        /* the documents are older than what the latch has */
	uint64_t before;   /* generation before the cycle */
	unsigned failures; /* cycles in a row, as leader */
	int64_t joined;    /* clock_boot() of the opening */
	int64_t lag;       /* of the last snapshot that was taken */
};

static int
follow_join(struct follow *f, char *err, size_t errlen)
{
	struct cycle *c = f->cycle;
	const struct config *config = c->config;
	const struct member_settings set = {
		.redis = {
			.url = config->redis.url,
			.password_file = config->redis.password_file,
			.proxy = config->upstream.proxy,
			.ca_file = config->upstream.ca_file,
			.max_reply = c->settings.payload_max + FOLLOW_VALUE_EXTRA,
			.connect_ms = REDIS_CONNECT_MS,
			.command_ms = REDIS_COMMAND_MS,
		},
		.prefix = config->redis.prefix,
		.name = config->redis.name,
		.id = { c->section->name, VIEW_MAGIC },
		.sum = settings_sum(&c->settings),
		.rule = {
			.lease = config->redis.lease * NSEC_PER_SEC,
			.poll = config->redis.poll * NSEC_PER_SEC,
			.patience = config->redis.patience * NSEC_PER_SEC,
			.interval = config->hydration.interval * NSEC_PER_SEC,
			.stands = config->hydration.enabled,
		},
		.keep = config->hydration.stale_if_error,
		.body_ttl = config->redis.reference_ttl,
		.max = c->settings.payload_max,
		.segment = c->segment,
		.latch = c->latch,
		.work = { offer_identity, offer_bodies, &f->offer },
	};

	f->offer = (struct offer){ c->category, config->redis.reference_prefix };
	return member_open(&set, &f->member, err, errlen);
}

struct follow *
follow_open(struct cycle *c)
{
	struct follow *f;
	char err[512];

	if (c->config->redis.url[0] == '\0')
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->cycle = c;
	f->joined = clock_boot();
	f->role = f->tell.role = LEDGER_FOLLOWER;
	if (follow_join(f, err, sizeof(err)) == -1) {
		log_errx("%s is in no fleet: %s", c->section->name, err);
		free(f);
		return NULL;
	}
	follow_attend(f);
	return f;
}

bool
follow_close(struct follow **fp)
{
	struct follow *f = *fp;

	*fp = NULL;
	if (f == NULL)
		return true;
	if (!member_close(&f->member))
		return false;
	free(f);
	return true;
}

int
follow_fd(const struct follow *f)
{
	return f != NULL ? member_fd(f->member) : -1;
}

void
follow_attend(struct follow *f)
{
	if (f == NULL)
		return;
	member_look(f->member, &f->view);
	f->asked |= f->view.asked;
	follow_tell(&f->tell, &f->view, f->cycle->section->name);
	follow_account(f->cycle, &f->view, f->lag);
}

/* In the latch is what this machine made, or what it found there: is something in it
 * of a later time than the same in what has arrived? Not once that is stale itself: a
 * fleet that cannot renew one part would else be left for ever. */
static bool
follow_would_go_back(const struct follow *f, const struct snapshot_stamp *stamp)
{
	const struct cycle *c = f->cycle;
	int64_t fresh = clock_boot() - c->config->hydration.ttl * NSEC_PER_SEC;
	struct snapshot_stamp ours;
	size_t i;

	if (f->view.held.token != 0)
		return false;
	snapshot_stamp_now(c->segment, c->latch, &ours);
	for (i = 0; i < SNAPSHOT_PARTS; i++) {
		const struct part_stamp *a = &ours.part[i], *b = &stamp->part[i];

		if (part_stamp_is_there(a) && part_stamp_is_there(b) &&
		    a->fetched_wall != b->fetched_wall && a->fetched_boot > fresh &&
		    a->fetched_boot > b->fetched_boot)
			return true;
	}
	return false;
}

/* Documents that the latch has already keep the time that they have there: what Redis'
 * clock tells of them differs by milliseconds, and ages would waver. */
static void
follow_steady(const struct follow *f, struct snapshot_stamp *stamp)
{
	struct snapshot_stamp ours;
	size_t i;

	snapshot_stamp_now(f->cycle->segment, f->cycle->latch, &ours);
	for (i = 0; i < SNAPSHOT_PARTS; i++)
		if (part_stamp_is_there(&stamp->part[i]) &&
		    stamp->part[i].fetched_wall == ours.part[i].fetched_wall)
			stamp->part[i].fetched_boot = ours.part[i].fetched_boot;
}

static void
follow_note_gates(struct cycle *c, const struct fleet_value *v)
{
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		const struct fleet_gate *g = &v->gate[k];
		struct census good = { .count = g->count, .names = g->names };

		if (g->known == 0)
			continue;
		gate_accept(&c->gate[k], &good);
		c->gate[k].at_least = g->at_least != 0;
	}
	outcome_gate(c);
}

/* Whether all that is in it was fetched in the cycle that made it. */
static bool
follow_is_complete(const struct fleet_value *v)
{
	size_t i;

	for (i = 0; i < SNAPSHOT_PARTS; i++)
		if (v->part[i].fetched_wall != 0 &&
		    v->part[i].fetched + NSEC_PER_MSEC < v->begun)
			return false;
	return true;
}

static void
follow_note_success(struct cycle *c, const struct fleet_value *v)
{
	struct counters *k = c->counters;

	if (!follow_is_complete(v))
		return;
	trouble_over(&c->trouble, c->section->name);
	atomic_store_explicit(&k->last_success, clock_boot(), memory_order_relaxed);
	atomic_store_explicit(
	    &k->last_success_wall, clock_wall(), memory_order_relaxed);
	atomic_store_explicit(&k->failures_in_row, 0, memory_order_relaxed);
}

static void
follow_note(struct follow *f, const struct fleet_value *v,
    const struct snapshot_stamp *stamp, int64_t begun)
{
	struct cycle *c = f->cycle;
	int64_t now = clock_boot(), age = now + f->view.offset - v->published;
	char why[CYCLES_REASON_SIZE];

	if (age < 0)
		age = 0;
	/* Whoever joins late is not behind for that. */
	f->lag = age < now - f->joined ? age : now - f->joined;
	f->stale = true;
	cycle_forget(c);
	follow_note_gates(c, v);
	follow_note_success(c, v);
	snprintf(why, sizeof(why), "as %s published it", v->leader);
	note_reason(c, why);
	note_end(c, CYCLES_ADOPTED);
	follow_account_snapshot(c, stamp);
	log_info("followed %s: %" PRIu64 " bytes, %" PRId64 " ms, generation %" PRIu64
		 ", as %s published it %" PRId64 " ms ago",
	    c->section->name, v->length, (now - begun) / NSEC_PER_MSEC,
	    snapshot_generation(c->segment, c->latch), v->leader, age / NSEC_PER_MSEC);
}

static void
follow_note_refusal(struct cycle *c, const char *what)
{
	char why[CYCLES_REASON_SIZE] = "what the fleet has is not taken: it ";

	strlcat(why, what, sizeof(why));
	note_reason(c, why);
	note_end(c, CYCLES_FAILED);
}

static void
follow_take(struct follow *f, const struct source_wait *wait)
{
	struct cycle *c = f->cycle;
	int64_t now = clock_boot();
	struct snapshot_stamp stamp;
	struct buf payload = { 0 };
	enum member_fate fate = MEMBER_TAKEN;
	struct fleet_value v;
	char why[512] = "";

	if (!member_take(f->member, &v, &payload))
		return;
	fleet_value_restamp(&v, now, now + f->view.offset, &stamp);
	if (follow_would_go_back(f, &stamp))
		fate = MEMBER_PASSED;
	else {
		follow_steady(f, &stamp);
		note_begin(c, LEDGER_PUBLISH);
		if (cycle_adopt(c, &payload, &stamp, wait, why, sizeof(why)) == -1) {
			fate = MEMBER_REFUSED;
			follow_note_refusal(c, why);
		} else
			follow_note(f, &v, &stamp, now);
	}
	buf_free(&payload);
	malloc_trim(0); /* as after a cycle */
	member_took(f->member, &v, fate, why);
	follow_attend(f);
}

static void
follow_offer(struct follow *f)
{
	struct fleet_gate gates[LEDGER_DOCUMENTS] = { 0 };
	const struct cycle *c = f->cycle;
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		const struct gate *g = &c->gate[k];

		gates[k] = (struct fleet_gate){
			.known = g->known,
			.at_least = g->at_least,
			.count = g->good.count,
			.names = g->good.names,
		};
	}
	member_published(f->member, gates);
}

/* A new leader may have something newer than Redis has, which may have forgotten all:
 * then that goes to the fleet before the first cycle. */
static enum follow_change
follow_lead(struct follow *f)
{
	const struct member_view *v = &f->view;
	bool same = v->held.token != 0 && v->held.token == v->newest.token &&
		    v->held.seq == v->newest.seq;

	if (!v->ready)
		return FOLLOW_SAME;
	if (!same && !v->offered &&
	    snapshot_generation(f->cycle->segment, f->cycle->latch) != 0)
		follow_offer(f);
	if (f->lead == v->lead)
		return FOLLOW_SAME;
	f->lead = v->lead;
	f->role = LEDGER_LEADER;
	f->failures = 0;
	return FOLLOW_LEADS;
}

enum follow_change
follow_step(struct follow *f, const struct source_wait *wait)
{
	if (f == NULL)
		return FOLLOW_SAME;
	follow_take(f, wait);
	if (f->view.role == LEDGER_LEADER)
		return follow_lead(f);
	f->lead = 0;
	if (f->role == f->view.role)
		return FOLLOW_SAME;
	f->role = f->view.role;
	return f->role == LEDGER_ALONE ? FOLLOW_ALONE : FOLLOW_FOLLOWS;
}

bool
follow_hydrates(const struct follow *f)
{
	if (f == NULL)
		return true;
	return f->role == f->view.role && f->role != LEDGER_FOLLOWER &&
	       f->lead == f->view.lead;
}

int64_t
follow_first_cycle(const struct follow *f)
{
	return f->view.first;
}

bool
follow_is_asked(struct follow *f)
{
	bool asked = f != NULL && f->asked;

	if (asked)
		f->asked = false;
	return asked;
}

void
follow_ask(struct follow *f)
{
	log_info("%s: %s is asked for a refresh", f->cycle->section->name,
	    f->view.leader[0] != '\0' ? f->view.leader : "whoever will lead");
	member_ask(f->member);
}

const char *
follow_leader(const struct follow *f)
{
	return f->view.leader;
}

void
follow_begin(struct follow *f, int64_t tick)
{
	if (f == NULL)
		return;
	if (f->stale)
		recall(f->cycle);
	f->stale = false;
	f->before = f->cycle->generation;
	member_begin(f->member, tick);
}

void
follow_end(struct follow *f, enum cycle_result result)
{
	if (f == NULL)
		return;
	if (f->cycle->generation != f->before)
		follow_offer(f);
	member_end(f->member);
	/* What the gate refuses is the same for all, and the gate counts how often. */
	if (result == CYCLE_FAILED || result == CYCLE_REUSED || result == CYCLE_NO_ROOM)
		f->failures++;
	else if (result != CYCLE_IDLE)
		f->failures = 0;
	if (f->role != LEDGER_LEADER || f->failures < FOLLOW_FAILURES)
		return;
	log_warnx("%s: %u cycles in a row have failed: others may lead",
	    f->cycle->section->name, f->failures);
	f->failures = 0;
	member_resign(f->member);
}
