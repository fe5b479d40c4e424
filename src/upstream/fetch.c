/* Transfers over one libcurl multi handle that is kept, with its connections, over all
 * cycles. */
#include "fetch.h"

#include <sys/stat.h>

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

#define FETCH_PROTOCOLS "http,https,file"
#define FETCH_LOOK_MS 250 /* how often to look for a transfer that stalls */

enum transfer_state {
	TRANSFER_IDLE,
	TRANSFER_RUNNING, /* its handle is in the multi handle */
	TRANSFER_REFUSED, /* never begun; error says why */
};

struct transfer {
	enum transfer_state state;
	CURL *easy;
	size_t max_bytes;
	struct buf body;
	bool too_large;
	bool stalled;
	bool missing;                     /* a file: that does not exist */
	int64_t last_byte;                /* clock_boot() */
	char curl_error[CURL_ERROR_SIZE]; /* libcurl's own words, if it has any */
	char error[FETCH_ERROR_MAX];
};

struct fetcher {
	CURLM *multi;
	struct curl_slist *headers;
	int64_t stall_timeout; /* nanoseconds */
	struct transfer transfers[FETCH_SLOTS];
};

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
static int
transfer_setup(
    struct transfer *t, const struct fetch_settings *set, struct curl_slist *headers)
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
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_CONNECTTIMEOUT, (long)set->connect_timeout);
#undef SET
	return bad ? -1 : 0;
}

static void
fetcher_check_resolver(void)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if ((info->features & CURL_VERSION_ASYNCHDNS) == 0)
		log_warnx("libcurl %s resolves names synchronously: a slow name server "
			  "stops the hydrator meanwhile",
		    info->version);
}

int
fetcher_open(
    const struct fetch_settings *set, struct fetcher **out, char *err, size_t errlen)
{
	struct fetcher *f;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		snprintf(err, errlen, "libcurl cannot be initialised");
		return -1;
	}
	fetcher_check_resolver();
	f = xcalloc(1, sizeof(*f));
	f->stall_timeout = set->stall_timeout * NSEC_PER_SEC;
	f->multi = curl_multi_init();
	f->headers = curl_slist_append(NULL, "Accept: application/json");
	for (i = 0; i < FETCH_SLOTS; i++)
		if (f->multi == NULL || f->headers == NULL ||
		    transfer_setup(&f->transfers[i], set, f->headers) == -1) {
			/* Not curl_version(), which crashes for lack of memory. */
			snprintf(err, errlen, "libcurl lacks an option or memory");
			fetcher_close(&f);
			return -1;
		}
	*out = f;
	return 0;
}

void
fetcher_close(struct fetcher **fp)
{
	struct fetcher *f = *fp;
	size_t i;

	if (f == NULL)
		return;
	*fp = NULL;
	fetcher_cancel(f);
	for (i = 0; i < FETCH_SLOTS; i++) {
		curl_easy_cleanup(f->transfers[i].easy);
		buf_free(&f->transfers[i].body);
	}
	curl_multi_cleanup(f->multi);
	curl_slist_free_all(f->headers);
	free(f);
	curl_global_cleanup();
}

/* Opening a FIFO or a device could block for ever: look before libcurl does. Returns
 * 0, or -1 with the reason in error. */
static int
file_check(const char *path, char *error, bool *missing)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		*missing = errno == ENOENT;
		snprintf(error, FETCH_ERROR_MAX, "%s", strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(error, FETCH_ERROR_MAX, "not a regular file");
		return -1;
	}
	return 0;
}

/* The path of a file: URL, to be freed with curl_free(); NULL of any other. */
static CURLUcode
url_file_path(const char *url, char **path)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	CURLUcode rc;

	*path = NULL;
	if (u == NULL)
		fatalx("out of memory");
	/* Other schemes are left to FETCH_PROTOCOLS. */
	rc = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	if (rc == CURLUE_OK)
		rc = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (rc == CURLUE_OK && strcasecmp(scheme, "file") == 0)
		rc = curl_url_get(u, CURLUPART_PATH, path, CURLU_URLDECODE);
	curl_free(scheme);
	curl_url_cleanup(u);
	return rc;
}

char *
fetch_file_path(const char *url)
{
	char *path, *copy;

	if (url_file_path(url, &path) != CURLUE_OK || path == NULL)
		return NULL;
	copy = xstrdup(path);
	curl_free(path);
	return copy;
}

/* Returns 0, or -1 with the reason in error. */
static int
url_check(const char *url, char *error, bool *missing)
{
	char *path;
	CURLUcode rc = url_file_path(url, &path);
	int ret = 0;

	if (rc != CURLUE_OK) {
		snprintf(error, FETCH_ERROR_MAX, "%s", curl_url_strerror(rc));
		ret = -1;
	} else if (path != NULL)
		ret = file_check(path, error, missing);
	curl_free(path);
	return ret;
}

void
fetcher_start(struct fetcher *f, unsigned slot, const char *url, int64_t timeout)
{
	struct transfer *t = &f->transfers[slot];

	buf_reset(&t->body);
	t->too_large = t->stalled = t->missing = false;
	t->last_byte = clock_boot();
	t->error[0] = t->curl_error[0] = '\0';
	t->state = TRANSFER_REFUSED;
	if (url_check(url, t->error, &t->missing) == -1)
		return;
	if (curl_easy_setopt(t->easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, (long)timeout) != CURLE_OK ||
	    curl_multi_add_handle(f->multi, t->easy) != CURLM_OK)
		snprintf(t->error, sizeof(t->error), "libcurl refuses the transfer");
	else
		t->state = TRANSFER_RUNNING;
}

static void
transfer_stop(struct fetcher *f, struct transfer *t)
{
	if (t->state == TRANSFER_RUNNING)
		curl_multi_remove_handle(f->multi, t->easy);
	t->state = TRANSFER_IDLE;
}

void
fetcher_cancel(struct fetcher *f)
{
	size_t i;

	for (i = 0; i < FETCH_SLOTS; i++)
		transfer_stop(f, &f->transfers[i]);
}

/* Why a transfer that libcurl ended with rc is none, or an empty text. The status comes
 * first: that the text of an error page stalled is beside the point. */
static void
transfer_judge(struct transfer *t, CURLcode rc)
{
	const char *scheme = NULL;
	long status = 0;
	bool file;

	curl_easy_getinfo(t->easy, CURLINFO_SCHEME, &scheme);
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	file = scheme != NULL && strcasecmp(scheme, "file") == 0;
	if (!file && status >= 300 && status < 400)
		snprintf(t->error, sizeof(t->error),
		    "HTTP status %ld: redirects are not followed", status);
	else if (!file && status != 0 && status != 200)
		snprintf(t->error, sizeof(t->error), "HTTP status %ld", status);
	else if (t->too_large)
		snprintf(t->error, sizeof(t->error),
		    "larger than upstream.max_bytes (%zu)", t->max_bytes);
	else if (t->stalled)
		snprintf(t->error, sizeof(t->error),
		    "not a byte for upstream.stall_timeout, after %zu", t->body.len);
	else if (rc != CURLE_OK)
		snprintf(t->error, sizeof(t->error), "%s",
		    t->curl_error[0] != '\0' ? t->curl_error : curl_easy_strerror(rc));
	else if (!file && status != 200)
		snprintf(t->error, sizeof(t->error), "no HTTP status");
}

static void
result_fill(struct fetcher *f, struct transfer *t, struct fetch_result *r)
{
	r->slot = (unsigned)(t - f->transfers);
	r->error = t->error[0] != '\0' ? t->error : NULL;
	r->missing = t->missing;
	r->body = &t->body;
	r->fetched_boot = clock_boot();
	r->fetched_wall = clock_wall();
	transfer_stop(f, t);
}

/*
 * libcurl's own low speed limit works on the mean of five seconds, so that silence
 * shorter than that cannot be told. Connecting has a timeout of its own.
 */
static bool
transfer_is_stalled(const struct fetcher *f, struct transfer *t)
{
	curl_off_t begun = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
	if (begun == 0)
		t->last_byte = clock_boot();
	return clock_boot() - t->last_byte > f->stall_timeout;
}

/* A transfer that was never begun, or that has to be broken off. */
static struct transfer *
fetcher_find_broken(struct fetcher *f)
{
	struct transfer *t;

	for (t = f->transfers; t < f->transfers + FETCH_SLOTS; t++) {
		if (t->state == TRANSFER_REFUSED)
			return t;
		if (t->state == TRANSFER_RUNNING && transfer_is_stalled(f, t)) {
			t->stalled = true;
			transfer_judge(t, CURLE_OK);
			return t;
		}
	}
	return NULL;
}

/* Takes one finished transfer, if there is any. */
static int
fetcher_reap(struct fetcher *f, struct fetch_result *r)
{
	struct transfer *t;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		t = NULL;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		transfer_judge(t, m->data.result);
		result_fill(f, t, r);
		return 1;
	}
	if ((t = fetcher_find_broken(f)) == NULL)
		return 0;
	result_fill(f, t, r);
	return 1;
}

int
fetcher_wait(struct fetcher *f, int fd, int wait_ms, struct fetch_result *r)
{
	struct curl_waitfd extra = { .fd = fd, .events = CURL_WAIT_POLLIN };
	int64_t deadline = clock_boot() + wait_ms * NSEC_PER_MSEC, left;
	int running;

	for (;;) {
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			fatalx("libcurl: the multi handle failed");
		if (fetcher_reap(f, r))
			return 1;
		left = (deadline - clock_boot() + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
		if (left <= 0 || left > wait_ms || extra.revents != 0)
			return 0;
		if (curl_multi_poll(f->multi, &extra, fd == -1 ? 0 : 1,
			(int)(left < FETCH_LOOK_MS ? left : FETCH_LOOK_MS),
			NULL) != CURLM_OK)
			fatalx("libcurl: waiting failed");
	}
}
