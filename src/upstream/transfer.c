/* What one transfer asks for, takes in, and what it came to. */
#include "transfer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "autoconf.h"
#include "clock.h"
#include "fields.h"
#include "file_url.h"
#include "log.h"

#define FETCH_PROTOCOLS "http,https,file"

static size_t
transfer_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)data;
	t->last_byte = clock_boot();
	return size * n;
}

/*
 * Bytes as they come out of the content decoder, so that a small compressed answer
 * cannot fill the memory: libcurl's own limit counts other bytes, and not while a
 * transfer is running (before 8.4.0).
 */
static size_t
transfer_write(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	t->last_byte = clock_boot();
	if (n > t->max_bytes - t->body.len) {
		t->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	buf_add(&t->body, data, n);
	return n;
}

/* What no transfer changes. All of it is wanted: a libcurl that lacks one is refused.
 */
int
transfer_open(struct transfer *t, const struct fetch_settings *set)
{
	CURL *easy;
	bool bad = false;

	t->max_bytes = set->max_bytes;
	if ((t->easy = easy = curl_easy_init()) == NULL)
		return -1;
#define SET(option, value) bad |= curl_easy_setopt(easy, option, value) != CURLE_OK
	SET(CURLOPT_PRIVATE, t);
	SET(CURLOPT_WRITEFUNCTION, transfer_write);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, transfer_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_ERRORBUFFER, t->curl_error);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that does not answer must not hold up a stop or a timeout. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_PROTOCOLS_STR, FETCH_PROTOCOLS);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* Set, though perhaps empty: else the environment decides. */
	SET(CURLOPT_PROXY, set->proxy);
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_ACCEPT_ENCODING, ""); /* all that this libcurl can decode */
	SET(CURLOPT_USERAGENT, set->user_agent);
	SET(CURLOPT_CONNECTTIMEOUT, (long)set->connect_timeout);
#undef SET
	return bad ? -1 : 0;
}

void
transfer_close(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	buf_free(&t->body);
}

/* Adds "name: value" to the request. */
static void
transfer_add_field(struct transfer *t, const char *name, const char *value)
{
	char line[2 * FETCH_VALIDATOR_MAX];
	struct curl_slist *longer;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	if ((longer = curl_slist_append(t->headers, line)) == NULL)
		fatalx("out of memory");
	t->headers = longer;
}

static void
transfer_set_fields(struct transfer *t, const struct fetch_request *q)
{
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	transfer_add_field(t, "Accept", "application/json");
	if (q->etag != NULL)
		transfer_add_field(t, "If-None-Match", q->etag);
	if (q->last_modified != NULL)
		transfer_add_field(t, "If-Modified-Since", q->last_modified);
	t->conditional = q->etag != NULL || q->last_modified != NULL;
}

static void
transfer_reset(struct transfer *t)
{
	buf_reset(&t->body);
	t->too_large = t->stalled = t->missing = false;
	t->not_modified = t->transient = false;
	t->status = 0;
	t->retry_after = -1;
	t->last_byte = clock_boot();
	t->etag[0] = t->last_modified[0] = '\0';
	t->error[0] = t->curl_error[0] = '\0';
}

int
transfer_prepare(struct transfer *t, const struct fetch_request *q)
{
	transfer_reset(t);
	if (url_check(q->url, t->error, sizeof(t->error), &t->missing) == -1)
		return -1;
	transfer_set_fields(t, q);
	if (curl_easy_setopt(t->easy, CURLOPT_URL, q->url) != CURLE_OK ||
	    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) != CURLE_OK ||
	    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, (long)q->timeout) != CURLE_OK) {
		snprintf(t->error, sizeof(t->error), "libcurl refuses the transfer");
		return -1;
	}
	return 0;
}

static void PRINTF_LIKE(2, 3) transfer_fail(struct transfer *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
}

/* A status is an answer whatever became of its text: that the text of an error page
 * stalled is beside the point. */
static void
judge_status(struct transfer *t)
{
	if (t->status == 304 && t->conditional) {
		t->not_modified = true;
		buf_reset(&t->body);
	} else if (t->status == 304)
		transfer_fail(t, "HTTP status 304 without a condition");
	else if (t->status >= 300 && t->status < 400)
		transfer_fail(
		    t, "HTTP status %d: redirects are not followed", t->status);
	else
		transfer_fail(t, "HTTP status %d", t->status);
	t->transient = t->status >= 500 || t->status == 429;
	if (t->status == 429 || t->status == 503)
		t->retry_after = field_retry_after(t->easy, clock_wall());
}

/* Not what is wrong in itself: an address, a certificate, a coding. */
static bool
code_is_transient(CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

static void
judge_code(struct transfer *t, CURLcode rc)
{
	if (t->too_large)
		transfer_fail(t, "larger than upstream.max_bytes (%zu)", t->max_bytes);
	else if (t->stalled)
		transfer_fail(
		    t, "not a byte for upstream.stall_timeout, after %zu", t->body.len);
	else if (rc != CURLE_OK)
		transfer_fail(t, "%s",
		    t->curl_error[0] != '\0' ? t->curl_error : curl_easy_strerror(rc));
	t->transient = !t->too_large && (t->stalled || code_is_transient(rc));
}

void
transfer_judge(struct transfer *t, CURLcode rc)
{
	const char *scheme = NULL;
	long status = 0;
	bool file;

	curl_easy_getinfo(t->easy, CURLINFO_SCHEME, &scheme);
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	file = scheme != NULL && strcasecmp(scheme, "file") == 0;
	t->status = file ? 0 : (int)status;
	if (t->status != 0 && t->status != 200)
		judge_status(t);
	else
		judge_code(t, rc);
	if (t->error[0] == '\0' && !file && t->status == 0)
		transfer_fail(t, "no HTTP status");
	if (t->error[0] != '\0')
		return;
	field_validator(t->easy, "ETag", t->etag, sizeof(t->etag));
	field_validator(
	    t->easy, "Last-Modified", t->last_modified, sizeof(t->last_modified));
}
