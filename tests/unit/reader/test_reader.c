/* Real readers, as the supervisor forks them, and the orders that they get. */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/config.h"
#include "proc/channel.h"
#include "proc/child.h"
#include "reader/reader.h"
#include "shm/segment.h"
#include "fixture/segment.h"
#include "unit.h"

#define PATIENCE 60 /* seconds: for what must happen */
#define HEARTBEAT "GET /heartbeat HTTP/1.1\r\nHost: x\r\n\r\n"

struct readers {
	struct config *config;
	struct segment *segment;
	int listener, metrics;
	struct sockaddr_in address, metrics_address;
	pid_t pid[2]; /* of the readers, 0: none */
	int channel[2];
};

static bool
known(const char *name)
{
	return strcmp(name, "image_generation") == 0;
}

static int
listen_anywhere(struct sockaddr_in *a)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*a);

	memset(a, 0, sizeof(*a));
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(sock, (struct sockaddr *)a, sizeof(*a)), 0);
	assert_int_equal(listen(sock, 128), 0);
	assert_int_equal(getsockname(sock, (struct sockaddr *)a, &len), 0);
	return sock;
}

static void
load_config(struct readers *w)
{
	static const char text[] =
	    "category 'image_generation' { reference = { 'file:///nothing' } }\n";
	char path[] = "/tmp/hydratord-test-XXXXXX", err[500];
	int fd = mkstemp(path);

	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	if (config_load(path, known, &w->config, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	unlink(path);
}

static int
setup(void **state)
{
	static const char *const names[] = { "image_generation" };
	struct readers *w = calloc(1, sizeof(*w));

	load_config(w);
	w->segment = fixture_segment_of(names, 1, 1 << 16, 2);
	w->listener = listen_anywhere(&w->address);
	w->metrics = listen_anywhere(&w->metrics_address);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct readers *w = *state;
	int i, status;

	for (i = 0; i < 2; i++) {
		if (w->pid[i] == 0)
			continue;
		kill(w->pid[i], SIGKILL);
		waitpid(w->pid[i], &status, 0);
		close(w->channel[i]);
	}
	close(w->listener);
	close(w->metrics);
	segment_close(&w->segment);
	config_free(&w->config);
	free(w);
	return 0;
}

static void
be_reader(struct readers *w, unsigned slot, int channel)
{
	struct child_context context = {
		.config = w->config,
		.segment = w->segment,
		.channel = channel,
		.slot = slot,
		.index = slot,
		.sockets = {
		    [LISTEN_ANSWERS] = { &w->listener, 1 },
		    [LISTEN_METRICS] = { &w->metrics, 1 },
		},
	};

	if (w->pid[!slot] != 0)
		close(w->channel[!slot]);
	/* As proc_child_init() does: filters are for those who cannot gain rights. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	_exit(reader_main(&context));
}

/* Forks reader i and waits until it says that it accepts. */
static void
start(struct readers *w, unsigned i)
{
	struct channel_message m;
	struct pollfd p = { .events = POLLIN };
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	fflush(NULL);
	if ((w->pid[i] = fork()) == 0) {
		close(fds[0]);
		be_reader(w, i, fds[1]);
	}
	close(fds[1]);
	w->channel[i] = p.fd = fds[0];
	assert_int_equal(poll(&p, 1, PATIENCE * 1000), 1);
	assert_int_equal(channel_recv(fds[0], &m), 1);
	assert_int_equal(m.type, CHANNEL_READY);
}

static void
order(struct readers *w, unsigned i, enum channel_type type)
{
	assert_int_equal(channel_send(w->channel[i], type, 0), 0);
}

/* The channel's end tells of the process's; then its exit status. */
static int
status_of(struct readers *w, unsigned i)
{
	struct pollfd p = { .fd = w->channel[i], .events = POLLIN };
	int status;

	assert_int_equal(poll(&p, 1, PATIENCE * 1000), 1);
	assert_int_equal(waitpid(w->pid[i], &status, 0), w->pid[i]);
	close(w->channel[i]);
	w->pid[i] = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* -1: refused; or reset, because the last copy was closed in the middle of it. */
static int
dial(const struct sockaddr_in *a)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval tv = { PATIENCE, 0 };

	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (connect(sock, (const struct sockaddr *)a, sizeof(*a)) == 0)
		return sock;
	assert_true(errno == ECONNREFUSED || errno == ECONNRESET);
	close(sock);
	return -1;
}

static void
say(int sock, const char *text)
{
	assert_int_equal(
	    send(sock, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* An answer of /heartbeat. Returns whether it is the connection's last. */
static bool
hear(int sock)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;

	do {
		n = recv(sock, text + len, sizeof(text) - 1 - len, 0);
		if (n <= 0)
			fail_msg("%zu bytes, then %zd, errno %d", len, n, errno);
		len += (size_t)n;
		text[len] = '\0';
	} while (strstr(text, "null}}") == NULL);
	assert_memory_equal(text, "HTTP/1.1 200 ", 13);
	return strstr(text, "\r\nConnection: close\r\n") != NULL;
}

/* Readers that were forked later have copies of our sockets. */
static void
hang_up(int sock)
{
	shutdown(sock, SHUT_RDWR);
	close(sock);
}

static void
hear_end(int sock)
{
	char byte;

	assert_int_equal(recv(sock, &byte, 1, 0), 0);
	hang_up(sock);
}

static int
idle_client(struct readers *w)
{
	int sock = dial(&w->address);

	say(sock, HEARTBEAT);
	assert_false(hear(sock));
	return sock;
}

TEST(a_successor_takes_over_without_a_gap)
{
	struct readers *w = *state;
	int idle = -1, sock[8], i, round;

	for (round = 0; round < 20; round++) {
		unsigned now = round % 2, before = !now;

		start(w, now);
		for (i = 0; i < 8; i++) {
			sock[i] = dial(&w->address);
			if (round > 0 && i == 4)
				order(w, before, CHANNEL_RETIRE);
			if (i % 2 == 0)
				say(sock[i], HEARTBEAT);
		}
		for (i = 0; i < 8; i++) {
			if (i % 2 != 0)
				say(sock[i], HEARTBEAT);
			(void)hear(sock[i]);
			hang_up(sock[i]);
		}
		if (round > 0) {
			say(idle, HEARTBEAT);
			assert_true(hear(idle));
			hear_end(idle);
			assert_int_equal(status_of(w, before), 0);
		}
		idle = idle_client(w);
	}
	hang_up(idle);
}

TEST(an_idle_client_is_waited_for_until_a_stop)
{
	struct readers *w = *state;
	int idle;

	start(w, 0);
	idle = idle_client(w);
	start(w, 1);
	order(w, 0, CHANNEL_RETIRE);
	order(w, 1, CHANNEL_STOP);
	assert_int_equal(status_of(w, 1), 0);
	assert_int_equal(waitpid(w->pid[0], NULL, WNOHANG), 0);
	order(w, 0, CHANNEL_STOP);
	hear_end(idle);
	assert_int_equal(status_of(w, 0), 0);
}

TEST(an_idle_client_is_not_waited_for_beyond_the_limit)
{
	struct readers *w = *state;
	int64_t begin = clock_boot();
	int idle;

	w->config->supervisor.drain_timeout = 1;
	start(w, 0);
	idle = idle_client(w);
	order(w, 0, CHANNEL_RETIRE);
	hear_end(idle);
	assert_true(clock_boot() - begin > NSEC_PER_SEC / 2);
	assert_int_equal(status_of(w, 0), 0);
}

/* A port that the supervisor has given up must not seem to be served. */
TEST(the_listening_sockets_are_closed)
{
	struct readers *w = *state;
	int half = -1, sock, i;

	start(w, 0);
	half = idle_client(w);
	say(half, "GET /heart");
	close(w->listener);
	w->listener = -1;
	order(w, 0, CHANNEL_RETIRE);
	for (i = 0; i < PATIENCE * 100 && (sock = dial(&w->address)) != -1; i++) {
		hang_up(sock);
		usleep(10000);
	}
	assert_int_equal(sock, -1);
	say(half, "beat HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(hear(half));
	hear_end(half);
	assert_int_equal(status_of(w, 0), 0);
}

/* Half a head on the metrics listener is a request under way, too. */
TEST(a_scrape_is_waited_for)
{
	struct readers *w = *state;
	int scrape;
	char text[32];

	start(w, 0);
	scrape = dial(&w->metrics_address);
	say(scrape, "GET /metrics HTTP/1.1\r\n");
	order(w, 0, CHANNEL_STOP);
	say(scrape, "Host: x\r\n\r\n");
	assert_int_equal(recv(scrape, text, 13, MSG_WAITALL), 13);
	assert_memory_equal(text, "HTTP/1.1 200 ", 13);
	while (recv(scrape, text, sizeof(text), 0) > 0)
		;
	hear_end(scrape);
	assert_int_equal(status_of(w, 0), 0);
}

TEST(the_end_of_the_supervisor_is_ours)
{
	struct readers *w = *state;
	int status, idle;

	start(w, 0);
	idle = idle_client(w);
	shutdown(w->channel[0], SHUT_RDWR);
	assert_int_equal(waitpid(w->pid[0], &status, 0), w->pid[0]);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	w->pid[0] = 0;
	close(w->channel[0]);
	hang_up(idle);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
