/* What the service manager hears, byte for byte, and that nothing is in its way. */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "supervisor/notify.h"
#include "fixture/directory.h"
#include "unit.h"

/* The manager's end. */
static int manager = -1;
static char path[108];

static void
bind_manager(const char *name, size_t len)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, name, len);
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_not_equal(manager, -1);
	assert_int_equal(bind(manager, (struct sockaddr *)&sun,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static int
open_manager(void **state UNUSED)
{
	assert_int_equal(directory_make(), 0);
	snprintf(path, sizeof(path), "%s/notify", directory);
	bind_manager(path, strlen(path) + 1);
	return 0;
}

static int
close_manager(void **state UNUSED)
{
	close(manager);
	assert_int_equal(directory_remove("notify", NULL), 0);
	unsetenv("NOTIFY_SOCKET");
	notify_open(); /* forgets the manager */
	return 0;
}

static const char *
heard(void)
{
	static char text[2048];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	if (n == -1) {
		assert_int_equal(errno, EAGAIN);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

TEST(it_says_what_it_does)
{
	notify_open();
	notify_ready();
	assert_string_equal(heard(), "READY=1");
	notify_watchdog();
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_stopping();
	assert_string_equal(heard(), "STOPPING=1");
	notify_status("serving 2 categories");
	assert_string_equal(heard(), "STATUS=serving 2 categories");
	assert_null(heard());
}

TEST(a_reload_carries_its_time)
{
	struct timespec ts;
	int64_t before, after, usec;

	notify_open();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	before = ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	notify_reloading();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	after = ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	assert_int_equal(
	    sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &usec), 1);
	assert_true(before <= usec && usec <= after);
}

TEST(a_status_is_one_line_of_bounded_length)
{
	char text[1000];

	notify_open();
	notify_status("one\nREADY=1\ttwo");
	assert_string_equal(heard(), "STATUS=one READY=1 two");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	notify_status(text);
	assert_int_equal(strlen(heard()), strlen("STATUS=") + 400);
}

static void
abstract_name(const char *name)
{
	close(manager);
	bind_manager(name, strlen(name));
	notify_open();
	notify_ready();
	assert_string_equal(heard(), "READY=1");
}

TEST(the_socket_may_be_abstract)
{
	struct sockaddr_un sun;
	char name[sizeof(sun.sun_path)];

	snprintf(name, sizeof(name), "@test_notify-%d", (int)getpid());
	abstract_name(name);
	/* The longest one that has room for a NUL as well. */
	snprintf(name, sizeof(name), "@%0*d", (int)sizeof(name) - 2, (int)getpid());
	abstract_name(name);
}

TEST(the_variables_are_taken)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	notify_open();
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_int_equal(notify_watchdog_interval(), 3 * NSEC_PER_SEC);
}

static void
watchdog_is(const char *usec, const char *pid, int64_t interval)
{
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
	notify_open();
	assert_int_equal(notify_watchdog_interval(), interval);
}

TEST(the_watchdog_is_ours_or_none)
{
	watchdog_is("500000", NULL, NSEC_PER_SEC / 2);
	watchdog_is("500000", "1", 0);
	watchdog_is("500000", "", 0);
	watchdog_is("0", NULL, 0);
	watchdog_is("-1", NULL, 0);
	watchdog_is("1s", NULL, 0);
	watchdog_is("9223372036854775807", NULL, 0);
}

TEST(without_a_manager_nothing_happens)
{
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "500000", 1);
	notify_open();
	notify_ready();
	notify_status("hello");
	assert_null(heard());
	assert_int_equal(notify_watchdog_interval(), 0);
}

TEST(an_address_of_another_kind_is_refused)
{
	static const char *const bad[] = { "", "/", "@", "relative", "vsock:2:9" };
	char longer[200];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		notify_open();
		notify_ready();
		assert_null(getenv("NOTIFY_SOCKET"));
	}
	memset(longer, '/', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	notify_open();
	notify_ready();
	assert_null(heard());
}

static int
lowest_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* unix(7): how many datagrams a socket keeps for its reader. */
static int
queue_length(void)
{
	FILE *f = fopen("/proc/sys/net/unix/max_dgram_qlen", "r");
	int n = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &n), 1);
	fclose(f);
	return n;
}

/* A manager that is gone, or whose queue is full, costs nothing but a warning. */
TEST(it_never_waits_and_holds_nothing)
{
	int i, sent = queue_length() + 10, arrived = 0, lowest = lowest_descriptor();

	notify_open();
	alarm(60); /* a call that waits would wait for ever */
	for (i = 0; i < sent; i++)
		notify_watchdog();
	while (heard() != NULL)
		arrived++;
	assert_true(0 < arrived && arrived < sent);
	unlink(path);
	notify_ready();
	close(manager);
	notify_ready();
	alarm(0);
	manager = -1;
	assert_true(lowest_descriptor() <= lowest);
}

UNIT_FIXTURE(.setup = open_manager, .teardown = close_manager);
