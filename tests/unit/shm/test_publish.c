/* One writer at a time: the lock of a category, across deaths, forks and users. */
#include "fixture/segment.h"

#include <sys/prctl.h>

#include <poll.h>

#include "base/clock.h"
#include "shm/layout.h"
#include "unit.h"

#define NOBODY 65534

struct holder {
	pid_t pid;
	int told; /* readable once the holder has its lock, or is dead */
};

/* A child that takes the lock, publishes once, and stays until it is killed. */
static struct holder
hold(struct segment *seg)
{
	struct holder holder;
	struct publisher *p;
	char err[256];
	uint64_t g;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	holder.pid = fork();
	assert_int_not_equal(holder.pid, -1);
	if (holder.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* if the test fails */
		if (publisher_open(seg, 0, 0, &p, err, sizeof(err)) == -1 ||
		    publish(p, "held", 4, &fixture_stamp, &g, err, sizeof(err)) == -1 ||
		    write(fds[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	holder.told = fds[0];
	return holder;
}

static void
wait_until_held(const struct holder *holder)
{
	char c;

	assert_int_equal(read(holder->told, &c, 1), 1);
}

static void
kill_holder(struct holder *holder)
{
	assert_int_equal(kill(holder->pid, SIGKILL), 0);
	assert_int_equal(waitpid(holder->pid, NULL, 0), holder->pid);
	close(holder->told);
}

TEST(second_writer_waits_then_fails_then_inherits)
{
	struct segment *seg = fixture_segment();
	struct holder holder = hold(seg);
	struct publisher *p = NULL;
	int64_t start;
	char err[256] = "";

	wait_until_held(&holder);
	start = clock_boot();
	errno = 0;
	assert_int_equal(publisher_open(seg, 0, 60, &p, err, sizeof(err)), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_true(clock_boot() - start >= 60 * NSEC_PER_MSEC);
	assert_string_equal(err, "another process still publishes it");
	assert_null(p);
	kill_holder(&holder);
	p = fixture_publisher(seg, 0);
	assert_int_equal(fixture_publish(p, 's', 9), 2);
	publisher_close(&p);
	segment_close(&seg);
}

TEST(successor_gets_the_lock_while_it_waits)
{
	struct segment *seg = fixture_segment();
	struct holder holder = hold(seg);
	struct publisher *p = NULL;
	char err[256] = "";
	pid_t killer;

	wait_until_held(&holder);
	fflush(NULL);
	killer = fork();
	assert_int_not_equal(killer, -1);
	if (killer == 0) {
		poll(NULL, 0, 30);
		_exit(kill(holder.pid, SIGKILL) == -1);
	}
	if (publisher_open(seg, 0, 20000, &p, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
	assert_int_equal(waitpid(holder.pid, NULL, 0), holder.pid);
	close(holder.told);
	publisher_close(&p);
	segment_close(&seg);
}

static int
try_to_publish(struct segment *seg, void *arg)
{
	const unsigned *category = arg;
	struct publisher *p;
	char err[256];
	uint64_t g;
	int rc;

	if (publisher_open(seg, *category, 0, &p, err, sizeof(err)) == -1)
		return errno == EWOULDBLOCK ? 1 : 2;
	rc = publish(p, "x", 1, &fixture_stamp, &g, err, sizeof(err));
	publisher_close(&p);
	return rc == 0 ? 0 : 3;
}

TEST(lock_is_per_category_and_not_shared_with_children)
{
	struct segment *seg = fixture_segment();
	struct publisher *p = fixture_publisher(seg, 0);
	unsigned category = 0;

	assert_int_equal(WEXITSTATUS(fixture_fork(try_to_publish, seg, &category)), 1);
	category = 1;
	assert_int_equal(fixture_fork(try_to_publish, seg, &category), 0);
	/* A child's end does not take the parent's lock with it. */
	category = 0;
	assert_int_equal(WEXITSTATUS(fixture_fork(try_to_publish, seg, &category)), 1);
	publisher_close(&p);
	publisher_close(&p);
	assert_int_equal(fixture_fork(try_to_publish, seg, &category), 0);
	segment_close(&seg);
}

static int
publish_as_nobody(struct segment *seg, void *arg)
{
	if (setgid(NOBODY) == -1 || setuid(NOBODY) == -1)
		return FIXTURE_SKIP;
	return try_to_publish(seg, arg);
}

TEST(unprivileged_owner_can_publish)
{
	struct segment_spec spec = fixture_spec();
	struct segment *seg = NULL;
	unsigned category = 0;
	char err[256] = "";
	int status;

	if (geteuid() != 0)
		skip();
	spec.owner = spec.group = NOBODY;
	if (segment_create(&spec, &seg, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	segment_unlink(seg); /* the descriptor is enough */
	status = fixture_fork(publish_as_nobody, seg, &category);
	segment_close(&seg);
	if (WIFEXITED(status) && WEXITSTATUS(status) == FIXTURE_SKIP)
		skip();
	assert_int_equal(status, 0);
}

TEST(what_was_published_can_be_looked_at)
{
	struct segment *seg = fixture_segment();
	struct publisher *p = fixture_publisher(seg, 0);
	size_t len = 0;
	const char *a, *b;

	assert_null(publisher_payload(p, &len));
	fixture_publish(p, 'a', 20);
	a = publisher_payload(p, &len);
	assert_int_equal(len, 20);
	assert_memory_equal(a, "aaaaaaaaaaaaaaaaaaaa", 20);
	fixture_publish(p, 'b', 21);
	b = publisher_payload(p, &len);
	assert_int_equal(len, 21);
	assert_memory_equal(b, "bbbbbbbbbbbbbbbbbbbbb", 21);
	assert_memory_equal(a, "aaaaaaaaaaaaaaaaaaaa", 20); /* until the next one */
	*(char *)(uintptr_t)b = 'x';
	assert_null(publisher_payload(p, &len));
	publisher_close(&p);
	segment_close(&seg);
}

TEST(odd_sequence_is_no_obstacle)
{
	struct segment *seg = fixture_segment();
	struct publisher *p = fixture_publisher(seg, 0);

	fixture_publish(p, 'a', 20);
	publisher_close(&p);
	seqlock_begin(&segment_slot(seg, 0)->latch); /* and never came to the end */
	assert_true(fixture_holds(seg, 1, 'a', 20));
	p = fixture_publisher(seg, 0);
	assert_true(fixture_holds(seg, 1, 'a', 20));
	assert_int_equal(fixture_publish(p, 'b', 21), 2);
	assert_true(fixture_holds(seg, 2, 'b', 21));
	publisher_close(&p);
	segment_close(&seg);
}
