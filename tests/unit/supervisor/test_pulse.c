/* Silence is time of who sleeps, and processor time of who could run. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "supervisor/pulse.h"
#include "unit.h"

#define SECOND NSEC_PER_SEC

TEST(test_who_sleeps_is_silent_as_long_as_it_sleeps)
{
	struct vitals v = { .sleeps = true, .ran = 7 };
	struct pulse p = { 0 };

	assert_int_equal(pulse_look(&p, 1, SECOND, &v), 0);
	assert_int_equal(pulse_look(&p, 1, SECOND, &v), SECOND);
	assert_int_equal(pulse_look(&p, 1, SECOND, &v), 2 * SECOND);
	assert_int_equal(pulse_look(&p, 2, SECOND, &v), 0);
}

TEST(test_who_could_run_is_silent_as_long_as_it_ran)
{
	struct vitals v = { .sleeps = false, .ran = 5 * SECOND };
	struct pulse p = { 0 };

	assert_int_equal(pulse_look(&p, 1, SECOND, &v), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(pulse_look(&p, 1, SECOND, &v), 0);
	v.ran += SECOND / 4;
	assert_int_equal(pulse_look(&p, 1, SECOND, &v), SECOND / 4);
	v.ran += SECOND / 4;
	assert_int_equal(pulse_look(&p, 1, SECOND, &v), SECOND / 2);
	v.ran += SECOND / 4;
	assert_int_equal(pulse_look(&p, 9, SECOND, &v), 0);
}

/* Ticks of a processor's clock are coarse, and a thread pool has more than one second
 * in each: nobody is silent for longer than has passed. */
TEST(test_silence_is_never_longer_than_the_time)
{
	struct vitals v = { .sleeps = false };
	struct pulse p = { .beat = 1 };

	v.ran = 30 * SECOND;
	assert_int_equal(pulse_look(&p, 1, SECOND, &v), SECOND);
	assert_int_equal(pulse_look(&p, 1, 60 * SECOND, NULL), 3 * SECOND);
	assert_int_equal(pulse_look(&p, 1, -SECOND, NULL), 3 * SECOND);
}

static pid_t
child_of(void (*act)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			act();
	}
	assert_true(pid > 0);
	return pid;
}

static void
spin(void)
{
	static volatile unsigned turns;

	turns++;
}

static void
doze(void)
{
	(void)pause();
}

static void
bury(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Until the kernel says what is expected, for ten seconds at most. */
static bool
becomes(pid_t pid, bool sleeps, int64_t ran)
{
	const struct timespec pause = { .tv_nsec = 5 * NSEC_PER_MSEC };
	struct vitals v;

	for (int i = 0; i < 2000; i++) {
		assert_int_equal(vitals_read(pid, &v), 0);
		if (v.sleeps == sleeps && v.ran >= ran)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

TEST(test_the_kernel_tells)
{
	pid_t spinner = child_of(spin), dozer = child_of(doze);
	struct vitals v;

	assert_true(becomes(spinner, false, 50 * NSEC_PER_MSEC));
	assert_true(becomes(dozer, true, 0));
	kill(spinner, SIGSTOP);
	assert_true(becomes(spinner, true, 50 * NSEC_PER_MSEC));
	bury(spinner);
	bury(dozer);
	assert_int_equal(vitals_read(spinner, &v), -1);
}
