/* Orders to a real supervisor, and what its children hear of them, now or later. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log_level.h"
#include "fixture/moved_clock.h"
#include "fixture/supervisor_world.h"
#include "proc/channel.h"
#include "shm/daemon.h"
#include "shm/order.h"
#include "shm/segment.h"
#include "unit.h"

UNIT_FIXTURE(.setup = supervisor_world_setup, .teardown = supervisor_world_teardown);

static void
queue(int signo, int value)
{
	assert_int_equal(
	    sigqueue(fx.pid, signo, (union sigval){ .sival_int = value }), 0);
}

static struct segment *
look(void)
{
	struct segment *seg;

	assert_int_equal(segment_look(fx.segment, fx.pid, &seg), 0);
	return seg;
}

static void
order(enum order_code code, unsigned argument)
{
	struct segment *seg = look();

	queue(ORDER_SIGNAL, order_value(seg, code, argument));
	segment_close(&seg);
}

/* Waits for the end of the n-th order of a verb. */
static struct order_state
wait_end(enum order_verb verb, uint64_t n)
{
	struct order_state s = { 0 };
	int waited;

	for (waited = 0; waited < 30000; waited += 10) {
		if (order_read(fx.segment, fx.pid, verb, &s) == 0 && s.ended >= n)
			return s;
		sleep_ms(10);
	}
	fail_msg("order %d has not ended", (int)verb);
	return s;
}

/* What a child says when it reads an order. */
static const char *
heard(enum channel_type type)
{
	static char line[32];

	snprintf(line, sizeof(line), "]: order %d", type);
	return line;
}

TEST(a_refresh_is_for_the_categories_that_it_names)
{
	config_category(1, "obey2");
	start();
	wait_log("is ready", 3);
	order(ORDER_REFRESH, 1u << 1);
	wait_log(heard(CHANNEL_REFRESH), 1);
	assert_int_equal(logged("obey2: pid"), 1);
	stop();
	assert_int_equal(logged(heard(CHANNEL_REFRESH)), 1);
}

/* It was sent, but nobody has heard of it. */
TEST(a_refresh_outlives_a_hydrator_that_has_not_read_it)
{
	pid_t hydrator;

	start();
	wait_log("is ready", 2);
	hydrator = pid_of("hydrator obey");
	kill(hydrator, SIGSTOP);
	order(ORDER_REFRESH, 1);
	wait_log("asks for a refresh", 1);
	kill(hydrator, SIGKILL);
	wait_log(heard(CHANNEL_REFRESH), 1);
	assert_int_not_equal(pid_of("hydrator obey"), hydrator);
	stop();
}

TEST(the_level_goes_to_all_and_to_who_does_not_read_later)
{
	pid_t hydrator;

	hydrator = start_deaf();
	order(ORDER_LOGLEVEL, ORDER_LEVEL(LOG_LEVEL_INFO, 0));
	wait_log(heard(CHANNEL_LEVEL), 1); /* the reader */
	kill(hydrator, SIGCONT);
	wait_log(heard(CHANNEL_LEVEL), 2);
	stop();
	assert_int_equal(logged(heard(CHANNEL_LEVEL)), 2);
}

static void
assert_level(const char *level, bool ends)
{
	struct segment *seg = look();
	struct daemon_facts facts;

	assert_true(daemon_read(seg, &facts));
	assert_string_equal(facts.level, level);
	assert_true((facts.level_until != 0) == ends);
	segment_close(&seg);
}

TEST(a_level_has_its_time_and_the_last_word_counts)
{
	start();
	wait_log("is ready", 2);
	order(ORDER_LOGLEVEL, ORDER_LEVEL(LOG_LEVEL_ERROR, 0));
	order(ORDER_LOGLEVEL, ORDER_LEVEL(LOG_LEVEL_INFO, 100));
	assert_string_equal(
	    wait_end(ORDER_OF_LOGLEVEL, 2).text, "the log's level is info for 100 s");
	assert_level("info", true);
	moved_clock_set(101);
	wait_log("the log's level is debug again", 1);
	assert_level("debug", false);
	stop();
}

TEST(a_reload_brings_the_configurations_level_back_and_a_refusal_does_not)
{
	start();
	wait_log("is ready", 2);
	order(ORDER_LOGLEVEL, ORDER_LEVEL(LOG_LEVEL_INFO, 0));
	wait_end(ORDER_OF_LOGLEVEL, 1);
	write_file("nonsense = 1\n");
	kill(fx.pid, SIGHUP);
	assert_int_equal(wait_end(ORDER_OF_RELOAD, 1).outcome, ORDER_REFUSED);
	assert_level("info", false);
	write_file("");
	kill(fx.pid, SIGHUP);
	assert_int_equal(wait_end(ORDER_OF_RELOAD, 2).outcome, ORDER_DONE);
	assert_level("debug", false);
	stop();
}

TEST(logs_go_to_who_does_not_read_later)
{
	pid_t hydrator;

	hydrator = start_deaf();
	kill(fx.pid, SIGUSR2);
	assert_int_equal(wait_end(ORDER_OF_REOPEN, 1).outcome, ORDER_DONE);
	wait_log(heard(CHANNEL_REOPEN), 1); /* the reader */
	kill(hydrator, SIGCONT);
	wait_log(heard(CHANNEL_REOPEN), 2);
	stop();
}

/* As many as the queue takes, of those that tell most. */
TEST(a_flood_of_orders_fills_no_log)
{
	union sigval nothing = { .sival_int = 0 };
	int n = 0;

	start();
	wait_log("is ready", 2);
	kill(fx.pid, SIGSTOP);
	while (n < 5000 && sigqueue(fx.pid, ORDER_SIGNAL, nothing) == 0)
		n++;
	assert_true(n == 5000 || errno == EAGAIN);
	assert_true(n > 100);
	kill(fx.pid, SIGCONT);
	wait_log("more orders within a second are not listed", 1);
	assert_true(logged("is none, or for another configuration") < n / 2);
	order(ORDER_REFRESH, 1);
	wait_log(heard(CHANNEL_REFRESH), 1);
	stop();
}

TEST(a_stop_waits_for_nobody_if_it_says_so)
{
	config_category(0, "stubborn");
	start();
	wait_log("]: here", 2);
	queue(SIGTERM, ORDER_STOP_NOW);
	assert_int_equal(finish(fx.pid), 0);
	assert_int_equal(logged("has not stopped: killing it"), 2);
}
