/* Lines for the log daemon: their form, and that nothing it does holds us up. */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/log_daemon.h"
#include "fixture/directory.h"
#include "unit.h"

struct listener {
	char path[64]; /* where the log daemon listens */
	int receiver;
	struct log_daemon daemon;
};

static void
receiver_start(struct listener *w)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strlcpy(at.sun_path, w->path, sizeof(at.sun_path));
	w->receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_not_equal(w->receiver, -1);
	assert_int_equal(bind(w->receiver, (struct sockaddr *)&at, sizeof(at)), 0);
}

static void
receiver_stop(struct listener *w)
{
	close(w->receiver);
	unlink(w->path);
}

/* The next line; "" if there is none. */
static const char *
received(struct listener *w)
{
	static char line[8192];
	ssize_t n = recv(w->receiver, line, sizeof(line) - 1, 0);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

static int
say(struct listener *w, const char *text)
{
	return log_daemon_send(&w->daemon, LOG_INFO, "reader 0", text, strlen(text));
}

static int
set_up(void **state)
{
	struct listener *w = calloc(1, sizeof(*w));

	assert_int_equal(directory_make(), 0);
	snprintf(w->path, sizeof(w->path), "%s/log", directory);
	receiver_start(w);
	assert_int_equal(log_daemon_open(&w->daemon, w->path), 0);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct listener *w = *state;

	log_daemon_close(&w->daemon);
	assert_int_equal(w->daemon.fd, -1);
	log_daemon_close(&w->daemon);
	receiver_stop(w);
	assert_int_equal(directory_remove(NULL, NULL), 0);
	free(w);
	return 0;
}

TEST(a_line_is_framed)
{
	struct listener *w = *state;
	char before[32], after[32], tail[64];
	const char *line;
	time_t now = time(NULL);

	strftime(before, sizeof(before), "<30>%b %e %H:%M:%S ", localtime(&now));
	assert_int_equal(say(w, "accepting"), 0);
	line = received(w);
	now = time(NULL);
	strftime(after, sizeof(after), "<30>%b %e %H:%M:%S ", localtime(&now));
	if (strncmp(line, before, strlen(before)) != 0)
		assert_memory_equal(line, after, strlen(after));
	snprintf(
	    tail, sizeof(tail), "hydratord[%d]: reader 0: accepting", (int)getpid());
	assert_string_equal(line + strlen(after), tail);
	assert_int_equal(
	    log_daemon_send(&w->daemon, LOG_ERR, "supervisor", "bad", 3), 0);
	assert_memory_equal(received(w), "<27>", 4);
	assert_int_equal(log_daemon_send(&w->daemon, LOG_ERR, NULL, "{}", 2), 0);
	snprintf(tail, sizeof(tail), "hydratord[%d]: {}", (int)getpid());
	assert_string_equal(strstr(received(w), "hydratord"), tail);
}

TEST(whether_anybody_listens_can_be_asked)
{
	struct listener *w = *state;

	assert_true(log_daemon_listens(w->path));
	receiver_stop(w);
	assert_false(log_daemon_listens(w->path));
	receiver_start(w);
	assert_true(log_daemon_listens(w->path));
}

TEST(a_long_line_is_one_datagram)
{
	struct listener *w = *state;
	char text[8000];
	const char *line;

	memset(text, 'x', sizeof(text));
	assert_int_equal(
	    log_daemon_send(&w->daemon, LOG_INFO, "reader 0", text, 4096), 0);
	line = received(w);
	assert_in_range(strlen(line), 4096, 4200);
	assert_int_equal(
	    log_daemon_send(&w->daemon, LOG_INFO, "reader 0", text, sizeof(text)), 0);
	assert_in_range(strlen(received(w)), 4096, sizeof(text));
	assert_string_equal(received(w), "");
}

TEST(a_daemon_that_was_restarted_is_found_again)
{
	struct listener *w = *state;

	assert_int_equal(say(w, "one"), 0);
	assert_non_null(strstr(received(w), "one"));
	receiver_stop(w);
	assert_int_equal(say(w, "two"), -1);
	receiver_start(w);
	assert_int_equal(say(w, "three"), 0);
	assert_non_null(strstr(received(w), "three"));
}

/* Without MSG_DONTWAIT this test would never end. */
TEST(a_daemon_that_is_stuck_holds_nobody_up)
{
	struct listener *w = *state;
	int sent = 0, i;

	while (say(w, "filling its queue") == 0)
		assert_in_range(++sent, 1, 1000000);
	for (i = 0; i < sent; i++)
		assert_non_null(strstr(received(w), "filling"));
	assert_string_equal(received(w), "");
	assert_int_equal(say(w, "again"), 0);
	assert_non_null(strstr(received(w), "again"));
}

TEST(a_path_that_is_too_long_is_no_crash)
{
	struct listener *w = *state;
	struct log_daemon d;
	char path[200];

	(void)w;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(log_daemon_open(&d, path), 0);
	assert_int_equal(log_daemon_send(&d, LOG_INFO, "reader 0", "text", 4), -1);
	log_daemon_close(&d);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
