/* Rings of records, each behind a sequence of its own: odd while it is written. */
#include "shm/cycles.h"

#include <stdbool.h>

#include "base/attr.h"
#include "shm/layout.h"
#include "shm/ledger.h"
#include "shm/seqlock.h"
#include "shm/tame.h"

_Static_assert(CYCLES_DOCUMENTS == LEDGER_DOCUMENTS, "a place for each document");

static struct cycles_rings *
rings_of(const struct segment *seg, unsigned category)
{
	return (struct cycles_rings *)(seg->base + seg->h.cycles_offset) + category;
}

static void
record_write(struct seqlock *l, _Atomic uint64_t *words, const void *from, size_t size)
{
	uint64_t generation = seqlock_begin(l);

	seqlock_fill(words, from, size);
	seqlock_end(l, generation);
}

/* Returns false if it was never written, or is not whole now. There is one copy, unlike
 * in a latch: it is worth nothing from the mark on. */
static bool
record_read(
    const struct seqlock *l, const _Atomic uint64_t *words, void *to, size_t size)
{
	uint64_t seq = atomic_load_explicit(&l->seq, memory_order_acquire);

	if (seq == 0 || (seq & 1) != 0)
		return false;
	seqlock_copy(to, words, size);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&l->seq, memory_order_relaxed) == seq;
}

static void
tame_brief(struct cycles_brief *b)
{
	b->begun = tame_time(b->begun, 0);
	b->fetch = tame_span(b->fetch);
	b->compute = tame_span(b->compute);
	b->encode = tame_span(b->encode);
	b->publish = tame_span(b->publish);
	if (b->input_age < 0 || b->input_age > SEGMENT_TIME_MAX)
		b->input_age = -1;
	if (b->result >= CYCLES_RESULTS)
		b->result = CYCLES_FAILED;
}

static void
tame_detail(struct cycles_detail *d)
{
	struct cycles_document *k;

	tame_brief(&d->brief);
	for (k = d->document; k < d->document + CYCLES_DOCUMENTS; k++) {
		if (k->state >= LEDGER_STATES)
			k->state = LEDGER_UNTRIED;
		if (k->status > 999)
			k->status = 0;
		k->asked = k->asked != 0;
		k->nsec = tame_span(k->nsec);
	}
	tame_text(d->reason, sizeof(d->reason));
}

/* What is no record stays out of the caller's hands: nothing has tamed it. */
static bool
read_brief(const struct cycles_rings *r, uint64_t number, void *out)
{
	const struct cycles_brief_record *rec = &r->brief[number % CYCLES_BRIEFS];
	struct cycles_brief b;

	if (!record_read(&rec->lock, rec->words, &b, sizeof(b)) || b.number != number)
		return false;
	tame_brief(&b);
	memcpy(out, &b, sizeof(b));
	return true;
}

static bool
read_detail(const struct cycles_rings *r, uint64_t number, void *out)
{
	const struct cycles_detail_record *rec = &r->detail[number % CYCLES_DETAILS];
	struct cycles_detail d;

	if (!record_read(&rec->lock, rec->words, &d, sizeof(d)) ||
	    d.brief.number != number)
		return false;
	tame_detail(&d);
	memcpy(out, &d, sizeof(d));
	return true;
}

static void
write_brief(struct cycles_rings *r, const struct cycles_brief *b)
{
	struct cycles_brief_record *rec = &r->brief[b->number % CYCLES_BRIEFS];

	record_write(&rec->lock, rec->words, b, sizeof(*b));
}

static void
write_detail(struct cycles_rings *r, const struct cycles_detail *d)
{
	struct cycles_detail_record *rec = &r->detail[d->brief.number % CYCLES_DETAILS];

	record_write(&rec->lock, rec->words, d, sizeof(*d));
}

/* Release: who sees the number sees its records. */
static void
write_newest(struct cycles_rings *r, uint64_t number)
{
	atomic_store_explicit(&r->newest, number, memory_order_release);
	SEQLOCK_TEST_STORED();
}

static uint64_t
newest_of(const struct cycles_rings *r)
{
	return atomic_load_explicit(&r->newest, memory_order_acquire);
}

void
cycles_note(
    const struct segment *seg, unsigned category, const struct cycles_detail *detail)
{
	struct cycles_rings *r = rings_of(seg, category);
	uint64_t number = newest_of(r);
	struct cycles_detail d = *detail, last;

	/* A predecessor that died before it told the number has written the record. */
	if (read_detail(r, number + 1, &last))
		number++;
	else if (!read_detail(r, number, &last))
		last.brief.result = CYCLES_RESULTS;
	d.brief.more = 0;
	if (d.brief.result == CYCLES_IDLE && last.brief.result == CYCLES_IDLE) {
		d = last;
		d.brief.more += d.brief.more < UINT32_MAX;
	} else
		d.brief.number = number + 1;
	write_detail(r, &d);
	write_brief(r, &d.brief);
	write_newest(r, d.brief.number);
}

/* The first number of the last max, of at most room that a ring has. */
static uint64_t
first_of(uint64_t newest, size_t max, size_t room)
{
	uint64_t n = max < room ? max : room;

	return newest > n ? newest - n + 1 : 1;
}

/* The last max, of at most room that a ring has, one behind the other. */
static size_t
read_last(const struct cycles_rings *r,
    bool (*read)(const struct cycles_rings *, uint64_t number, void *out), void *out,
    size_t size, size_t max, size_t room)
{
	uint64_t newest = newest_of(r), i = first_of(newest, max, room);
	char *to = out;

	for (; max > 0 && newest - i < newest; i++)
		if (read(r, i, to)) {
			to += size;
			max--;
		}
	return (size_t)(to - (char *)out) / size;
}

size_t
cycles_read(
    const struct segment *seg, unsigned category, struct cycles_brief *out, size_t max)
{
	return read_last(
	    rings_of(seg, category), read_brief, out, sizeof(*out), max, CYCLES_BRIEFS);
}

size_t
cycles_read_details(
    const struct segment *seg, unsigned category, struct cycles_detail *out, size_t max)
{
	return read_last(rings_of(seg, category), read_detail, out, sizeof(*out), max,
	    CYCLES_DETAILS);
}

uint64_t
cycles_newest(const struct segment *seg, unsigned category)
{
	return newest_of(rings_of(seg, category));
}

void
cycles_carry(const struct segment *from, unsigned from_category,
    const struct segment *to, unsigned to_category)
{
	const struct cycles_rings *f = rings_of(from, from_category);
	struct cycles_rings *t = rings_of(to, to_category);
	uint64_t newest = newest_of(f), i;
	struct cycles_detail d;
	struct cycles_brief b;

	for (i = first_of(newest, CYCLES_BRIEFS, CYCLES_BRIEFS); newest - i < newest;
	     i++)
		if (read_brief(f, i, &b))
			write_brief(t, &b);
	for (i = first_of(newest, CYCLES_DETAILS, CYCLES_DETAILS); newest - i < newest;
	     i++)
		if (read_detail(f, i, &d))
			write_detail(t, &d);
	write_newest(t, newest);
}

const char *
cycles_result_name(enum cycles_result result)
{
	static const char *const names[CYCLES_RESULTS] = {
		[CYCLES_PUBLISHED] = "published",
		[CYCLES_UNCHANGED] = "unchanged",
		[CYCLES_PARTIAL] = "partial",
		[CYCLES_REFUSED] = "refused",
		[CYCLES_NO_ROOM] = "no_room",
		[CYCLES_SHORT_OF_MEMORY] = "short_of_memory",
		[CYCLES_FAILED] = "failed",
		[CYCLES_IDLE] = "idle",
		[CYCLES_STOPPED] = "stopped",
		[CYCLES_ADOPTED] = "adopted",
	};

	return names[result];
}
