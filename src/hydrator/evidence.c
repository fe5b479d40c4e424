/* From a payload to its history, and back into it. */
#include "hydrator/evidence.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "history/history.h"
#include "history/print.h"
#include "history/recorder.h"
#include "lists/lists.h"
#include "notify/webhook.h"
#include "payload/write.h"
#include "terms/event.h"

/* So long after the opening the first payload still waits for its history. */
#define EVIDENCE_PATIENCE (5 * NSEC_PER_SEC)
#define EVIDENCE_STEP_MS 5

struct evidence {
	enum category category;
	struct history_rule rule; /* the recorder's threads look at it */
	struct recorder *recorder;
	struct webhook *webhook; /* NULL: nobody is notified */
	int64_t opened;          /* clock_boot() */
	bool begun;
	struct ledger_history base; /* what a predecessor counted */
	bool too_large;             /* said, until it is not */
	bool too_long;
};

static struct webhook *
evidence_open_webhook(const struct config *c, enum category category)
{
	struct webhook_settings set = {
		.url_file = c->notify.url_file,
		.category = category_name(category),
		.format = message_format_find(c->notify.format),
		.user_agent = c->upstream.user_agent,
		.proxy = c->upstream.proxy,
		.ca_file = c->upstream.ca_file,
		/* Among what was left out there may be any kind. */
		.kinds = UINT32_C(1) << EVENT_MANY,
	};
	const struct config_list *kinds = &c->notify.kinds;
	size_t i;
	int k;

	for (i = 0; i < kinds->n; i++) {
		k = event_kind_find(kinds->item[i], strlen(kinds->item[i]));
		set.kinds |= k >= 0 ? UINT32_C(1) << k : 0;
	}
	return webhook_open(&set);
}

struct evidence *
evidence_open(const struct config *c, enum category category)
{
	struct evidence *e;

	if (!c->history.enabled || c->state_dir[0] == '\0' ||
	    !category_has_horde(category))
		return NULL;
	e = xcalloc(1, sizeof(*e));
	history_defaults(&e->rule);
	e->rule.sample_interval = c->history.sample_interval;
	e->rule.days = c->history.days;
	e->rule.settle = c->history.settle;
	e->rule.factor = c->history.usage_factor;
	e->category = category;
	e->opened = clock_boot();
	e->recorder = recorder_open(c->state_dir, category_name(category), &e->rule);
	e->webhook = evidence_open_webhook(c, category);
	return e;
}

bool
evidence_close(struct evidence **e)
{
	bool over;

	if (*e == NULL)
		return true;
	over = webhook_close(&(*e)->webhook, recorder_history((*e)->recorder));
	over &= recorder_close(&(*e)->recorder);
	if (over)
		free(*e);
	*e = NULL;
	return over;
}

static void
evidence_fill(struct evidence *e, struct ledger_history *l)
{
	const struct history *h = recorder_history(e->recorder);
	const struct history_counts *counts;
	struct webhook_view w;
	struct recorder_view v;

	recorder_look(e->recorder, &v);
	l->state = v.off                ? LEDGER_PAST_OFF
		   : v.error[0] != '\0' ? LEDGER_PAST_FAILING
		   : h == NULL          ? LEDGER_PAST_READING
					: LEDGER_PAST_KEPT;
	l->lost = e->base.lost + v.failures;
	l->bytes = v.bytes;
	ledger_put(l->error, sizeof(l->error), v.error);
	webhook_look(e->webhook, &w);
	l->notify = e->webhook != NULL;
	l->posted = e->base.posted + w.posted;
	l->failed = e->base.failed + w.failed;
	l->pending = w.pending;
	if (w.delivered_at != 0)
		l->delivered = w.delivered_at;
	ledger_put(l->notify_error, sizeof(l->notify_error), w.error);
	if (h == NULL)
		return;
	counts = history_count(h);
	l->models = counts->models;
	l->samples = e->base.samples + counts->samples;
	l->resets = e->base.resets + counts->resets;
	l->events = e->base.events + counts->events;
	l->last_event = history_last_id(h);
	l->sampled = history_sampled(h) * NSEC_PER_SEC;
}

/* What is not posted now is not to be posted when a URL is set one day. */
static void
evidence_notify(struct evidence *e, bool posts)
{
	struct history *h = recorder_history(e->recorder);

	if (e->webhook != NULL)
		webhook_attend(e->webhook, h, posts);
	else if (h != NULL)
		history_deliver(h, history_last_id(h));
}

bool
evidence_attend(struct evidence *e, bool posts, struct ledger_history *ledger)
{
	struct ledger_history l = *ledger;

	if (e == NULL)
		return false;
	if (!e->begun)
		e->base = *ledger;
	e->begun = true;
	evidence_notify(e, posts);
	recorder_attend(e->recorder);
	evidence_fill(e, &l);
	if (memcmp(&l, ledger, sizeof(l)) == 0)
		return false;
	*ledger = l;
	return true;
}

/* Returns how many there are; *out is the caller's. */
static size_t
evidence_models(const struct view_directory *d, struct history_model_now **out)
{
	const char *data = (const char *)d;
	const struct view *v = &d->views[VIEW_RISK];
	const struct view_figures *f = (const void *)(data + v->figures);
	struct history_model_now *m = xcalloc(v->nrows, sizeof(*m));
	uint32_t i;

	for (i = 0; i < v->nrows; i++, f++)
		m[i] = (struct history_model_now){
			.name = { data + f->name.off, f->name.len },
			.usage = { f->usage[0], f->usage[1], f->usage[2] },
			.workers = f->workers,
			.flags = f->flags,
			.marks = f->marks,
			.identity = f->identity,
		};
	*out = m;
	return v->nrows;
}

static void
evidence_warn_names(
    struct evidence *e, const struct history_model_now *models, size_t n)
{
	size_t i, ntoo_long = 0;

	for (i = 0; i < n; i++)
		ntoo_long += models[i].name.len > HISTORY_NAME_MAX;
	if (ntoo_long > 0 && !e->too_long)
		log_warnx("%s: %zu models have no history: their names are longer than "
			  "%d bytes",
		    category_name(e->category), ntoo_long, HISTORY_NAME_MAX);
	e->too_long = ntoo_long > 0;
}

static void
evidence_note(
    struct evidence *e, const struct view_directory *d, int64_t now, bool leads)
{
	struct history *h = recorder_history(e->recorder);
	struct history_model_now *models;
	size_t n = evidence_models(d, &models);
	uint64_t turns = history_count(h)->turns;

	evidence_warn_names(e, models, n);
	history_note(h, models, n, now, leads);
	free(models);
	if (history_count(h)->turns > turns)
		log_warnx("%s: the clock is more than a day behind the last sample of "
			  "the history: what the history has after now is dropped",
		    category_name(e->category));
}

static bool
has_figures(const struct view_directory *d)
{
	return d->views[VIEW_RISK].present && d->views[VIEW_RISK].figures != 0;
}

bool
evidence_lacks(const struct evidence *e, const struct view_directory *d)
{
	return e != NULL && !e->too_large && recorder_history(e->recorder) != NULL &&
	       has_figures(d) && !d->views[VIEW_HISTORY].present;
}

static void
evidence_warn(struct evidence *e, size_t len, size_t most)
{
	if (len > most && !e->too_large)
		log_warnx(
		    "%s: history and lists are left out of the answers: with them "
		    "a snapshot takes %zu bytes, and segment.max allows %zu",
		    category_name(e->category), len, most);
	e->too_large = len > most;
}

static bool
evidence_is_reading(const struct evidence *e)
{
	struct recorder_view v;

	recorder_look(e->recorder, &v);
	return recorder_history(e->recorder) == NULL && !v.off && v.error[0] == '\0';
}

/* The first payload would have no history, and whoever asks would be told to come
 * again, for a file that is read in milliseconds while documents are fetched. */
static void
evidence_await(const struct evidence *e, struct pace *pace)
{
	int64_t until = e->opened + EVIDENCE_PATIENCE;

	while (evidence_is_reading(e) && clock_boot() < until && pace_beat(pace))
		poll(NULL, 0, EVIDENCE_STEP_MS);
}

size_t
evidence_add(struct evidence *e, struct buf *payload, bool news, int64_t now,
    size_t room, size_t most, struct pace *pace)
{
	const struct view_directory before = *payload_directory(payload);
	size_t len = payload->len, whole;
	struct history *h = NULL;

	if (e != NULL) {
		evidence_await(e, pace);
		h = recorder_history(e->recorder);
	}
	if (h != NULL && has_figures(&before)) {
		if (news)
			evidence_note(e, payload_directory(payload), now, true);
		if (!before.views[VIEW_HISTORY].present)
			history_print(h, e->category, payload);
	}
	lists_print(payload, pace);
	whole = payload->len;
	if (e != NULL)
		evidence_warn(e, whole, most);
	/* What the segment has no room for without them either is made whole, so that
	 * it grows once. */
	if (whole <= room || (len > room && whole <= most))
		return 0;
	payload->len = len;
	*payload_directory(payload) = before;
	return whole <= most ? whole : 0;
}

void
evidence_adopt(struct evidence *e, const struct view_directory *d, int64_t now)
{
	struct history *h = e != NULL ? recorder_history(e->recorder) : NULL;
	const struct view_event *event;
	uint32_t i;

	if (h == NULL || !has_figures(d))
		return;
	evidence_note(e, d, now, false);
	event = (const void *)((const char *)d + d->events);
	for (i = d->views[VIEW_CHANGES].nrows; d->events != 0 && i > 0; i--)
		history_adopt_event(h, &event[i - 1], (const char *)d);
	history_deliver(h, d->past.delivered);
}
