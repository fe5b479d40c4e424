/* A real supervisor as a whole: what it takes, leaves, refuses and survives. */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "fixture/directory.h"
#include "fixture/supervisor_world.h"
#include "unit.h"

TEST(test_starts_and_stops)
{
	pid_t children[2];

	start();
	wait_log("is ready, generation 5", 2);
	assert_int_equal(logged("listening on 127.0.0.1:"), 1);
	assert_int_equal(strtol(slurp(fx.lock), NULL, 10), fx.pid);
	children[0] = pid_of("hydrator obey");
	children[1] = pid_of("reader 0");
	stop();
	wait_log("exited with status 0", 2);
	assert_int_equal(logged("restarting"), 0);
	assert_int_equal(logged("warning"), 0);
	assert_false(alive(children[0]));
	assert_false(alive(children[1]));
	assert_string_equal(errors(), "");
}

TEST(test_pid_file_is_readable_whatever_the_umask)
{
	mode_t before = umask(077);
	struct stat st;

	start();
	umask(before);
	assert_int_equal(stat(fx.lock, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	stop();
}

TEST(test_log_directory_of_others_is_named)
{
	assert_int_equal(chmod(directory, 0777), 0);
	start();
	wait_log("others may put what they like in the place of", 1);
	stop();
}

TEST(test_hup_never_ends_it)
{
	start();
	wait_log("is ready", 2);
	kill(fx.pid, SIGHUP);
	wait_log("not reloaded, the old configuration stays in use", 1);
	kill(fx.pid, SIGUSR1);
	wait_log("order", 1);
	stop();
}

TEST(test_second_start_says_the_pid_and_touches_nothing)
{
	struct stat before, after;
	char expected[64];

	start();
	wait_log("is ready", 2);
	assert_int_equal(stat(fx.shm, &before), 0);
	assert_int_equal(finish(launch(true)), 1);
	snprintf(expected, sizeof(expected), "already running as pid %d", (int)fx.pid);
	assert_non_null(strstr(errors(), expected));
	assert_int_equal(stat(fx.shm, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_int_equal(strtol(slurp(fx.lock), NULL, 10), fx.pid);
	assert_int_equal(logged("serving"), 1);
	stop();
}

static void
orphans_and_restart(void)
{
	pid_t pids[2];

	start();
	wait_log("is ready", 2);
	/* There may be a third child, ready before one of these has said a word. */
	wait_log("hydrator deaf[", 1);
	wait_log("reader 0[", 1);
	pids[0] = pid_of("hydrator deaf");
	pids[1] = pid_of("reader 0");
	assert_true(alive(pids[0]) && alive(pids[1]));
	/* The same port: orphans that listen would be in the way. */
	strlcpy(fx.listen, strstr(slurp(fx.log), "127.0.0.1:"), sizeof(fx.listen));
	fx.listen[strcspn(fx.listen, "\n")] = '\0';
	kill(fx.pid, SIGKILL);
	assert_int_equal(finish(fx.pid), -SIGKILL);
	wait_dead(pids[0], 1000);
	wait_dead(pids[1], 1000);
	assert_int_equal(access(fx.shm, F_OK), 0);
	assert_int_equal(access(fx.lock, F_OK), 0);
	unlink(fx.log);
	start();
	wait_log("is ready", 1);
}

TEST(test_killed_supervisor_leaves_no_orphan)
{
	config_category(0, "obey");
	config_category(1, "deaf");
	orphans_and_restart();
	kill(fx.pid, SIGTERM);
	wait_log("exited with status 0", 2);
	stop(); /* the deaf one */
}

TEST(test_stale_pid_file_is_no_obstacle)
{
	char dir[128];
	FILE *f;

	snprintf(dir, sizeof(dir), "%s/run", directory);
	assert_int_equal(mkdir(dir, 0755), 0);
	f = fopen(fx.lock, "w");
	fprintf(f, "%d", (int)getpid()); /* of a living stranger */
	fclose(f);
	start();
	stop();
}

TEST(test_address_in_use_leaves_nothing)
{
	char lock[128], segment[128];

	start();
	strlcpy(fx.listen, strstr(slurp(fx.log), "127.0.0.1:"), sizeof(fx.listen));
	fx.listen[strcspn(fx.listen, "\n")] = '\0';
	snprintf(lock, sizeof(lock), "%s/pid2", directory);
	snprintf(segment, sizeof(segment), "%s-2", fx.segment);
	fx.config.pidfile = lock;
	fx.config.segment.name = segment;
	assert_int_equal(finish(launch(true)), EX_TEMPFAIL);
	assert_non_null(strstr(errors(), fx.listen));
	assert_int_equal(access(lock, F_OK), -1);
	snprintf(segment, sizeof(segment), "/dev/shm%s-2", fx.segment);
	assert_int_equal(access(segment, F_OK), -1);
	stop();
}

TEST(test_lock_that_cannot_be_taken)
{
	char lock[128];

	snprintf(lock, sizeof(lock), "%s/no/such/pid", directory);
	fx.config.pidfile = lock;
	assert_int_equal(finish(launch(true)), EX_CONFIG);
	assert_non_null(strstr(errors(), lock));
}

TEST(test_no_shared_memory_is_a_temporary_failure)
{
	fx.config.segment.capacity = INT64_C(1) << 60;
	assert_int_not_equal(finish(launch(true)), 0);
	assert_non_null(strstr(errors(), fx.segment));
	assert_int_equal(access(fx.lock, F_OK), -1);
}

/* Who started it by a pipe waits for the pipe's end, not for the daemon's. */
static void
assert_off_the_terminal(pid_t pid)
{
	char path[64], to[32] = "";
	int fd;

	for (fd = 0; fd <= 2; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		memset(to, 0, sizeof(to));
		assert_true(readlink(path, to, sizeof(to) - 1) > 0);
		assert_string_equal(to, "/dev/null");
	}
}

/* The caller of supervisor_run() ends when the daemon serves, with its verdict. */
TEST(test_background)
{
	pid_t daemon;

	prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that the daemon can be waited for */
	assert_int_equal(finish(launch(false)), 0);
	assert_int_equal(logged("listening on 127.0.0.1:"), 1);
	daemon = (pid_t)strtol(slurp(fx.lock), NULL, 10);
	assert_true(daemon > 0 && alive(daemon));
	assert_int_equal(getsid(daemon), daemon);
	wait_log("Z reader 0[", 1); /* the daemon is up before its children are */
	assert_off_the_terminal(daemon);
	assert_off_the_terminal(pid_of("reader 0"));
	fx.pid = daemon;
	stop();
	strlcpy(fx.listen, "127.0.0.1:x", sizeof(fx.listen));
	assert_int_equal(finish(launch(false)), EX_CONFIG);
	assert_non_null(strstr(errors(), "127.0.0.1:x"));
	assert_int_equal(access(fx.shm, F_OK), -1);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

TEST(test_unknown_user)
{
	if (geteuid() != 0)
		skip();
	strlcpy(fx.user, "no-such-user-of-hydratord", sizeof(fx.user));
	assert_int_equal(finish(launch(true)), EX_CONFIG);
	assert_non_null(strstr(errors(), "no-such-user-of-hydratord"));
	assert_int_equal(access(fx.log, F_OK), -1);
	assert_int_equal(access(fx.lock, F_OK), -1);
}

/* As root: children are somebody else, and can still do all they must. */
TEST(test_children_give_up_root)
{
	const struct passwd *pw = getpwnam("nobody");
	char expected[64], rotated[128];
	struct stat st;

	if (geteuid() != 0 || pw == NULL)
		skip();
	strlcpy(fx.user, "nobody", sizeof(fx.user));
	assert_int_equal(chmod(directory, 0755), 0);
	config_category(0, "publish");
	config_category(1, "deaf");
	snprintf(expected, sizeof(expected), "sockets 2 uid %d", (int)pw->pw_uid);
	orphans_and_restart();
	wait_log("published 1", 1);
	wait_log(expected, 1);
	assert_int_equal(stat(fx.lock, &st), 0);
	assert_int_equal(st.st_uid, 0);
	snprintf(rotated, sizeof(rotated), "%s.1", fx.log);
	assert_int_equal(rename(fx.log, rotated), 0);
	kill(fx.pid, SIGUSR2);
	while (access(fx.log, F_OK) == -1)
		sleep_ms(10);
	kill(fx.pid, SIGUSR1);
	wait_log("]: order", 1); /* a child's line, in the new file */
	hurry();
	assert_int_equal(logged("cannot reopen"), 0);
}

UNIT_FIXTURE(.setup = supervisor_world_setup, .teardown = supervisor_world_teardown);
