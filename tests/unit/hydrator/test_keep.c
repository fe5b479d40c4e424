/* When generations are saved, what is said about it, and that nobody waits for a disk.
 */
#include "fixture/shm_test.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/publish.h"

#include "hydrator/keep.h"
#undef KEEP_PATIENCE
#define KEEP_PATIENCE 1 /* nobody likes to wait, not even for a test */

/* The code under test with a disk that does as it is told. */
#define state_save test_state_save
#include "hydrator/keep.c"
#include "unit.h"
#undef state_save

static char dir[64];
static int64_t *offset; /* of the clock */
static struct segment *seg;
static struct publisher *writer;
static struct keeper *keeper;
static _Atomic bool hang;
static _Atomic int saves;
static const char *_Atomic failure; /* NULL: none */
static _Atomic size_t last;         /* bytes of payload */

int
test_state_save(const struct state_id *state_id, const void *data, size_t len,
    const struct snapshot_stamp *stamp, char *err, size_t errlen)
{
	(void)data;
	while (atomic_load(&hang))
		usleep(1000);
	atomic_fetch_add(&saves, 1);
	if (atomic_load(&failure) != NULL) {
		snprintf(err, errlen, "%s", atomic_load(&failure));
		return -1;
	}
	if (strcmp(state_id->category, "image_generation") != 0 ||
	    memcmp(stamp, &shm_test_stamp, sizeof(*stamp)) != 0)
		return -1;
	atomic_store(&last, len);
	return 0;
}

static const char *
in_dir(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
set_up_group(void **state UNUSED)
{
	int fd;

	strlcpy(dir, "/tmp/hydratord-test-keep-XXXXXX", sizeof(dir));
	if (mkdtemp(dir) == NULL)
		return -1;
	fd = open(in_dir("clock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || ftruncate(fd, sizeof(*offset)) == -1)
		return -1;
	offset = mmap(NULL, sizeof(*offset), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	setenv("HYDRATORD_TEST_CLOCK", in_dir("clock"), 1);
	return offset == MAP_FAILED ? -1 : clock_init();
}

static int
tear_down_group(void **state UNUSED)
{
	unlink(in_dir("clock"));
	return rmdir(dir);
}

static int
set_up(void **state UNUSED)
{
	seg = shm_test_segment();
	writer = shm_test_publisher(seg, 0);
	atomic_store(&hang, false);
	atomic_store(&saves, 0);
	atomic_store(&failure, NULL);
	atomic_store(&last, 0);
	return log_open(in_dir("log"), "info");
}

static int
tear_down(void **state UNUSED)
{
	atomic_store(&hang, false);
	keep_close(&keeper);
	publisher_close(&writer);
	segment_close(&seg);
	unlink(in_dir("log"));
	return log_open("stderr", "info");
}

static int
logged(const char *text)
{
	char line[1024];
	FILE *fp = fopen(in_dir("log"), "r");
	int n = 0;

	assert_non_null(fp);
	while (fgets(line, sizeof(line), fp) != NULL)
		n += strstr(line, text) != NULL;
	fclose(fp);
	return n;
}

/* Attends until so many were saved and nothing is being saved. */
static void
attend_until(int n)
{
	int64_t begin = clock_boot();

	do {
		keep_attend(keeper);
		if (clock_boot() - begin > 20 * NSEC_PER_SEC)
			fail_msg("%d saved, not %d", atomic_load(&saves), n);
		usleep(1000);
	} while (atomic_load(&saves) < n || keeper->running);
}

/* Nothing is begun, however often it is asked. */
static void
assert_rests(void)
{
	keep_attend(keeper);
	keep_attend(keeper);
	assert_false(keeper->running);
}

static void
minute(void)
{
	*offset += KEEP_INTERVAL * NSEC_PER_SEC;
}

TEST(at_once_then_once_a_minute)
{
	keeper = keep_open(seg, 0, dir);
	assert_rests(); /* nothing is there */
	shm_test_publish(writer, 'a', 10);
	attend_until(1);
	shm_test_publish(writer, 'b', 20);
	shm_test_publish(writer, 'c', 30);
	assert_rests();
	*offset += (KEEP_INTERVAL - 30) * NSEC_PER_SEC;
	assert_rests();
	*offset += 30 * NSEC_PER_SEC;
	attend_until(2);
	assert_int_equal(atomic_load(&last), 30);
	minute();
	assert_rests(); /* it is saved already */
	assert_int_equal(atomic_load(&saves), 2);
	assert_int_equal(logged(""), 0);
}

TEST(the_last_one_at_the_stop)
{
	keeper = keep_open(seg, 0, dir);
	shm_test_publish(writer, 'a', 10);
	attend_until(1);
	shm_test_publish(writer, 'b', 20);
	keep_close(&keeper);
	assert_null(keeper);
	assert_int_equal(atomic_load(&saves), 2);
	assert_int_equal(atomic_load(&last), 20);
	/* One that is being saved is waited for, and what came after it saved. */
	keeper = keep_open(seg, 0, dir);
	minute();
	atomic_store(&hang, true);
	keep_attend(keeper);
	assert_true(keeper->running);
	atomic_store(&hang, false);
	keep_close(&keeper);
	assert_int_equal(atomic_load(&saves), 3);
}

TEST(what_was_restored_is_in_no_hurry)
{
	shm_test_publish(writer, 'a', 10);
	keeper = keep_open(seg, 0, dir);
	assert_rests();
	minute();
	attend_until(1);
	assert_int_equal(atomic_load(&last), 10);
}

TEST(off_without_a_directory)
{
	shm_test_publish(writer, 'a', 10);
	keeper = keep_open(seg, 0, "");
	assert_null(keeper);
	keep_attend(keeper);
	keep_close(&keeper);
	assert_int_equal(atomic_load(&saves), 0);
}

TEST(one_warning_for_each_new_error)
{
	int i;

	keeper = keep_open(seg, 0, dir);
	atomic_store(&failure, "the disk is full");
	shm_test_publish(writer, 'a', 10);
	for (i = 1; i <= 3; i++) {
		attend_until(i); /* without a new generation, too */
		minute();
	}
	assert_int_equal(logged("the disk is full"), 1);
	assert_int_equal(logged("image_generation is not saved"), 1);
	atomic_store(&failure, "the disk is gone");
	attend_until(4);
	assert_int_equal(logged("the disk is gone"), 1);
	minute();
	atomic_store(&failure, NULL);
	attend_until(5);
	assert_int_equal(logged("image_generation is saved again"), 1);
	assert_int_equal(logged(""), 3);
}

TEST(nobody_waits_for_a_disk_that_hangs)
{
	int64_t begin;
	struct keeper *stuck;
	int i;

	stuck = keeper = keep_open(seg, 0, dir);
	atomic_store(&hang, true);
	shm_test_publish(writer, 'a', 10);
	for (i = 0; i < 10; i++) {
		keep_attend(keeper);
		minute();
	}
	shm_test_publish(writer, 'b', 20);
	begin = clock_boot();
	keep_close(&keeper);
	assert_true(clock_boot() - begin >= KEEP_PATIENCE * NSEC_PER_SEC);
	assert_int_equal(logged("still does not answer"), 1);
	assert_int_equal(atomic_load(&saves), 0);
	/* A real process would end here. */
	atomic_store(&hang, false);
	assert_int_equal(pthread_join(stuck->thread, NULL), 0);
	free(stuck);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down, .group_setup = set_up_group,
    .group_teardown = tear_down_group);
