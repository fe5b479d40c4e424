/* The channel: whole messages, EOF, a reader that does not read, a peer that is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/channel.h"
#include "unit.h"

static int
setup(void **state)
{
	static int fds[2];

	*state = fds;
	return channel_pair(fds);
}

static int
teardown(void **state)
{
	int *fds = *state;

	close(fds[0]);
	close(fds[1]);
	return 0;
}

TEST(test_messages_arrive_whole_and_in_order)
{
	struct channel_message m;
	int *fds = *state;

	assert_int_equal(channel_send(fds[0], CHANNEL_REFRESH, 0), 0);
	assert_int_equal(channel_send(fds[0], CHANNEL_STOP, 0), 0);
	assert_int_equal(channel_send(fds[1], CHANNEL_READY, UINT64_MAX - 1), 0);
	assert_int_equal(channel_recv(fds[1], &m), 1);
	assert_int_equal(m.type, CHANNEL_REFRESH);
	assert_int_equal(channel_recv(fds[1], &m), 1);
	assert_int_equal(m.type, CHANNEL_STOP);
	assert_int_equal(channel_recv(fds[0], &m), 1);
	assert_int_equal(m.type, CHANNEL_READY);
	assert_true(m.value == UINT64_MAX - 1);
}

static void
close_pipes(const int a[2], const int b[2])
{
	close(a[0]);
	close(a[1]);
	if (b != NULL) {
		close(b[0]);
		close(b[1]);
	}
}

/* Says which pipe a descriptor is the end of. */
static char
read_byte(int fd)
{
	char byte = '?';

	assert_int_equal(read(fd, &byte, 1), 1);
	return byte;
}

TEST(descriptors_come_along)
{
	int *fds = *state, a[2], b[2], files[CHANNEL_FILES];
	struct channel_message m;

	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_int_equal(
	    channel_send_files(fds[0], CHANNEL_REOPEN, (int[]){ a[1], b[1] }), 0);
	assert_int_equal(
	    channel_send_files(fds[0], CHANNEL_REOPEN, (int[]){ -1, b[1] }), 0);
	assert_int_equal(
	    channel_send_files(fds[0], CHANNEL_REOPEN, (int[]){ -1, -1 }), 0);
	assert_int_equal(channel_recv_files(fds[1], &m, files), 1);
	assert_int_equal(m.type, CHANNEL_REOPEN);
	assert_int_equal(write(files[CHANNEL_LOG], "a", 1), 1);
	assert_int_equal(write(files[CHANNEL_ACCESS_LOG], "b", 1), 1);
	assert_int_equal(read_byte(a[0]), 'a');
	assert_int_equal(read_byte(b[0]), 'b');
	assert_int_equal(fcntl(files[CHANNEL_LOG], F_GETFD), FD_CLOEXEC);
	close(files[CHANNEL_LOG]);
	close(files[CHANNEL_ACCESS_LOG]);
	assert_int_equal(channel_recv_files(fds[1], &m, files), 1);
	assert_int_equal(files[CHANNEL_LOG], -1);
	assert_int_equal(write(files[CHANNEL_ACCESS_LOG], "c", 1), 1);
	assert_int_equal(read_byte(b[0]), 'c');
	close(files[CHANNEL_ACCESS_LOG]);
	assert_int_equal(channel_recv_files(fds[1], &m, files), 1);
	assert_int_equal(files[CHANNEL_LOG], -1);
	assert_int_equal(files[CHANNEL_ACCESS_LOG], -1);
	assert_int_equal(channel_recv_files(fds[1], &m, files), -1);
	close_pipes(a, b);
}

/* A child that was taken over fills the supervisor's table of descriptors with nothing.
 */
TEST(descriptors_from_a_child_are_not_taken)
{
	int *fds = *state, a[2], next;
	struct channel_message m;

	assert_int_equal(pipe(a), 0);
	assert_int_equal(
	    channel_send_files(fds[1], CHANNEL_READY, (int[]){ a[1], -1 }), 0);
	next = dup(a[0]);
	close(next);
	assert_int_equal(channel_recv(fds[0], &m), 1);
	assert_int_equal(m.type, CHANNEL_READY);
	assert_int_equal(dup(a[0]), next);
	close(next);
	close_pipes(a, NULL);
}

TEST(test_nothing_there_is_eagain)
{
	struct channel_message m;
	int *fds = *state;

	assert_int_equal(channel_recv(fds[0], &m), -1);
	assert_int_equal(errno, EAGAIN);
}

TEST(test_ends_are_close_on_exec_and_non_blocking)
{
	int i, *fds = *state;

	for (i = 0; i < 2; i++) {
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
	}
}

TEST(test_peer_that_does_not_read_is_eagain)
{
	struct channel_message m;
	int i, n, *fds = *state;

	for (n = 0; channel_send(fds[0], CHANNEL_REFRESH, (uint64_t)n) == 0; n++)
		assert_true(n < 1000000);
	assert_int_equal(errno, EAGAIN);
	assert_true(n >= 16); /* room for bursts of orders */
	for (i = 0; i < n; i++) {
		assert_int_equal(channel_recv(fds[1], &m), 1);
		assert_true(m.value == (uint64_t)i);
	}
	assert_int_equal(channel_send(fds[0], CHANNEL_REFRESH, 0), 0);
}

/* What the supervisor does when a stop order does not fit. */
TEST(test_shutdown_of_a_full_channel_is_eof_after_the_orders)
{
	struct channel_message m;
	int n, *fds = *state;

	for (n = 0; channel_send(fds[0], CHANNEL_REFRESH, 0) == 0; n++)
		;
	assert_int_equal(shutdown(fds[0], SHUT_WR), 0);
	while (n-- > 0)
		assert_int_equal(channel_recv(fds[1], &m), 1);
	assert_int_equal(channel_recv(fds[1], &m), 0);
	assert_int_equal(channel_send(fds[1], CHANNEL_READY, 1), 0);
	assert_int_equal(channel_recv(fds[0], &m), 1);
}

/* Without MSG_NOSIGNAL this test would die of SIGPIPE. */
TEST(test_gone_peer_is_epipe_and_eof)
{
	struct channel_message m;
	int *fds = *state;

	close(fds[1]);
	assert_int_equal(channel_send(fds[0], CHANNEL_STOP, 0), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(channel_recv(fds[0], &m), 0);
	fds[1] = dup(fds[0]); /* for the teardown */
}

TEST(test_peer_that_left_orders_unread_is_eof)
{
	struct channel_message m;
	int *fds = *state;

	assert_int_equal(channel_send(fds[0], CHANNEL_REFRESH, 0), 0);
	close(fds[1]);
	assert_int_equal(channel_recv(fds[0], &m), 0);
	assert_int_equal(channel_recv(fds[0], &m), 0);
	fds[1] = dup(fds[0]);
}

TEST(test_last_words_of_a_dead_child_are_read_before_eof)
{
	struct channel_message m;
	int status, *fds = *state;
	pid_t pid;

	if ((pid = fork()) == 0) {
		close(fds[0]);
		_exit(channel_send(fds[1], CHANNEL_READY, 7) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[1]);
	assert_int_equal(channel_recv(fds[0], &m), 1);
	assert_int_equal(m.value, 7);
	assert_int_equal(channel_recv(fds[0], &m), 0);
	fds[1] = dup(fds[0]);
}

TEST(test_message_of_another_size_is_refused)
{
	struct channel_message m;
	char big[sizeof(m) + 1] = { 0 };
	int *fds = *state;

	assert_int_equal(send(fds[1], big, sizeof(big), 0), sizeof(big));
	assert_int_equal(send(fds[1], big, 4, 0), 4);
	assert_int_equal(channel_recv(fds[0], &m), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(channel_recv(fds[0], &m), -1);
	assert_int_equal(errno, EBADMSG);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
