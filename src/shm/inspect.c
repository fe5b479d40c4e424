/* Records have no checksum: who may write one could write it as well. What can be told
 * is whether their reader had to change what stands there: no writer of ours leaves
 * such a thing. */
#include "shm/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xxhash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shm/breaker.h"
#include "shm/latched.h"
#include "shm/layout.h"

#define INSPECT_TRIES 8
#define SLACK (2 * NSEC_PER_SEC) /* others run on while clocks and counts are read */
#define COUNT_MAX (UINT64_C(1) << 62)

/* What may not hold for a moment, while somebody writes word by word. */
typedef bool inspect_test_fn(const void *);

static bool
holds_soon(const struct inspection *i, inspect_test_fn *holds, const void *what)
{
	const struct timespec pause = { .tv_nsec = 10 * NSEC_PER_MSEC };

	for (int n = 1; !holds(what); n++) {
		if (i->still || n == INSPECT_TRIES)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Reads record n as its reader does, as much of it as size says. */
typedef bool inspect_read_fn(const struct segment *, unsigned n, void *out);

static bool
read_ledger(const struct segment *seg, unsigned category, void *out)
{
	return ledger_read(seg, category, out);
}

static bool
read_process(const struct segment *seg, unsigned slot, void *out)
{
	return process_read(seg, slot, out);
}

static bool
read_daemon(const struct segment *seg, unsigned n UNUSED, void *out)
{
	return daemon_read(seg, out);
}

/* Whether the reader took it as it stands; as_read and raw have room for it. Sets
 * *generation, 0: there is none, or it is written too often. */
static bool
record_is_taken(const struct segment *seg, unsigned n, const struct seqlock *latch,
    inspect_read_fn *read, void *as_read, void *raw, size_t size, uint64_t *generation)
{
	for (int i = 0; i < INSPECT_TRIES; i++) {
		*generation = seqlock_current(latch);
		if (*generation == 0)
			return true;
		if (read(seg, n, as_read) && latched_read(latch, raw, size) &&
		    seqlock_current(latch) == *generation)
			return memcmp(as_read, raw, size) == 0;
	}
	*generation = 0;
	return true;
}

static void
say_record(struct inspection *i, const char *where, const struct segment *seg,
    unsigned n, const struct seqlock *latch, inspect_read_fn *read, size_t size)
{
	void *as_read = xmalloc(size), *raw = xmalloc(size);
	uint64_t generation;
	bool good =
	    record_is_taken(seg, n, latch, read, as_read, raw, size, &generation);

	if (generation == 0)
		inspect_say(
		    i, true, where, "nothing was written yet, or it is just now");
	else
		inspect_say(i, good, where, "written %" PRIu64 " times, %s", generation,
		    good ? "all of it in range"
			 : "it has what no process of ours writes there");
	free(as_read);
	free(raw);
}

static void
say_hosts(struct inspection *i, const struct segment *seg)
{
	const struct host *h = (const struct host *)(seg->base + seg->h.hosts_offset);
	unsigned bad = i->bad, n, used = 0;
	struct host_view view;
	uint64_t key;
	char where[32];

	for (n = 0; n < HOSTS_MAX; n++) {
		if (!hosts_read(seg, n, &view))
			continue;
		used++;
		snprintf(where, sizeof(where), "host %u", n);
		key = XXH3_64bits(view.name, strlen(view.name));
		if (seqlock_get(&h[n].key) != (key != 0 ? key : 1))
			inspect_say(i, false, where, "its key is not that of \"%s\"",
			    view.name);
		if ((view.breaker & 3) == 3)
			inspect_say(i, false, where, "its breaker is in no state");
		if (view.floor < 0 ||
		    view.floor > clock_boot() + HOST_FLOOR_MAX + SLACK)
			inspect_say(i, false, where,
			    "it is left alone until %" PRId64 " ns, too far off",
			    view.floor);
	}
	if (i->bad == bad)
		inspect_say(i, true, "hosts", "%u of %u records in use", used,
		    (unsigned)HOSTS_MAX);
}

static void
say_orders(struct inspection *i, const struct segment *seg)
{
	unsigned bad = i->bad, verb;
	struct order_state state;
	char where[32];

	for (verb = 0; verb < ORDER_VERBS; verb++) {
		if (order_look(seg, (enum order_verb)verb, &state) == -1)
			continue; /* overtaken */
		snprintf(where, sizeof(where), "order %s",
		    order_verb_name((enum order_verb)verb));
		if (state.ended > state.begun)
			inspect_say(i, false, where,
			    "%" PRIu64 " have ended, but only %" PRIu64 " have begun",
			    state.ended, state.begun);
		if (state.ended > 0 && state.outcome != ORDER_DONE &&
		    state.outcome != ORDER_REFUSED)
			inspect_say(
			    i, false, where, "outcome %d is none", (int)state.outcome);
	}
	if (i->bad == bad)
		inspect_say(i, true, "orders", "%u verbs in order", ORDER_VERBS);
}

/* Lines of five fields, no control character but tabs and line feeds. */
static void
say_config(struct inspection *i, const struct segment *seg)
{
	size_t len, at, tabs = 0, lines = 0;
	const char *text = segment_config(seg, &len);
	unsigned char c = '\n';

	for (at = 0; at < len; at++) {
		c = (unsigned char)text[at];
		if (c == '\t')
			tabs++;
		else if (c == '\n' && tabs == 4) {
			tabs = 0;
			lines++;
		} else if (c < ' ' || c == 0x7f)
			break;
	}
	if (at < len || c != '\n')
		inspect_say(i, false, "configuration",
		    "byte %zu of %zu is of no line of five fields", at, len);
	else
		inspect_say(
		    i, true, "configuration", "%zu options in %zu bytes", lines, len);
}

void
inspect_daemon(struct inspection *i, const struct segment *seg)
{
	const struct daemon_record *r =
	    (const struct daemon_record *)(seg->base + seg->h.daemon_offset);

	inspect_say(i, true, "lock",
	    segment_is_held(seg) ? "a supervisor holds it"
				 : "nobody holds it: this is what a daemon left");
	say_record(
	    i, "daemon", seg, 0, &r->latch, read_daemon, sizeof(struct daemon_facts));
	say_orders(i, seg);
	say_config(i, seg);
	say_hosts(i, seg);
}

static bool
time_is_past(int64_t t, int64_t now)
{
	return t >= 0 && t <= now + SLACK;
}

static uint64_t
sum_of(const _Atomic uint64_t *rows, size_t n)
{
	uint64_t sum = 0;

	while (n-- > 0)
		sum += counter_read(&rows[n]);
	return sum;
}

static uint64_t
timed_by(const struct counters *c)
{
	return sum_of(c->duration, COUNTER_BUCKETS);
}

/* A process counts a request as handled when it has arrived, as one of a class when it
 * is answered; what a reload brings over comes word by word. */
static bool
requests_fit(const void *counters)
{
	const struct counters *c = counters;
	uint64_t timed = timed_by(c);

	return timed <= counter_get(c, COUNTER_REQUESTS);
}

static bool
streams_fit(const void *counters)
{
	const struct counters *c = counters;

	return counter_read(&c->streams) <= counter_read(&c->connections);
}

static void
say_counters(struct inspection *i, const char *where, const struct counters *c)
{
	int64_t boot = clock_boot(), wall = clock_wall();
	unsigned bad = i->bad, k;

	if (!time_is_past(atomic_load(&c->heartbeat), boot))
		inspect_say(i, false, where, "its heartbeat is not of the past");
	if (!time_is_past(atomic_load(&c->last_success), boot) ||
	    !time_is_past(atomic_load(&c->last_success_wall), wall))
		inspect_say(i, false, where, "its last success is not of the past");
	if (!time_is_past(atomic_load(&c->saved_wall), wall) ||
	    !time_is_past(atomic_load(&c->reloaded_wall), wall))
		inspect_say(i, false, where, "a saving or reload is not of the past");
	if (atomic_load(&c->cpu) < 0)
		inspect_say(i, false, where, "it took a negative processor time");
	if (!holds_soon(i, streams_fit, c))
		inspect_say(i, false, where,
		    "%" PRIu64 " streams in %" PRIu64 " connections",
		    counter_read(&c->streams), counter_read(&c->connections));
	if (!holds_soon(i, requests_fit, c))
		inspect_say(i, false, where,
		    "%" PRIu64 " requests have a duration, but only %" PRIu64
		    " were handled",
		    timed_by(c), counter_get(c, COUNTER_REQUESTS));
	for (k = 0; k < COUNTER_ROOM; k++)
		if (counter_read(&c->value[k]) > COUNT_MAX ||
		    (k >= COUNTER_MAX && counter_read(&c->value[k]) != 0))
			inspect_say(i, false, where, "counter %u is %" PRIu64, k,
			    counter_read(&c->value[k]));
	if (i->bad == bad)
		inspect_say(i, true, where, "counters in range, %" PRIu64 " requests",
		    counter_get(c, COUNTER_REQUESTS));
}

void
inspect_slot(struct inspection *i, const struct segment *seg, unsigned slot)
{
	const struct process_record *r =
	    (const struct process_record *)(seg->base + seg->h.processes_offset) + slot;
	struct log_ring_line lines[LOG_RING_LINES];
	char where[32];

	snprintf(where, sizeof(where), "slot %u", slot);
	say_record(
	    i, where, seg, slot, &r->latch, read_process, sizeof(struct process_view));
	say_counters(i, where, segment_counters(seg, slot));
	inspect_say(i, true, where, "%zu lines of its log are whole",
	    log_ring_read(segment_log_ring(seg, slot), lines));
}

static void
say_name(struct inspection *i, const struct segment *seg, unsigned category)
{
	const char *name = segment_slot(seg, category)->name;
	size_t len = strnlen(name, SEGMENT_NAME_SIZE), k = 0;
	char where[32];

	snprintf(where, sizeof(where), "category %u", category);
	while (k < len && (name[k] == '_' || (name[k] >= 'a' && name[k] <= 'z')))
		k++;
	inspect_say(i, k == len && len > 0 && len < SEGMENT_NAME_SIZE, where,
	    "its name is \"%.*s\"", (int)len, name);
}

/* The number of a cycle is the first word of both kinds of records. Returns false if
 * record n is not whole now, or was never written. */
static bool
cycle_number(const struct cycles_rings *r, unsigned n, uint64_t *number)
{
	bool brief = n < CYCLES_BRIEFS;
	const struct seqlock *lock =
	    brief ? &r->brief[n].lock : &r->detail[n - CYCLES_BRIEFS].lock;
	uint64_t seq = seqlock_get(&lock->seq);

	*number = seqlock_get(
	    brief ? &r->brief[n].words[0] : &r->detail[n - CYCLES_BRIEFS].words[0]);
	return seq != 0 && (seq & 1) == 0;
}

/* How many whole records have a number that is not of their place. */
static unsigned
cycles_misplaced(const struct cycles_rings *r, unsigned *used)
{
	unsigned n, misplaced = 0;
	uint64_t number, place;

	*used = 0;
	for (n = 0; n < CYCLES_BRIEFS + CYCLES_DETAILS; n++) {
		if (!cycle_number(r, n, &number))
			continue;
		++*used;
		place = n < CYCLES_BRIEFS ? number % CYCLES_BRIEFS
					  : number % CYCLES_DETAILS + CYCLES_BRIEFS;
		misplaced +=
		    number == 0 || number > seqlock_get(&r->newest) + 1 || place != n;
	}
	return misplaced;
}

/* A reload brings records over before it tells the number of the last. */
static bool
cycles_fit(const void *rings)
{
	unsigned used;

	return cycles_misplaced(rings, &used) == 0;
}

static void
say_cycles(struct inspection *i, const char *where, const struct segment *seg,
    unsigned category)
{
	const struct cycles_rings *r =
	    (const struct cycles_rings *)(seg->base + seg->h.cycles_offset) + category;
	bool good = holds_soon(i, cycles_fit, r);
	unsigned used, misplaced = cycles_misplaced(r, &used);
	uint64_t newest = seqlock_get(&r->newest);

	if (!good)
		inspect_say(i, false, where,
		    "%u of %u records have a number that is not of their place",
		    misplaced, used);
	else
		inspect_say(i, newest <= COUNT_MAX, where,
		    "%u records, the last cycle was %" PRIu64, used, newest);
}

void
inspect_category(struct inspection *i, const struct segment *seg, unsigned category)
{
	const struct ledger_record *l =
	    (const struct ledger_record *)(seg->base + seg->h.ledgers_offset) +
	    category;
	const char *name = segment_category_name(seg, category);
	uint64_t seq = seqlock_get(&segment_slot(seg, category)->latch.seq);
	char where[96];

	say_name(i, seg, category);
	snprintf(where, sizeof(where), "%s: latch", name);
	inspect_say(i, seq < COUNT_MAX, where, "generation %" PRIu64 "%s", seq >> 1,
	    (seq & 1) != 0 ? ", and one is being written, or its writer died" : "");
	snprintf(where, sizeof(where), "%s: ledger", name);
	say_record(
	    i, where, seg, category, &l->latch, read_ledger, sizeof(struct ledger));
	snprintf(where, sizeof(where), "%s: cycles", name);
	say_cycles(i, where, seg, category);
}
