/* What a task has is its own until it has ended; then all is the hydrator's. */
#include "notify/webhook.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/task.h"

#define WEBHOOK_ERROR_MAX 256
#define WEBHOOK_ANSWER_MAX 65536 /* bytes that are read, and thrown away */
#define WEBHOOK_BAD_TRIES 3
#define WEBHOOK_LOOK_MS 100 /* how often a request looks whether it is to stop */

struct webhook {
	struct webhook_settings settings;
	struct webhook_view view;
	char error[WEBHOOK_ERROR_MAX];
	char warned[WEBHOOK_ERROR_MAX]; /* "": the last request went well */
	uint64_t from;                  /* the message's are the changes after it */
	unsigned failures;              /* of this message, in a row */
	unsigned bad;                   /* of these: the server calls it bad */
	int64_t due;                    /* clock_boot() before which nothing is tried */

	struct task task;
	_Atomic bool stop;
	/* The task's until it has ended. A message stays as it is until it is taken or
	 * dropped, or another machine has posted it. */
	struct message message; /* n 0: none */
	size_t answered;        /* bytes of the answer */
	long status;            /* of HTTP; 0: there was no answer, and err says why */
	int64_t after;          /* seconds, of Retry-After */
	char err[WEBHOOK_ERROR_MAX];
};

struct webhook *
webhook_open(const struct webhook_settings *set)
{
	struct webhook *w;

	if (set->url_file[0] == '\0')
		return NULL;
	/* One more time: others may clean up while our thread is left behind. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fatalx("out of memory");
	w = xcalloc(1, sizeof(*w));
	w->settings = *set;
	w->view.error = w->error;
	return w;
}

void
webhook_look(const struct webhook *w, struct webhook_view *view)
{
	*view = w != NULL ? w->view : (struct webhook_view){ .error = "" };
}

/*
 * In the task.
 */

static size_t
webhook_discard(char *data, size_t size, size_t n, void *arg)
{
	struct webhook *w = arg;

	(void)data;
	w->answered += size * n;
	return w->answered <= WEBHOOK_ANSWER_MAX ? size * n : CURL_WRITEFUNC_ERROR;
}

#define SET(option, value) bad |= curl_easy_setopt(easy, option, value) != CURLE_OK

static bool
webhook_set_up(
    struct webhook *w, CURL *easy, struct curl_slist *fields, const char *url)
{
	const struct webhook_settings *set = &w->settings;
	bool bad = false;

	SET(CURLOPT_URL, url);
	/* Without a scheme it is not to travel in the clear. */
	SET(CURLOPT_DEFAULT_PROTOCOL, "https");
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_POSTFIELDS, w->message.body.data);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)w->message.body.len);
	SET(CURLOPT_HTTPHEADER, fields);
	SET(CURLOPT_WRITEFUNCTION, webhook_discard);
	SET(CURLOPT_WRITEDATA, w);
	SET(CURLOPT_CONNECTTIMEOUT, (long)WEBHOOK_CONNECT);
	SET(CURLOPT_TIMEOUT, (long)WEBHOOK_WHOLE);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that does not answer must not hold up a stop. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* Set, though perhaps empty: else the environment decides. */
	SET(CURLOPT_PROXY, set->proxy);
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_USERAGENT, set->user_agent);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (set->ca_file[0] != '\0') {
		SET(CURLOPT_CAINFO, set->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	return !bad;
}

/* Not curl_easy_perform(), which looks at nothing else for a second at a time. */
static CURLcode
webhook_transfer(const struct webhook *w, CURLM *multi, CURL *easy)
{
	CURLcode rc = CURLE_ABORTED_BY_CALLBACK;
	CURLMsg *m;
	int running = 1, left;

	if (curl_multi_add_handle(multi, easy) != CURLM_OK)
		return CURLE_FAILED_INIT;
	while (running > 0 && !atomic_load(&w->stop)) {
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			break;
		if (running > 0)
			(void)curl_multi_poll(multi, NULL, 0, WEBHOOK_LOOK_MS, NULL);
	}
	while ((m = curl_multi_info_read(multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			rc = m->data.result;
	curl_multi_remove_handle(multi, easy);
	return rc;
}

/* A status is an answer whatever became of its text. Else it is libcurl's own words,
 * not its buffer: that names the host, or what is left of a URL that it cannot read. */
static void
webhook_perform(struct webhook *w, CURLM *multi, CURL *easy)
{
	CURLcode rc = webhook_transfer(w, multi, easy);
	curl_off_t after = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &w->status);
	(void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after);
	w->after = after;
	if (w->status >= 200)
		return;
	w->status = 0;
	strlcpy(w->err, rc == CURLE_OK ? "no HTTP status" : curl_easy_strerror(rc),
	    sizeof(w->err));
}

static void
webhook_request(struct webhook *w, const char *url)
{
	struct curl_slist *fields =
	    curl_slist_append(NULL, "Content-Type: application/json");
	CURLM *multi = curl_multi_init();
	CURL *easy = curl_easy_init();

	if (fields != NULL && multi != NULL && easy != NULL &&
	    webhook_set_up(w, easy, fields, url))
		webhook_perform(w, multi, easy);
	else
		strlcpy(
		    w->err, "libcurl does not take what it is told", sizeof(w->err));
	curl_easy_cleanup(easy);
	curl_multi_cleanup(multi);
	curl_slist_free_all(fields);
}

static void
webhook_work(void *arg)
{
	struct webhook *w = arg;
	char *url;

	w->status = 0;
	w->after = 0;
	w->answered = 0;
	w->err[0] = '\0';
	url = secret_read(
	    "notify.url_file", w->settings.url_file, w->err, sizeof(w->err));
	if (url != NULL)
		webhook_request(w, url);
	secret_free(&url);
}

/*
 * In the hydrator's own.
 */

static bool
webhook_is_bad(long status)
{
	return status == 400 || status == 413 || status == 422;
}

/* The message is done with: up to its last change nothing is to be posted. */
static void
webhook_end(struct webhook *w, struct history *h)
{
	history_deliver(h, w->message.last);
	buf_free(&w->message.body);
	w->message.n = 0;
	w->failures = w->bad = 0;
}

static void
webhook_delivered(struct webhook *w, struct history *h)
{
	w->view.posted += w->message.n;
	w->view.delivered_at = clock_wall();
	w->error[0] = '\0';
	if (w->warned[0] != '\0')
		log_info("changes of %s are posted again", w->settings.category);
	w->warned[0] = '\0';
	webhook_end(w, h);
}

static void
webhook_say(struct webhook *w)
{
	if (w->status == 0)
		strlcpy(w->error, w->err, sizeof(w->error));
	else
		snprintf(w->error, sizeof(w->error), "HTTP status %ld%s", w->status,
		    w->status / 100 == 3 ? ", and redirects are not followed" : "");
	if (strcmp(w->warned, w->error) == 0)
		return;
	strlcpy(w->warned, w->error, sizeof(w->warned));
	log_warnx("changes of %s are not posted to the URL of notify.url_file, and "
		  "will be tried again: %s",
	    w->settings.category, w->error);
}

static void
webhook_failed(struct webhook *w, struct history *h)
{
	int64_t wait = backoff_next(w->failures++, WEBHOOK_RETRY * 1000,
			   WEBHOOK_RETRY_MAX * 1000, arc4random()) *
		       NSEC_PER_MSEC;
	int64_t after =
	    w->after < WEBHOOK_OBEY_MAX ? w->after : (int64_t)WEBHOOK_OBEY_MAX;

	w->view.failed++;
	webhook_say(w);
	if (after * NSEC_PER_SEC > wait)
		wait = after * NSEC_PER_SEC;
	w->due = clock_boot() + wait;
	if (!webhook_is_bad(w->status) || ++w->bad < WEBHOOK_BAD_TRIES)
		return;
	log_errx("%zu changes of %s are dropped: the server of notify.url_file has "
		 "refused them %u times (%s)",
	    w->message.n, w->settings.category, w->bad, w->error);
	webhook_end(w, h);
}

static void
webhook_reap(struct webhook *w, struct history *h)
{
	if (!task_ended(&w->task))
		return;
	if (w->status / 100 == 2)
		webhook_delivered(w, h);
	else
		webhook_failed(w, h);
}

static void
webhook_start(struct webhook *w)
{
	int rc = task_start(&w->task, webhook_work, w);

	if (rc == 0)
		return;
	log_warnx("changes of %s are not posted: no thread for it: %s",
	    w->settings.category, strerror(rc));
	w->due = clock_boot() + WEBHOOK_RETRY * NSEC_PER_SEC;
}

/* Whoever sets a URL wants to hear of what comes, not of months before; also of the
 * first change of a new history, which is not to be taken for old. */
static void
webhook_begin(struct history *h)
{
	uint64_t last = history_last_id(h);

	if (history_delivered(h) == 0)
		history_deliver(h, last > 0 ? last : HISTORY_DELIVERS);
}

/* Changes that left the memory before there was a message with them. */
static void
webhook_miss(const struct webhook *w, struct history *h)
{
	uint64_t gone = history_forgotten(h);

	if (gone <= history_delivered(h))
		return;
	log_errx("changes of %s up to %" PRIu64 " are not posted any more: too many "
		 "have come since; its database has them",
	    w->settings.category, gone);
	history_deliver(h, gone);
}

/* Returns whether there is a message: the one that failed, or another. */
static bool
webhook_prepare(struct webhook *w, struct history *h)
{
	const struct webhook_settings *set = &w->settings;

	if (w->message.n > 0 && w->from == history_delivered(h))
		return true;
	buf_free(&w->message.body);
	w->failures = w->bad = 0;
	webhook_miss(w, h);
	w->from = history_delivered(h);
	message_make(&w->message, set->format, set->category, set->kinds, h, w->from);
	if (w->message.n == 0)
		history_deliver(h, w->message.last);
	return w->message.n > 0;
}

void
webhook_attend(struct webhook *w, struct history *h, bool posts)
{
	if (w == NULL || h == NULL)
		return;
	webhook_reap(w, h);
	webhook_begin(h);
	w->view.pending =
	    posts ? message_count(w->settings.kinds, h, history_delivered(h)) : 0;
	if (!w->task.running && posts && clock_boot() >= w->due &&
	    webhook_prepare(w, h))
		webhook_start(w);
}

/* Returns whether the task has ended within so many seconds. */
static bool
webhook_wait(struct webhook *w, time_t seconds)
{
	struct timespec deadline = task_deadline(seconds);

	return task_wait(&w->task, &deadline);
}

bool
webhook_close(struct webhook **wp, struct history *h)
{
	struct webhook *w = *wp;
	bool running;

	*wp = NULL;
	if (w == NULL)
		return true;
	running = w->task.running;
	if (running && !webhook_wait(w, WEBHOOK_PATIENCE)) {
		atomic_store(&w->stop, true);
		if (!webhook_wait(w, WEBHOOK_BREAK_OFF))
			return false;
	}
	if (running && w->status / 100 == 2)
		webhook_delivered(w, h);
	buf_free(&w->message.body);
	free(w);
	curl_global_cleanup();
	return true;
}
