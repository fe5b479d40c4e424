/* Texts lie in the payload as bodies do: rows are neighbours, so that a page is one
 * range. */
#include "lists/text.h"

#include <stdlib.h>

#include <xxhash.h>

#include "base/mem.h"
#include "lists/csv.h"
#include "payload/write.h"
#include "terms/category.h"

void
list_text_begin(struct list_text *t, uint32_t nrows)
{
	*t = (struct list_text){ 0 };
	t->rows = xcalloc((size_t)nrows + 1, sizeof(*t->rows));
}

void
list_text_row(struct list_text *t)
{
	t->rows[t->n++] = t->out.len;
}

void
list_text_end(struct list_text *t)
{
	t->rows[t->n] = t->out.len;
	t->etag = XXH3_64bits(t->out.data, t->out.len);
}

void
list_text_foot(struct list_text *t, struct buf *payload)
{
	const struct view_directory *d = payload_directory(payload);

	buf_printf(&t->out, "\n%s of AI Horde, data of ",
	    category_name((enum category)d->category));
	csv_put_time(&t->out, d->computed_at);
	buf_putc(&t->out, '\n');
}

void
list_text_enter(struct list_text *t, struct buf *payload, enum view_kind kind,
    enum view_format format)
{
	struct view_text text = { .etag = t->etag };
	uint64_t off = payload->len;
	uint32_t i;

	buf_add(payload, t->out.data, t->out.len);
	text.body = payload_since(payload, off);
	for (i = 0; i <= t->n; i++)
		t->rows[i] += off;
	text.rows = payload_table(payload, t->rows, (t->n + 1) * sizeof(*t->rows));
	payload_directory(payload)->views[kind].texts[format] = text;
	list_text_drop(t);
}

void
list_text_drop(struct list_text *t)
{
	free(t->rows);
	buf_free(&t->out);
	*t = (struct list_text){ 0 };
}
