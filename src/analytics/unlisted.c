/* A name is listed if a model has the usage that is counted under it, backend by
 * backend; that its family has a model is not enough. */
#include "analytics/unlisted.h"

#include <stdlib.h>

#include "json/write.h"
#include "lists/csv.h"
#include "lists/markdown.h"
#include "lists/text.h"
#include "payload/list.h"
#include "payload/write.h"
#include "python/text.h"

/* Whose names under a key of the size index are listed: of backends, or of all. */
enum {
	LISTED_PREFIXED = 1,
	LISTED_CANONICAL = 2,
};

struct unlisted_name {
	int64_t month;
	struct str name;
	const struct horde_name *known;
};

static void
unlisted_mark(unsigned char *listed, uint32_t size, bool canonical)
{
	if (size != HORDE_NONE)
		listed[size] |= LISTED_PREFIXED | (canonical ? LISTED_CANONICAL : 0);
}

/* By key of the size index: LISTED_* of the models that have it. */
static unsigned char *
unlisted_find_listed(
    const struct horde *h, const struct reference *r, struct arena *arena)
{
	unsigned char *listed = arena_array(arena, h->sizes.count, sizeof(*listed));

	for (uint32_t i = 0; i < r->nmodels; i++)
		unlisted_mark(
		    listed, r->models[i].merged.size, r->models[i].merged.canonical);
	for (uint32_t i = 0; i < r->ninvalid; i++)
		unlisted_mark(listed, horde_part_at(h, r->invalid[i].part)->size,
		    r->invalid[i].canonical);
	return listed;
}

/* As the status document spells it, else as the usage document does. */
static struct str
unlisted_spelling(const struct horde *h, const struct horde_name *n)
{
	return n->status != HORDE_NONE ? h->statuses[n->status].name
				       : h->spellings[n->spelling];
}

/* A name that cannot be printed is of no use to anyone. */
static bool
unlisted_is_one(const struct horde *h, uint32_t i, const unsigned char *listed)
{
	const struct horde_name *n = map_at(&h->names, i);
	bool prefixed = backend_of(h->names.keys[i]) != BACKEND_CANONICAL;

	if (listed[n->size] & (prefixed ? LISTED_PREFIXED : LISTED_CANONICAL))
		return false;
	if (!usage_known(&n->usage) &&
	    (n->status == HORDE_NONE || h->statuses[n->status].count == 0))
		return false;
	return text_valid(unlisted_spelling(h, n));
}

static int
unlisted_compare(const void *a, const void *b)
{
	const struct unlisted_name *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int c;

	if (x->month != y->month)
		return x->month < y->month ? 1 : -1;
	c = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;
	if (c != 0)
		return c;
	return (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

static void
unlisted_put_int(struct buf *b, struct str key, int64_t value)
{
	buf_add(b, key.p, key.len);
	json_put_int(b, value);
}

static const struct status *
unlisted_status(const struct horde *h, const struct unlisted_name *name)
{
	uint32_t i = name->known->status;

	return i != HORDE_NONE ? &h->statuses[i] : NULL;
}

static void
unlisted_print(struct buf *b, const struct horde *h, const struct unlisted_name *name)
{
	const struct horde_name *n = name->known;
	const struct status *s = unlisted_status(h, name);

	buf_puts(b, "{\"name\":");
	json_put_string(b, name->name);
	unlisted_put_int(b, STR(",\"worker_count\":"), s != NULL ? s->count : 0);
	if (s != NULL)
		unlisted_put_int(b, STR(",\"queued\":"), s->queued);
	else
		buf_puts(b, ",\"queued\":null");
	unlisted_put_int(b, STR(",\"usage_day\":"), n->usage.n[PERIOD_DAY]);
	unlisted_put_int(b, STR(",\"usage_month\":"), n->usage.n[PERIOD_MONTH]);
	unlisted_put_int(b, STR(",\"usage_total\":"), n->usage.n[PERIOD_TOTAL]);
	buf_puts(b, "}");
}

static void
unlisted_csv_row(struct buf *b, const struct horde *h, const struct unlisted_name *name)
{
	const struct status *s = unlisted_status(h, name);

	csv_put_text(b, name->name);
	buf_putc(b, ',');
	csv_put_int(b, s != NULL ? s->count : 0);
	buf_putc(b, ',');
	if (s != NULL)
		csv_put_int(b, s->queued);
	for (int period = 0; period < PERIOD_MAX; period++) {
		buf_putc(b, ',');
		csv_put_int(b, name->known->usage.n[period]);
	}
	buf_puts(b, CSV_END);
}

static void
unlisted_markdown_row(
    struct buf *b, const struct horde *h, const struct unlisted_name *name)
{
	const struct status *s = unlisted_status(h, name);

	buf_puts(b, "| ");
	markdown_put_name(b, name->name);
	unlisted_put_int(b, STR(" | "), s != NULL ? s->count : 0);
	if (s != NULL)
		unlisted_put_int(b, STR(" | "), s->queued);
	else
		buf_puts(b, " | –");
	for (int period = 0; period < PERIOD_MAX; period++)
		unlisted_put_int(b, STR(" | "), name->known->usage.n[period]);
	buf_puts(b, " |\n");
}

typedef void unlisted_row_fn(
    struct buf *, const struct horde *, const struct unlisted_name *);

static int
unlisted_write_text(const struct printing *p, const struct horde *h,
    const struct unlisted_name *names, enum view_format format)
{
	unlisted_row_fn *put =
	    format == FORMAT_CSV ? unlisted_csv_row : unlisted_markdown_row;
	uint32_t n = payload_directory(p->out)->views[VIEW_UNLISTED].nrows;
	struct list_text text;

	list_text_begin(&text, n);
	buf_puts(&text.out,
	    format == FORMAT_CSV
		? "name,worker_count,queued,usage_day,usage_month,usage_total" CSV_END
		: "| Name | Workers | Queued | Usage day | Usage month | Usage total "
		  "|\n|---|--:|--:|--:|--:|--:|\n");
	for (uint32_t i = 0; i < n; i++) {
		if (!pace_step(p->pace)) {
			list_text_drop(&text);
			return -1;
		}
		list_text_row(&text);
		put(&text.out, h, &names[i]);
	}
	list_text_end(&text);
	if (format == FORMAT_MARKDOWN)
		list_text_foot(&text, p->out);
	list_text_enter(&text, p->out, VIEW_UNLISTED, format);
	return 0;
}

/* All of them, sorted; NULL if the pace has stopped. */
static struct unlisted_name *
unlisted_collect(const struct printing *p, const struct horde *h,
    const struct reference *r, uint32_t *n)
{
	unsigned char *listed = unlisted_find_listed(h, r, p->arena);
	struct unlisted_name *names =
	    arena_alloc(p->arena, (h->names.count + UINT64_C(1)) * sizeof(*names));

	*n = 0;
	for (uint32_t i = 0; i < h->names.count; i++) {
		const struct horde_name *known = map_at(&h->names, i);

		if (!pace_step(p->pace))
			return NULL;
		if (unlisted_is_one(h, i, listed))
			names[(*n)++] =
			    (struct unlisted_name){ known->usage.n[PERIOD_MONTH],
				    unlisted_spelling(h, known), known };
	}
	if (*n > 1)
		qsort(names, *n, sizeof(*names), unlisted_compare);
	return names;
}

int
unlisted_write(const struct printing *p, enum category category, const struct horde *h,
    const struct reference *r)
{
	uint32_t total, n;
	const struct unlisted_name *names = unlisted_collect(p, h, r, &total);
	struct payload_list list;

	if (names == NULL)
		return -1;
	n = total < UNLISTED_MAX ? total : UNLISTED_MAX;
	payload_list_begin(
	    &list, p->out, category, arena_alloc(p->arena, n * sizeof(*list.rows)));
	payload_list_begin_rows(&list, "models", total, n);
	for (uint32_t i = 0; i < n; i++) {
		payload_list_open_row(&list);
		unlisted_print(p->out, h, &names[i]);
		payload_list_close_row(&list, 0);
		if (!printing_goes_on(p))
			return -1;
	}
	payload_list_end(&list, VIEW_UNLISTED);
	if (unlisted_write_text(p, h, names, FORMAT_CSV) == -1)
		return -1;
	return unlisted_write_text(p, h, names, FORMAT_MARKDOWN);
}
