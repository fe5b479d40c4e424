/* What the process that was started still holds when the daemon goes on. */
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <unistd.h>

/* As on a busy machine, where the child is faster. */
static void
late_closefrom(int first)
{
	usleep(300000);
	closefrom(first);
}

#define closefrom late_closefrom
#include "supervisor/daemon.c"
#include "unit.h"

/* A port of 0 becomes the one that was taken. -1: it cannot be had. */
static int
listen_at(struct sockaddr_in *sin)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	socklen_t len = sizeof(*sin);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, (struct sockaddr *)sin, len) == -1 || listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)sin, &len) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* As a start that was passed sockets at another address than the configured one. */
static int
start(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int passed = listen_at(&sin), second = dup(passed), notify;

	if (second == -1 || daemon_fork(NULL, &notify) == -1)
		return 2;
	close(passed);
	close(second);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listen_at(&sin) == -1)
		return 3;
	daemon_up(&notify);
	return 0;
}

TEST(a_socket_that_the_daemon_gives_up_is_in_nobodys_way)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(start());
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}
