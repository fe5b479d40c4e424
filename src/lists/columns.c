/* A model takes less than sixty bytes, a twentieth of its row in JSON: no key is said
 * twice, flags are a number, days are counted from the first, a baseline is a place in
 * a list, and of what is known of no model nothing is said. */
#include "lists/columns.h"

#include <math.h>
#include <stdlib.h>

#include <xxhash.h>

#include "base/map.h"
#include "base/mem.h"
#include "json/write.h"
#include "lists/day.h"
#include "lists/model_rows.h"
#include "payload/write.h"
#include "terms/flag.h"

/* From here on hundredths are not told apart by a double. */
#define COLUMNS_ROUND_MAX 1e12

#define COLUMNS_NEVER (-1)

struct columns {
	struct model_rows rows;
	struct buf out;       /* apart from the payload, which moves when it grows */
	struct map baselines; /* of all rows, without values */
	uint32_t *baseline;   /* of each row, its number in them; MAP_NONE: null */
	int64_t *since;       /* of each row, the day since when it is at risk */
	int64_t first;        /* of these days; COLUMNS_NEVER: there is none */
	bool has_sizes;
};

static void
columns_name(struct columns *c, uint32_t i)
{
	json_put_string(&c->out, model_rows_text(&c->rows, c->rows.figures[i].name));
}

static void
columns_baseline(struct columns *c, uint32_t i)
{
	json_put_int(
	    &c->out, c->baseline[i] != MAP_NONE ? (int64_t)c->baseline[i] : -1);
}

static void
columns_risk_score(struct columns *c, uint32_t i)
{
	json_put_int(&c->out, __builtin_popcount(c->rows.figures[i].flags));
}

static void
columns_flags(struct columns *c, uint32_t i)
{
	json_put_int(&c->out, c->rows.figures[i].flags);
}

/* Without FIGURES_KNOWN, which each row has. */
static void
columns_marks(struct columns *c, uint32_t i)
{
	json_put_int(&c->out, c->rows.figures[i].marks / FIGURES_CRITICAL);
}

static void
columns_workers(struct columns *c, uint32_t i)
{
	json_put_int(&c->out, c->rows.figures[i].workers);
}

static void
columns_usage_day(struct columns *c, uint32_t i)
{
	json_put_int(&c->out, c->rows.figures[i].usage[0]);
}

static void
columns_usage_month(struct columns *c, uint32_t i)
{
	json_put_int(&c->out, c->rows.figures[i].usage[1]);
}

static void
columns_usage_total(struct columns *c, uint32_t i)
{
	json_put_int(&c->out, c->rows.figures[i].usage[2]);
}

/* To the hundredth, without zeros at the end. */
static void
columns_size_gb(struct columns *c, uint32_t i)
{
	double size = c->rows.figures[i].size_gb;
	struct buf *b = &c->out;
	int64_t n;

	if (isnan(size)) {
		buf_puts(b, "null");
		return;
	}
	if (fabs(size) >= COLUMNS_ROUND_MAX) {
		json_put_double(b, size);
		return;
	}
	n = llround(size * 100);
	if (n < 0) {
		buf_putc(b, '-');
		n = -n;
	}
	json_put_int(b, n / 100);
	if (n % 100 == 0)
		return;
	buf_putc(b, '.');
	buf_putc(b, (char)('0' + n % 100 / 10));
	if (n % 10 != 0)
		buf_putc(b, (char)('0' + n % 10));
}

static void
columns_at_risk_since(struct columns *c, uint32_t i)
{
	if (c->since[i] != COLUMNS_NEVER)
		json_put_int(&c->out, c->since[i] - c->first);
	else
		buf_puts(&c->out, "null");
}

static bool
columns_have_sizes(const struct columns *c)
{
	return c->has_sizes;
}

static bool
columns_have_days(const struct columns *c)
{
	return c->first != COLUMNS_NEVER;
}

static const struct {
	const char *key;
	void (*put)(struct columns *, uint32_t i);
	/* Whether it is known of any model; NULL: it always is. */
	bool (*is_known)(const struct columns *);
} columns_table[] = {
	{ "name", columns_name, NULL },
	{ "baseline", columns_baseline, NULL },
	{ "risk_score", columns_risk_score, NULL },
	{ "flags", columns_flags, NULL },
	{ "marks", columns_marks, NULL },
	{ "workers", columns_workers, NULL },
	{ "usage_day", columns_usage_day, NULL },
	{ "usage_month", columns_usage_month, NULL },
	{ "usage_total", columns_usage_total, NULL },
	{ "size_gb", columns_size_gb, columns_have_sizes },
	{ "at_risk_since", columns_at_risk_since, columns_have_days },
};

/* What has to be known of all rows before any is printed. */
static void
columns_look(struct columns *c, uint32_t i)
{
	const struct model_rows *r = &c->rows;
	struct str baseline = model_rows_text(r, r->figures[i].baseline);
	int64_t since = model_rows_since(r, i);

	c->baseline[i] =
	    baseline.len > 0 ? map_intern(&c->baselines, baseline) : MAP_NONE;
	c->since[i] = since != 0 ? since / DAY_SECONDS : COLUMNS_NEVER;
	if (since != 0 && (c->first == COLUMNS_NEVER || c->since[i] < c->first))
		c->first = c->since[i];
	c->has_sizes |= !isnan(r->figures[i].size_gb);
}

/* What `count` has is what a body of deletion risk begins with: category and its usage.
 */
static void
columns_put_head(struct columns *c)
{
	const struct view *v = c->rows.view;
	struct str begin = model_rows_text(&c->rows, v->count);
	struct buf *b = &c->out;
	uint32_t i;
	int f;

	buf_add(b, begin.p, begin.len);
	json_put_int(b, (int64_t)v->total_count);
	buf_puts(b, ",\"flags\":[");
	for (f = 0; f < RISK_FLAG_MAX; f++) {
		buf_puts(b, f > 0 ? ",\"" : "\"");
		buf_puts(b, flag_name((enum risk_flag)f));
		buf_putc(b, '"');
	}
	buf_puts(b, "],\"baselines\":[");
	for (i = 0; i < c->baselines.count; i++) {
		if (i > 0)
			buf_putc(b, ',');
		json_put_string(b, c->baselines.keys[i]);
	}
	buf_puts(b, "],\"history\":");
	json_put_bool(b, c->rows.at_risk != NULL);
	buf_puts(b, ",\"first_day\":");
	if (columns_have_days(c))
		json_put_int(b, c->first);
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"columns\":{");
}

static bool
columns_put_column(struct columns *c, size_t column, struct pace *pace)
{
	struct buf *b = &c->out;
	uint32_t i;

	buf_puts(b, column > 0 ? ",\"" : "\"");
	buf_puts(b, columns_table[column].key);
	if (columns_table[column].is_known != NULL &&
	    !columns_table[column].is_known(c)) {
		buf_puts(b, "\":null");
		return true;
	}
	buf_puts(b, "\":[");
	for (i = 0; i < c->rows.view->nrows; i++) {
		if (!pace_step(pace))
			return false;
		if (i > 0)
			buf_putc(b, ',');
		columns_table[column].put(c, i);
	}
	buf_putc(b, ']');
	return true;
}

static bool
columns_print(struct columns *c, struct pace *pace)
{
	uint32_t i;
	size_t k;

	for (i = 0; i < c->rows.view->nrows; i++) {
		if (!pace_step(pace))
			return false;
		columns_look(c, i);
	}
	columns_put_head(c);
	for (k = 0; k < NELEM(columns_table); k++)
		if (!columns_put_column(c, k, pace))
			return false;
	buf_puts(&c->out, "}}");
	return true;
}

/* It is answered whole or not at all: it has no rows, and nothing stands behind them.
 */
static void
columns_enter(const struct columns *c, struct buf *payload)
{
	struct view v = { .present = 1, .total_count = c->rows.view->total_count };
	enum view_kind kind = view_columns(c->rows.kind);
	int p;

	v.etag = XXH3_64bits(c->out.data, c->out.len);
	v.body.off = v.count.off = payload->len;
	buf_add(payload, c->out.data, c->out.len);
	v.body.len = c->out.len;
	v.tail.off = payload->len;
	for (p = 0; p < PRESET_MAX; p++)
		v.presets[p].tail = v.tail;
	v.rows = payload_table(payload, "", 0);
	payload_directory(payload)->views[kind] = v;
}

bool
lists_columns(struct buf *payload, enum view_kind kind, struct pace *pace)
{
	struct columns c = { .rows = model_rows_of(payload, kind),
		.first = COLUMNS_NEVER };
	size_t n = (size_t)c.rows.view->nrows + 1;
	struct arena *arena = arena_new();
	bool done;

	map_init(&c.baselines, arena, 0, 0);
	c.baseline = xcalloc(n, sizeof(*c.baseline));
	c.since = xcalloc(n, sizeof(*c.since));
	done = columns_print(&c, pace);
	if (done)
		columns_enter(&c, payload);
	free(c.baseline);
	free(c.since);
	buf_free(&c.out);
	arena_free(&arena);
	return done;
}
