/* CURLOPT_CONNECT_ONLY: libcurl resolves, connects, shakes hands, and leaves the bytes
 * to us. It is driven by the multi interface, which can be interrupted. */
#include "fleet/wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

#define WIRE_KEEPALIVE 60L /* seconds: shorter than a NAT's memory */

/* Milliseconds until a deadline, rounded up; 0: it is over. */
static int
milliseconds_to(int64_t deadline)
{
	int64_t left = deadline - clock_boot();

	if (left <= 0)
		return 0;
	left = (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return left < INT32_MAX ? (int)left : INT32_MAX;
}

static enum wire_result
wire_fail(struct wire *w, const char *why)
{
	strlcpy(w->error, why, sizeof(w->error));
	return WIRE_FAILED;
}

/* libcurl's own words, but of a connection that is not made the system's: those of
 * libcurl name a port that a socket of this machine has not. */
static enum wire_result
wire_fail_code(struct wire *w, CURLcode rc)
{
	long os_errno = 0;

	if (rc == CURLE_COULDNT_CONNECT)
		curl_easy_getinfo(w->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (os_errno != 0)
		return wire_fail(w, strerror((int)os_errno));
	if (rc == CURLE_COULDNT_CONNECT)
		return wire_fail(w, "the connection was closed at once");
	return wire_fail(
	    w, w->curl_error[0] != '\0' ? w->curl_error : curl_easy_strerror(rc));
}

#define SET(option, value) bad |= curl_easy_setopt(easy, option, value) != CURLE_OK

/* The scheme tells libcurl of TLS or none; HTTP is never spoken. */
static int
wire_set_place(CURL *easy, const struct redis_url *u)
{
	struct buf url = { 0 };
	bool bad = false;

	if (u->path != NULL) {
		SET(CURLOPT_UNIX_SOCKET_PATH, u->path);
		buf_puts(&url, "http://localhost");
	} else
		buf_printf(
		    &url, "%s://%s:%u", u->tls ? "https" : "http", u->host, u->port);
	buf_putc(&url, '\0');
	SET(CURLOPT_URL, url.data);
	buf_free(&url);
	return bad ? -1 : 0;
}

static int
wire_set_tls(CURL *easy, const struct wire_settings *s)
{
	bool bad = false;

	SET(CURLOPT_PROXY, s->url->tls ? s->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* Redis has no name among the protocols that could be offered. */
	SET(CURLOPT_SSL_ENABLE_ALPN, 0L);
	if (s->ca_file[0] != '\0') {
		SET(CURLOPT_CAINFO, s->ca_file);
		SET(CURLOPT_CAPATH, NULL); /* instead of the system's, not beside */
	}
	return bad ? -1 : 0;
}

static int
wire_set(struct wire *w, const struct wire_settings *s, int64_t deadline)
{
	CURL *easy = w->easy;
	bool bad = false;

	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_ERRORBUFFER, w->curl_error);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that does not answer must not hold up a stop or a timeout. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	/* Each address of a host gets its share of it. Never 0, which is the default.
	 */
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)milliseconds_to(deadline) + 1);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, WIRE_KEEPALIVE);
	SET(CURLOPT_TCP_KEEPINTVL, WIRE_KEEPALIVE);
	return bad || wire_set_place(easy, s->url) == -1 || wire_set_tls(easy, s) == -1
		   ? -1
		   : 0;
}

/* Whether libcurl has ended what it was to do, and how. */
static bool
wire_is_made(struct wire *w, CURLcode *rc)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(w->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE) {
			*rc = m->data.result;
			return true;
		}
	return false;
}

static enum wire_result
wire_connect(struct wire *w, int64_t deadline)
{
	struct curl_waitfd stop = { .fd = w->stop, .events = CURL_WAIT_POLLIN };
	CURLcode rc;
	int running, left;

	for (;;) {
		if (curl_multi_perform(w->multi, &running) != CURLM_OK)
			return wire_fail(w, "libcurl's multi handle failed");
		if (wire_is_made(w, &rc))
			break;
		if (stop.revents != 0)
			return WIRE_STOPPED;
		if ((left = milliseconds_to(deadline)) == 0)
			return WIRE_LATE;
		if (curl_multi_poll(
			w->multi, &stop, w->stop == -1 ? 0 : 1, left, NULL) != CURLM_OK)
			return wire_fail(w, "libcurl's waiting failed");
	}
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(w->easy, CURLINFO_ACTIVESOCKET, &w->fd);
	if (rc != CURLE_OK)
		return wire_fail_code(w, rc);
	/* libcurl keeps the first words that it had, and they are none of what may
	 * fail from now on: that the peer's address is unknown, for one. */
	w->curl_error[0] = '\0';
	return WIRE_DONE;
}

bool
wire_is_stopped(const struct wire *w)
{
	struct pollfd stop = { .fd = w->stop, .events = POLLIN };

	return poll(&stop, 1, 0) > 0;
}

enum wire_result
wire_open(struct wire *w, const struct wire_settings *s, int64_t deadline)
{
	enum wire_result result;

	*w = (struct wire){ .fd = CURL_SOCKET_BAD, .stop = s->stop };
	if (wire_is_stopped(w))
		return WIRE_STOPPED;
	if ((w->multi = curl_multi_init()) == NULL ||
	    (w->easy = curl_easy_init()) == NULL || wire_set(w, s, deadline) == -1 ||
	    curl_multi_add_handle(w->multi, w->easy) != CURLM_OK)
		result = wire_fail(w, "libcurl lacks an option or memory");
	else
		result = wire_connect(w, deadline);
	if (result != WIRE_DONE)
		wire_close(w);
	return result;
}

/* The connection is the multi handle's, and ends as the easy handle leaves it. */
void
wire_close(struct wire *w)
{
	if (w->easy != NULL && w->multi != NULL)
		curl_multi_remove_handle(w->multi, w->easy);
	curl_easy_cleanup(w->easy);
	curl_multi_cleanup(w->multi);
	w->easy = NULL;
	w->multi = NULL;
	w->fd = CURL_SOCKET_BAD;
}

static enum wire_result
wire_wait(struct wire *w, short events, int64_t deadline)
{
	struct pollfd fds[] = { { .fd = w->fd, .events = events },
		{ .fd = w->stop, .events = POLLIN } };
	int left = milliseconds_to(deadline);

	if (left == 0)
		return WIRE_LATE;
	/* Whatever poll says else, the next send or receive says as well. */
	if (poll(fds, 2, left) > 0 && fds[1].revents != 0)
		return WIRE_STOPPED;
	return WIRE_DONE;
}

enum wire_result
wire_send(struct wire *w, const char *data, size_t n, int64_t deadline, size_t *sent)
{
	enum wire_result result;
	CURLcode rc;
	size_t step;

	for (*sent = 0; *sent < n; *sent += step) {
		step = 0;
		rc = curl_easy_send(w->easy, data + *sent, n - *sent, &step);
		if (rc != CURLE_OK && rc != CURLE_AGAIN)
			return wire_fail_code(w, rc);
		if (rc == CURLE_AGAIN &&
		    (result = wire_wait(w, POLLOUT, deadline)) != WIRE_DONE)
			return result;
	}
	return WIRE_DONE;
}

enum wire_result
wire_receive(struct wire *w, char *data, size_t size, int64_t deadline, size_t *got)
{
	enum wire_result result;
	CURLcode rc;

	/* Of TLS there may be bytes that the socket has no longer: only who finds none
	 * may wait for it. */
	for (;;) {
		*got = 0;
		rc = curl_easy_recv(w->easy, data, size, got);
		if (rc == CURLE_OK && *got > 0)
			return WIRE_DONE;
		if (rc == CURLE_OK)
			return wire_fail(w, "it closed the connection");
		if (rc != CURLE_AGAIN)
			return wire_fail_code(w, rc);
		if ((result = wire_wait(w, POLLIN, deadline)) != WIRE_DONE)
			return result;
	}
}
