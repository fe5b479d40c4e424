/* Children of a real supervisor: deaths, restarts, orders, signals. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/channel.h"
#include "fixture/moved_clock.h"
#include "fixture/supervisor_world.h"
#include "unit.h"

/* A channel of a sibling would keep its EOF away, a listener the port. */
TEST(test_children_hold_only_their_own)
{
	config_category(1, "obey2");
	fx.config.readers = 2;
	start();
	wait_log("sockets", 4);
	assert_int_equal(logged("]: sockets 1 "), 2); /* hydrators: the channel */
	assert_int_equal(logged("]: sockets 2 "), 2); /* readers: and the listener */
	kill(pid_of("hydrator obey"), SIGKILL); /* born last, sees all the others */
	wait_log("]: sockets 1 ", 3);
	stop();
}

TEST(test_killed_child_is_replaced)
{
	char line[128];
	pid_t hydrator, reader;

	start();
	wait_log("is ready", 2);
	hydrator = pid_of("hydrator obey");
	reader = pid_of("reader 0");
	kill(hydrator, SIGKILL);
	wait_log("is ready", 3);
	assert_int_not_equal(pid_of("hydrator obey"), hydrator);
	assert_int_equal(pid_of("reader 0"), reader);
	snprintf(line, sizeof(line),
	    "hydrator obey (pid %d) was killed by signal 9 (Killed) after",
	    (int)hydrator);
	assert_int_equal(logged(line), 1);
	stop();
}

/* Fails unless death number n (0, 1, ...) in the log has the delay of so many failures
 * in a row: 20 ms doubled each time, of which the upper half is drawn. */
static void
assert_delay(int n, int failures)
{
	const char *p = slurp(fx.log);
	double delay, most = 0.020 * (1 << failures);

	do {
		p = strstr(p, "restarting in ");
		assert_non_null(p);
		p += strlen("restarting in ");
	} while (n-- > 0);
	delay = strtod(p, NULL);
	if (delay > most + 0.001 || delay < most / 2 - 0.001)
		fail_msg("%.3f s is not the delay of failure %d", delay, failures);
}

/* The slot that crashes waits longer and longer; its neighbour never notices. */
TEST(test_crash_loop_is_slowed_down)
{
	int i;

	config_category(1, "fail");
	start();
	wait_log("restarting in", 6);
	for (i = 0; i < 6; i++)
		assert_delay(i, i);
	assert_true(logged("exited with status 7") >= 6);
	wait_log("is ready", 2); /* the neighbour and the reader */
	assert_int_equal(logged("hydrator obey started"), 1);
	stop();
}

TEST(test_backoff_is_forgotten_after_a_healthy_spell)
{
	int i;

	start();
	for (i = 0; i < 3; i++) {
		wait_log("is ready", 2 + i);
		kill(pid_of("hydrator obey"), SIGKILL);
	}
	wait_log("is ready", 5);
	assert_delay(2, 2);
	moved_clock_set(61);
	kill(pid_of("hydrator obey"), SIGKILL);
	wait_log("restarting in", 4);
	assert_delay(3, 0);
	stop();
}

TEST(test_refresh_goes_to_hydrators_only)
{
	char order[32];

	config_category(1, "obey2");
	start();
	wait_log("is ready", 3);
	kill(fx.pid, SIGUSR1);
	snprintf(order, sizeof(order), "]: order %d", CHANNEL_REFRESH);
	wait_log(order, 2);
	snprintf(order, sizeof(order), "]: order %d", CHANNEL_REOPEN);
	kill(fx.pid, SIGUSR2);
	wait_log(order, 3);
	snprintf(order, sizeof(order), "]: order %d", CHANNEL_REFRESH);
	assert_int_equal(logged(order), 2);
	stop();
}

/* Who asked waits: the order is sent when there is room for it. */
TEST(test_an_order_to_accept_waits_for_one_that_does_not_read)
{
	char order[32];
	pid_t hydrator;

	fx.config.upstream.cycle_timeout = 100;
	hydrator = start_deaf();
	order_accept();
	kill(hydrator, SIGCONT);
	snprintf(order, sizeof(order), "]: order %d", CHANNEL_ACCEPT);
	wait_log(order, 1);
	stop();
	assert_int_equal(logged(order), 1);
}

TEST(test_an_order_to_accept_is_dropped_when_nobody_waits_for_it)
{
	config_category(0, "mute");
	fx.config.upstream.cycle_timeout = 10;
	start();
	wait_log("is ready", 2);
	fill_channel();
	order_accept();
	assert_int_equal(logged("has not taken the order"), 0);
	moved_clock_set(11);
	wait_log("has not taken the order to accept within 10 s: it is dropped", 1);
	hurry();
}

TEST(test_children_ignore_what_is_the_supervisors)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2,
		SIGPIPE };
	pid_t pids[2];
	size_t i, j;

	start();
	wait_log("is ready", 2);
	pids[0] = pid_of("hydrator obey");
	pids[1] = pid_of("reader 0");
	for (i = 0; i < 2; i++)
		for (j = 0; j < NELEM(numbers); j++)
			assert_int_equal(kill(pids[i], numbers[j]), 0);
	kill(fx.pid, SIGUSR1);
	wait_log("order", 1);
	assert_true(alive(pids[0]) && alive(pids[1]));
	stop();
	assert_int_equal(logged("was killed"), 0);
}

/* A burst of refreshes to a child that reads none of them. */
TEST(test_full_channel_counts_as_asked)
{
	int i;

	config_category(0, "deaf");
	start();
	wait_log("]: here", 2);
	for (i = 0; logged("has orders to read") == 0; i++) {
		assert_true(i < 20000);
		kill(fx.pid, SIGUSR1);
		if (i % 64 == 63)
			sleep_ms(1);
	}
	kill(fx.pid, SIGTERM);
	wait_log("stopping by SIGTERM", 1);
	wait_log("exited with status 0", 1);
	moved_clock_set(31); /* patience with the deaf one ends */
	assert_int_equal(finish(fx.pid), 0);
	fx.pid = 0;
	assert_int_equal(logged("has not stopped"), 1);
	assert_int_equal(logged("was killed by signal 9"), 1);
}

TEST(test_second_term_hurries)
{
	config_category(0, "stubborn");
	start();
	wait_log("]: here", 2);
	kill(fx.pid, SIGTERM);
	wait_log("exited with status 0", 1);
	assert_int_equal(logged("has not stopped"), 0);
	stop();
	wait_log("hurried by SIGTERM", 1);
	assert_int_equal(logged("was killed by signal 9"), 1);
}

TEST(test_child_that_hangs_up_is_replaced_in_time)
{
	config_category(0, "hang_up");
	start();
	wait_log("]: here", 2);
	sleep_ms(100); /* it must not be killed at once */
	assert_int_equal(logged("has not stopped"), 0);
	moved_clock_set(31);
	wait_log("]: here", 3);
	assert_int_equal(logged("restarting"), 1);
	hurry();
}

TEST(test_child_that_is_gone_unseen_is_replaced_in_time)
{
	fx.deaths_are_unseen = true;
	start();
	wait_log("is ready", 2);
	kill(pid_of("hydrator obey"), SIGKILL);
	wait_dead(pid_of("hydrator obey"), 5000);
	/* Its end of the channel was seen by now. */
	kill(fx.pid, SIGUSR1);
	wait_log("refresh asked for", 1);
	moved_clock_set(33);
	wait_log("cannot signal it: No such process", 1);
	wait_log("is ready", 3);
	/* These too go unseen, and are missed when their time is over. */
	kill(fx.pid, SIGTERM);
	wait_log("stopping by SIGTERM", 1);
	wait_dead(pid_of("reader 0"), 5000);
	wait_dead(pid_of("hydrator obey"), 5000);
	stop();
	assert_int_equal(logged("cannot signal it: No such process"), 3);
}

UNIT_FIXTURE(.setup = supervisor_world_setup, .teardown = supervisor_world_teardown);
