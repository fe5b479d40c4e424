/* Transfers over one libcurl multi handle that is kept, with its connections, over all
 * cycles. */
#include "upstream/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "upstream/apikey.h"
#include "upstream/transfer.h"

#define FETCH_LOOK_MS 250 /* how often to look for a transfer that stalls */

struct fetcher {
	CURLM *multi;
	struct fetch_settings settings;
	char *apikey;          /* NULL: none */
	int64_t stall_timeout; /* nanoseconds */
	struct transfer transfers[FETCH_SLOTS];
};

static void
fetcher_check_resolver(void)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if ((info->features & CURL_VERSION_ASYNCHDNS) == 0)
		log_warnx("libcurl %s resolves names synchronously: a slow name server "
			  "stops the hydrator meanwhile",
		    info->version);
}

/* Its documents are public: better without the key than not at all. */
static void
fetcher_read_key(struct fetcher *f)
{
	const char *path = f->settings.apikey_file;

	if (path == NULL || path[0] == '\0' || (f->apikey = apikey_read(path)) != NULL)
		return;
	log_warnx("upstream.apikey_file %s: %s; requests go without a key", path,
	    errno == EINVAL ? "holds no key" : strerror(errno));
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
	f->settings = *set;
	f->stall_timeout = set->stall_timeout * NSEC_PER_SEC;
	fetcher_read_key(f);
	f->multi = curl_multi_init();
	for (i = 0; i < FETCH_SLOTS; i++)
		if (f->multi == NULL ||
		    transfer_open(&f->transfers[i], &f->settings, f->apikey) == -1) {
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
	for (i = 0; i < FETCH_SLOTS; i++)
		transfer_close(&f->transfers[i]);
	curl_multi_cleanup(f->multi);
	apikey_free(&f->apikey);
	free(f);
	curl_global_cleanup();
}

/* After transfer_prepare or transfer_follow. */
static void
fetcher_run(struct fetcher *f, struct transfer *t)
{
	t->state = TRANSFER_RUNNING;
	if (curl_multi_add_handle(f->multi, t->easy) == CURLM_OK)
		return;
	t->state = TRANSFER_REFUSED;
	snprintf(t->error, sizeof(t->error), "libcurl refuses the transfer");
}

void
fetcher_start(struct fetcher *f, unsigned slot, const struct fetch_request *q)
{
	struct transfer *t = &f->transfers[slot];

	t->state = TRANSFER_REFUSED;
	if (transfer_prepare(t, q) == 0)
		fetcher_run(f, t);
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

static void
result_fill(struct fetcher *f, struct transfer *t, struct fetch_result *r)
{
	r->slot = (unsigned)(t - f->transfers);
	r->error = t->error[0] != '\0' ? t->error : NULL;
	r->missing = t->missing;
	r->not_modified = t->not_modified;
	r->transient = t->transient;
	r->status = t->status;
	r->retry_after = t->retry_after;
	r->etag = t->etag[0] != '\0' ? t->etag : NULL;
	r->last_modified = t->last_modified[0] != '\0' ? t->last_modified : NULL;
	r->body = &t->body;
	r->fetched_boot = t->asked_boot;
	r->fetched_wall = t->asked_wall;
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

/* Takes one finished transfer, if there is any; sends on what was redirected. */
static int
fetcher_reap(struct fetcher *f, struct fetch_result *r)
{
	struct transfer *t;
	CURLMsg *m;
	CURLcode rc;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		t = NULL;
		rc = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		if (transfer_widen_trust(t, rc) || transfer_follow(t, rc)) {
			transfer_stop(f, t);
			fetcher_run(f, t);
			continue;
		}
		transfer_judge(t, rc);
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
