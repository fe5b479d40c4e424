/* What is damaged is told where it is, and nothing else is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/segment.h"
#include "shm/cycles.h"
#include "shm/daemon.h"
#include "shm/inspect.h"
#include "shm/layout.h"
#include "shm/process.h"
#include "unit.h"

/* A segment that is in use, and a tool's look at it. */
struct scene {
	struct segment *segment, *look;
	struct inspection inspection;
	char first[256];     /* the first bad verdict */
	unsigned unfinished; /* buffers that were called so */
};

static void
note(void *arg, bool good, const char *where, const char *what)
{
	struct scene *s = arg;

	s->unfinished += strncmp(what, "being written", 13) == 0;
	if (!good && s->first[0] == '\0')
		snprintf(s->first, sizeof(s->first), "%s: %s", where, what);
}

static void
fill(struct segment *segment)
{
	struct cycles_detail cycle = { .reason = "a reason" };
	struct process_view process = { .pid = 1, .born = 5 };
	struct daemon_facts facts = { .version = "1", .level = "info" };
	struct ledger ledger = { .ndocuments = 1 };
	struct publisher *p;
	unsigned i, k;

	for (i = 0; i < 2; i++) {
		p = fixture_publisher(segment, i);
		for (k = 0; k <= i; k++) /* one generation, and two */
			fixture_publish(p, 'a', 5000);
		publisher_close(&p);
		ledger_write(segment, i, &ledger);
		for (k = 0; k < 100; k++)
			cycles_note(segment, i, &cycle);
	}
	for (i = 0; i < FIXTURE_PROCS; i++) {
		process_write(segment, i, &process);
		counter_add(segment_counters(segment, i), COUNTER_REQUESTS, 5);
	}
	daemon_write(segment, &facts);
	assert_non_null(hosts_claim(segment, "https://a.example:443"));
}

static int
set_up(void **state)
{
	struct segment_spec spec = fixture_spec();
	struct scene *s = calloc(1, sizeof(*s));
	char err[256], magic[SEGMENT_MAGIC_SIZE];

	assert_non_null(s);
	spec.config = "readers\t2\t1\tfile\tyes\nuser\t\t\tdefault\tno\n";
	if (segment_create(&spec, &s->segment, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	fill(s->segment);
	assert_int_equal(segment_look_whole(spec.name, &s->look, magic), 0);
	s->inspection = (struct inspection){ .say = note, .arg = s };
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *s = *state;

	segment_unlink(s->segment);
	segment_close(&s->look);
	segment_close(&s->segment);
	free(s);
	return 0;
}

/* All of it; the payload is nobody's business here. */
static void
inspect(struct scene *s)
{
	struct buf payload = { 0 };
	uint64_t generation;
	unsigned i, k;

	s->inspection.bad = 0;
	s->first[0] = '\0';
	s->unfinished = 0;
	if (inspect_header(&s->inspection, fixture_name()) == -1)
		assert_int_equal(errno, EBADMSG);
	inspect_daemon(&s->inspection, s->look);
	for (i = 0; i < segment_ncategories(s->look); i++) {
		inspect_category(&s->inspection, s->look, i);
		for (k = 0; k < 2; k++)
			if (inspect_buffer(
				&s->inspection, s->look, i, k, &payload, &generation))
				assert_int_equal(payload.len, 5000);
	}
	for (i = 0; i < segment_nprocs(s->look); i++)
		inspect_slot(&s->inspection, s->look, i);
	buf_free(&payload);
}

/* Changes a word of 1, 4 or 8 bytes, and puts it back. */
static void
damage(struct scene *s, void *at, size_t size, uint64_t value, const char *told)
{
	char before[8];

	memcpy(before, at, size);
	memcpy(at, &value, size);
	inspect(s);
	memcpy(at, before, size);
	if (s->inspection.bad == 0 || strncmp(s->first, told, strlen(told)) != 0)
		fail_msg("%u verdicts, \"%s\" in place of \"%s\"", s->inspection.bad,
		    s->first, told);
}

#define DAMAGE(s, field, value, told) damage(s, &(field), sizeof(field), value, told)

/* Of a generation of the second category. */
static char *
byte_of(struct scene *s, uint64_t generation, size_t at)
{
	return s->segment->base + segment_buffer_offset(s->segment, 1, generation) + at;
}

TEST(a_good_segment_has_no_bad_verdict)
{
	struct scene *s = *state;

	inspect(s);
	assert_string_equal(s->first, "");
	assert_int_equal(s->inspection.bad, 0);
}

TEST(each_field_of_the_header_is_held_to_its_range)
{
	struct scene *s = *state;
	struct segment_header *h = (struct segment_header *)s->segment->base;

	DAMAGE(s, h->magic[3], 'x', "header: magic is");
	DAMAGE(s, h->byte_order, 0x04030201, "header: byte_order");
	DAMAGE(s, h->header_size, 168, "header: header_size");
	DAMAGE(s, h->page_size, 0, "header: page_size");
	DAMAGE(s, h->page_size, 0xffffffff, "header: page_size");
	DAMAGE(s, h->ncategories, 0, "header: ncategories");
	DAMAGE(s, h->nprocs, 0xffffffff, "header: nprocs");
	DAMAGE(s, h->counters_size, 8, "header: counters_size");
	DAMAGE(s, h->cycles_size, 8, "header: cycles_size");
	DAMAGE(s, h->capacity, UINT64_MAX, "header: buffers");
	DAMAGE(s, h->capacity, 0, "header: capacity");
	DAMAGE(s, h->total_size, UINT64_C(1) << 40, "header: total_size");
	DAMAGE(s, h->slots_offset, UINT64_MAX, "header: ");
	DAMAGE(s, h->slots_offset, 8, "header: ");
	DAMAGE(s, h->ledgers_offset, h->cycles_offset, "header: ");
	DAMAGE(s, h->config_length, UINT64_MAX - 1, "header: config");
}

/* A tool of another version says so, instead of finding damage everywhere. */
TEST(another_layout_is_no_damage)
{
	struct scene *s = *state;
	struct segment_header *h = (struct segment_header *)s->segment->base;

	h->magic[14] = h->magic[14] == '9' ? '8' : '9';
	assert_int_equal(inspect_header(&s->inspection, fixture_name()), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(s->inspection.bad, 0);
	assert_int_equal(inspect_header(&s->inspection, "/hydratord-not-there"), -1);
	assert_int_equal(errno, ENOENT);
}

TEST(a_file_that_is_too_short_is_told)
{
	struct scene *s = *state;
	char path[128];

	snprintf(path, sizeof(path), SEGMENT_DIR "%s", fixture_name());
	assert_int_equal(truncate(path, (off_t)s->segment->h.total_size - 1), 0);
	assert_int_equal(inspect_header(&s->inspection, fixture_name()), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(strncmp(s->first, "header: total_size", 18), 0);
	assert_int_equal(truncate(path, 100), 0);
	s->first[0] = '\0';
	assert_int_equal(inspect_header(&s->inspection, fixture_name()), -1);
	assert_string_equal(s->first, "header: there is no whole header");
}

TEST(both_buffers_are_held_to_latch_and_checksum)
{
	struct scene *s = *state;
	struct segment_slot *one = segment_slot(s->segment, 0),
			    *two = segment_slot(s->segment, 1);

	/* Of the first there is generation 1, of the second 1 and 2. */
	DAMAGE(s, one->meta1.checksum, 7,
	    "image_generation: buffer 1: generation 1: its "
	    "checksum");
	DAMAGE(s, one->meta1.length, 0,
	    "image_generation: buffer 1: generation 1: its "
	    "length");
	DAMAGE(s, one->meta1.length, UINT64_MAX, "image_generation: buffer 1");
	DAMAGE(s, one->meta1.stamp[0], 7, "image_generation: buffer 1");
	DAMAGE(s, one->meta1.generation, 3,
	    "image_generation: buffer 1: generation 1: "
	    "its generation");
	DAMAGE(s, one->latch.seq, 0, "image_generation: buffer 1: generation 0");
	DAMAGE(s, two->meta0.checksum, 7, "text_generation: buffer 0: generation 2");
	DAMAGE(s, two->meta1.generation, 4, "text_generation: buffer 1: generation 1");
	DAMAGE(s, *byte_of(s, 1, 0), 'b',
	    "text_generation: buffer 1: generation 1: its checksum");
	DAMAGE(s, *byte_of(s, 2, 4999), 'b',
	    "text_generation: buffer 0: generation 2: its checksum");
	DAMAGE(s, two->latch.seq, UINT64_MAX - 1, "text_generation: latch");
	DAMAGE(s, two->name[3], 0x1b, "category 1: its name is \"tex?");
}

/* A hydrator that died leaves this, and its successor goes on from there. */
TEST(what_a_writer_left_unfinished_is_no_damage)
{
	struct scene *s = *state;
	struct segment_slot *slot = segment_slot(s->segment, 1);

	slot->latch.seq = 5; /* generation 3 was begun, over generation 1 */
	memset(byte_of(s, 3, 0), 'x', 100);
	atomic_store(&slot->meta1.length, UINT64_MAX);
	inspect(s);
	assert_string_equal(s->first, "");
	assert_int_equal(s->unfinished, 1);
}

TEST(records_have_what_a_process_of_ours_writes)
{
	struct scene *s = *state;
	const struct segment_header *h = &s->segment->h;
	char *base = s->segment->base;
	struct ledger_record *l = (struct ledger_record *)(base + h->ledgers_offset);
	struct process_record *p =
	    (struct process_record *)(base + h->processes_offset);
	struct daemon_record *d = (struct daemon_record *)(base + h->daemon_offset);
	struct cycles_rings *c = (struct cycles_rings *)(base + h->cycles_offset);
	struct order_record *o = (struct order_record *)(base + h->orders_offset);
	struct host *host = (struct host *)(base + h->hosts_offset);

	DAMAGE(s, l->copy[1][0], 5, "image_generation: ledger");
	DAMAGE(s, p[2].copy[1][1], 99, "slot 2: written 1 times");
	DAMAGE(s, d->copy[1][0], 0x1b, "daemon: written 1 times");
	DAMAGE(s, c->brief[7].words[0], 8, "image_generation: cycles: 1 of");
	DAMAGE(s, c->detail[7].words[0], 1000000, "image_generation: cycles: 1 of");
	DAMAGE(s, c->newest, UINT64_MAX - 1, "image_generation: cycles");
	DAMAGE(s, o[1].ended.seq, 8, "order reopen: 4 have ended");
	DAMAGE(s, host->key, 5, "host 0: its key");
	DAMAGE(s, host->breaker, 3, "host 0: its breaker");
	DAMAGE(s, host->floor, INT64_MAX, "host 0: it is left alone");
	DAMAGE(s, *(base + h->config_offset), '\t', "configuration: byte");
	DAMAGE(s, *(base + h->config_offset + 2), 0x1b, "configuration: byte 2");
}

TEST(counters_are_in_range)
{
	struct scene *s = *state;
	struct counters *c = segment_counters(s->segment, 1);

	DAMAGE(s, c->heartbeat, (uint64_t)INT64_MAX, "slot 1: its heartbeat");
	DAMAGE(s, c->last_success, UINT64_MAX, "slot 1: its last success");
	DAMAGE(s, c->saved_wall, (uint64_t)INT64_MAX, "slot 1: a saving");
	DAMAGE(s, c->cpu, UINT64_MAX, "slot 1: it took");
	DAMAGE(s, c->streams, 1, "slot 1: 1 streams in 0");
	DAMAGE(s, c->duration[2], 6, "slot 1: 6 requests have a duration, but only 5");
	DAMAGE(s, c->value[COUNTER_REUSED_DOCUMENTS], UINT64_MAX, "slot 1: counter");
	DAMAGE(s, c->value[COUNTER_ROOM - 1], 1, "slot 1: counter 63 is 1");
}

/* Any bytes anywhere: never more than verdicts. */
TEST(no_damage_ends_who_looks)
{
	struct scene *s = *state;
	size_t end = s->segment->h.buffers_offset, at, n;
	unsigned seed = 20261129, told = 0;
	char before[64];
	int i;

	for (i = 0; i < 300; i++) {
		n = 1 + (size_t)rand_r(&seed) % sizeof(before);
		/* Half of it where most is: header, slots, records of hosts. */
		at =
		    (size_t)rand_r(&seed) % ((i & 1) != 0 ? end : 3 * SEGMENT_PAGE_MIN);
		if (at + n > end)
			continue;
		memcpy(before, s->segment->base + at, n);
		for (size_t k = 0; k < n; k++)
			s->segment->base[at + k] = (char)rand_r(&seed);
		inspect(s);
		told += s->inspection.bad > 0;
		memcpy(s->segment->base + at, before, n);
	}
	assert_true(told > 0);
	inspect(s);
	assert_string_equal(s->first, "");
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
