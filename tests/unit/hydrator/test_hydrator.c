/* The hydrator as a process: readiness, orders, the schedule, and leaving at once. */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/http_stub.h"
#include "hydrator/hydrator.h"
#include "fixture/hydrator_world.h"
#include "proc/channel.h"
#include "shm/counters.h"
#include "shm/publish.h"
#include "shm/snapshot.h"
#include "unit.h"

#define PATIENCE (20 * NSEC_PER_SEC) /* machines are shared */
/* A second at most is wanted; loaded machines and leak checks at exit take longer. Less
 * than any timeout of an upstream. */
#define LEAVE_MAX (15 * NSEC_PER_SEC)

static char nobody[] = "unix:///nowhere/redis.sock";
static struct hydrator_world world;
static pid_t child;
static int channel; /* our end, -1: closed */

static int
setup(void **state UNUSED)
{
	hydrator_world_make(&world, "image_generation", HYDRATOR_WORLD_CAPACITY);
	child = 0;
	channel = -1;
	return 0;
}

static void
hang_up(void)
{
	if (channel != -1)
		close(channel);
	channel = -1;
}

static int
teardown(void **state UNUSED)
{
	if (child != 0) { /* a test has failed */
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	hang_up();
	hydrator_world_remove(&world);
	return 0;
}

static void
start(void)
{
	struct child_context ctx = { .config = &world.config,
		.segment = world.segment };
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	fflush(NULL);
	ctx.supervisor = getpid();
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		ctx.channel = fds[1];
		exit(hydrator_main(&ctx)); /* so that leaks are looked for */
	}
	close(fds[1]);
	channel = fds[0];
}

static void
order(enum channel_type type)
{
	assert_int_equal(channel_send(channel, type, 0), 0);
}

/* Waits for READY and returns its generation. */
static uint64_t
ready(void)
{
	struct pollfd pfd = { .fd = channel, .events = POLLIN };
	struct channel_message m;

	assert_int_equal(poll(&pfd, 1, (int)(PATIENCE / NSEC_PER_MSEC)), 1);
	assert_int_equal(channel_recv(channel, &m), 1);
	assert_int_equal(m.type, CHANNEL_READY);
	return m.value;
}

/* Waits until it has left, which must be soon and by exit(0). */
static void
assert_leaves(void)
{
	int64_t begin = clock_boot();
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (clock_boot() - begin > LEAVE_MAX)
			fail_msg("still there");
		usleep(5000);
	}
	child = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static struct counters *
counters(void)
{
	return segment_counters(world.segment, 0);
}

static void
assert_reaches(enum counter id, uint64_t n)
{
	int64_t begin = clock_boot();

	while (counter_get(counters(), id) < n) {
		if (clock_boot() - begin > PATIENCE)
			fail_msg("counter %d stays below %d", (int)id, (int)n);
		usleep(5000);
	}
}

TEST(test_is_ready_once_and_fills_at_once)
{
	struct channel_message m;

	start();
	assert_int_equal(ready(), 0);
	assert_reaches(COUNTER_REFRESHES, 1);
	assert_int_equal(snapshot_generation(world.segment, 0), 1);
	/* Told once, and nothing is due for minutes. */
	usleep(300000);
	assert_int_equal(channel_recv(channel, &m), -1);
	assert_int_equal(counter_get(counters(), COUNTER_REFRESHES), 1);
	order(CHANNEL_STOP);
	assert_leaves();
}

TEST(test_failed_first_try_is_repeated)
{
	hydrator_world_put("reference.json", NULL);
	start();
	assert_reaches(COUNTER_REFRESH_FAILURES, 1);
	assert_int_equal(snapshot_generation(world.segment, 0), 0);
	hydrator_world_put("reference.json", "{}");
	assert_reaches(COUNTER_REFRESHES, 1);
	order(CHANNEL_STOP);
	assert_leaves();
}

TEST(test_stop_and_hang_up_in_the_middle_of_a_fetch)
{
	int i;

	hydrator_world_places(&world, http_stub_url(&group_stub, "/hang"), NULL);
	for (i = 0; i < 2; i++) {
		unsigned before = group_stub.counts->requests;

		start();
		while (group_stub.counts->requests == before)
			usleep(5000);
		if (i == 0)
			order(CHANNEL_STOP);
		else
			hang_up();
		assert_leaves();
		hang_up();
	}
}

TEST(test_heart_beats_while_an_upstream_hangs)
{
	unsigned before = group_stub.counts->requests;
	int64_t last, begin;
	int i;

	hydrator_world_places(&world, http_stub_url(&group_stub, "/hang"), NULL);
	start();
	while (group_stub.counts->requests == before)
		usleep(5000);
	for (i = 0; i < 3; i++) {
		last = atomic_load(&counters()->heartbeat);
		begin = clock_boot();
		while (atomic_load(&counters()->heartbeat) == last) {
			assert_true(clock_boot() - begin < PATIENCE);
			usleep(5000);
		}
	}
	order(CHANNEL_STOP);
	assert_leaves();
}

/* However often it is asked for while a cycle runs, one more follows it. */
TEST(test_refreshes_during_a_cycle_are_one)
{
	char slow[256];
	unsigned before = group_stub.counts->requests;
	int i;

	world.config.hydration.enabled = false;
	snprintf(slow, sizeof(slow), "/slow%s/reference.json", directory);
	hydrator_world_places(&world, http_stub_url(&group_stub, slow), NULL);
	start();
	while (group_stub.counts->requests == before)
		usleep(5000);
	/* However late this process is: none of them is obeyed before all are there. */
	kill(child, SIGSTOP);
	for (i = 0; i < 5; i++)
		order(CHANNEL_REFRESH);
	kill(child, SIGCONT);
	assert_reaches(COUNTER_REFRESHES, 2);
	usleep((HTTP_STUB_SLOW_MS + 500) * 1000);
	assert_int_equal(counter_get(counters(), COUNTER_REFRESHES), 2);
	assert_int_equal(group_stub.counts->requests, before + 2);
	order(CHANNEL_STOP);
	assert_leaves();
}

TEST(test_disabled_fills_once_and_obeys)
{
	world.config.hydration.enabled = false;
	world.config.hydration.interval = 1;
	start();
	assert_reaches(COUNTER_REFRESHES, 1);
	usleep(2500000);
	assert_int_equal(counter_get(counters(), COUNTER_REFRESHES), 1);
	order(CHANNEL_REFRESH);
	assert_reaches(COUNTER_REFRESHES, 2);
	order(CHANNEL_STOP);
	assert_leaves();
}

TEST(test_startup_delay_ends_by_order)
{
	world.config.hydration.startup_delay = 3600;
	start();
	usleep(300000);
	assert_int_equal(counter_get(counters(), COUNTER_REFRESHES), 0);
	order(CHANNEL_REFRESH);
	assert_reaches(COUNTER_REFRESHES, 1);
	order(CHANNEL_STOP);
	assert_leaves();
	hang_up();
	start();
	usleep(100000);
	hang_up();
	assert_leaves();
}

TEST(test_cycles_come_by_themselves)
{
	int64_t begin = clock_boot(), took;

	world.config.hydration.interval = 1;
	start();
	assert_reaches(COUNTER_REFRESHES, 4);
	took = clock_boot() - begin;
	/* The first at once, then three ticks; a loaded machine may be late. */
	assert_true(took >= 3 * NSEC_PER_SEC);
	order(CHANNEL_STOP);
	assert_leaves();
}

static unsigned
entries(const char *what, const char *link)
{
	char path[64], target[64];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)child, what);
	assert_non_null(d = opendir(path));
	while ((e = readdir(d)) != NULL) {
		ssize_t len = readlinkat(dirfd(d), e->d_name, target, sizeof(target));

		if (e->d_name[0] != '.' &&
		    (link == NULL || (len >= (ssize_t)strlen(link) &&
					 memcmp(target, link, strlen(link)) == 0)))
			n++;
	}
	closedir(d);
	return n;
}

/* No thread, and nothing that a thread would be spoken to by. */
TEST(test_without_redis_there_is_nothing_of_a_fleet)
{
	unsigned sockets;
	int64_t begin;
	int status = 0;

	start();
	assert_reaches(COUNTER_REFRESHES, 1);
	assert_int_equal(entries("task", NULL), 1);
	assert_int_equal(entries("fd", "anon_inode:[eventfd]"), 0);
	sockets = entries("fd", "socket:");
	order(CHANNEL_STOP);
	assert_leaves();
	hang_up();

	/* And with it there is: nobody listens there, and it waits for that. */
	world.config.redis.url = nobody;
	world.config.redis.password_file = nobody + strlen(nobody);
	world.config.upstream.ca_file = nobody + strlen(nobody);
	world.config.redis.prefix = world.config.redis.name = nobody;
	world.config.redis.reference_prefix = nobody;
	world.config.redis.lease = world.config.redis.patience = 240;
	world.config.redis.poll = 2;
	start();
	(void)ready();
	begin = clock_boot();
	while (entries("task", NULL) < 2) {
		if (clock_boot() - begin > PATIENCE ||
		    waitpid(child, &status, WNOHANG) != 0)
			fail_msg("no thread, status %x", status);
		usleep(5000);
	}
	assert_int_equal(entries("fd", "anon_inode:[eventfd]"), 3);
	assert_true(sockets > 0);
	order(CHANNEL_STOP);
	assert_leaves();
}

/* A predecessor that takes its time to leave is waited for. */
TEST(test_waits_for_its_predecessor)
{
	struct publisher *p;
	pid_t predecessor;
	int fds[2], status;
	char c, err[256];

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	predecessor = fork();
	assert_int_not_equal(predecessor, -1);
	if (predecessor == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (publisher_open(world.segment, 0, 0, &p, err, sizeof(err)) == -1 ||
		    write(fds[1], "x", 1) != 1)
			_exit(1);
		usleep(1200000);
		_exit(0);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	start();
	usleep(300000);
	assert_int_equal(counter_get(counters(), COUNTER_REFRESHES), 0);
	assert_reaches(COUNTER_REFRESHES, 1);
	assert_int_equal(waitpid(predecessor, &status, 0), predecessor);
	assert_int_equal(status, 0);
	close(fds[0]);
	close(fds[1]);
	order(CHANNEL_STOP);
	assert_leaves();
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = http_stub_group_setup,
    .group_teardown = http_stub_group_teardown);
