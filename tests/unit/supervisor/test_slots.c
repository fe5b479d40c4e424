/* What the segment of a real supervisor says of its processes, and of it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xxhash.h>

#include "autoconf.h"
#include "config/describe.h"
#include "fixture/moved_clock.h"
#include "fixture/supervisor_world.h"
#include "shm/daemon.h"
#include "shm/process.h"
#include "shm/segment.h"
#include "unit.h"

#define PATIENCE_MS 30000

/* What has the name now. */
static struct segment *
look(void)
{
	char magic[SEGMENT_MAGIC_SIZE];
	struct segment *seg;

	if (segment_look_whole(fx.segment, &seg, magic) == -1)
		fail_msg("%s is not to be seen", fx.segment);
	return seg;
}

static struct process_view
slot(unsigned i)
{
	struct segment *seg = look();
	struct process_view v;

	assert_true(i < segment_nprocs(seg));
	assert_true(process_read(seg, i, &v));
	segment_close(&seg);
	return v;
}

/* Waits until it is in that state. */
static struct process_view
slot_in(unsigned i, enum child_state state)
{
	struct process_view v = slot(i);

	for (int ms = 0; v.state != state; ms += 10, v = slot(i)) {
		if (ms > PATIENCE_MS)
			fail_msg("slot %u is %s", i, process_state_name(v.state));
		sleep_ms(10);
	}
	return v;
}

static void
reload_to(const char *lines, int times)
{
	write_file(lines);
	kill(fx.pid, SIGHUP);
	wait_log("serving", times);
}

TEST(test_every_slot_says_who_is_in_it)
{
	struct process_view v;
	int64_t born;

	start();
	v = slot_in(0, CHILD_READY);
	assert_int_equal(v.pid, pid_of("hydrator obey"));
	assert_int_equal(v.role, PROCESS_HYDRATOR);
	assert_true(v.born > 0);
	assert_int_equal(v.due, 0);
	born = v.born;
	v = slot_in(1, CHILD_READY);
	assert_int_equal(v.pid, pid_of("reader 0"));
	assert_int_equal(v.role, PROCESS_READER);
	assert_int_equal(v.index, 0);
	assert_true(v.born <= born);
	v = slot(2);
	assert_int_equal(v.pid, fx.pid);
	assert_int_equal(v.role, PROCESS_SUPERVISOR);
	assert_int_equal(v.state, CHILD_READY);
	stop();
}

TEST(test_a_supervisor_on_its_way_down_says_so)
{
	config_category(0, "stubborn");
	start();
	wait_log("hydrator stubborn started", 1);
	kill(fx.pid, SIGTERM);
	assert_int_equal(slot_in(2, CHILD_DRAINING).pid, fx.pid);
	slot_in(0, CHILD_DRAINING);
	kill(fx.pid, SIGTERM);
	assert_int_equal(finish(fx.pid), 0);
}

TEST(test_a_supervisor_whose_readers_are_not_ready_is_starting)
{
	fx.config.http.retry_after = FIXTURE_DEAF_READERS;
	fx.pid = launch(true);
	wait_log("reader 0 started", 1);
	assert_int_equal(slot(2).state, CHILD_STARTING);
	assert_int_equal(slot_in(1, CHILD_STARTING).role, PROCESS_READER);
	kill(fx.pid, SIGTERM);
	kill(fx.pid, SIGINT);
	assert_int_equal(finish(fx.pid), 0);
}

TEST(test_deaths_are_counted_over_reloads)
{
	struct process_view v;
	pid_t pid;

	start();
	pid = slot_in(1, CHILD_READY).pid;
	assert_int_equal(slot(1).last_death, 0);
	kill(pid, SIGKILL);
	wait_log("restarting in", 1);
	wait_log("is ready", 3);
	v = slot_in(1, CHILD_READY);
	assert_int_not_equal(v.pid, pid);
	assert_int_equal(v.deaths[DEATH_SIGNAL], 1);
	assert_int_equal(WTERMSIG(v.last_status), SIGKILL);
	assert_true(v.last_death > 0);
	reload_to("", 2);
	v = slot_in(1, CHILD_READY);
	assert_int_equal(v.deaths[DEATH_SIGNAL], 1);
	assert_int_equal(WTERMSIG(v.last_status), SIGKILL);
	assert_int_equal(slot(0).deaths[DEATH_SIGNAL], 0);
	stop();
}

/* Its category is another latch of the new segment. */
TEST(test_deaths_follow_their_category)
{
	struct process_view v;

	config_category(1, "obey2");
	start();
	kill(slot_in(1, CHILD_READY).pid, SIGKILL);
	wait_log("is ready", 4);
	config_category(0, "obey2");
	config_category(1, "obey");
	reload_to("", 2);
	v = slot_in(0, CHILD_READY);
	assert_int_equal(v.deaths[DEATH_SIGNAL], 1);
	assert_int_equal(slot(1).deaths[DEATH_SIGNAL], 0);
	stop();
}

TEST(test_who_waits_to_be_started_again_says_until_when)
{
	struct process_view v;

	config_category(0, "fail");
	start();
	wait_log("restarting in", 8); /* from then on for seconds */
	v = slot_in(0, CHILD_DEAD);
	assert_int_equal(v.pid, 0);
	assert_true(v.due > v.born);
	assert_true(v.deaths[DEATH_EXIT] >= 8);
	assert_int_equal(WEXITSTATUS(v.last_status), 7);
	stop();
}

TEST(test_the_daemon_is_described)
{
	struct daemon_facts f, g;
	struct segment *seg;

	start();
	seg = look();
	assert_true(daemon_read(seg, &f));
	assert_true(segment_is_held(seg));
	assert_int_equal(segment_supervisor(seg), fx.pid);
	assert_string_equal(f.version, PACKAGE_VERSION);
	assert_string_equal(f.config_path, fx.file);
	assert_string_equal(f.level, fx.level);
	assert_string_equal(f.program, "/nonexistent/hydratord");
	assert_true(f.started_boot > 0 && f.started_wall > 0);
	assert_true(f.loaded_wall >= f.started_wall);
	reload_to("# another\n", 2);
	assert_false(segment_is_named(seg));
	segment_close(&seg);
	seg = look();
	assert_true(segment_is_named(seg));
	assert_true(daemon_read(seg, &g));
	assert_int_equal(
	    g.config_hash, XXH3_64bits(slurp(fx.file), strlen(slurp(fx.file))));
	assert_int_equal(g.started_wall, f.started_wall);
	assert_true(g.loaded_wall > f.loaded_wall);
	stop();
	assert_false(segment_is_held(seg));
	segment_close(&seg);
}

/* It stays what it was if the file is refused. */
TEST(test_a_refused_file_is_not_the_one_in_use)
{
	struct daemon_facts f, g;
	struct segment *seg;

	start();
	reload_to("", 2);
	seg = look();
	assert_true(daemon_read(seg, &f));
	write_file("nonsense\n");
	kill(fx.pid, SIGHUP);
	wait_log("not reloaded", 1);
	assert_true(daemon_read(seg, &g));
	assert_int_equal(g.config_hash, f.config_hash);
	assert_int_equal(g.loaded_wall, f.loaded_wall);
	segment_close(&seg);
	stop();
}

TEST(test_the_configuration_in_use_is_in_the_segment)
{
	struct config_line line;
	struct segment *seg;
	struct str text;
	bool found = false;

	start();
	reload_to("http { retry_after = 9 }\n", 2);
	seg = look();
	text.p = segment_config(seg, &text.len);
	while (config_line_next(&text, &line))
		if (str_eq(line.name, STR("http.retry_after"))) {
			found = true;
			assert_true(str_eq(line.value, STR("9")));
			assert_true(line.reloadable);
		}
	assert_int_equal(text.len, 0);
	assert_true(found);
	segment_close(&seg);
	stop();
}

UNIT_FIXTURE(.setup = supervisor_world_setup, .teardown = supervisor_world_teardown);
