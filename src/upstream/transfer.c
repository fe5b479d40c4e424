/* What one transfer asks for, takes in, and what it came to. */
#include "upstream/transfer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "autoconf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/gunzip.h"
#include "upstream/fields.h"
#include "upstream/file_url.h"
#include "upstream/redirect.h"

#define FETCH_PROTOCOLS "http,https,file"
/* "name:version:contact", as AI Horde asks of its clients; "unknown" is its own word
 * for a contact that there is not. */
#define FETCH_CLIENT_AGENT PACKAGE_NAME ":" PACKAGE_VERSION ":unknown"
#define FETCH_IDLE_MAX 900L        /* seconds that a connection may wait for us */
#define FETCH_CONNECTION_MAX 3600L /* seconds that it may live */
#define FETCH_KEEPALIVE 60L        /* seconds: shorter than a NAT's memory */

static size_t
transfer_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)data;
	t->last_byte = clock_boot();
	return size * n;
}

/* Bytes as they come, perhaps compressed. libcurl's own limit does not work while a
 * transfer is running (before 8.4.0). */
static size_t
transfer_write(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	t->last_byte = clock_boot();
	if (n > t->settings->max_bytes - t->body.len) {
		t->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	buf_add(&t->body, data, n);
	return n;
}

#define SET(option, value) bad |= curl_easy_setopt(easy, option, value) != CURLE_OK

/*
 * OpenSSL reads a bundle whole, for each connection: 150 authorities are a megabyte and
 * ten milliseconds. Of a directory it reads the one that is needed.
 */
static int
transfer_set_authorities(struct transfer *t)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	const char *file = t->settings->ca_file;
	CURL *easy = t->easy;
	bool bad = false;

	if (file != NULL && file[0] != '\0') {
		SET(CURLOPT_CAINFO, file);
		SET(CURLOPT_CAPATH, NULL); /* instead of the system's, not beside */
	} else if (info->capath != NULL && info->cainfo != NULL) {
		SET(CURLOPT_CAINFO, NULL);
		t->lean_trust = true;
	}
	return bad ? -1 : 0;
}

static int
transfer_set_tls(CURL *easy)
{
	bool bad = false;

	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	return bad ? -1 : 0;
}

/* A connection is to serve the next cycle, too, but not to outlive for long that a host
 * has moved. */
static int
transfer_set_connection(CURL *easy)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	bool bad = false;

	if ((info->features & CURL_VERSION_HTTP2) != 0)
		SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_MAXAGE_CONN, FETCH_IDLE_MAX);
	SET(CURLOPT_MAXLIFETIME_CONN, FETCH_CONNECTION_MAX);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, FETCH_KEEPALIVE);
	SET(CURLOPT_TCP_KEEPINTVL, FETCH_KEEPALIVE);
	return bad ? -1 : 0;
}

/* What no transfer changes. All of it is wanted: a libcurl that lacks one is refused.
 */
int
transfer_open(struct transfer *t, const struct fetch_settings *set, const char *apikey)
{
	CURL *easy;
	bool bad = false;

	t->settings = set;
	t->apikey = apikey;
	if ((t->easy = easy = curl_easy_init()) == NULL)
		return -1;
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
	SET(CURLOPT_USERAGENT, set->user_agent);
	SET(CURLOPT_CONNECTTIMEOUT, (long)set->connect_timeout);
	return bad || transfer_set_tls(easy) == -1 ||
		       transfer_set_authorities(t) == -1 ||
		       transfer_set_connection(easy) == -1
		   ? -1
		   : 0;
}

void
transfer_close(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	free(t->url);
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
	transfer_add_field(t, "Accept-Encoding", "gzip");
	transfer_add_field(t, "Client-Agent", FETCH_CLIENT_AGENT);
	if (t->apikey != NULL && redirect_same_origin(q->url, t->settings->apikey_url))
		transfer_add_field(t, "apikey", t->apikey);
	if (q->etag != NULL)
		transfer_add_field(t, "If-None-Match", q->etag);
	if (q->last_modified != NULL)
		transfer_add_field(t, "If-Modified-Since", q->last_modified);
	t->conditional = q->etag != NULL || q->last_modified != NULL;
}

/* Nothing of an answer yet. */
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

static void PRINTF_LIKE(2, 3) transfer_fail(struct transfer *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
}

static int
transfer_begin(struct transfer *t, const struct fetch_request *q)
{
	int64_t left = (t->deadline - clock_boot()) / NSEC_PER_MSEC;

	free(t->url);
	t->url = xstrdup(q->url);
	transfer_set_fields(t, q);
	/* 0 would be for ever. */
	if (curl_easy_setopt(t->easy, CURLOPT_URL, t->url) == CURLE_OK &&
	    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
	    curl_easy_setopt(
		t->easy, CURLOPT_TIMEOUT_MS, (long)(left > 0 ? left : 1)) == CURLE_OK)
		return 0;
	transfer_fail(t, "libcurl refuses the transfer");
	return -1;
}

int
transfer_prepare(struct transfer *t, const struct fetch_request *q)
{
	transfer_reset(t);
	t->redirects = 0;
	t->asked_boot = clock_boot();
	t->asked_wall = clock_wall();
	t->deadline = t->asked_boot + q->timeout * NSEC_PER_SEC;
	if (file_url_check(q->url, t->error, sizeof(t->error), &t->missing) == -1)
		return -1;
	return transfer_begin(t, q);
}

/* The statuses that send a GET elsewhere (RFC 9110 15.4). */
static bool
status_redirects(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 ||
	       status == 308;
}

bool
transfer_follow(struct transfer *t, CURLcode rc)
{
	struct fetch_request q = { 0 };
	const char *to = NULL;
	long status = 0;
	char *url;
	bool ready;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
	if (rc != CURLE_OK || !status_redirects(status) || to == NULL)
		return false;
	if (t->redirects == FETCH_REDIRECTS_MAX) {
		transfer_fail(t, "more than %d redirects", FETCH_REDIRECTS_MAX);
		return false;
	}
	if ((url = redirect_target(t->url, to, t->error, sizeof(t->error))) == NULL)
		return false;
	transfer_reset(t);
	t->redirects++;
	q.url = url;
	ready = transfer_begin(t, &q) == 0;
	curl_free(url);
	return ready;
}

/* A directory without the links that OpenSSL looks for, or a bundle that was put there
 * by hand, is still to be believed. */
bool
transfer_widen_trust(struct transfer *t, CURLcode rc)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if (rc != CURLE_PEER_FAILED_VERIFICATION || !t->lean_trust)
		return false;
	t->lean_trust = false;
	t->curl_error[0] = '\0';
	return curl_easy_setopt(t->easy, CURLOPT_CAINFO, info->cainfo) == CURLE_OK;
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
	else
		transfer_fail(t, "HTTP status %d", t->status);
	t->transient = t->status >= 500 || t->status == 429;
	if (t->status == 429 || t->status == 503)
		t->retry_after = fields_retry_after(t->easy, clock_wall());
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
fail_too_large(struct transfer *t)
{
	transfer_fail(
	    t, "larger than upstream.max_bytes (%zu)", t->settings->max_bytes);
}

static void
judge_code(struct transfer *t, CURLcode rc)
{
	if (t->too_large)
		fail_too_large(t);
	else if (t->stalled)
		transfer_fail(
		    t, "not a byte for upstream.stall_timeout, after %zu", t->body.len);
	else if (rc != CURLE_OK)
		transfer_fail(t, "%s",
		    t->curl_error[0] != '\0' ? t->curl_error : curl_easy_strerror(rc));
	t->transient = !t->too_large && (t->stalled || code_is_transient(rc));
}

static void
transfer_decode(struct transfer *t)
{
	enum coding coding = fields_coding(t->easy);
	enum gunzip_result result = GUNZIP_OK;

	if (coding == CODING_GZIP && t->body.len > 0)
		result = gunzip(&t->body, t->settings->max_bytes);
	if (coding == CODING_UNKNOWN)
		transfer_fail(t, "a Content-Encoding that is not gzip");
	else if (result == GUNZIP_TOO_LARGE)
		fail_too_large(t);
	else if (result == GUNZIP_GARBAGE) {
		transfer_fail(t, "its gzip is damaged or cut");
		t->transient = true;
	}
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
	if (t->error[0] != '\0')
		return;
	if (t->status != 0 && t->status != 200)
		judge_status(t);
	else
		judge_code(t, rc);
	if (t->error[0] == '\0' && !file && t->status == 0)
		transfer_fail(t, "no HTTP status");
	if (t->error[0] == '\0' && t->status == 200)
		transfer_decode(t);
	if (t->error[0] != '\0' || t->redirects > 0)
		return;
	fields_validator(t->easy, "ETag", t->etag, sizeof(t->etag));
	fields_validator(
	    t->easy, "Last-Modified", t->last_modified, sizeof(t->last_modified));
}
