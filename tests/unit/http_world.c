/* The server under test and its clients. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_world.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* The clock that the server sees: moved by writing here. */
static int64_t *clock_offset;

static void
release(void *owner)
{
	((struct world *)owner)->held--;
}

static void
handle(void *arg, const struct http_request *q, struct http_response *r)
{
	struct world *w = arg;

	r->type = "text/plain";
	r->release = release;
	r->owner = w;
	w->held++;
	if (str_eq(q->path, STR("/big"))) {
		r->fd = w->big_fd;
		r->file = w->big;
		r->file_len = BIG;
		http_response_add(r, STR("<"));
		http_response_add(r, (struct str){ w->big + 1, BIG - 2 });
		http_response_add(r, STR(">"));
		return;
	}
	if (str_eq(q->path, STR("/text"))) {
		memset(buf_reserve(&r->text, BIG), q->query.p[0], BIG);
		r->text.len = BIG;
	} else {
		buf_add(&r->text, q->path.p, q->path.len);
	}
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

static void
on_drained(void *arg)
{
	((struct world *)arg)->drained++;
}

/* How many descriptors are open. */
static unsigned
world_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

int
world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	socklen_t len = sizeof(w->address);
	size_t i;

	w->base = event_base_new();
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	w->address.sin_family = AF_INET;
	w->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(
	    bind(w->listener, (struct sockaddr *)&w->address, sizeof(w->address)), 0);
	assert_int_equal(listen(w->listener, 64), 0);
	getsockname(w->listener, (struct sockaddr *)&w->address, &len);
	w->big_fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(w->big_fd, (off_t)BIG), 0);
	w->big = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_SHARED, w->big_fd, 0);
	for (i = 0; i < BIG; i++)
		w->big[i] = (char)('a' + i % 23);
	w->files = world_files();
	*state = w;
	return 0;
}

struct http_server *
serve_beside(struct world *w, int listener)
{
	struct http_options options = {
		.limits = { .max_head = 4096, .max_target = 1024 },
		.max_connections = w->max_connections != 0 ? w->max_connections : 6,
		.head_timeout = 10 * NSEC_PER_SEC,
		.idle_timeout = 100 * NSEC_PER_SEC,
		.write_timeout = 50 * NSEC_PER_SEC,
		.connection_age = w->connection_age,
		.name = "test",
		.counters = &w->counters,
		.handle = handle,
		.drained = on_drained,
		.arg = w,
	};

	return http_server_new(w->base, &options, &listener, 1);
}

void
serve(struct world *w)
{
	w->server = serve_beside(w, w->listener);
}

int
world_teardown(void **state)
{
	struct world *w = *state;

	http_server_free(&w->server);
	assert_null(w->server);
	http_server_free(&w->server);
	assert_int_equal(w->held, 0);
	assert_int_equal(world_files(), w->files);
	event_base_free(w->base);
	close(w->listener);
	close(w->big_fd);
	munmap(w->big, BIG);
	free(w);
	return 0;
}

void
turn(struct world *w)
{
	event_base_loop(w->base, EVLOOP_NONBLOCK);
}

int
dial_unseen(struct world *w)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(
	    connect(sock, (struct sockaddr *)&w->address, sizeof(w->address)), 0);
	fcntl(sock, F_SETFL, O_NONBLOCK);
	return sock;
}

int
dial(struct world *w)
{
	int sock = dial_unseen(w);

	turn(w);
	return sock;
}

void
say(struct world *w, int sock, const char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(sock, text, len, MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
		turn(w);
	}
}

void
tell(struct world *w, int sock, const char *text)
{
	say(w, sock, text, strlen(text));
}

size_t
hear(struct world *w, int sock, size_t want, char **out)
{
	size_t len = 0, cap = 65536;
	int64_t end = clock_boot() - *clock_offset + 60 * NSEC_PER_SEC;
	ssize_t n;

	*out = malloc(cap + 1);
	while (len < want && clock_boot() - *clock_offset < end) {
		if (cap - len < 65536)
			*out = realloc(*out, (cap *= 2) + 1);
		n = recv(sock, *out + len,
		    cap - len < want - len ? cap - len : want - len, 0);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			break;
		if (n > 0)
			len += (size_t)n;
		turn(w);
	}
	(*out)[len] = '\0';
	return len;
}

char *
hear_end(struct world *w, int sock)
{
	char *out, byte;

	hear(w, sock, SIZE_MAX, &out);
	assert_int_equal(recv(sock, &byte, 1, 0), 0);
	close(sock);
	turn(w);
	return out;
}

char *
ask(struct world *w, const char *text)
{
	int sock = dial(w);
	char *out;

	say(w, sock, text, strlen(text));
	hear(w, sock, SIZE_MAX, &out);
	close(sock);
	turn(w);
	return out;
}

unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what)) != NULL) {
		n++;
		text += strlen(what);
	}
	return n;
}

const char *
body_of(const char *answer)
{
	return strstr(answer, "\r\n\r\n") + 4;
}

void
pass(struct world *w, int seconds)
{
	struct timeval tv = { 1, 200000 };

	*clock_offset += seconds * NSEC_PER_SEC;
	event_base_loopexit(w->base, &tv);
	event_base_dispatch(w->base);
}

int
world_clock(void **state)
{
	char path[] = "/tmp/hydratord-test-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	if (fd == -1 || ftruncate(fd, sizeof(*clock_offset)) == -1 ||
	    setenv("HYDRATORD_TEST_CLOCK", path, 1) == -1 || clock_init() == -1)
		return -1;
	unlink(path);
	clock_offset = mmap(
	    NULL, sizeof(*clock_offset), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return clock_offset == MAP_FAILED ? -1 : 0;
}

int
world_clock_end(void **state)
{
	(void)state;
	return munmap(clock_offset, sizeof(*clock_offset));
}
