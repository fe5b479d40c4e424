/* Values that travel between machines: equal or refused, in words, whatever came of
 * them on the way. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/clock.h"
#include "fleet/value_layout.h"
#include "unit.h"

#define MAX 4096
#define HEAD sizeof(struct value_header)
#define SEC NSEC_PER_SEC

static const struct fleet_value_id id = { "text_generation", "format01" };
static char payload[1000];
static struct fleet_value sent;
static struct buf value;
static char err[256];

static int
set_up(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (char)(i * i / 7);
	sent = (struct fleet_value){
		.token = 1700000000000001,
		.seq = 7,
		.leader = "alpha",
		.begun = 1700000000 * SEC,
		.published = 1700000002 * SEC,
		.published_wall = 1700000005 * SEC,
		.part = { { 1700000001 * SEC, 1700000004 * SEC }, { 0, 0 },
		    { 1699999900 * SEC, 1699999903 * SEC } },
		.gate = { { 1, 0, 5120, 77 }, { 1, 1, 3, 0 } },
	};
	fleet_value_write(&id, &sent, payload, sizeof(payload), &value);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	buf_free(&value);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

static struct value_header *
header(void)
{
	return (void *)value.data;
}

/* As somebody does who knows how to make one. */
static void
seal(void)
{
	header()->coded = value.len - HEAD;
	header()->checksum = value_checksum(
	    header(), (struct str){ value.data + HEAD, value.len - HEAD });
}

/* An allocation of its own size: a sanitizer sees a byte too many. */
static enum fleet_verdict
take(const char *data, size_t len, struct fleet_value *out, struct buf *into)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum fleet_verdict verdict;

	memcpy(copy, data, len);
	err[0] = '\0';
	verdict = fleet_value_read(
	    &id, (struct str){ copy, len }, MAX, out, into, err, sizeof(err));
	free(copy);
	return verdict;
}

/* What is refused says why, and gives nothing. */
static void
assert_refused(enum fleet_verdict wanted, const char *why)
{
	struct fleet_value got = { .seq = 99 };
	struct buf into = { 0 };
	enum fleet_verdict verdict = take(value.data, value.len, &got, &into);

	if (verdict != wanted || strcmp(err, why) != 0)
		fail_msg("%d \"%s\", want %d \"%s\"", verdict, err, wanted, why);
	assert_int_equal(into.len, 0);
	assert_int_equal(got.seq, wanted == FLEET_TOO_LARGE ? sent.seq : 99);
	buf_free(&into);
}

TEST(what_was_sent_arrives)
{
	struct fleet_value got;
	struct buf into = { 0 };

	assert_int_equal(take(value.data, value.len, &got, &into), FLEET_GOOD);
	assert_int_equal(into.len, sizeof(payload));
	assert_memory_equal(into.data, payload, sizeof(payload));
	assert_int_equal(got.length, sizeof(payload));
	sent.length = got.length;
	sent.checksum = got.checksum;
	assert_memory_equal(&got, &sent, sizeof(sent));
	buf_free(&into);
}

TEST(a_value_is_appended)
{
	struct buf out = { 0 };

	buf_puts(&out, "before");
	fleet_value_write(&id, &sent, payload, sizeof(payload), &out);
	assert_int_equal(out.len, value.len + 6);
	assert_memory_equal(out.data + 6, value.data, value.len);
	buf_free(&out);
}

/* Who knows the payload by its checksum need not have it decoded. */
TEST(the_head_can_be_had_alone)
{
	struct fleet_value got;

	assert_int_equal(take(value.data, value.len, &got, NULL), FLEET_GOOD);
	assert_int_equal(got.checksum, XXH3_64bits(payload, sizeof(payload)));
	assert_string_equal(got.leader, "alpha");
}

/* Whatever the leader is called, and what stood behind the name. */
TEST(a_leader_can_always_be_read)
{
	struct fleet_value got;

	memset(sent.leader, '\n', sizeof(sent.leader));
	buf_reset(&value);
	fleet_value_write(&id, &sent, payload, sizeof(payload), &value);
	assert_int_equal(take(value.data, value.len, &got, NULL), FLEET_GOOD);
	assert_int_equal(strlen(got.leader), LEDGER_LEADER_SIZE - 1);
	assert_null(strchr(got.leader, '\n'));
	memcpy(sent.leader, "ab\0cd", 6);
	buf_reset(&value);
	fleet_value_write(&id, &sent, payload, sizeof(payload), &value);
	assert_int_equal(take(value.data, value.len, &got, NULL), FLEET_GOOD);
	assert_memory_equal(got.leader, "ab\0\0\0\0", 6);
}

TEST(no_byte_may_differ)
{
	static const unsigned char masks[] = { 0x01, 0x80, 0xff };
	struct fleet_value got;
	struct buf into = { 0 };

	for (size_t i = 0; i < value.len; i++)
		for (size_t m = 0; m < NELEM(masks); m++) {
			value.data[i] ^= (char)masks[m];
			if (take(value.data, value.len, &got, &into) == FLEET_GOOD)
				fail_msg("byte %zu, mask %02x", i, masks[m]);
			assert_int_not_equal(err[0], '\0');
			assert_int_equal(into.len, 0);
			value.data[i] ^= (char)masks[m];
		}
	assert_int_equal(take(value.data, value.len, &got, &into), FLEET_GOOD);
	buf_free(&into);
}

/* The decoder alone, behind a checksum that is right: refused, or another payload that
 * its own checksum gives away. */
TEST(no_byte_of_the_payload_may_differ)
{
	struct fleet_value got;
	struct buf into = { 0 };

	for (size_t i = HEAD; i < value.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			value.data[i] ^= (char)(1 << bit);
			seal();
			if (take(value.data, value.len, &got, &into) == FLEET_GOOD) {
				/* A bit of the frame that means nothing. */
				assert_int_equal(into.len, sizeof(payload));
				assert_memory_equal(
				    into.data, payload, sizeof(payload));
			} else
				assert_int_equal(into.len, 0);
			buf_reset(&into);
			value.data[i] ^= (char)(1 << bit);
		}
	buf_free(&into);
}

TEST(no_byte_may_be_missing)
{
	struct fleet_value got;
	struct buf into = { 0 };

	for (size_t len = 0; len < value.len; len++) {
		assert_int_equal(take(value.data, len, &got, &into), FLEET_DAMAGED);
		assert_int_equal(into.len, 0);
	}
	buf_putc(&value, '\0');
	assert_int_equal(take(value.data, value.len, &got, &into), FLEET_DAMAGED);
	buf_free(&into);
}

/* A frame that is cut short behind a head that knows. */
TEST(no_byte_of_the_frame_may_be_missing)
{
	struct fleet_value got;
	struct buf into = { 0 };
	size_t whole = value.len;

	for (value.len = HEAD; value.len < whole; value.len++) {
		seal();
		assert_int_equal(
		    take(value.data, value.len, &got, &into), FLEET_DAMAGED);
		assert_int_equal(into.len, 0);
	}
	buf_putc(&value, '\0');
	seal();
	assert_refused(FLEET_DAMAGED, "is damaged: its payload cannot be decoded");
	buf_free(&into);
}

TEST(what_is_foreign_is_told_in_words)
{
	header()->magic[14]++;
	assert_refused(FLEET_FOREIGN, "is of another version of hydratord");
	header()->magic[14]--;
	header()->magic[0]++;
	assert_refused(FLEET_DAMAGED, "is no snapshot of hydratord");
	header()->magic[0]--;
	header()->byte_order = __builtin_bswap32(header()->byte_order);
	assert_refused(FLEET_FOREIGN, "is of another kind of machine");
	header()->byte_order = VALUE_BYTE_ORDER;
	header()->header_size++;
	assert_refused(FLEET_FOREIGN, "is of another kind of machine");
	header()->header_size--;
	header()->format[7]++;
	assert_refused(FLEET_FOREIGN,
	    "is of another version of hydratord: it has another content");
	header()->format[7]--;
	header()->category[0] = 'T';
	assert_refused(FLEET_FOREIGN, "is of another category");
	header()->category[0] = 't';
	header()->checksum++;
	assert_refused(FLEET_DAMAGED, "is damaged: its checksum is wrong");
	header()->checksum--;
	header()->coded++;
	snprintf(err, sizeof(err),
	    "is truncated or damaged: it has %zu bytes of payload and says %zu",
	    value.len - HEAD, value.len - HEAD + 1);
	assert_refused(FLEET_DAMAGED, strdupa(err));
	value.len = HEAD - 1;
	assert_refused(FLEET_DAMAGED, "is truncated");
}

/* What the writer's checksum vouches for is looked at nevertheless. */
TEST(what_cannot_be_is_refused)
{
#define LIE(statement, what)                                                           \
	do {                                                                           \
		const struct value_header honest = *header();                          \
		struct fleet_value *v = &header()->value;                              \
		statement;                                                             \
		seal();                                                                \
		assert_refused(FLEET_DAMAGED, "is damaged: " what " cannot be");       \
		*header() = honest;                                                    \
	} while (0)
	LIE(v->token = 0, "its number");
	LIE(v->seq = 0, "its number");
	LIE(v->leader[0] = '\0', "the name of its leader");
	LIE(memset(v->leader, 'a', sizeof(v->leader)), "the name of its leader");
	LIE(v->leader[1] = '\n', "the name of its leader");
	LIE(v->leader[1] = '\x1b', "the name of its leader");
	LIE(v->leader[1] = '\xc3', "the name of its leader");
	LIE(v->begun = -1, "a time");
	LIE(v->published = INT64_MIN, "a time");
	LIE(v->published_wall = -1, "a time");
	LIE(v->part[0].fetched = -1, "a time");
	LIE(v->part[2].fetched_wall = -1, "a time");
	LIE(v->part[1].fetched = 1, "a time");
	LIE(v->part[0].fetched = 0, "a time");
	LIE(memset(v->part, 0, sizeof(v->part)), "a time");
	LIE(v->gate[0].known = 2, "a count");
	LIE(v->gate[3].at_least = UINT64_MAX, "a count");
	LIE(v->length = 0, "its length");
#undef LIE
}

TEST(lengths_that_lie)
{
	const uint64_t lies[] = { 1, sizeof(payload) - 1, sizeof(payload) + 1, MAX };

	for (size_t i = 0; i < NELEM(lies); i++) {
		header()->value.length = lies[i];
		seal();
		assert_refused(
		    FLEET_DAMAGED, "is damaged: its payload cannot be decoded");
	}
	header()->value.length = sizeof(payload);
	header()->value.checksum++;
	seal();
	assert_refused(
	    FLEET_DAMAGED, "is damaged: the checksum of its payload is wrong");
}

/* Bytes that are taken from malloc(3). */
static size_t
memory_in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* 1 GB of zeros in some kilobytes; head and frame both say so. */
TEST(a_bomb_costs_nothing)
{
	const size_t claimed = (size_t)1 << 30;
	struct fleet_value got;
	struct buf into = { 0 };
	size_t room = 1 << 20, before;
	char *zeros = calloc(1, claimed);

	buf_reset(&value);
	buf_add(&value, &(struct value_header){ .byte_order = 0 }, HEAD);
	value_header_init(header(), &id);
	buf_reserve(&value, room);
	header()->value = sent;
	header()->value.length = claimed;
	value.len += ZSTD_compress(value.data + HEAD, room, zeros, claimed, 1);
	free(zeros);
	assert_in_range(value.len, HEAD + 1000, HEAD + room);
	seal();
	before = memory_in_use();
	assert_refused(
	    FLEET_TOO_LARGE, "is too large: 1073741824 bytes, there is room for 4096");
	header()->value.length = MAX;
	seal();
	assert_int_equal(take(value.data, value.len, &got, &into), FLEET_DAMAGED);
	assert_int_equal(into.cap, 0);
	assert_true(memory_in_use() <= before);
}

TEST(as_much_as_there_is_room_for)
{
	struct fleet_value got;
	struct buf into = { 0 };
	struct str v = { value.data, value.len };

	assert_int_equal(
	    fleet_value_read(&id, v, sizeof(payload), &got, &into, err, sizeof(err)),
	    FLEET_GOOD);
	buf_reset(&into);
	assert_int_equal(fleet_value_read(&id, v, sizeof(payload) - 1, &got, &into, err,
			     sizeof(err)),
	    FLEET_TOO_LARGE);
	assert_int_equal(into.len, 0);
	buf_free(&into);
}

/* Two machines that were booted at other times, with a wall clock that is wrong. */
TEST(an_age_is_the_same_on_each_machine)
{
	const struct snapshot_stamp stamp = {
		.part = { { 5000 * SEC, 1700000000 * SEC }, { 0, 0 },
		    { 4970 * SEC, 1699999970 * SEC } },
		.published_wall = 1700000001 * SEC
	};
	struct snapshot_stamp there;
	struct fleet_value v = { .part = { [1] = { 5, 5 } } };

	fleet_value_stamp(&v, &stamp, 5010 * SEC, 1800000010 * SEC);
	assert_int_equal(v.published_wall, stamp.published_wall);
	assert_int_equal(v.part[0].fetched, 1800000000 * SEC);
	assert_int_equal(v.part[1].fetched, 0);
	assert_int_equal(v.part[2].fetched, 1799999970 * SEC);
	fleet_value_restamp(&v, 100 * SEC, 1800000015 * SEC, &there);
	assert_int_equal(there.part[0].fetched_boot, 85 * SEC);
	assert_int_equal(there.part[0].fetched_wall, 1700000000 * SEC);
	assert_false(part_stamp_is_there(&there.part[1]));
	assert_int_equal(there.part[1].fetched_boot, 0);
	assert_int_equal(there.part[2].fetched_boot, 55 * SEC);
	assert_int_equal(there.published_wall, stamp.published_wall);
	/* Measured a little apart, it seems to be from the future. */
	fleet_value_restamp(&v, 100 * SEC, 1799999999 * SEC, &there);
	assert_int_equal(there.part[0].fetched_boot, 100 * SEC);
	assert_int_equal(there.part[2].fetched_boot, 71 * SEC);
	/* Whatever the times are, nothing overflows. */
	v.part[0].fetched = INT64_MAX;
	v.part[2].fetched = 1;
	fleet_value_restamp(&v, 0, INT64_MAX, &there);
	assert_int_equal(there.part[0].fetched_boot, 0);
	assert_int_equal(there.part[2].fetched_boot, -(INT64_MAX - 1));
}
