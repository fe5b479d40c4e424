/* Counting raw records. */
#include "analytics/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "json/walk.h"
#include "json/write.h"
#include "python/lax.h"
#include "python/number.h"
#include "python/repr.h"
#include "python/rounding.h"
#include "python/text.h"
#include "terms/correction.h"

#define BILLION INT64_C(1000000000)
#define TOP 20 /* tags and styles shown */

/* doc/reference.md 7.4: half-open, the last one without an end. */
static const struct bucket {
	const char *label;
	int64_t min;
} buckets[STATISTICS_BUCKETS] = {
	{ "< 3B", 0 },
	{ "3B-6B", 3 * BILLION },
	{ "6B-9B", 6 * BILLION },
	{ "9B-13B", 9 * BILLION },
	{ "13B-20B", 13 * BILLION },
	{ "20B-35B", 20 * BILLION },
	{ "35B-70B", 35 * BILLION },
	{ "> 70B", 70 * BILLION },
};

void
statistics_init(struct statistics *s, const struct analytics_settings *settings,
    enum category category, struct arena *arena)
{
	*s = (struct statistics){
		.settings = settings,
		.category = category,
		.arena = arena,
	};
	map_init(&s->baselines, arena, sizeof(uint64_t), 16);
	map_init(&s->tags, arena, sizeof(uint64_t), 16);
	map_init(&s->styles, arena, sizeof(uint64_t), 16);
	map_init(&s->hosts, arena, sizeof(uint64_t), 16);
}

static void
tally_add(struct map *tally, struct str text)
{
	uint64_t *count = map_at(tally, map_intern(tally, text));

	++*count;
}

/* Counts a value under its text, if Python takes it for true. Text that cannot be
 * printed is left out (the reference fails). */
static void
tally_add_value(struct map *tally, const struct json_value *v, struct arena *arena)
{
	struct buf text = { 0 };
	struct str s;

	if (v->type == JSON_T_STRING) {
		s = json_str(v, arena);
		if (s.len > 0 && (!v->escaped || text_valid(s)))
			tally_add(tally, s);
		return;
	}
	if (v->type == JSON_T_NONE || !repr_truthy(v))
		return;
	repr_put_str(&text, v, arena);
	s = (struct str){ arena_strndup(arena, text.data, text.len), text.len };
	buf_free(&text);
	if (text_valid(s))
		tally_add(tally, s);
}

static bool
statistics_filled(const struct json_value *v, enum json_type type)
{
	return v->type == type && repr_truthy(v);
}

static bool
statistics_true(const struct json_value *v)
{
	return v->type != JSON_T_NONE && repr_truthy(v);
}

/* A number above zero, truncated; booleans are numbers in Python. Beyond 63 bits there
 * is no such number for us. */
static bool
statistics_positive(const struct json_value *v, int64_t *out)
{
	double d;

	switch (v->type) {
	case JSON_T_TRUE:
		*out = 1;
		return true;
	case JSON_T_INTEGER:
		return json_int64(v, out) && *out > 0;
	case JSON_T_REAL:
		d = json_double(v);
		if (!(d > 0 && d < 0x1p63))
			return false;
		*out = (int64_t)d;
		return true;
	default:
		return false;
	}
}

static void
statistics_add_size(struct statistics *s, const struct json_value *v)
{
	int64_t size;

	if (!statistics_positive(v, &size))
		return;
	s->with_size++;
	s->total_size = number_add(s->total_size, size);
}

/* The reference looks for a key that its own records no longer have. */
static void
statistics_add_parameters(struct statistics *s, const struct fields *f)
{
	int64_t n;
	int i = STATISTICS_BUCKETS - 1;

	if (!statistics_positive(&f->v[FIELD_PARAMETERS_COUNT], &n) &&
	    !((s->settings->corrections & CORRECT_PARAMETER_BUCKETS) &&
		statistics_positive(&f->v[FIELD_PARAMETERS], &n)))
		return;
	while (n < buckets[i].min)
		i--;
	s->buckets[i]++;
	s->with_parameters++;
}

static void
statistics_add_image(struct statistics *s, const struct fields *f)
{
	s->trigger_words += statistics_filled(&f->v[FIELD_TRIGGER], JSON_T_ARRAY);
	s->inpainting += statistics_true(&f->v[FIELD_INPAINTING]);
	s->requirements += statistics_filled(&f->v[FIELD_REQUIREMENTS], JSON_T_OBJECT);
}

void
statistics_add(struct statistics *s, const struct fields *f)
{
	const struct json_value *tags = &f->v[FIELD_TAGS];
	struct json_value tag;

	s->nsfw += statistics_true(&f->v[FIELD_NSFW]);
	s->showcases += statistics_filled(&f->v[FIELD_SHOWCASES], JSON_T_ARRAY);
	tally_add_value(&s->baselines, &f->v[FIELD_BASELINE], s->arena);
	tally_add_value(&s->styles, &f->v[FIELD_STYLE], s->arena);
	if (tags->type == JSON_T_ARRAY) {
		struct json_walk walk = json_walk(tags);

		while (json_element(&walk, &tag))
			tally_add_value(&s->tags, &tag, s->arena);
	}
	statistics_add_size(s, &f->v[FIELD_SIZE_ON_DISK]);
	if (s->category == CATEGORY_IMAGE_GENERATION)
		statistics_add_image(s, f);
	if (s->category == CATEGORY_TEXT_GENERATION)
		statistics_add_parameters(s, f);
}

void
statistics_add_hosts(struct statistics *s, const struct host *hosts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		tally_add(&s->hosts, hosts[i].netloc);
}

void
statistics_add_downloads(struct statistics *s, uint64_t entries)
{
	s->with_downloads += entries > 0;
	s->download_entries += entries;
}

static void
put_count(struct buf *b, const char *key, uint64_t n)
{
	buf_puts(b, ",\"");
	buf_puts(b, key);
	buf_puts(b, "\":");
	json_put_int(b, (int64_t)n);
}

/* A tag may count more often than there are models. The reference's schema allows no
 * more than 100 (it fails): doc/differences.md. */
static void
put_share(struct buf *b, uint64_t count, uint64_t models)
{
	double share =
	    fmin(number_ratio((int64_t)count, (int64_t)models) * 100.0, 100.0);

	buf_puts(b, ",\"count\":");
	json_put_int(b, (int64_t)count);
	buf_puts(b, ",\"percentage\":");
	json_put_double(b, python_round(share, 2));
}

struct rank {
	uint64_t count;
	uint32_t key;
};

static int
compare_counts(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* The keys of a tally, most counted first, ties in order of first appearance. */
static struct rank *
tally_rank(const struct map *tally, struct arena *arena)
{
	struct rank *ranks = arena_alloc(arena, tally->count * sizeof(*ranks));

	for (uint32_t i = 0; i < tally->count; i++)
		ranks[i] = (struct rank){ *(const uint64_t *)map_at(tally, i), i };
	if (tally->count > 1)
		qsort(ranks, tally->count, sizeof(*ranks), compare_counts);
	return ranks;
}

static void
put_baselines(struct buf *b, const struct statistics *s)
{
	const struct rank *ranks = tally_rank(&s->baselines, s->arena);

	buf_puts(b, ",\"baseline_distribution\":{");
	for (uint32_t i = 0; i < s->baselines.count; i++) {
		struct str text = s->baselines.keys[ranks[i].key];

		if (i > 0)
			buf_puts(b, ",");
		json_put_string(b, text);
		buf_puts(b, ":{\"baseline\":");
		json_put_string(b, text);
		put_share(b, ranks[i].count, s->models);
		buf_puts(b, "}");
	}
	buf_puts(b, "}");
}

static void
put_hosts(struct buf *b, const struct statistics *s)
{
	const struct rank *ranks = tally_rank(&s->hosts, s->arena);

	buf_puts(b, ",\"hosts\":{");
	for (uint32_t i = 0; i < s->hosts.count; i++) {
		if (i > 0)
			buf_puts(b, ",");
		json_put_string(b, s->hosts.keys[ranks[i].key]);
		buf_puts(b, ":");
		json_put_int(b, (int64_t)ranks[i].count);
	}
	buf_puts(b, "}");
}

static void
put_downloads(struct buf *b, const struct statistics *s)
{
	double average = 0;

	buf_puts(b, ",\"download_stats\":{\"total_models_with_downloads\":");
	json_put_int(b, (int64_t)s->with_downloads);
	put_count(b, "total_download_entries", s->download_entries);
	put_count(b, "total_size_bytes", (uint64_t)s->total_size);
	put_count(b, "models_with_size_info", s->with_size);
	if (s->with_size > 0)
		average =
		    python_round(number_ratio(s->total_size, (int64_t)s->with_size), 2);
	buf_puts(b, ",\"average_size_bytes\":");
	json_put_double(b, average);
	put_hosts(b, s);
	buf_puts(b, "}");
}

static void
put_top(
    struct buf *b, const char *key, const struct statistics *s, const struct map *tally)
{
	const struct rank *ranks = tally_rank(tally, s->arena);

	buf_puts(b, ",\"");
	buf_puts(b, key);
	buf_puts(b, "\":[");
	for (uint32_t i = 0; i < tally->count && i < TOP; i++) {
		if (i > 0)
			buf_puts(b, ",");
		buf_puts(b, "{\"tag\":");
		json_put_string(b, tally->keys[ranks[i].key]);
		put_share(b, ranks[i].count, s->models);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void
put_bucket(struct buf *b, const struct statistics *s, int i)
{
	buf_puts(b, "{\"bucket_label\":\"");
	buf_puts(b, buckets[i].label);
	buf_puts(b, "\",\"min_params\":");
	json_put_int(b, buckets[i].min);
	buf_puts(b, ",\"max_params\":");
	if (i + 1 < STATISTICS_BUCKETS)
		json_put_int(b, buckets[i + 1].min);
	else
		buf_puts(b, "null");
	put_share(b, s->buckets[i], s->models);
	buf_puts(b, "}");
}

static void
put_buckets(struct buf *b, const struct statistics *s)
{
	bool first = true;

	buf_puts(b, ",\"parameter_buckets\":[");
	for (int i = 0; i < STATISTICS_BUCKETS; i++) {
		if (s->buckets[i] == 0)
			continue;
		if (!first)
			buf_puts(b, ",");
		put_bucket(b, s, i);
		first = false;
	}
	buf_puts(b, "]");
}

void
statistics_print(struct buf *b, const struct statistics *s)
{
	uint64_t unknown = 0;

	if (s->category == CATEGORY_TEXT_GENERATION)
		unknown = s->models - s->with_parameters;
	put_count(b, "nsfw_count", s->nsfw);
	put_baselines(b, s);
	put_downloads(b, s);
	put_top(b, "top_tags", s, &s->tags);
	put_top(b, "top_styles", s, &s->styles);
	put_buckets(b, s);
	put_count(b, "models_without_param_info", unknown);
	put_count(b, "models_with_trigger_words", s->trigger_words);
	put_count(b, "models_with_inpainting", s->inpainting);
	put_count(b, "models_with_requirements", s->requirements);
	put_count(b, "models_with_showcases", s->showcases);
	buf_puts(b, ",\"computed_at\":");
}
