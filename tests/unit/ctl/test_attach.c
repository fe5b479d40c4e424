/* What attaching says of segments that are not there, or not whole. */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "fixture/segment.h"
#include "unit.h"

static struct segment *segment;
static struct ctl ctl;
static char message[ATTACH_MESSAGE];

static int
set_up(void **state UNUSED)
{
	struct segment_spec spec = fixture_spec();
	char err[256];

	assert_int_equal(segment_create(&spec, &segment, err, sizeof(err)), 0);
	ctl.name = fixture_name();
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	segment_unlink(segment);
	segment_close(&segment);
	return 0;
}

static void
assert_refused(int status, const char *text)
{
	struct attached a;

	assert_int_equal(attach_try(&ctl, &a, message, sizeof(message)), status);
	assert_null(a.segment);
	if (strstr(message, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, message);
	attach_close(&a);
}

TEST(a_segment_that_is_held)
{
	struct attached a;
	unsigned index;

	assert_int_equal(attach_try(&ctl, &a, message, sizeof(message)), 0);
	assert_true(a.alive);
	assert_int_equal(a.supervisor, getpid());
	assert_true(attach_is_current(&a));
	assert_int_equal(attach_category(&a, "text_generation", &index), 0);
	assert_int_equal(index, 1);
	assert_int_equal(attach_category(&a, "lora", &index), EX_USAGE);
	segment_unlink(segment);
	assert_false(attach_is_current(&a));
	attach_close(&a);
	attach_close(&a);
}

TEST(no_segment)
{
	ctl.name = "/hydratord-unit-nothing";
	assert_refused(CTL_NOT_RUNNING, "there is no shared memory");
}

static void
spoil(off_t at, const char *bytes, size_t n, off_t size)
{
	int fd = shm_open(ctl.name, O_RDWR, 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, bytes, n, at), n);
	if (size != 0)
		assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

TEST(another_layout)
{
	spoil(0, "HYDRATORD-SHM07", 16, 0);
	assert_refused(CTL_NOT_SERVING, "layout HYDRATORD-SHM07");
	assert_non_null(strstr(message, segment_layout()));
	/* Its magic is printed: no stranger's bytes. */
	spoil(0, "HYDRATORD-SHM\033[", 16, 0);
	assert_refused(CTL_NOT_SERVING, "layout HYDRATORD-SHM?[");
}

TEST(no_segment_of_ours)
{
	spoil(0, "something else..", 16, 0);
	assert_refused(CTL_NOT_SERVING, "damaged");
}

TEST(a_segment_that_is_too_short)
{
	spoil(0, "H", 1, 8192);
	assert_refused(CTL_NOT_SERVING, "damaged");
}

static int
read_what_is_cut(struct segment *unused UNUSED, void *arg UNUSED)
{
	struct snapshot *snapshot = NULL;
	const struct view_directory *directory;
	struct attached a;

	if (attach_try(&ctl, &a, message, sizeof(message)) != 0)
		return 70;
	spoil(0, "H", 1, 4096);
	return attach_snapshot(&a, "text_generation", &snapshot, &directory) + 80;
}

TEST(a_segment_that_is_cut_short_meanwhile_is_no_crash)
{
	int status = fixture_fork(read_what_is_cut, segment, NULL);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CTL_NOT_SERVING);
}

TEST(nothing_is_published)
{
	const struct view_directory *directory;
	struct snapshot *snapshot = NULL;
	struct attached a;

	assert_int_equal(attach_try(&ctl, &a, message, sizeof(message)), 0);
	assert_int_equal(attach_snapshot(&a, "text_generation", &snapshot, &directory),
	    CTL_NOT_SERVING);
	assert_null(snapshot);
	attach_close(&a);
}

TEST(what_is_published_is_no_payload)
{
	struct publisher *p = fixture_publisher(segment, 1);
	const struct view_directory *directory;
	struct snapshot *snapshot = NULL;
	struct attached a;

	(void)fixture_publish(p, 'x', 100);
	publisher_close(&p);
	assert_int_equal(attach_try(&ctl, &a, message, sizeof(message)), 0);
	assert_int_equal(attach_snapshot(&a, "text_generation", &snapshot, &directory),
	    CTL_NOT_SERVING);
	assert_null(snapshot);
	attach_close(&a);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
