/* What is believed of a handover: that it is for this process, whole, and made of
 * descriptors that are there. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "supervisor/handover.h"
#include "unit.h"

static int
record_of(const char *text, size_t len)
{
	int fd = memfd_create("record", MFD_CLOEXEC);

	assert_true(fd != -1 && write(fd, text, len) == (ssize_t)len);
	return fd;
}

/* Opened without close-on-exec, as after an execve(2). */
static int
inherited(void)
{
	int fd = open("/dev/null", O_RDWR);

	assert_int_not_equal(fd, -1);
	return fd;
}

/* Its head, and lines with up to three descriptors. */
static void
record_print(struct buf *b, const char *lines, const int fd[3])
{
	buf_reset(b);
	buf_printf(b, "hydratord-handover 1 %d\nfrom 1.2\n", (int)getpid());
	for (; *lines != '\0'; lines++)
		if (*lines >= 'A' && *lines <= 'C')
			buf_printf(b, "%d", fd[*lines - 'A']);
		else
			buf_putc(b, *lines);
	buf_puts(b, "end\n");
}

static const char good[] = "crew A\nsegment B C -1 00ff\nsocket listen -1x\n";

static const char whole[] =
    "started 5 6\nprogram A /usr/sbin/hydratord\nback\nwhy one\nwhy two\nnews of 2031\n"
    "crew A\nsegment B C -1 00ff\nsocket listen B 127.0.0.1:0\n"
    "child reader 0 7 -1 ready 1 9 8 0 2 0 2 0 0 1 2 3\n"
    "child hydrator 1 0 -1 floating 0 9 8 0 0 1 2 0 0\n";

static bool
opens(const char *text, size_t len, struct handover *h)
{
	char err[256] = "";
	int fd = record_of(text, len);

	if (handover_open(fd, h, err, sizeof(err)) == 0)
		return true;
	assert_string_not_equal(err, "");
	close(fd);
	return false;
}

static void
open_three(int fd[3])
{
	int i;

	for (i = 0; i < 3; i++)
		fd[i] = inherited();
}

static void
close_three(const int fd[3])
{
	int i;

	for (i = 0; i < 3; i++)
		close(fd[i]);
}

TEST(what_is_said_is_taken)
{
	struct buf b = { 0 };
	struct handover h;
	int fd[3];

	open_three(fd);
	record_print(&b, whole, fd);
	assert_true(opens(b.data, b.len, &h));
	assert_string_equal(h.version, "1.2");
	assert_string_equal(h.path, "/usr/sbin/hydratord");
	assert_true(h.back && !h.reload_wanted);
	assert_string_equal(h.why, "one\ntwo");
	assert_int_equal(h.lock, -1);
	assert_int_equal(h.ncrews, 1);
	assert_int_equal(h.crew[0].nsockets, 1);
	assert_string_equal(h.crew[0].socket[0].text, "127.0.0.1:0");
	assert_int_equal(h.crew[0].nchildren, 2);
	assert_int_equal(h.crew[0].child[0].pid, 7);
	assert_int_equal(h.crew[0].child[0].deaths[2], 3);
	/* A state of a later version is one of a process that works. */
	assert_int_equal(h.crew[0].child[1].life.state, CHILD_READY);
	assert_int_equal(fcntl(fd[1], F_GETFD), FD_CLOEXEC);
	h.crew[0].socket[0].fd = -1; /* is the segment's as well */
	h.program = -1;
	handover_close(&h);
	assert_int_equal(fcntl(fd[1], F_GETFD), -1);
	buf_free(&b);
}

TEST(a_part_of_it_is_nothing)
{
	struct buf b = { 0 };
	struct handover h;
	int fd[3];
	size_t n;

	open_three(fd);
	record_print(&b, whole, fd);
	for (n = 1; n < b.len - 1; n++) {
		if (opens(b.data, n, &h))
			fail_msg("%zu bytes are taken", n);
	}
	close_three(fd);
	buf_free(&b);
}

TEST(lines_that_are_none)
{
	static const char *const lines[] = {
		"",
		"crew A\n",
		"crew 3000\nsegment B C -1 00\n",
		"crew\nsegment B C -1 00\n",
		"segment B C -1 00\n",
		"crew A\nsegment B C -1\n",
		"crew A\nsegment B -1 -1 00\n",
		"crew A\nsegment B C -1 00\nsegment B C -1 00\n",
		good,
		"crew A\nsegment B C -1 00\nchild cook 0 0 -1 dead 1 0 0 0 0 0 2 0 0\n",
		"crew A\nsegment B C -1 00\nchild reader -1 0 -1 dead 1 0 0 0 0 0 2 0 "
		"0\n",
		"crew A\nsegment B C -1 00\nchild reader 0 -7 -1 dead 1 0 0 0 0 0 2 0 "
		"0\n",
		"crew A\nsegment B C -1 00\nchild reader 0 7 3000 dead 1 0 0 0 0 0 2 0 "
		"0\n",
		"crew A\nsegment B C -1 00\nchild reader 0 7 -1 dead 2 0 0 0 0 0 2 0 "
		"0\n",
		"crew A\nsegment B C -1 00\nchild reader 0 7 -1 dead 1\n",
		"lock x\ncrew A\nsegment B C -1 00\n",
		"passed 3000 listen-a\ncrew A\nsegment B C -1 00\n",
	};
	struct buf b = { 0 };
	struct handover h;
	int fd[3];
	size_t i;

	open_three(fd);
	for (i = 0; i < NELEM(lines); i++) {
		record_print(&b, lines[i], fd);
		if (opens(b.data, b.len, &h))
			fail_msg("taken: %s", lines[i]);
	}
	close_three(fd);
	buf_free(&b);
}

TEST(another_process_is_not_meant)
{
	struct buf b = { 0 };
	struct handover h;

	buf_printf(&b, "hydratord-handover 1 %d\nend\n", (int)getpid() + 1);
	assert_false(opens(b.data, b.len, &h));
	buf_reset(&b);
	buf_printf(&b, "hydratord-handover 2 %d\nend\n", (int)getpid());
	assert_false(opens(b.data, b.len, &h));
	assert_false(opens("", 0, &h));
	buf_free(&b);
}
