/* A real supervisor that gets another configuration. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "config/options.h"
#include "proc/channel.h"
#include "shm/counters.h"
#include "shm/layout.h"
#include "fixture/directory.h"
#include "fixture/moved_clock.h"
#include "fixture/supervisor_world.h"
#include "unit.h"

static void
reload(const char *lines)
{
	write_file(lines);
	assert_int_equal(kill(fx.pid, SIGHUP), 0);
}

static ino_t
segment_inode(void)
{
	struct stat st;

	assert_int_equal(stat(fx.shm, &st), 0);
	return st.st_ino;
}

/* The segment as a stranger finds it by name. */
static const struct segment_header *
look(size_t *size)
{
	struct stat st;
	int fd = open(fx.shm, O_RDONLY | O_CLOEXEC);
	void *base;

	assert_true(fd != -1 && fstat(fd, &st) == 0);
	*size = (size_t)st.st_size;
	base = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	assert_true(base != MAP_FAILED);
	return base;
}

static const struct segment_process *
process(const struct segment_header *h, unsigned slot)
{
	return (const void *)((const char *)h + h->counters_offset +
			      (size_t)slot * h->counters_size);
}

/* The sum over all process slots of a counter. */
static uint64_t
counted(enum counter id)
{
	size_t size;
	const struct segment_header *h = look(&size);
	uint64_t n = 0;

	for (unsigned i = 0; i < h->nprocs; i++)
		n += counter_get(&process(h, i)->counters, id);
	munmap((void *)(uintptr_t)h, size);
	return n;
}

/* How many of the last warnings of the supervisor have a text. */
static int
warned(const char *text)
{
	struct log_ring_line lines[LOG_RING_LINES];
	size_t size, n;
	const struct segment_header *h = look(&size);
	int found = 0;

	n = log_ring_read(&process(h, h->nprocs - 1)->log, lines);
	while (n-- > 0)
		found += strstr(lines[n].text, text) != NULL;
	munmap((void *)(uintptr_t)h, size);
	return found;
}

static bool
connects(const char *address)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(strchr(address, ':') + 1, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0;

	close(fd);
	return ok;
}

/* The n-th address in the log that is listened on, 0 the first. */
static void
listened(int n, char *address, size_t size)
{
	const char *p = slurp(fx.log);

	do {
		p = strstr(p, "listening on ");
		assert_non_null(p);
		p += strlen("listening on ");
	} while (n-- > 0);
	strlcpy(address, p, size);
	address[strcspn(address, "\n")] = '\0';
}

TEST(test_everybody_is_replaced_in_order)
{
	char first[64], second[64];
	const char *log;
	pid_t reader, hydrator;
	ino_t before;

	start();
	wait_log("is ready", 2);
	reader = pid_of("reader 0");
	hydrator = pid_of("hydrator obey");
	before = segment_inode();
	reload("");
	wait_log("serving", 2);
	wait_log("hydrator obey started", 2);
	wait_log("is ready", 4);
	snprintf(first, sizeof(first), "reader 0 (pid %d) exited", (int)reader);
	wait_log(first, 1);
	assert_true(pid_of("hydrator obey") != hydrator);
	assert_true(segment_inode() != before);
	/* The reader's successor was ready before it left; the hydrator left first. */
	log = slurp(fx.log);
	assert_true(strstr(log, "serving obey") < strstr(log, first));
	snprintf(second, sizeof(second), "hydrator obey (pid %d) exited with status 0",
	    (int)hydrator);
	assert_non_null(strstr(log, second));
	assert_null(strstr(strstr(log, second) + 1, "hydrating nothing"));
	assert_true(
	    strstr(log, second) <
	    strstr(strstr(log, "hydrator obey started") + 1, "hydrator obey started"));
	listened(0, first, sizeof(first));
	listened(1, second, sizeof(second));
	assert_string_equal(first, second); /* port 0, and yet the same socket */
	assert_true(connects(first));
	stop();
	assert_int_equal(logged("restarting"), 0);
	assert_int_equal(logged("warning"), 0);
}

TEST(test_bad_good_bad_good)
{
	int i;

	start();
	wait_log("is ready", 2);
	for (i = 1; i <= 2; i++) {
		reload("no_such_option = 1\n");
		wait_log("not reloaded, the old configuration stays in use", i);
		assert_int_equal(logged("serving"), i);
		assert_int_equal(counted(COUNTER_RELOAD_FAILURES), i);
		reload("");
		wait_log("serving", i + 1);
		assert_int_equal(counted(COUNTER_RELOADS), i);
	}
	assert_int_equal(logged("no_such_option"), 2);
	stop();
}

TEST(test_categories_come_and_go)
{
	start();
	wait_log("is ready", 2);
	config_category(1, "obey2");
	reload("");
	wait_log("hydrator obey2 started", 1);
	wait_log("hydrator obey started", 2);
	config_category(0, "obey2");
	fx.config.ncategories = 1;
	reload("");
	wait_log("hydrator obey2 started", 2);
	wait_log("serving obey2 on", 1);
	wait_log("hydrator obey started", 2);
	kill(fx.pid, SIGUSR1);
	wait_log("]: order", 1);
	stop();
	assert_int_equal(logged("hydrator obey started"), 2);
	assert_int_equal(logged("restarting"), 0);
}

/* Its generation too, so that it goes on from there. */
TEST(test_snapshots_are_carried_over)
{
	config_category(0, "publish");
	start();
	wait_log("published 1", 1);
	fx.config.segment.capacity = 131072;
	reload("");
	wait_log("has publish 1", 1);
	wait_log("published 2", 1);
	fx.config.segment.capacity = 4096;
	config_category(1, "obey");
	reload("");
	wait_log("has publish 2", 1);
	wait_log("published 3", 1);
	stop();
}

/* One that the old hydrator had no room for. */
TEST(test_an_order_to_accept_goes_to_the_successor)
{
	char line[64];
	pid_t hydrator;

	fx.config.upstream.cycle_timeout = 100;
	hydrator = start_deaf();
	order_accept();
	reload("");
	wait_log("serving obey on", 2);
	kill(hydrator, SIGCONT);
	snprintf(line, sizeof(line), "]: order %d", CHANNEL_ACCEPT);
	wait_log(line, 1);
	snprintf(line, sizeof(line), "hydrator obey[%d]: order %d",
	    (int)pid_of("hydrator obey"), CHANNEL_ACCEPT);
	assert_int_equal(logged(line), 1);
	assert_int_not_equal(pid_of("hydrator obey"), hydrator);
	stop();
}

TEST(test_counters_survive)
{
	int i;

	start();
	wait_log("is ready", 2);
	for (i = 1; i <= 3; i++) {
		fx.config.readers = i % 2 + 1;
		reload("");
		wait_log("serving", i + 1);
		wait_log("hydrator obey started", i + 1);
		/* One a crew, by its first reader; old pages are added in a second. */
		assert_int_equal(counted(COUNTER_REQUESTS), i + 1);
	}
	stop();
}

/* Each once, in whichever segment it was when it was said. */
TEST(test_warnings_survive)
{
	const char *p, *last = NULL;
	char lock[96];
	int i;

	start();
	wait_log("is ready", 2);
	strlcpy(lock, fx.lock, sizeof(lock));
	strlcat(fx.lock, "-other", sizeof(fx.lock));
	for (i = 1; i <= 3; i++) {
		reload("nonsense = 1\n");
		wait_log("not reloaded", i);
		fx.config.readers = i % 2 + 1;
		reload("");
		wait_log("serving", i + 1);
		wait_log("hydrator obey started", i + 1);
		assert_int_equal(warned("not reloaded"), i);
		assert_int_equal(warned("pidfile is not changed"), i);
	}
	/* Those of the process that was killed, too, which has perhaps logged nothing.
	 */
	for (p = slurp(fx.log); (p = strstr(p, "obey started as pid ")) != NULL;)
		last = p += strlen("obey started as pid ");
	assert_int_equal(kill((pid_t)strtol(last, NULL, 10), SIGKILL), 0);
	wait_log("restarting", 1);
	assert_int_equal(warned("hydrator obey (pid "), 1);
	strlcpy(fx.lock, lock, sizeof(fx.lock));
	stop();
}

TEST(test_addresses_change)
{
	char old[64], new[64];

	start();
	wait_log("is ready", 2);
	listened(0, old, sizeof(old));
	strlcpy(fx.listen, "localhost:0", sizeof(fx.listen));
	reload("");
	wait_log("serving", 2);
	listened(1, new, sizeof(new));
	assert_string_not_equal(old, new);
	wait_log("reader 0 (pid", 1);
	wait_log("exited with status 0", 2);
	assert_false(connects(old));
	stop();
}

TEST(test_address_in_use_keeps_the_old)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ino_t before;

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	start();
	wait_log("is ready", 2);
	before = segment_inode();
	snprintf(fx.listen, sizeof(fx.listen), "127.0.0.1:%d", ntohs(sin.sin_port));
	reload("");
	wait_log("not reloaded, the old configuration stays in use: cannot listen", 1);
	assert_true(segment_inode() == before);
	assert_int_equal(logged("reader 0 started"), 1);
	close(fd);
	kill(fx.pid, SIGHUP);
	wait_log("serving", 2);
	stop();
}

TEST(test_readers_that_do_not_come_up)
{
	ino_t before;

	start();
	wait_log("is ready", 2);
	before = segment_inode();
	reload("http { retry_after = 77 }\n");
	wait_log("reader 0 started", 2);
	moved_clock_set(31);
	wait_log(
	    "not reloaded, the old configuration stays in use: the new readers", 1);
	wait_log("was killed by signal", 1);
	assert_true(segment_inode() == before);
	assert_int_equal(logged("hydrator obey started"), 1);
	reload("");
	wait_log("serving", 2);
	assert_int_equal(counted(COUNTER_REQUESTS), 2);
	stop();
}

TEST(test_first_readers_that_do_not_come_up)
{
	fx.config.http.retry_after = FIXTURE_DEAF_READERS;
	fx.pid = launch(true);
	wait_log("reader 0 started", 1);
	moved_clock_set(31);
	assert_int_equal(finish(fx.pid), 1);
	fx.pid = 0;
	assert_int_equal(logged("not started: its readers are not ready"), 1);
	assert_int_equal(access(fx.shm, F_OK), -1);
	assert_int_equal(access(fx.lock, F_OK), -1);
}

TEST(test_what_takes_a_restart_is_named)
{
	char segment[64], lock[96];

	start();
	wait_log("is ready", 2);
	strlcpy(segment, fx.segment, sizeof(segment));
	strlcpy(lock, fx.lock, sizeof(lock));
	strlcat(fx.segment, "-other", sizeof(fx.segment));
	strlcat(fx.lock, "-other", sizeof(fx.lock));
	reload("");
	wait_log("serving", 2);
	assert_int_equal(
	    logged("segment.name is not changed: that takes a restart"), 1);
	assert_int_equal(logged("pidfile is not changed: that takes a restart"), 1);
	assert_int_equal(logged("user is not changed"), 0);
	strlcpy(fx.segment, segment, sizeof(fx.segment));
	strlcpy(fx.lock, lock, sizeof(fx.lock));
	segment_inode();
	stop();
}

/* config_keep_fixed() relies on it. */
TEST(test_what_takes_a_restart_is_text)
{
	size_t i;

	for (i = 0; i < config_noptions; i++)
		assert_true(config_options[i].reloadable ||
			    config_options[i].type == OPTION_STRING);
}

TEST(test_bursts_coalesce)
{
	int i;

	start();
	wait_log("is ready", 2);
	write_file("");
	for (i = 0; i < 20; i++)
		kill(fx.pid, SIGHUP);
	wait_log("serving", 2);
	kill(fx.pid, SIGUSR1);
	wait_log("]: order", 1);
	stop();
	assert_true(logged("serving") < 21);
}

/* A hydrator that will not go keeps its successor waiting, and nobody else. */
TEST(test_stubborn_hydrator_is_waited_for)
{
	config_category(0, "stubborn");
	config_category(1, "obey");
	start();
	wait_log("is ready", 2);
	reload("");
	wait_log("serving", 2);
	wait_log("hydrator obey started", 2);
	assert_int_equal(logged("hydrator stubborn started"), 1);
	moved_clock_set(33);
	wait_log("hydrator stubborn started", 2);
	assert_int_equal(logged("was killed by signal 9"), 1);
	hurry();
}

TEST(test_suspend_during_a_reload_aborts_nobody)
{
	start();
	wait_log("is ready", 2);
	reload("http { retry_after = 78 }\n");
	wait_log("]: here", 3);
	moved_clock_set(3600);
	wait_log("serving", 2);
	assert_int_equal(logged("not ready in time"), 0);
	stop();
}

/* The service manager's socket; its path goes to the supervisor. */
static int
open_manager(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	strlcpy(at.sun_path, directory_path("notify"), sizeof(at.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
	return fd;
}

/* How often the supervisor has said RELOADING=1, and READY=1. */
static void
hear(int manager, int *reloading, int *ready)
{
	char text[512];
	ssize_t n;

	*reloading = *ready = 0;
	while ((n = recv(manager, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		*reloading += strncmp(text, "RELOADING=1\n", 12) == 0;
		*ready += strcmp(text, "READY=1") == 0;
	}
}

TEST(test_ready_follows_the_last_of_several_reloads)
{
	int manager = open_manager(), reloading, ready;

	start();
	unsetenv("NOTIFY_SOCKET");
	wait_log("is ready", 2);
	reload("http { retry_after = 78 }\n"); /* until the clock moves */
	wait_log("reload asked for", 1);
	kill(fx.pid, SIGHUP);
	wait_log("reload asked for", 2);
	moved_clock_set(3600);
	wait_log("serving", 3);
	stop();
	hear(manager, &reloading, &ready);
	assert_int_equal(reloading, 2);
	assert_int_equal(ready, 2); /* of the start, and of both */
	close(manager);
	unlink(directory_path("notify"));
}

TEST(test_stop_during_a_reload)
{
	start();
	wait_log("is ready", 2);
	reload("http { retry_after = 77 }\n");
	wait_log("reader 0 started", 2);
	kill(fx.pid, SIGTERM);
	wait_log("stopping", 1);
	stop(); /* the deaf one has to be hurried */
}

TEST(test_hung_child_is_aborted)
{
	config_category(1, "mute");
	fx.config.supervisor.hang_timeout = 2;
	start();
	wait_log("hydrator mute (pid", 1);
	wait_log("is hung: aborting it", 1);
	wait_log("was killed by signal 6", 1);
	wait_log("hydrator mute started", 2);
	assert_int_equal(logged("hydrator obey started"), 1);
	hurry();
}

UNIT_FIXTURE(.setup = supervisor_world_setup, .teardown = supervisor_world_teardown);
