/* Redis in TLS: whom we believe, and what stands between. */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "fixture/certificates.h"
#include "fixture/directory.h"
#include "fixture/http_stub.h"
#include "fixture/redis_client.h"
#include "fixture/redis_server.h"
#include "unit.h"

#define SOON (10 * NSEC_PER_SEC)

static struct redis_server server;
static bool there;
static char url[64], socket_url[128], ca[128];

static int
group_setup(void **state UNUSED)
{
	there = redis_server_is_there() && certificates_are_there();
	if (!there)
		return 0;
	if (directory_make() == -1)
		return -1;
	redis_server_start_all(&server);
	snprintf(ca, sizeof(ca), "%s", directory_path("ca.pem"));
	snprintf(url, sizeof(url), "rediss://:secret@127.0.0.1:%d", server.tls_port);
	snprintf(socket_url, sizeof(socket_url), "unix://:secret@%s",
	    directory_path("redis.sock"));
	return 0;
}

static int
group_teardown(void **state UNUSED)
{
	if (!there)
		return 0;
	redis_server_stop(&server);
	certificates_remove();
	return directory_remove(NULL, NULL);
}

static void
configure(const char *name, const char *value)
{
	struct redis *r = redis_client_connect(socket_url);

	if (redis_client_ask(r, NULL, "CONFIG", "SET", name, value, NULL) !=
	    REDIS_ANSWERED)
		fail_msg("%s", redis_error(r));
	redis_close(&r);
}

static struct redis *
open_tls(const char *where, const char *ca_file, const char *proxy)
{
	struct redis_settings set = redis_client_settings(where);

	set.ca_file = ca_file;
	set.proxy = proxy;
	return redis_client_open(&set);
}

static void
connect_is(const char *where, const char *ca_file, const char *proxy, const char *want)
{
	struct redis *r = open_tls(where, ca_file, proxy);
	int64_t begin = clock_boot();

	assert_int_equal(redis_connect(r), REDIS_BROKEN);
	redis_client_error(r, want);
	assert_string_not_equal(redis_error(r), "");
	assert_true(clock_boot() - begin < SOON);
	redis_close(&r);
}

TEST(test_good)
{
	const size_t size = 20000000;
	const size_t lens[] = { 3, 5, size };
	const char *argv[] = { "SET", "large", NULL };
	const struct redisReply *reply;
	struct redis *r;
	char *value;

	redis_server_need_all();
	argv[2] = value = calloc(size, 1);
	r = open_tls(url, ca, "");
	if (redis_connect(r) != REDIS_ANSWERED)
		fail_msg("%s", redis_error(r));
	assert_string_equal(redis_error(r), "");
	assert_int_equal(redis_command(r, 3, argv, lens, NULL), REDIS_ANSWERED);
	assert_int_equal(
	    redis_client_ask(r, &reply, "GET", "large", NULL), REDIS_ANSWERED);
	assert_int_equal(reply->len, size);
	assert_memory_equal(reply->str, value, size);
	redis_close(&r);
	free(value);
}

TEST(test_not_believed)
{
	char wrong[64];

	redis_server_need_all();
	connect_is(url, "", "", "certificate");
	snprintf(
	    wrong, sizeof(wrong), "rediss://:secret@localhost:%d", server.tls_port);
	connect_is(wrong, ca, "", "localhost");
}

static void
show_certificate(const char *certificate, const char *key)
{
	struct redis *r = redis_client_connect(socket_url);

	if (redis_client_ask(r, NULL, "CONFIG", "SET", "tls-cert-file",
		directory_path(certificate), "tls-key-file", directory_path(key),
		NULL) != REDIS_ANSWERED)
		fail_msg("%s", redis_error(r));
	redis_close(&r);
}

/* A certificate of the same authority for another name. */
TEST(test_wrong_name)
{
	redis_server_need_all();
	show_certificate("other.pem", "other.key");
	connect_is(url, ca, "", "127.0.0.1");
	show_certificate("good.pem", "good.key");
}

/* A server that wants a certificate of ours, which we have not. */
TEST(test_wants_certificate)
{
	struct redis *r;

	redis_server_need_all();
	configure("tls-auth-clients", "yes");
	r = open_tls(url, ca, "");
	assert_int_equal(redis_connect(r), REDIS_BROKEN);
	redis_client_error(r, "");
	assert_null(strstr(redis_error(r), "getpeername"));
	redis_close(&r);
	configure("tls-auth-clients", "no");
}

TEST(test_the_other_port)
{
	char where[64];

	redis_server_need_all();
	snprintf(where, sizeof(where), "redis://:secret@127.0.0.1:%d", server.tls_port);
	connect_is(where, "", "", "");
	snprintf(where, sizeof(where), "rediss://:secret@127.0.0.1:%d", server.port);
	connect_is(where, ca, "", "");
}

TEST(test_proxy_refuses)
{
	struct http_stub stub;

	redis_server_need_all();
	http_stub_start(&stub);
	connect_is(url, ca, http_stub_url(&stub, ""), "403");
	assert_int_equal(stub.counts->requests, 1);
	assert_int_equal(strncmp(stub.counts->last, "CONNECT 127.0.0.1:", 18), 0);
	assert_null(strstr(stub.counts->last, "secret"));
	http_stub_stop(&stub);
	connect_is(url, ca, "http://127.0.0.1:1", "");
}

/* Connections are made, and nobody ever says a word. */
static int
listen_silently(int *at)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*at = ntohs(sin.sin_port);
	return fd;
}

/* Copies what one has said to the other. false: it says no more. */
static bool
pass_on(int from, int to)
{
	char chunk[65536];
	ssize_t n = read(from, chunk, sizeof(chunk)), sent = 0, step;

	for (; sent < n; sent += step)
		if ((step = send(to, chunk + sent, (size_t)(n - sent), MSG_NOSIGNAL)) <=
		    0)
			return false;
	return n > 0;
}

/* A proxy for one connection, to the server's port of TLS whatever is wished. */
static void *
proxy_main(void *arg)
{
	static const char yes[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)server.tls_port) };
	struct pollfd both[2] = { { .events = POLLIN }, { .events = POLLIN } };
	const int *listener = arg;
	char head[4096];

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	both[0].fd = accept4(*listener, NULL, NULL, SOCK_CLOEXEC);
	both[1].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (read(both[0].fd, head, sizeof(head)) > 8 &&
	    strncmp(head, "CONNECT ", 8) == 0 &&
	    connect(both[1].fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
	    send(both[0].fd, yes, sizeof(yes) - 1, MSG_NOSIGNAL) == sizeof(yes) - 1)
		while (poll(both, 2, -1) > 0)
			if ((both[0].revents != 0 &&
				!pass_on(both[0].fd, both[1].fd)) ||
			    (both[1].revents != 0 && !pass_on(both[1].fd, both[0].fd)))
				break;
	close(both[0].fd);
	close(both[1].fd);
	return NULL;
}

TEST(test_proxy)
{
	const struct redisReply *reply;
	struct redis *r;
	pthread_t thread;
	int at, listener;
	char proxy[64];

	redis_server_need_all();
	listener = listen_silently(&at);
	assert_int_equal(pthread_create(&thread, NULL, proxy_main, &listener), 0);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", at);
	r = open_tls(url, ca, proxy);
	if (redis_connect(r) != REDIS_ANSWERED)
		fail_msg("%s", redis_error(r));
	assert_int_equal(
	    redis_client_ask(r, NULL, "SETRANGE", "long", "1000000", "x", NULL),
	    REDIS_ANSWERED);
	assert_int_equal(
	    redis_client_ask(r, &reply, "GET", "long", NULL), REDIS_ANSWERED);
	assert_int_equal(reply->len, 1000001);
	redis_close(&r);
	pthread_join(thread, NULL);
	close(listener);
}

/* In the midst of shaking hands, too. */
TEST(test_silence)
{
	int at, listener = listen_silently(&at);
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct redis_settings set;
	struct redis *r;
	pthread_t thread;
	char where[64], proxy[64];

	snprintf(where, sizeof(where), "rediss://:secret@127.0.0.1:%d", at);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", at);
	connect_is(where, "", "", "");
	connect_is("rediss://redis.example", "", proxy, "");
	set = redis_client_settings(where);
	set.connect_ms = 60000;
	set.stop = fd;
	r = redis_client_open(&set);
	assert_int_equal(pthread_create(&thread, NULL, redis_client_stop_soon, &fd), 0);
	assert_int_equal(redis_connect(r), REDIS_STOPPED);
	pthread_join(thread, NULL);
	redis_close(&r);
	close(fd);
	close(listener);
}

UNIT_FIXTURE(.group_setup = group_setup, .group_teardown = group_teardown);
