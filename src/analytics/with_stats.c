/* Printing each piece of the with-stats answers once. */
#include "analytics/with_stats.h"

#include <math.h>
#include <endian.h>
#include <stdlib.h>

#include <xxhash.h>

#include "json/write.h"
#include "payload/write.h"
#include "terms/correction.h"

/* Bytes that a model takes, about: the buffer is made that big at once. */
#define MODEL_BYTES 900

/* Models whose names and statuses, which lie elsewhere, are fetched while the ones
 * before them are printed. */
#define MODELS_AHEAD 8

/* A view under construction. */
struct with_stats_view {
	const struct printing *printing;
	const struct horde *horde;
	struct workers *workers;
	const struct model *models;
	uint32_t n;
	bool exact; /* the plain answer counts exact usage too */
	int64_t observed_at;
	struct str rest; /* what stands between each usage and worker_count */
	struct arena *arena;
	struct buf *out;
	struct view view;
	struct view_row *texts;      /* [n] */
	struct with_stats_row *rows; /* [n] */
};

/* What JSON has no number for is null (there the whole answer fails). */
static void
put_performance(struct buf *b, double performance)
{
	buf_puts(b, ",\"performance\":");
	if (isfinite(performance))
		json_put_double(b, performance);
	else
		buf_puts(b, "null");
}

/* doc/reference.md 4.4. */
static void
put_usage_stats(struct buf *b, const struct usage *u)
{
	if (!usage_known(u)) {
		buf_puts(b, "null");
		return;
	}
	json_put_int_after(b, STR("{\"day\":"), u->n[PERIOD_DAY]);
	json_put_int_after(b, STR(",\"month\":"), u->n[PERIOD_MONTH]);
	json_put_int_after(b, STR(",\"total\":"), u->n[PERIOD_TOTAL]);
	buf_puts(b, "}");
}

static void
put_head(struct buf *b, const struct model *m, const struct status *s)
{
	json_put_string(b, m->record.name);
	if (s == NULL) {
		buf_puts(b, ":{\"queued_jobs\":null,\"performance\":null,\"eta\":null,"
			    "\"queued\":null,\"usage_stats\":");
		return;
	}
	json_put_int_after(b, STR(":{\"queued_jobs\":"), s->jobs);
	put_performance(b, s->performance);
	json_put_int_after(b, STR(",\"eta\":"), s->eta);
	json_put_int_after(b, STR(",\"queued\":"), s->queued);
	buf_puts(b, ",\"usage_stats\":");
}

static void
put_backend(struct buf *b, const struct variation *v)
{
	static const struct str heads[BACKEND_MAX] = {
		[BACKEND_CANONICAL] = STR("\"canonical\":{\"backend\":\"canonical\","
					  "\"variant_name\":"),
		[BACKEND_APHRODITE] = STR("\"aphrodite\":{\"backend\":\"aphrodite\","
					  "\"variant_name\":"),
		[BACKEND_KOBOLDCPP] = STR("\"koboldcpp\":{\"backend\":\"koboldcpp\","
					  "\"variant_name\":"),
	};
	const struct status *s = v->status;

	buf_add(b, heads[v->backend].p, heads[v->backend].len);
	json_put_string(b, v->name);
	json_put_int_after(b, STR(",\"worker_count\":"), s != NULL ? s->count : 0);
	if (s != NULL) {
		put_performance(b, s->performance);
		json_put_int_after(b, STR(",\"queued\":"), s->queued);
		json_put_int_after(b, STR(",\"queued_jobs\":"), s->jobs);
		json_put_int_after(b, STR(",\"eta\":"), s->eta);
	} else
		buf_puts(b,
		    ",\"performance\":null,\"queued\":null,\"queued_jobs\":null,"
		    "\"eta\":null");
	json_put_int_after(b, STR(",\"usage_day\":"), v->usage.n[PERIOD_DAY]);
	json_put_int_after(b, STR(",\"usage_month\":"), v->usage.n[PERIOD_MONTH]);
	json_put_int_after(b, STR(",\"usage_total\":"), v->usage.n[PERIOD_TOTAL]);
	buf_puts(b, "}");
}

static const struct usage *
plain_usage(const struct with_stats_view *v, uint32_t i)
{
	const struct merged *m = &v->models[i].merged;

	return v->exact ? &m->exact : &m->family;
}

static void
fetch_ahead(const struct with_stats_view *v, uint32_t i)
{
	const struct model *m;

	if (i + MODELS_AHEAD >= v->n)
		return;
	m = &v->models[i + MODELS_AHEAD];
	__builtin_prefetch(m->record.name.p);
	if (m->merged.best != HORDE_NONE)
		__builtin_prefetch(&v->horde->statuses[m->merged.best]);
}

/* The same for all models: WITH_STATS_NULLS TIME WITH_STATS_COUNT. */
static void
make_rest(struct with_stats_view *v)
{
	struct buf b = { 0 };

	buf_puts(&b, WITH_STATS_NULLS);
	json_put_int(&b, v->observed_at);
	buf_puts(&b, WITH_STATS_COUNT);
	v->rest = (struct str){ arena_strndup(v->arena, b.data, b.len), b.len };
	buf_free(&b);
}

/* The plain text of a model, all but whose time is in the tag. */
static void
write_plain(struct with_stats_view *v, uint32_t i)
{
	const struct merged *m = &v->models[i].merged;
	struct with_stats_row *row = &v->rows[i];
	struct buf *out = v->out;
	uint64_t off = out->len;

	put_head(out, &v->models[i],
	    m->best == HORDE_NONE ? NULL : &v->horde->statuses[m->best]);
	row->head = (uint32_t)(out->len - off);
	put_usage_stats(out, plain_usage(v, i));
	row->usage = (uint32_t)(out->len - off) - row->head;
	v->view.etag = XXH3_64bits_withSeed(
	    out->data + off, out->len - off, v->view.etag ^ (uint64_t)m->workers);
	buf_add(out, v->rest.p, v->rest.len);
	json_put_int(out, m->workers);
	buf_puts(out, "}");
	row->worker_count = m->workers;
	v->texts[i] = (struct view_row){ off, (uint32_t)(out->len - off), 0 };
}

static bool
write_body(struct with_stats_view *v)
{
	struct view *view = &v->view;
	struct buf *out = v->out;

	view->present = 1;
	view->nrows = v->n;
	view->total_count = v->n;
	view->body.off = out->len;
	buf_puts(out, "{");
	view->count = payload_since(out, view->body.off);
	for (uint32_t i = 0; i < v->n; i++) {
		if (i > 0)
			buf_puts(out, ",");
		fetch_ahead(v, i);
		write_plain(v, i);
		if (!printing_goes_on(v->printing))
			return false;
	}
	view->tail.off = out->len;
	buf_puts(out, "}");
	view->tail.len = 1;
	view->body = payload_since(out, view->body.off);
	/* No presets: they are empty where the view is. */
	for (int p = 0; p < PRESET_MAX; p++)
		view->presets[p].tail.off = view->body.off;
	return true;
}

/* A comma after each model keeps the hash from taking one's text for another's. */
static bool
write_variations(struct with_stats_view *v, uint64_t *etag)
{
	struct variation variations[BACKEND_MAX];
	struct buf *out = v->out;
	uint64_t begin = out->len, off;

	for (uint32_t i = 0; i < v->n; i++) {
		const struct model *m = &v->models[i];
		uint32_t n = risk_variations(v->horde, m, v->arena, variations);

		fetch_ahead(v, i);
		off = out->len;
		put_usage_stats(out, &m->merged.exact);
		v->rows[i].exact_usage = payload_since(out, off);
		off = out->len;
		buf_puts(out, "{");
		for (uint32_t k = 0; k < n; k++) {
			if (k > 0)
				buf_puts(out, ",");
			put_backend(out, &variations[k]);
		}
		buf_puts(out, "}");
		v->rows[i].variations = payload_since(out, off);
		buf_puts(out, ",");
		if (!printing_goes_on(v->printing))
			return false;
	}
	*etag = XXH3_64bits(out->data + begin, out->len - begin);
	return true;
}

static bool
write_workers(struct with_stats_view *v, struct with_stats *with)
{
	uint64_t *etags = arena_array(v->arena, v->n, sizeof(*etags));
	struct workers *w = v->workers;
	struct buf *out = v->out;

	for (uint32_t i = 0; i < v->n; i++) {
		uint64_t list = workers_write(w, v->models[i].merged.lower, out);

		if (!printing_goes_on(v->printing))
			return false;
		if (list == WORKERS_NONE)
			continue;
		v->rows[i].list = list;
		v->rows[i].nworkers = (uint32_t)w->lists[list].n;
		etags[i] = w->etags[list];
	}
	with->nworkers = w->ntexts;
	with->workers = payload_table(out, w->texts, w->ntexts * sizeof(*w->texts));
	with->nlists = w->nlists;
	with->lists = payload_table(out, w->lists, w->nlists * sizeof(*w->lists));
	with->nmembers = w->nmembers;
	with->members =
	    payload_table(out, w->members, w->nmembers * sizeof(*w->members));
	with->workers_etag = XXH3_64bits(etags, v->n * sizeof(*etags));
	return true;
}

/* The first bytes decide most comparisons, and are at hand: the name itself is a cache
 * miss where there are many. */
struct rank {
	uint64_t head[2]; /* the name's first 16 bytes, big-endian, padded with zeros */
	struct str name;
	uint32_t row;
};

/* By code point, which is by byte in UTF-8. */
static int
compare_names(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int c;

	for (int i = 0; i < 2; i++)
		if (x->head[i] != y->head[i])
			return x->head[i] < y->head[i] ? -1 : 1;
	c = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;
	if (c != 0)
		return c;
	return x->name.len < y->name.len ? -1 : x->name.len > y->name.len;
}

static struct rank
rank_of(struct str name, uint32_t row)
{
	struct rank r = { .name = name, .row = row };
	unsigned char head[16] = { 0 };

	memcpy(head, name.p, name.len < sizeof(head) ? name.len : sizeof(head));
	for (int i = 0; i < 2; i++) {
		memcpy(&r.head[i], head + 8 * i, 8);
		r.head[i] = be64toh(r.head[i]);
	}
	return r;
}

static void
set_ranks(struct with_stats_view *v)
{
	struct rank *ranks = arena_alloc(v->arena, v->n * sizeof(*ranks));
	uint32_t rank = 0;

	for (uint32_t i = 0; i < v->n; i++)
		ranks[i] = rank_of(v->models[i].merged.lower, i);
	if (v->n > 1)
		qsort(ranks, v->n, sizeof(*ranks), compare_names);
	for (uint32_t i = 0; i < v->n; i++) {
		if (i > 0 && compare_names(&ranks[i - 1], &ranks[i]) != 0)
			rank = i;
		v->rows[ranks[i].row].rank = rank;
	}
}

static void
set_usage(struct with_stats_view *v)
{
	for (uint32_t i = 0; i < v->n; i++) {
		const struct usage *both[2] = { plain_usage(v, i),
			&v->models[i].merged.exact };

		for (int k = 0; k < 2; k++) {
			v->rows[i].usage_month[k] = both[k]->n[PERIOD_MONTH];
			v->rows[i].usage_total[k] = both[k]->n[PERIOD_TOTAL];
		}
	}
}

int
with_stats_write(const struct printing *p, const struct horde *horde,
    struct workers *workers, const struct model *models, uint32_t n,
    int64_t observed_at)
{
	struct with_stats_view v = { .printing = p,
		.horde = horde,
		.workers = workers,
		.models = models,
		.n = n,
		.exact = p->settings->corrections & CORRECT_EXACT_USAGE,
		.observed_at = observed_at,
		.arena = p->arena,
		.out = p->out,
		.texts = arena_alloc(p->arena, n * sizeof(*v.texts)),
		.rows = arena_array(p->arena, n, sizeof(*v.rows)) };
	struct buf *out = p->out;
	struct with_stats with = { .observed_at = observed_at };
	struct view_directory *d;

	(void)buf_reserve(out, (size_t)n * MODEL_BYTES);
	make_rest(&v);
	if (!write_body(&v) || !write_variations(&v, &with.variations_etag) ||
	    !write_workers(&v, &with))
		return -1;
	set_ranks(&v);
	set_usage(&v);
	v.view.rows = payload_table(out, v.texts, n * sizeof(*v.texts));
	with.rows = payload_table(out, v.rows, n * sizeof(*v.rows));
	d = payload_directory(out);
	d->views[VIEW_WITH_STATS] = v.view;
	d->with_stats = with;
	return 0;
}
