/* A server that forks for each connection: the simplest thing that can hang. */
#include "http_stub.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"

#define HEAD(status, fields) "HTTP/1.1 " status "\r\n" fields "\r\n"

static void
put(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		_exit(0);
}

static void
put_text(int fd, const char *text)
{
	put(fd, text, strlen(text));
}

static void
serve_endless(int fd)
{
	char chunk[4 + 2 + 0x1000 + 2];

	put_text(fd, HEAD("200 OK", "Transfer-Encoding: chunked\r\n"));
	memset(chunk, ' ', sizeof(chunk));
	memcpy(chunk, "1000\r\n", 6);
	memcpy(chunk + sizeof(chunk) - 2, "\r\n", 2);
	for (;;)
		put(fd, chunk, sizeof(chunk));
}

static void
serve_drip(int fd)
{
	put_text(fd, HEAD("200 OK", "Content-Length: 1000\r\n"));
	for (;;) {
		put_text(fd, "x");
		usleep(200000);
	}
}

/* Appends the low n bits of v, lowest first, as deflate packs them (RFC 1951 3.1.1). */
static void
put_bits(uint8_t *out, size_t *bit, unsigned v, unsigned n)
{
	for (; n > 0; n--, v >>= 1, ++*bit)
		out[*bit / 8] |= (uint8_t)((v & 1) << (*bit % 8));
}

/*
 * One block of fixed Huffman codes: a zero byte, then 16,257 times "the byte before,
 * 258 times", each in 13 bits (length code 285 = 11000101, distance code 0 = 00000).
 */
static void
serve_bomb(int fd, uint32_t said)
{
	const uint32_t trailer[2] = { 0, htole32(said) };
	static const uint8_t gzip_head[10] = { 0x1f, 0x8b, 8, [9] = 255 };
	static uint8_t body[32 * 1024];
	size_t bit = 8 * sizeof(gzip_head);
	int i;
	char head[128];

	memcpy(body, gzip_head, sizeof(gzip_head));
	put_bits(body, &bit, 1, 1);    /* the last block */
	put_bits(body, &bit, 1, 2);    /* fixed codes */
	put_bits(body, &bit, 0x0c, 8); /* literal 0: 00110000, first bit first */
	for (i = 0; i < 4 * 1024 * 1024 / 258; i++) {
		put_bits(body, &bit, 0xa3, 8);
		put_bits(body, &bit, 0, 5);
	}
	put_bits(body, &bit, 0, 7); /* end of block */
	bit = (bit + 7) / 8;
	memcpy(body + bit, trailer, sizeof(trailer));
	bit += sizeof(trailer);
	snprintf(head, sizeof(head),
	    HEAD("200 OK", "Content-Encoding: gzip\r\nContent-Length: %zu\r\n"), bit);
	put_text(fd, head);
	put(fd, body, bit);
}

static void
serve_honest_bomb(int fd)
{
	serve_bomb(fd, 4 * 1024 * 1024 / 258 * 258 + 1);
}

static void
serve_lying_bomb(int fd)
{
	serve_bomb(fd, 1000);
}

/* HTTP_STUB_OK as `gzip -9n` makes it. */
static void
serve_gzip(int fd)
{
	static const uint8_t body[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x02, 0x03, 0xab, 0x56, 0x4a, 0xcc, 0x2b, 0x2e, 0x4f, 0x2d, 0x52, 0xb2,
		0x52, 0x30, 0x31, 0xaa, 0x05, 0x00, 0x4a, 0xd2, 0xba, 0x9d, 0x0e, 0x00,
		0x00, 0x00 };

	put_text(
	    fd, HEAD("200 OK", "Content-Encoding: gzip\r\nContent-Length: 34\r\n"));
	put(fd, body, sizeof(body));
}

static void
serve_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	_exit(0);
}

static void
serve_slowly(int fd, const char *path)
{
	char body[8192], head[128];
	FILE *fp = fopen(path, "r");
	size_t n = 0;

	if (fp != NULL)
		n = fread(body, 1, sizeof(body), fp);
	usleep(HTTP_STUB_SLOW_MS * 1000);
	snprintf(head, sizeof(head), HEAD("200 OK", "Content-Length: %zu\r\n"), n);
	put_text(fd, head);
	put(fd, body, n);
	if (fp != NULL)
		fclose(fp);
}

/*
 * The answer as a test has written it, head and all; it ends with the connection. Not
 * with a reset, though the client may have asked on by then.
 */
static void
serve_raw(int fd, const char *path)
{
	static char answer[64 * 1024];
	FILE *fp = fopen(path, "r");

	if (fp != NULL)
		put(fd, answer, fread(answer, 1, sizeof(answer), fp));
	shutdown(fd, SHUT_WR);
	while (read(fd, answer, sizeof(answer)) > 0)
		continue;
	_exit(0);
}

static const struct {
	const char *path;
	const char *text;
	void (*serve)(int fd);
	bool silent; /* after the text: not another byte */
	bool close;  /* after the text; else the connection is kept */
} answers[] = {
	{ .path = "/ok",
	    .text = HEAD("200 OK", "Content-Length: 14\r\n") HTTP_STUB_OK },
	{ .path = "/empty", .text = HEAD("200 OK", "Content-Length: 0\r\n") },
	{ .path = "/404",
	    .text = HEAD("404 Not Found", "Content-Length: 4\r\n") "none" },
	{ .path = "/500", .text = HEAD("500 Oops", "Content-Length: 4\r\n") "oops" },
	{ .path = "/redirect",
	    .text = HEAD("302 Found", "Location: /ok\r\nContent-Length: 0\r\n") },
	{ .path = "/cut",
	    .text = HEAD("200 OK", "Content-Length: 14\r\n") "{\"answ",
	    .close = true },
	{ .path = "/stall",
	    .text = HEAD("200 OK", "Content-Length: 14\r\n") "{\"answ",
	    .silent = true },
	{ .path = "/error-stall",
	    .text = HEAD("503 Busy", "Content-Length: 14\r\n"),
	    .silent = true },
	{ .path = "/hang", .text = "", .silent = true },
	{ .path = "/reset", .text = "", .serve = serve_reset },
	{ .path = "/endless", .text = "", .serve = serve_endless },
	{ .path = "/drip", .text = "", .serve = serve_drip },
	{ .path = "/bomb", .text = "", .serve = serve_honest_bomb },
	{ .path = "/lying-bomb", .text = "", .serve = serve_lying_bomb },
	{ .path = "/gzip", .text = "", .serve = serve_gzip },
};

static void
serve_path(int fd, const char *path)
{
	size_t i;

	if (strncmp(path, "/slow/", 6) == 0) {
		serve_slowly(fd, path + 5);
		return;
	}
	if (strncmp(path, "/raw/", 5) == 0)
		serve_raw(fd, path + 4);
	for (i = 0; i < NELEM(answers); i++)
		if (strcmp(path, answers[i].path) == 0)
			break;
	if (i == NELEM(answers))
		_exit(1);
	put_text(fd, answers[i].text);
	if (answers[i].serve != NULL)
		answers[i].serve(fd);
	while (answers[i].silent)
		pause();
	if (answers[i].close)
		_exit(0);
}

/* One read is one request: a client that waits for answers sends them singly, and
 * loopback delivers a small one whole. */
static void NORETURN
serve_connection(int fd, struct http_stub_counts *counts)
{
	char request[HTTP_STUB_REQUEST_MAX], path[128];
	ssize_t n;

	while ((n = read(fd, request, sizeof(request) - 1)) > 0) {
		request[n] = '\0';
		if (sscanf(request, "GET %127s", path) != 1)
			break;
		counts->requests++;
		memcpy(counts->last, request, (size_t)n + 1);
		serve_path(fd, path);
	}
	_exit(0);
}

static void
die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

static void NORETURN
serve(int listener, struct http_stub_counts *counts)
{
	pid_t self = getpid();
	int fd;

	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	while ((fd = accept(listener, NULL, NULL)) != -1) {
		counts->connections++;
		if (fork() == 0) {
			die_with_parent(self);
			close(listener);
			serve_connection(fd, counts);
		}
		close(fd);
	}
	_exit(1);
}

void
http_stub_start(struct http_stub *s)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	pid_t self = getpid();
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	s->counts = mmap(NULL, sizeof(*s->counts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->counts == MAP_FAILED || listener == -1 ||
	    bind(listener, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(listener, 16) == -1 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) == -1)
		err(1, "http stub");
	s->port = ntohs(sin.sin_port);
	if ((s->pid = fork()) == -1)
		err(1, "http stub");
	if (s->pid == 0) {
		die_with_parent(self);
		serve(listener, s->counts);
	}
	close(listener);
}

void
http_stub_stop(struct http_stub *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	munmap(s->counts, sizeof(*s->counts));
}

const char *
http_stub_url(const struct http_stub *s, const char *path)
{
	static char urls[4][256];
	static unsigned next;
	char *url = urls[next++ % NELEM(urls)];

	snprintf(url, sizeof(urls[0]), "http://127.0.0.1:%d%s", s->port, path);
	return url;
}
