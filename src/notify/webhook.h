/*
 * Posting the changes of a category to a URL, by threads that live for one request
 * each: a server may take any time, and neither a cycle nor a beat may wait for it. The
 * URL is a secret: it is in no message and no log. Functions are the hydrator's.
 */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "history/history.h"
#include "notify/message.h"

/* Seconds: for a connection, for all of a request, between two tries at first and at
 * most, and the most that a Retry-After is obeyed. */
#define WEBHOOK_CONNECT 10
#define WEBHOOK_WHOLE 30
#define WEBHOOK_RETRY 5
#define WEBHOOK_RETRY_MAX 3600
#define WEBHOOK_OBEY_MAX 86400
/* The longest that a stop waits for a request that is under way, and then for its being
 * broken off, which takes long only where there is no processor time. Seconds. */
#define WEBHOOK_PATIENCE 1
#define WEBHOOK_BREAK_OFF 4

/* All is borrowed, and outlives the webhook. */
struct webhook_settings {
	const char *url_file; /* its first line is the URL; read for each request */
	const char *category;
	enum message_format format;
	uint32_t kinds; /* bit 1 << enum event_kind: those that are posted */
	const char *user_agent, *proxy, *ca_file;
};

struct webhook;

/* NULL, which all functions take, if url_file is "". */
struct webhook *webhook_open(const struct webhook_settings *) MUST_CHECK;

/*
 * Once a second, with the history (NULL: not read yet): marks as delivered what was
 * taken, and posts the next changes after history_delivered(), unless this machine is
 * not the one that posts. What is refused is tried again, as it is, later each time; a
 * message that the server calls bad three times (400, 413, 422) is dropped, which is
 * logged. A history of which nothing was ever delivered begins with the next change.
 * The changes that can be posted are those of the history's memory, the last
 * events_max; that others have left it is logged, too.
 */
void webhook_attend(struct webhook *, struct history *, bool posts);

struct webhook_view {
	uint64_t posted;  /* changes that were taken */
	uint64_t failed;  /* requests that were not */
	uint64_t pending; /* changes that wait; 0 where this machine does not post */
	int64_t delivered_at; /* clock_wall() of the last success; 0: none */
	const char *error; /* why the last request failed; "": it did not. Borrowed */
};
/* Since webhook_open(); nothing for NULL. */
void webhook_look(const struct webhook *, struct webhook_view *);

/* Marks what was taken meanwhile as delivered, frees *w and sets it to NULL. A request
 * that does not end is given up: its changes will be posted again. Returns false if its
 * thread is left behind: then the process must end by _exit(2). */
bool webhook_close(struct webhook **w, struct history *) MUST_CHECK;

#endif
