/*
 * Some months of history for the sample data: demo_history DEMO_DIR STATE_DIR makes the
 * databases that a hydrator would have by now, by the code of a hydrator, so that they
 * are of the schema and by the rules of the program that reads them.
 *
 * The present is what the documents say; the past is invented backwards from there.
 * More is used at weekends. Models that are little used, or have no workers, were used
 * and had some until one day. One model came ten days ago, one had gone for two weeks,
 * one had another name, and one is not there any more. One had a day of fame.
 */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analytics/analytics.h"
#include "base/buf.h"
#include "base/mem.h"
#include "history/history.h"
#include "history/store.h"
#include "history/store_file.h"
#include "payload/view.h"

#define DAYS 120
#define INTERVAL (6 * HISTORY_HOUR)

/* Which model, by its place in the list, has which fate, and when, days ago. */
enum {
	CAME = 2,
	CAME_DAYS = 10,
	FAMOUS = 4,
	FAMOUS_DAYS = 12,
	AWAY = 6,
	AWAY_DAYS = 40,
	BACK_DAYS = 26,
	RENAMED = 8,
	RENAMED_DAYS = 60,
	GONE_DAYS = 15
};
/* What a model has because of its use and its workers, and so has not always had. */
#define FADING                                                                         \
	(RISK_BIT(RISK_ZERO_USAGE_DAY) | RISK_BIT(RISK_ZERO_USAGE_MONTH) |             \
	    RISK_BIT(RISK_LOW_USAGE) | RISK_BIT(RISK_NO_ACTIVE_WORKERS))

struct demo_model {
	struct history_model_now now;
	struct str former;        /* its name until RENAMED_DAYS */
	int64_t faded;            /* days ago; 0: it did not */
	int64_t used[DAYS + 2];   /* on the day so many days ago */
	int64_t future[DAYS + 2]; /* and on all after it */
};

struct demo {
	enum category category;
	int64_t now;
	struct arena *arena; /* where models, their names and documents lie */
	struct demo_model *models;
	uint32_t n;
};

static uint32_t
demo_noise(uint32_t model, int64_t day)
{
	uint32_t x = model * 2654435761u + (uint32_t)day * 40503u;

	x ^= x >> 15;
	x *= 2246822519u;
	return x ^ x >> 13;
}

static int64_t
demo_used(const struct demo_model *m, uint32_t number, int64_t now, int64_t ago)
{
	int64_t day = now / HISTORY_DAY - ago, used = m->now.usage[1] * 10 / 300;

	if (ago > m->faded && m->faded != 0)
		used += m->now.usage[2] * (ago - m->faded) / (DAYS * DAYS) + 1;
	used = used * (80 + demo_noise(number, day) % 41) / 100;
	if (day % 7 == 2 || day % 7 == 3) /* 1970 began on a Thursday */
		used = used * 3 / 2;
	return number == FAMOUS && ago == FAMOUS_DAYS ? used * 8 + 100 : used;
}

/* Nothing can have been used before there was a total. */
static void
demo_invent_use(struct demo_model *m, uint32_t number, int64_t now)
{
	int64_t left = m->now.usage[2];

	for (int64_t ago = 0; ago <= DAYS + 1; ago++) {
		int64_t used =
		    ago > 0 ? demo_used(m, number, now, ago)
			    : m->now.usage[0] * (now % HISTORY_DAY) / HISTORY_DAY;

		m->used[ago] = used < left ? used : left;
		m->future[ago] = m->now.usage[2] - left;
		left -= m->used[ago];
	}
}

static void
demo_add(struct demo *d, const struct history_model_now *now)
{
	uint32_t number = d->n++;
	struct demo_model *m = &d->models[number];
	char *former;

	*m = (struct demo_model){ .now = *now, .former = now->name };
	if (now->flags & FADING)
		m->faded = 3 + demo_noise(number, 0) % 100;
	if (number == RENAMED) {
		former = arena_alloc(d->arena, now->name.len + 1);
		for (size_t i = 0; i < now->name.len; i++)
			former[i] = now->name.p[i] == ' ' ? '_' : now->name.p[i];
		former[now->name.len] = '_';
		m->former = (struct str){ former, now->name.len + 1 };
	}
	demo_invent_use(m, number, d->now);
}

static bool
demo_is_there(uint32_t number, int64_t ago)
{
	if (number == CAME)
		return ago < CAME_DAYS;
	return number != AWAY || ago >= AWAY_DAYS || ago < BACK_DAYS;
}

/* As it was at a time that lies on the day so many days ago. */
static struct history_model_now
demo_model_at(const struct demo_model *m, int64_t at, int64_t ago)
{
	struct history_model_now then = m->now;

	if (ago >= RENAMED_DAYS)
		then.name = m->former;
	if (ago > m->faded && m->faded != 0) {
		then.flags &= ~FADING;
		then.marks &= ~FIGURES_CRITICAL;
		then.workers += 1 + m->now.workers;
	}
	if (ago > 0) {
		then.usage[0] = m->used[ago];
		then.usage[1] = 0;
	}
	for (int64_t day = ago; ago > 0 && day < ago + 30 && day <= DAYS + 1; day++)
		then.usage[1] += m->used[day];
	then.usage[2] -= m->future[ago];
	then.usage[2] -=
	    ago == 0 ? m->used[0]
		     : m->used[ago] * (HISTORY_DAY - at % HISTORY_DAY) / HISTORY_DAY;
	return then;
}

static void
demo_publish(const struct demo *d, struct history *h, int64_t at)
{
	struct history_model_now *models = xcalloc(d->n + 1, sizeof(*models));
	int64_t ago = d->now / HISTORY_DAY - at / HISTORY_DAY;
	size_t n = 0;

	for (uint32_t i = 0; i < d->n; i++)
		if (demo_is_there(i, ago))
			models[n++] = demo_model_at(&d->models[i], at, ago);
	if (ago >= GONE_DAYS)
		models[n++] = (struct history_model_now){
			.name = STR("Zephyr Lantern"),
			.usage = { 3, 90, 5000 - 3 * ago },
			.workers = 1,
			.flags = RISK_BIT(RISK_LOW_USAGE),
		};
	history_note(h, models, n, at, true);
	free(models);
}

static void
demo_record(const struct demo *d, const char *state_dir)
{
	const _Atomic bool stop = false;
	char path[PATH_MAX], why[512];
	struct history_rule rule;
	const struct store_settings settings = { path, &rule, &stop };
	struct history_batch *batch;
	struct store *store;
	struct history *h;

	history_defaults(&rule);
	if (store_file_find(path, state_dir, category_name(d->category)) == -1)
		err(1, "%s", state_dir);
	if (store_open(&settings, &store, why, sizeof(why)) != STORE_GOOD)
		errx(1, "%s", why);
	h = history_new(&rule);
	for (int64_t at = d->now - DAYS * HISTORY_DAY; at < d->now; at += INTERVAL) {
		demo_publish(d, h, at);
		history_deliver(h, history_last_id(h));
		batch = history_take_batch(h);
		if (batch != NULL &&
		    store_write(store, batch, why, sizeof(why)) != STORE_GOOD)
			errx(1, "%s", why);
		history_batch_done(h, &batch, true);
	}
	history_free(&h);
	store_close(&store);
}

static struct document
demo_document(
    const struct demo *d, const char *dir, const char *file, enum document_kind kind)
{
	struct document doc = { 0 };
	struct buf b = { 0 };
	char path[PATH_MAX], why[256];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s.json", dir, file);
	f = fopen(path, "re");
	if (f == NULL)
		err(1, "%s", path);
	while ((n = fread(buf_reserve(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	doc.data = arena_strndup(d->arena, b.data, b.len);
	doc.len = b.len;
	buf_free(&b);
	if (document_open(&doc, kind, d->category, why, sizeof(why)) == -1)
		errx(1, "%s: %s", path, why);
	return doc;
}

/* What etc/demo.conf makes of the documents. */
static void
demo_render(struct demo *d, const char *dir, bool text, struct buf *out)
{
	struct analytics_input in = { .category = d->category,
		.reference = demo_document(
		    d, dir, category_name(d->category), DOCUMENT_REFERENCE),
		.status = demo_document(
		    d, dir, text ? "status_text" : "status_image", DOCUMENT_STATUS),
		.stats = demo_document(
		    d, dir, text ? "stats_text" : "stats_image", DOCUMENT_STATS),
		.workers = demo_document(d, dir, "workers", DOCUMENT_WORKERS),
		.now = d->now };
	struct report report = { 0 };
	struct analytics_settings settings;

	analytics_defaults(&settings);
	settings.corrections = CORRECT_PARAMETER_BUCKETS | CORRECT_NEVER_USED;
	if (analytics_render(&settings, &in, out, &report) != ANALYTICS_DONE)
		errx(1, "%s: %s", dir, report.reason);
}

static void
demo_make(const char *dir, const char *state_dir, bool text, int64_t now)
{
	struct demo d = { .category = text ? CATEGORY_TEXT_GENERATION
					   : CATEGORY_IMAGE_GENERATION,
		.now = now,
		.arena = arena_new() };
	const struct view_directory *directory;
	const struct view_figures *f;
	struct buf out = { 0 };

	demo_render(&d, dir, text, &out);
	directory = view_open(out.data, out.len, d.category);
	if (directory == NULL)
		errx(1, "a bad payload");
	f = (const void *)(out.data + directory->views[VIEW_RISK].figures);
	d.models = arena_array(
	    d.arena, directory->views[VIEW_RISK].nrows + 1, sizeof(*d.models));
	for (uint32_t i = 0; i < directory->views[VIEW_RISK].nrows; i++)
		demo_add(
		    &d, &(struct history_model_now){
			    .name = { out.data + f[i].name.off, f[i].name.len },
			    .usage = { f[i].usage[0], f[i].usage[1], f[i].usage[2] },
			    .workers = f[i].workers,
			    .flags = f[i].flags,
			    .marks = f[i].marks,
			    .identity = f[i].identity });
	demo_record(&d, state_dir);
	buf_free(&out);
	arena_free(&d.arena);
}

int
main(int argc, char **argv)
{
	int64_t now = time(NULL);

	if (argc != 3)
		errx(64, "usage: demo_history DEMO_DIR STATE_DIR");
	demo_make(argv[1], argv[2], false, now);
	demo_make(argv[1], argv[2], true, now);
	return 0;
}
