/* Sockets that the service manager passed: which are taken, and for which address. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/activation.h"
#include "supervisor/listener.h"
#include "unit.h"

/* Descriptors from 3 on are the protocol's: each test has them to itself in a child,
 * which says by its status whether all was well. */
static void
in_child(void (*test)(void))
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		closefrom(STDERR_FILENO + 1);
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* cmocka's own would jump into the parent's test. */
#define MUST(condition)                                                                \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(                                                       \
			    stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
			_exit(1);                                                      \
		}                                                                      \
	} while (0)

static void
environment(pid_t pid, const char *count)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", "http", 1);
}

static int
tcp_socket(int family, bool both, bool listening)
{
	struct sockaddr_in6 sa = { .sin6_family = (sa_family_t)family };
	int fd = socket(family, SOCK_STREAM, 0), only = !both;

	if (fd == -1)
		return -1;
	if (family == AF_INET6)
		MUST(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) ==
		     0);
	/* Port 0 and the wildcard look alike in both families: all zero. */
	MUST(bind(fd, (struct sockaddr *)&sa,
		 family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(sa)) == 0);
	MUST(!listening || listen(fd, 5) == 0);
	return fd;
}

static unsigned
port_of(int fd)
{
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);

	MUST(getsockname(fd, (struct sockaddr *)&sa, &len) == 0);
	return ntohs(sa.sin6_port);
}

/* An IPv6 listener that leaves its port free for us in IPv4: the kernel looks for one
 * that is free in one family. The holder is bound, so that nobody else takes the port,
 * but does not listen, so that listeners_open() can. Returns -1 without IPv6. */
static int
tcp_socket_in_neither(void)
{
	int tries, fd, holder, on = 1;

	for (tries = 0; tries < 1000; tries++) {
		struct sockaddr_in sa = { .sin_family = AF_INET };

		if ((fd = tcp_socket(AF_INET6, false, true)) == -1)
			return -1;
		holder = socket(AF_INET, SOCK_STREAM, 0);
		MUST(holder != -1);
		MUST(
		    setsockopt(holder, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
		sa.sin_port = htons((uint16_t)port_of(fd));
		if (bind(holder, (struct sockaddr *)&sa, sizeof(sa)) == 0)
			return fd;
		MUST(close(holder) == 0 && close(fd) == 0);
	}
	MUST(tries == 0);
	return -1;
}

static int
take_v4(const struct activation *a, uint32_t host, unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(host) };

	return activation_take(a, (const struct sockaddr *)&sa);
}

static void
open_listeners(const struct activation *a, const char *host, unsigned port, size_t n)
{
	char text[64], err[512], *item[] = { text };
	struct config_list list = { item, 1 };
	const struct listeners_known known = { .passed = a };
	struct listeners l;

	snprintf(text, sizeof(text), "%s:%u", host, port);
	if (listeners_open(LISTEN_ANSWERS, &list, &known, &l, err, sizeof(err)) == -1) {
		fprintf(stderr, "%s\n", err);
		_exit(1);
	}
	MUST(l.n == n);
	listeners_close(&l);
}

static void
a_socket_is_taken(void)
{
	struct activation a;
	unsigned port = port_of(tcp_socket(AF_INET, false, true));
	int fd;

	environment(getpid(), "1");
	MUST(activation_open(&a) == 4);
	MUST(a.n == 1 && a.fd[0] == 3);
	MUST(getenv("LISTEN_PID") == NULL && getenv("LISTEN_FDS") == NULL &&
	     getenv("LISTEN_FDNAMES") == NULL);
	MUST((fcntl(3, F_GETFL) & O_NONBLOCK) != 0);
	MUST(fcntl(3, F_GETFD) == FD_CLOEXEC);

	fd = take_v4(&a, INADDR_ANY, port);
	MUST(fd > 3 && port_of(fd) == port);
	MUST(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	MUST(close(fd) == 0 && port_of(3) == port);
	MUST(take_v4(&a, INADDR_LOOPBACK, port) == -1 && errno == ENOENT);
	MUST(take_v4(&a, INADDR_ANY, port ^ 1) == -1 && errno == ENOENT);
	activation_close(&a);
	MUST(fcntl(3, F_GETFD) == -1 && a.n == 0);
}

static void
a_listener_is_a_passed_socket(void)
{
	struct activation a;
	unsigned port = port_of(tcp_socket(AF_INET, false, true));

	environment(getpid(), "1");
	MUST(activation_open(&a) == 4);
	/* Binding it would fail: it is bound. Twice, for a reload does so again. */
	open_listeners(&a, "0.0.0.0", port, 1);
	open_listeners(&a, "0.0.0.0", port, 1);
	/* What was not passed is bound. */
	open_listeners(&a, "127.0.0.1", 0, 1);
	activation_close(&a);
}

static void
one_socket_serves_both_wildcards(void)
{
	struct activation a;
	int fd = tcp_socket(AF_INET6, true, true);
	unsigned port;

	if (fd == -1)
		return; /* a machine without IPv6 */
	port = port_of(fd);
	environment(getpid(), "1");
	MUST(activation_open(&a) == 4);
	open_listeners(&a, "*", port, 1);
	MUST(take_v4(&a, INADDR_LOOPBACK, port) == -1);
	activation_close(&a);
}

static void
an_ipv6_socket_does_not_serve_ipv4(void)
{
	struct activation a;

	if (tcp_socket_in_neither() == -1)
		return;
	environment(getpid(), "1");
	MUST(activation_open(&a) == 4);
	MUST(take_v4(&a, INADDR_ANY, port_of(3)) == -1 && errno == ENOENT);
	open_listeners(&a, "*", port_of(3), 2);
	activation_close(&a);
}

static void
what_is_no_listening_socket_is_closed(void)
{
	struct activation a;
	int pair[2];

	MUST(tcp_socket(AF_INET, false, false) == 3);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	MUST(open("/dev/null", O_RDONLY) == 6);
	MUST(tcp_socket(AF_INET, false, true) == 7);
	MUST(socket(AF_INET, SOCK_DGRAM, 0) == 8);
	MUST(dup(7) == 9); /* not passed: not ours to close */
	environment(getpid(), "6");
	MUST(activation_open(&a) == 9);
	MUST(a.n == 1 && a.fd[0] == 7);
	for (int fd = 3; fd < 9; fd++)
		MUST((fcntl(fd, F_GETFD) != -1) == (fd == 7));
	MUST(fcntl(9, F_GETFD) != -1);
	activation_close(&a);
}

/* The variables came down from an ancestor, or say nonsense: no socket is ours, and
 * nobody after us is misled either. */
static void
nothing_is_taken(pid_t pid, const char *count)
{
	struct activation a;

	environment(pid, count);
	MUST(activation_open(&a) == 3 && a.n == 0);
	MUST(getenv("LISTEN_PID") == NULL && getenv("LISTEN_FDS") == NULL);
	MUST(fcntl(3, F_GETFD) != -1);
}

static void
what_is_not_for_us_is_left_alone(void)
{
	struct activation a;

	MUST(tcp_socket(AF_INET, false, true) == 3);
	nothing_is_taken(getppid(), "1");
	nothing_is_taken(-1, "1");
	nothing_is_taken(getpid(), "0");
	nothing_is_taken(getpid(), "-1");
	nothing_is_taken(getpid(), "1 ");
	nothing_is_taken(getpid(), "");
	nothing_is_taken(getpid(), "2147483647");
	setenv("LISTEN_FDS", "1", 1);
	MUST(activation_open(&a) == 3 && a.n == 0);
	MUST(getenv("LISTEN_FDS") == NULL);
}

TEST(test_a_socket_is_taken)
{
	in_child(a_socket_is_taken);
}

TEST(test_a_listener_is_a_passed_socket)
{
	in_child(a_listener_is_a_passed_socket);
}

TEST(test_one_socket_serves_both_wildcards)
{
	in_child(one_socket_serves_both_wildcards);
}

TEST(test_an_ipv6_socket_does_not_serve_ipv4)
{
	in_child(an_ipv6_socket_does_not_serve_ipv4);
}

TEST(test_what_is_no_listening_socket_is_closed)
{
	in_child(what_is_no_listening_socket_is_closed);
}

TEST(test_what_is_not_for_us_is_left_alone)
{
	in_child(what_is_not_for_us_is_left_alone);
}
