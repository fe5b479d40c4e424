/* Taking snapshots: verdicts, bounds, foreign content, the private copy. */
#include "fixture/segment.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>

#include "shm/layout.h"

/*
 * The code under test, with a hand between the sequence and the copy: what runs
 * there is what another process could do at that moment.
 */
static void (*meanwhile)(void);

static int
test_memfd_create(const char *name, unsigned flags)
{
	if (meanwhile != NULL)
		meanwhile();
	return errno == EMFILE ? -1 : memfd_create(name, flags);
}

#define memfd_create test_memfd_create
#include "shm/snapshot.c"
#include "unit.h"
#undef memfd_create

static struct segment *seg;
static struct publisher *writer;
static int rounds; /* how often `meanwhile` still acts */

static int
set_up(void **state UNUSED)
{
	seg = fixture_segment();
	writer = fixture_publisher(seg, 0);
	meanwhile = NULL;
	errno = 0;
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	publisher_close(&writer);
	segment_close(&seg);
	return 0;
}

static void
assert_verdict(uint64_t known, enum snapshot_verdict wanted)
{
	struct snapshot *s = NULL;
	enum snapshot_verdict verdict = snapshot_take(seg, 0, known, &s);

	if (verdict != wanted)
		fail_msg("%s, not %s", snapshot_verdict_name(verdict),
		    snapshot_verdict_name(wanted));
	if (verdict != SNAPSHOT_FRESH)
		assert_null(s);
	snapshot_release(&s);
}

TEST(empty_then_fresh_then_unchanged)
{
	assert_verdict(0, SNAPSHOT_EMPTY);
	assert_int_equal(snapshot_generation(seg, 0), 0);
	assert_int_equal(fixture_publish(writer, 'a', 77), 1);
	assert_int_equal(snapshot_generation(seg, 0), 1);
	assert_verdict(0, SNAPSHOT_FRESH);
	assert_verdict(1, SNAPSHOT_UNCHANGED);
	assert_int_equal(fixture_publish(writer, 'b', 5), 2);
	assert_verdict(1, SNAPSHOT_FRESH);
	assert_verdict(2, SNAPSHOT_UNCHANGED);
	assert_int_equal(snapshot_generation(seg, 1), 0);
}

TEST(every_length_comes_back_whole)
{
	const size_t page = seg->h.page_size, lengths[] = { 1, 7, 8, 9, page - 1, page,
		page + 1, segment_capacity(seg) - 1, segment_capacity(seg), 3 };
	size_t i;

	for (i = 0; i < NELEM(lengths); i++) {
		assert_int_equal(fixture_publish(writer, 'x', lengths[i]), i + 1);
		assert_true(fixture_holds(seg, i + 1, 'x', lengths[i]));
	}
}

/* Whether the system has large pages or not. */
TEST(large_copies_are_whole_and_sealed)
{
	const size_t lengths[] = { GATHER_MIN, LARGE_PAGE - 8, LARGE_PAGE,
		2 * LARGE_PAGE + 5000 };
	size_t i, at;

	for (i = 0; i < NELEM(lengths); i++) {
		struct snapshot *s = snapshot_new(lengths[i]);
		char *data, back;

		assert_non_null(s);
		data = (char *)(uintptr_t)s->data;
		for (at = 0; at < lengths[i]; at++)
			data[at] = (char)(at % 251);
		assert_int_equal(snapshot_seal(s), 0);
		for (at = 0; at < lengths[i]; at += 1021) {
			assert_int_equal(pread(s->fd, &back, 1, (off_t)at), 1);
			assert_int_equal(back, (char)(at % 251));
			assert_int_equal(s->data[at], back);
		}
		snapshot_release(&s);
	}
}

TEST(what_does_not_fit_is_rejected)
{
	const size_t size = segment_capacity(seg) + 1;
	uint64_t generation = 99;
	char err[256] = "", *data = calloc(1, size);

	fixture_publish(writer, 'k', 10);
	assert_int_equal(
	    publish(writer, data, size, &fixture_stamp, &generation, err, sizeof(err)),
	    -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(strncmp(err, "a snapshot of ", 14), 0);
	assert_int_equal(segment_wanted(seg, 0), size);
	assert_int_equal(snapshot_length(seg, 0), 10);
	assert_int_equal(
	    publish(writer, data, 0, &fixture_stamp, &generation, err, sizeof(err)),
	    -1);
	assert_int_equal(generation, 99);
	assert_true(fixture_holds(seg, 1, 'k', 10));
	assert_int_equal(
	    publish(writer, data, size, &fixture_stamp, &generation, err, sizeof(err)),
	    -1);
	fixture_publish(writer, 'l', 20);
	assert_int_equal(segment_wanted(seg, 0), 0);
	assert_int_equal(snapshot_length(seg, 0), 20);
	free(data);
}

TEST(copy_is_sealed_and_padded)
{
	struct snapshot *s = NULL;
	struct stat st;
	char back[13];

	fixture_publish(writer, 'p', 13);
	assert_int_equal(snapshot_take(seg, 0, 0, &s), SNAPSHOT_FRESH);
	fixture_publish(writer, 'q', 13);
	fixture_publish(writer, 'r', 13); /* into the buffer it was copied from */
	assert_int_equal(s->data[0], 'p');
	assert_int_equal(s->data[12], 'p');
	assert_int_equal(s->data[13], 0);
	assert_int_equal(fstat(s->fd, &st), 0);
	assert_int_equal(st.st_size, 16);
	assert_int_equal(pread(s->fd, back, sizeof(back), 0), 13);
	assert_memory_equal(back, s->data, 13);
	assert_int_equal(pwrite(s->fd, "w", 1, 0), -1);
	assert_int_equal(ftruncate(s->fd, 0), -1);
	assert_true(mmap(NULL, 16, PROT_WRITE, MAP_SHARED, s->fd, 0) == MAP_FAILED);
	assert_int_equal(mprotect((void *)(uintptr_t)s->data, 16, PROT_WRITE), -1);
	snapshot_release(&s);
	snapshot_release(&s);
}

/* --- Overtaken
 * ------------------------------------------------------------------------ */

static void
publish_twice(void)
{
	if (rounds-- <= 0)
		return;
	fixture_publish(writer, 'm', 40);
	fixture_publish(writer, 'n', 50);
}

TEST(overtaken_copies_are_tried_again)
{
	fixture_publish(writer, 'l', 30);
	meanwhile = publish_twice;
	rounds = SNAPSHOT_TRIES - 1;
	assert_true(fixture_holds(seg, 2 * SNAPSHOT_TRIES - 1, 'n', 50));
}

TEST(overtaken_on_every_try_is_busy)
{
	fixture_publish(writer, 'l', 30);
	meanwhile = publish_twice;
	rounds = 1000;
	assert_verdict(0, SNAPSHOT_BUSY);
	assert_int_equal(rounds, 1000 - SNAPSHOT_TRIES);
	meanwhile = NULL;
	assert_verdict(0, SNAPSHOT_FRESH);
}

static void
publish_once(void)
{
	fixture_publish(writer, 'm', 40);
}

TEST(one_publication_does_not_disturb_a_copy)
{
	fixture_publish(writer, 'l', 30);
	meanwhile = publish_once;
	assert_true(fixture_holds(seg, 1, 'l', 30));
}

static void
run_out_of_descriptors(void)
{
	errno = EMFILE;
}

TEST(no_descriptor_is_its_own_verdict)
{
	fixture_publish(writer, 'l', 30);
	meanwhile = run_out_of_descriptors;
	assert_verdict(0, SNAPSHOT_NOMEM);
	assert_int_equal(errno, EMFILE);
}

/* --- Foreign content
 * -------------------------------------------------------------------- */

static void
assert_foreign_when(_Atomic uint64_t *word, uint64_t value)
{
	uint64_t good = atomic_load(word);

	atomic_store(word, value);
	assert_verdict(0, SNAPSHOT_FOREIGN);
	atomic_store(word, good);
	assert_verdict(0, SNAPSHOT_FRESH);
}

TEST(corrupt_metadata_is_foreign)
{
	struct slot_meta *meta = segment_meta(seg, 0, 1);
	size_t i;

	fixture_publish(writer, 'f', 500);
	assert_foreign_when(&meta->generation, 3);
	assert_foreign_when(&meta->generation, 0);
	assert_foreign_when(&meta->length, 0);
	assert_foreign_when(&meta->length, 499);
	assert_foreign_when(&meta->length, 501);
	assert_foreign_when(&meta->length, segment_capacity(seg));
	assert_foreign_when(&meta->length, segment_capacity(seg) + 1);
	assert_foreign_when(&meta->length, INT64_MAX);
	assert_foreign_when(&meta->length, UINT64_MAX);
	assert_foreign_when(&meta->checksum, atomic_load(&meta->checksum) + 1);
	for (i = 0; i < SNAPSHOT_STAMP_WORDS; i++)
		assert_foreign_when(&meta->stamp[i], 0);
}

/* The payload is told by the checksum of the metadata alone. */
TEST(the_same_payload_is_renewed_and_no_other)
{
	struct snapshot_stamp stamp = fixture_stamp;
	struct snapshot *s = NULL;
	char data[500], err[200];
	uint64_t g;

	fixture_publish(writer, 'r', sizeof(data));
	assert_int_equal(snapshot_take(seg, 0, 0, &s), SNAPSHOT_FRESH);
	stamp.published_wall += 7;
	memset(data, 'r', sizeof(data));
	assert_int_equal(
	    publish(writer, data, sizeof(data), &stamp, &g, err, sizeof(err)), 0);
	atomic_fetch_add(&segment_meta(seg, 0, 2)->stamp[0], 1);
	assert_false(snapshot_renew(seg, 0, s));
	atomic_fetch_sub(&segment_meta(seg, 0, 2)->stamp[0], 1);
	assert_int_equal(s->generation, 1);
	assert_memory_equal(&s->stamp, &fixture_stamp, sizeof(stamp));
	assert_true(snapshot_renew(seg, 0, s));
	assert_int_equal(s->generation, 2);
	assert_memory_equal(&s->stamp, &stamp, sizeof(stamp));
	fixture_publish(writer, 's', sizeof(data));
	assert_false(snapshot_renew(seg, 0, s));
	fixture_publish(writer, 'r', sizeof(data) - 1);
	assert_false(snapshot_renew(seg, 0, s));
	assert_int_equal(s->generation, 2);
	snapshot_release(&s);
}

TEST(corrupt_payload_is_foreign)
{
	_Atomic uint64_t *words = segment_buffer(seg, 0, 1);
	size_t i;

	fixture_publish(writer, 'f', 500);
	for (i = 0; i < 500 / 8 + 1; i++)
		assert_foreign_when(&words[i], atomic_load(&words[i]) ^ 1);
}

TEST(corrupt_sequence_is_foreign)
{
	_Atomic uint64_t *seq = &segment_slot(seg, 0)->latch.seq;

	fixture_publish(writer, 'f', 500);
	fixture_publish(writer, 'g', 500);
	assert_foreign_when(seq, 6);  /* of a buffer that holds another one */
	assert_foreign_when(seq, 60); /* never published */
	assert_foreign_when(seq, UINT64_MAX - 5);
}

TEST(corrupt_header_bounds_nothing)
{
	fixture_publish(writer, 'h', 500);
	memset(seg->base, 0xff, sizeof(struct segment_header));
	assert_true(fixture_holds(seg, 1, 'h', 500));
	assert_int_equal(fixture_publish(writer, 'i', 600), 2);
	assert_true(fixture_holds(seg, 2, 'i', 600));
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
