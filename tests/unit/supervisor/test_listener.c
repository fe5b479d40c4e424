/* The listening sockets: families, port 0, what is in use, what is no address. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisor/listener.h"
#include "unit.h"

static char err[512];
static const struct listeners_known nothing;

static int
open_one(const char *address, struct listeners *l)
{
	char text[300], *item[] = { text };
	struct config_list list = { item, 1 };

	snprintf(text, sizeof(text), "%s", address);
	err[0] = '\0';
	return listeners_open(LISTEN_ANSWERS, &list, &nothing, l, err, sizeof(err));
}

static unsigned
port_of(int fd)
{
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);

	/* The port stands at the same place in both families. */
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	return ntohs(sa.sin6_port);
}

static int
sockopt(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static bool
have_ipv6(void)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0), r;

	if (fd == -1)
		return false;
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	close(fd);
	return r == 0;
}

/* A queued connection proves that it listens: nobody has accepted yet. */
static void
connect_v4(unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
}

TEST(test_v4_port_0)
{
	struct listeners l;
	char name[ADDRESS_TEXT_MAX];

	assert_int_equal(open_one("127.0.0.1:0", &l), 0);
	assert_int_equal(l.n, 1);
	assert_int_not_equal(port_of(l.fd[0]), 0);
	snprintf(name, sizeof(name), "127.0.0.1:%u", port_of(l.fd[0]));
	assert_string_equal(l.name[0], name);
	connect_v4(port_of(l.fd[0]));
	assert_true(fcntl(l.fd[0], F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(l.fd[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(sockopt(l.fd[0], SOL_SOCKET, SO_REUSEADDR), 1);
	assert_int_equal(sockopt(l.fd[0], SOL_SOCKET, SO_REUSEPORT), 0);
	assert_int_equal(sockopt(l.fd[0], SOL_SOCKET, SO_ACCEPTCONN), 1);
	listeners_close(&l);
	assert_int_equal(l.n, 0);
	assert_null(l.fd);
}

TEST(test_v6_is_v6_only)
{
	struct listeners l;
	char name[ADDRESS_TEXT_MAX];

	if (!have_ipv6())
		skip();
	assert_int_equal(open_one("[::1]:0", &l), 0);
	assert_int_equal(l.n, 1);
	snprintf(name, sizeof(name), "[::1]:%u", port_of(l.fd[0]));
	assert_string_equal(l.name[0], name);
	assert_int_equal(sockopt(l.fd[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	listeners_close(&l);
}

TEST(test_any_is_every_family)
{
	struct listeners l;

	assert_int_equal(open_one("*:0", &l), 0);
	assert_int_equal(l.n, have_ipv6() ? 2 : 1);
	listeners_close(&l);
}

static void
assert_congestion(int fd, const char *expected)
{
	char name[32] = "";
	socklen_t len = sizeof(name) - 1;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, expected);
}

/* What a new socket has here is the system's choice. */
TEST(test_only_loopback_is_not_paced)
{
	struct listeners l;
	char usual[32] = "";
	socklen_t len = sizeof(usual) - 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, usual, &len), 0);
	close(fd);
	assert_int_equal(open_one("127.0.0.1:0", &l), 0);
	connect_v4(port_of(l.fd[0]));
	assert_int_not_equal(fd = accept(l.fd[0], NULL, NULL), -1);
	assert_congestion(fd, "reno");
	close(fd);
	listeners_close(&l);
	assert_int_equal(open_one("*:0", &l), 0);
	assert_congestion(l.fd[0], usual);
	listeners_close(&l);
}

TEST(test_host_name)
{
	struct listeners l;

	assert_int_equal(open_one("localhost:0", &l), 0);
	assert_true(l.n >= 1);
	listeners_close(&l);
}

TEST(test_several_addresses_keep_their_order)
{
	char a[] = "127.0.0.1:0", b[] = "127.0.0.2:0", *item[] = { b, a };
	struct config_list list = { item, 2 };
	struct listeners l;

	assert_int_equal(
	    listeners_open(LISTEN_ANSWERS, &list, &nothing, &l, err, sizeof(err)), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(strncmp(l.name[0], "127.0.0.2:", 10), 0);
	assert_int_equal(strncmp(l.name[1], "127.0.0.1:", 10), 0);
	listeners_close(&l);
}

TEST(test_any_address_and_one_of_it_are_not_in_the_way)
{
	char one[ADDRESS_TEXT_MAX], any[ADDRESS_TEXT_MAX];
	char *orders[][2] = { { one, any }, { any, one }, { any, any }, { one, one } };
	static const size_t sockets[] = { 2, 1, 1, 1 };
	size_t i, n = have_ipv6() ? 1 : 0;
	struct listeners l;

	assert_int_equal(open_one("127.0.0.1:0", &l), 0);
	strlcpy(one, l.name[0], sizeof(one));
	snprintf(any, sizeof(any), "*:%u", port_of(l.fd[0]));
	listeners_close(&l);
	for (i = 0; i < NELEM(orders); i++) {
		struct config_list list = { orders[i], 2 };

		assert_int_equal(listeners_open(LISTEN_ANSWERS, &list, &nothing, &l,
				     err, sizeof(err)),
		    0);
		assert_int_equal(l.n, sockets[i] + (i < 3 ? n : 0));
		assert_int_equal(sockopt(l.fd[0], SOL_SOCKET, SO_REUSEPORT), 0);
		listeners_close(&l);
	}
}

TEST(test_in_use_names_the_address_and_leaves_nothing)
{
	char first[] = "127.0.0.1:0", taken[ADDRESS_TEXT_MAX];
	char *item[] = { first, taken };
	struct config_list list = { item, 2 };
	struct listeners l, other;
	int before, after;

	assert_int_equal(open_one("127.0.0.1:0", &l), 0);
	strlcpy(taken, l.name[0], sizeof(taken));
	before = dup(0);
	close(before);
	assert_int_equal(
	    listeners_open(LISTEN_ANSWERS, &list, &nothing, &other, err, sizeof(err)),
	    -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_non_null(strstr(err, taken));
	assert_non_null(strstr(err, "ss -ltnp"));
	assert_int_equal(other.n, 0);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
	/* And the first owner still has it. */
	connect_v4(port_of(l.fd[0]));
	listeners_close(&l);
}

/* A restart must not wait for the last connections' TIME_WAIT. */
TEST(test_same_port_again_after_a_served_connection)
{
	struct listeners l;
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char name[ADDRESS_TEXT_MAX];
	int client, server;

	assert_int_equal(open_one("127.0.0.1:0", &l), 0);
	strlcpy(name, l.name[0], sizeof(name));
	sa.sin_port = htons((uint16_t)port_of(l.fd[0]));
	client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&sa, sizeof(sa)), 0);
	server = accept(l.fd[0], NULL, NULL);
	assert_true(server >= 0);
	close(server); /* the server closes first: TIME_WAIT is on its side */
	close(client);
	listeners_close(&l);
	assert_int_equal(open_one(name, &l), 0);
	listeners_close(&l);
}

TEST(test_foreign_address_is_refused)
{
	struct listeners l;

	assert_int_equal(open_one("192.0.2.1:0", &l), -1); /* TEST-NET-1 */
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_non_null(strstr(err, "192.0.2.1"));
}

TEST(test_what_is_no_address)
{
	static const char *const bad[] = { "", "80", "127.0.0.1", "127.0.0.1:", ":80",
		"[]:80", "[::1]", "[::1:80", "::1:80", "127.0.0.1:65536",
		"127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1x",
		"127.0.0.1:http", "127.0.0.1:0000000080", "[127.0.0.1:80" };
	char name[300];
	struct listeners l;
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		if (open_one(bad[i], &l) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(err, bad[i]));
		assert_int_equal(l.n, 0);
	}
	memset(name, 'a', sizeof(name));
	memcpy(name + sizeof(name) - 4, ":80", 4);
	assert_int_equal(open_one(name, &l), -1);
	assert_int_equal(errno, EINVAL);
}
