/*
 * Plays the script on standard input through a history, for oracle.py, which writes it:
 *
 *   rule INTERVAL DAYS GONE SHOWN SETTLE FACTOR LEAST EVENTS BURST
 *   publish NOW N, then N lines NAME DAY MONTH TOTAL WORKERS FLAGS MARKS IDENTITY, the
 *     name in hexadecimal with an x before it
 *   record     what changed is written, here: into tables in memory
 *   lose       the same, but writing fails
 *   restart    the history is made anew of what was written
 *   show       prints the bodies of VIEW_HISTORY and VIEW_CHANGES, a line each
 *   cost       prints the processor time in ns of publications and of printing, and the
 *     bytes of the two bodies
 *
 * What is printed has been through view_open().
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/map.h"
#include "fixture/risk_payload.h"
#include "history/history.h"
#include "history/print.h"

#define CATEGORY CATEGORY_IMAGE_GENERATION

/* Rows by id; the last of an id counts. */
static struct recorded {
	struct history_meta meta;
	struct history_model_row *models;
	size_t nmodels;
	struct history_day_row *days;
	size_t ndays;
	struct history_event *events;
	size_t nevents;
	struct arena *arena;
} recorded;

static struct history_rule rule;
static struct history *history;
static struct history_model_now *models;
static size_t nmodels;
static int64_t publish_nsec, print_nsec;
static size_t bytes;

static int64_t
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
read_rule(const char *line)
{
	if (sscanf(line,
		"rule %" SCNd64 " %" SCNd64 " %zu %" SCNd64 " %" SCNd64 " %lf %" SCNd64
		" %zu %zu",
		&rule.sample_interval, &rule.days, &rule.gone_max, &rule.shown,
		&rule.settle, &rule.factor, &rule.usage_least, &rule.events_max,
		&rule.burst_max) != 9)
		errx(1, "not understood: %s", line);
	history = history_new(&rule);
	recorded.arena = arena_new();
}

static unsigned
digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static struct str
read_name(const char *hex)
{
	size_t len = strlen(hex) / 2;
	char *name = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		name[i] = (char)(digit(hex[1 + 2 * i]) << 4 | digit(hex[2 + 2 * i]));
	return (struct str){ name, len };
}

static struct history_model_now
read_model(char *line)
{
	struct history_model_now m = { .name.p = NULL };
	const char *hex = strsep(&line, " ");

	if (line == NULL || sscanf(line,
				"%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
				" %" SCNu32 " %" SCNu32 " %" SCNu64,
				&m.usage[0], &m.usage[1], &m.usage[2], &m.workers,
				&m.flags, &m.marks, &m.identity) != 7)
		errx(1, "no model: %s", hex);
	m.name = read_name(hex);
	return m;
}

static void
publish(const char *line)
{
	int64_t now, begun;
	size_t n, room = 0;
	char *model = NULL;

	if (sscanf(line, "publish %" SCNd64 " %zu", &now, &n) != 2)
		errx(1, "not understood: %s", line);
	while (nmodels > 0)
		free((void *)(uintptr_t)models[--nmodels].name.p);
	free(models);
	models = calloc(n + 1, sizeof(*models));
	for (nmodels = 0; nmodels < n; nmodels++) {
		if (getline(&model, &room, stdin) == -1)
			errx(1, "models are missing");
		models[nmodels] = read_model(model);
	}
	free(model);
	begun = cpu();
	history_note(history, models, n, now, true);
	publish_nsec += cpu() - begun;
}

static struct str
copy(struct str text)
{
	return (
	    struct str){ arena_strndup(recorded.arena, text.p, text.len), text.len };
}

static void
record_models(const struct history_batch *b)
{
	struct recorded *r = &recorded;
	size_t at = 0;

	r->models =
	    reallocarray(r->models, r->nmodels + b->nmodels + 1, sizeof(*r->models));
	for (size_t i = 0; i < b->nmodels; i++) {
		while (at < r->nmodels && r->models[at].id < b->models[i].id)
			at++;
		if (at < r->nmodels && r->models[at].id != b->models[i].id)
			errx(1, "an old id is new");
		r->models[at] = b->models[i];
		r->models[at].name = copy(b->models[i].name);
		r->nmodels += at == r->nmodels;
	}
}

static bool
is_forgotten(const struct history_batch *b, uint64_t id)
{
	for (size_t i = 0; i < b->nforgotten; i++)
		if (b->forgotten[i] == id)
			return true;
	return false;
}

static void
forget(const struct history_batch *b)
{
	struct recorded *r = &recorded;
	size_t kept = 0;

	for (size_t i = 0; i < r->nmodels; i++)
		if (!is_forgotten(b, r->models[i].id))
			r->models[kept++] = r->models[i];
	r->nmodels = kept;
	kept = 0;
	for (size_t i = 0; i < r->ndays; i++)
		if (b->turned_to == 0 || r->days[i].day <= b->turned_to / HISTORY_DAY)
			r->days[kept++] = r->days[i];
	r->ndays = kept;
}

/* As doc/history.md and history.h want it of whoever records. */
static void
record(void)
{
	struct history_batch *b = history_take_batch(history);
	struct recorded *r = &recorded;

	if (b == NULL)
		return;
	forget(b);
	r->meta = b->meta;
	record_models(b);
	r->days = reallocarray(r->days, r->ndays + b->ndays + 1, sizeof(*r->days));
	memcpy(r->days + r->ndays, b->days, b->ndays * sizeof(*r->days));
	r->ndays += b->ndays;
	r->events =
	    reallocarray(r->events, r->nevents + b->nevents + 1, sizeof(*r->events));
	for (size_t i = 0; i < b->nevents; i++) {
		r->events[r->nevents] = b->events[i];
		r->events[r->nevents].model = copy(b->events[i].model);
		r->events[r->nevents++].former = copy(b->events[i].former);
	}
	history_batch_done(history, &b, true);
}

static void
lose(void)
{
	struct history_batch *b = history_take_batch(history);

	history_batch_done(history, &b, false);
}

static void
restart(void)
{
	history_free(&history);
	history = history_new(&rule);
	history_restore_meta(history, &recorded.meta);
	for (size_t i = 0; i < recorded.nmodels; i++)
		if (!history_restore_model(history, &recorded.models[i]))
			errx(1, "a model is refused");
	/* Of models that are forgotten, and of long ago, there are days yet. */
	for (size_t i = 0; i < recorded.ndays; i++)
		(void)history_restore_day(history, &recorded.days[i]);
	for (size_t i = 0; i < recorded.nevents; i++)
		if (!history_restore_event(history, &recorded.events[i]))
			errx(1, "an event is refused");
}

static void
show_body(
    const struct buf *payload, const struct view_directory *d, enum view_kind kind)
{
	struct view_span body = d->views[kind].body;

	fwrite(payload->data + body.off, 1, body.len, stdout);
	putchar('\n');
}

static void
show(bool prints)
{
	struct buf payload = { NULL, 0, 0, NULL };
	const struct view_directory *d;
	int64_t begun;

	risk_payload(&payload, CATEGORY, models, nmodels);
	begun = cpu();
	history_print(history, CATEGORY, &payload);
	print_nsec = cpu() - begun;
	d = view_open(payload.data, payload.len, CATEGORY);
	if (d == NULL)
		errx(1, "no payload");
	bytes = d->views[VIEW_HISTORY].body.len + d->views[VIEW_CHANGES].body.len;
	if (prints) {
		show_body(&payload, d, VIEW_HISTORY);
		show_body(&payload, d, VIEW_CHANGES);
	}
	buf_free(&payload);
}

static void
order(const char *line)
{
	if (strncmp(line, "rule ", 5) == 0) {
		read_rule(line);
	} else if (strncmp(line, "publish ", 8) == 0) {
		publish(line);
	} else if (strcmp(line, "record\n") == 0) {
		record();
	} else if (strcmp(line, "lose\n") == 0) {
		lose();
	} else if (strcmp(line, "restart\n") == 0) {
		restart();
	} else if (strcmp(line, "show\n") == 0) {
		show(true);
	} else if (strcmp(line, "cost\n") == 0) {
		show(false);
		printf(
		    "%" PRId64 " %" PRId64 " %zu\n", publish_nsec, print_nsec, bytes);
		publish_nsec = 0;
	} else {
		errx(1, "not understood: %s", line);
	}
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) != -1) {
		order(line);
		fflush(stdout);
	}
	free(line);
	history_free(&history);
	return 0;
}
