/* Log lines: their form, where they go, and that none is ever waited for. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/log_ring.h"
#include "base/log_sink.h"
#include "base/log_text.h"
#include "fixture/directory.h"
#include "unit.h"

static int standard_error; /* while a test has another one */

static int
set_up(void **state UNUSED)
{
	signal(SIGPIPE, SIG_IGN);
	standard_error = dup(STDERR_FILENO);
	log_procinit("unit");
	return directory_make();
}

static int
tear_down(void **state UNUSED)
{
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	assert_int_equal(log_open("stderr", "error"), 0);
	return directory_remove("log", "link", "target", NULL);
}

/* The first one here: no other test must have opened a log. */
TEST(a_line_before_the_log_is_open_is_not_waited_for)
{
	char page[4096] = { 0 };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while (write(fds[1], page, sizeof(page)) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
	dup2(fds[1], STDERR_FILENO);
	log_warnx("nobody empties this");
	assert_int_equal(log_take_losses(), 1);
	close(fds[0]);
	close(fds[1]);
}

/* Whatever the level is, and whoever takes the line. */
TEST(warnings_and_errors_are_kept)
{
	static struct log_ring ring;
	static struct log_ring_line lines[LOG_RING_LINES];
	struct log_ring *before = log_kept();

	/* With what there was before. */
	log_warnx("early");
	log_keep(&ring);
	assert_true(log_ring_read(&ring, lines) > 0);
	assert_string_equal(lines[log_ring_read(&ring, lines) - 1].text, "early");
	memset((void *)&ring, 0, sizeof(ring));
	assert_int_equal(log_open("/dev/full", "error"), 0);
	log_info("that");
	log_warnx("this\n");
	errno = ENOENT;
	log_err("and %d", 7);
	assert_int_equal(log_ring_read(&ring, lines), 2);
	assert_string_equal(lines[0].text, "this?");
	assert_int_equal(lines[0].level, LOG_WARNING);
	assert_string_equal(lines[1].text, "and 7: No such file or directory");
	assert_int_equal(lines[1].level, LOG_ERR);
	log_keep(NULL);
	log_warnx("this");
	assert_int_equal(log_ring_read(&ring, lines), 2);
	log_keep(before);
	(void)log_take_losses();
	assert_int_equal(log_open("stderr", "error"), 0);
}

TEST(the_descriptor_to_keep_is_the_targets)
{
	char file[64];
	int fd, type;
	socklen_t len = sizeof(type);

	assert_int_equal(log_open("syslog", "info"), 0);
	fd = log_descriptor();
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	assert_int_equal(type, SOCK_DGRAM);
	snprintf(file, sizeof(file), "%s/log", directory);
	assert_int_equal(log_open(file, "info"), 0);
	assert_int_not_equal(log_descriptor(), fd);
	assert_int_equal(fcntl(log_descriptor(), F_GETFL) & O_APPEND, O_APPEND);
	assert_int_equal(log_open("stderr", "info"), 0);
	assert_int_not_equal(log_descriptor(), STDERR_FILENO);
	unlink(file);
}

TEST(the_level_is_changed_while_it_runs)
{
	char path[] = "/tmp/test_log.XXXXXX", text[1024];
	int fd = mkstemp(path), i;
	ssize_t n;

	assert_int_not_equal(fd, -1);
	assert_int_equal(log_open(path, "info"), 0);
	assert_int_equal(log_get_level(), LOG_LEVEL_INFO);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("more");
	log_set_level(LOG_LEVEL_ERROR);
	log_warnx("less");
	log_errx("always");
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	assert_non_null(strstr(text, "more\n"));
	assert_null(strstr(text, "less"));
	assert_non_null(strstr(text, "error: always\n"));
	for (i = 0; i < LOG_LEVELS; i++) {
		assert_int_equal(log_level_find(log_level_name((enum log_level)i)), i);
		assert_int_equal(
		    log_level_of(log_level_priority((enum log_level)i)), i);
	}
	assert_int_equal(log_level_find("loud"), -1);
	assert_int_equal(log_open("stderr", "error"), 0);
	close(fd);
	unlink(path);
}

/* A log line stays one line whatever an upstream puts into a name. */
TEST(lines_are_single_and_levelled)
{
	char path[] = "/tmp/test_log.XXXXXX", text[65536];
	int fd = mkstemp(path);
	ssize_t n;

	assert_int_not_equal(fd, -1);
	assert_int_equal(log_open(path, "loud"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(log_open(path, "info"), 0);
	log_procinit("unit");
	log_debug("must not appear");
	log_info("first %d", 1);
	log_warnx("forged\nline\x1b[0m");
	errno = ENOENT;
	log_warn("third");
	assert_int_equal(errno, ENOENT);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_null(strstr(text, "must not appear"));
	assert_non_null(strstr(text, "unit["));
	assert_non_null(strstr(text, "first 1\n"));
	assert_non_null(strstr(text, "warning: forged?line?[0m\n"));
	assert_non_null(strstr(text, "third: No such file or directory\n"));
	assert_int_equal(text[n - 1], '\n');
	assert_int_equal(log_open("stderr", "error"), 0);
	close(fd);
	unlink(path);
}

TEST(a_rotated_file_is_reopened)
{
	char path[] = "/tmp/test_log.XXXXXX";
	int fd = mkstemp(path);

	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(log_open(path, "info"), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(log_reopen(), 0);
	log_info("after rotation");
	assert_int_equal(access(path, R_OK), 0);
	assert_int_equal(log_open("stderr", "error"), 0);
	assert_int_equal(log_reopen(), 0);
	unlink(path);
}

TEST(text_of_strangers_commands_no_terminal)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "a\nb\tc\x7f", "a?b?c?" },
		{ "csi \xc2\x9b"
		  "31m",
		    "csi ??31m" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "line \xe2\x80\xa8 paragraph \xe2\x80\xa9",
		    "line ??? paragraph ???" },
		{ "\xe2\x80\xae"
		  "evil\xe2\x80\xac",
		    "???evil???" },
		{ "\xe2\x81\xa6"
		  "x\xe2\x81\xa9 \xd8\x9c",
		    "???x??? ??" },
		{ "\x9b"
		  "1m",
		    "?1m" },                           /* of ISO 8859-1 */
		{ "\xc0\x9b \xe0\x80\x9b", "?? ???" }, /* too long */
		{ "\xed\xa0\x80", "???" },             /* half of a pair */
		{ "\xf4\x90\x80\x80", "????" },
		{ "cut \xe2\x82", "cut ??" },
	};
	char text[64];
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		strlcpy(text, cases[i].before, sizeof(text));
		log_defuse(text, strlen(text));
		assert_string_equal(text, cases[i].after);
	}
}

TEST(what_is_escaped_loses_only_what_is_no_utf_8)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "", "" },
		{ "plain \xc3\xa4 \xe2\x82\xac", "plain \xc3\xa4 \xe2\x82\xac" },
		{ "a\"b\\c", "a\\\"b\\\\c" },
		{ "\x1b[31m\n\x7f", "\\u001b[31m\\u000a\\u007f" },
		{ "\xc2\x9b\xe2\x80\xae", "\\u009b\\u202e" },
		{ "\xff\xc3", "\\ufffd\\ufffd" },
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < NELEM(cases); i++) {
		buf_reset(&b);
		log_escape(&b, cases[i].before, strlen(cases[i].before));
		buf_putc(&b, '\0');
		assert_string_equal(b.data, cases[i].after);
	}
	buf_free(&b);
}

/* Makes descriptor 2 the writing end of a pipe or a socket; returns the other end. */
static int
replace_stderr(int fds[2])
{
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	assert_int_equal(log_open("stderr", "info"), 0);
	return fds[0];
}

static const char *
take(int fd)
{
	static char text[1 << 20];
	size_t n = 0;
	ssize_t r;

	while (
	    n < sizeof(text) - 1 && (r = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)r;
	text[n] = '\0';
	return text;
}

/* It would never end, if one line were waited for. */
static void
fill_and_drain(int fd)
{
	char told[64];
	unsigned long lost;
	const char *text;
	int i;

	for (i = 0; (lost = log_take_losses()) == 0; i++) {
		assert_in_range(i, 0, 1000000);
		log_info("filling");
	}
	assert_int_equal(lost, 1);
	log_info("lost as well");
	log_info("lost as well");
	assert_int_equal(log_take_losses(), 2);
	text = take(fd);
	assert_null(strstr(text, "lost"));
	log_info("again");
	text = take(fd);
	snprintf(told, sizeof(told), ": warning: 3 lines were lost: ");
	assert_non_null(strstr(text, told));
	assert_non_null(strstr(text, "again\n"));
	assert_int_equal(log_take_losses(), 0);
}

TEST(a_pipe_that_nobody_empties_is_not_waited_for)
{
	int fds[2], end;

	assert_int_equal(pipe(fds), 0);
	end = replace_stderr(fds);
	fill_and_drain(end);
	/* The starter, and others, have the same open file description. */
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	close(end);
}

TEST(a_socket_that_nobody_empties_is_not_waited_for)
{
	int fds[2], end;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	end = replace_stderr(fds);
	fill_and_drain(end);
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	close(end);
	log_info("nobody is there");
	assert_int_equal(log_take_losses(), 1);
}

TEST(a_pipe_that_cannot_be_opened_anew_is_not_waited_for)
{
	struct log_sink sink = { .kind = LOG_SINK_POLL };
	char line[LOG_SINK_LINE_MAX];
	int fds[2], i;

	memset(line, 'x', sizeof(line));
	assert_int_equal(pipe(fds), 0);
	sink.fd = fds[1];
	for (i = 0; log_sink_put(&sink, line, sizeof(line)) == 0; i++)
		assert_in_range(i, 0, 1000);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(read(fds[0], line, sizeof(line)), sizeof(line));
	assert_int_equal(log_sink_put(&sink, line, sizeof(line)), 0);
	close(fds[0]);
	log_sink_close(&sink);
}

/* The rest of a line that is cut off must not be taken for the next one's. */
TEST(a_line_that_was_cut_off_ends)
{
	struct log_sink sink = { .kind = LOG_SINK_SEND };
	char line[LOG_SINK_LINE_MAX];
	int fds[2], i;
	const char *text, *end;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	sink.fd = fds[1];
	for (i = 0; log_sink_put(&sink, line, sizeof(line)) == 0; i++)
		assert_in_range(i, 0, 10000);
	sink.torn = true; /* as if a part of it had gone */
	text = take(fds[0]);
	assert_int_equal(strlen(text), (size_t)i * sizeof(line));
	assert_int_equal(log_sink_put(&sink, "next\n", 5), 0);
	end = take(fds[0]);
	assert_string_equal(end, "\nnext\n");
	close(fds[0]);
	log_sink_close(&sink);
}

TEST(a_fifo_that_nobody_reads_is_refused)
{
	int fd;

	assert_int_equal(mkfifo(directory_path("log"), 0600), 0);
	assert_int_equal(log_open(directory_path("log"), "info"), -1);
	assert_int_equal(errno, ENXIO);
	fd = open(directory_path("log"), O_RDONLY | O_NONBLOCK);
	assert_int_equal(log_open(directory_path("log"), "info"), 0);
	fill_and_drain(fd);
	close(fd);
	log_info("its reader is gone");
	assert_int_equal(log_take_losses(), 1);
	assert_int_equal(log_reopen(), -1);
}

TEST(a_full_disk_costs_lines_and_nothing_else)
{
	assert_int_equal(log_open("/dev/full", "info"), 0);
	log_info("no room");
	assert_int_equal(log_take_losses(), 1);
}

/* Whoever owns the directory of a log could else have root append to any file. */
TEST(a_link_is_followed_where_only_we_make_it)
{
	const char *link = directory_path("link");
	int fd;

	assert_int_equal(symlink(directory_path("target"), link), 0);
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_not_equal(fd = log_file_open(link), -1);
	close(fd);
	assert_int_equal(access(directory_path("target"), F_OK), 0);
	assert_int_equal(chmod(directory, 0775), 0);
	assert_int_equal(log_file_open(link), -1);
	assert_int_equal(errno, ELOOP);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
