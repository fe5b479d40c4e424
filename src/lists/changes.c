/* A change is a line, with the figures before and after beside one another. */
#include "lists/changes.h"

#include <inttypes.h>

#include "lists/csv.h"
#include "lists/markdown.h"
#include "lists/text.h"
#include "payload/view.h"
#include "payload/write.h"
#include "terms/event.h"
#include "terms/flag.h"

static struct str
list_changes_text(const char *data, struct view_span span)
{
	return (struct str){ data + span.off, span.len };
}

static void
list_changes_csv_figures(struct buf *b, const struct view_event_figures *f)
{
	int k;

	if (!(f->marks & FIGURES_KNOWN)) {
		buf_puts(b, ",,,,,");
		return;
	}
	for (k = 0; k < 3; k++) {
		buf_putc(b, ',');
		csv_put_int(b, f->usage[k]);
	}
	buf_putc(b, ',');
	csv_put_int(b, f->workers);
	buf_putc(b, ',');
	csv_put_int(b, __builtin_popcount(f->flags));
}

static void
list_changes_csv(struct buf *b, const struct view_event *e, const char *data)
{
	csv_put_int(b, (int64_t)e->id);
	buf_putc(b, ',');
	csv_put_time(b, e->at);
	buf_putc(b, ',');
	csv_put_time(b, e->since);
	buf_printf(b, ",%s,", event_kind_name((enum event_kind)e->kind));
	csv_put_text(b, list_changes_text(data, e->model));
	buf_putc(b, ',');
	if (e->flag < RISK_FLAG_MAX)
		buf_puts(b, flag_name((enum risk_flag)e->flag));
	buf_putc(b, ',');
	csv_put_text(b, list_changes_text(data, e->former));
	buf_putc(b, ',');
	if (e->count != 0)
		csv_put_int(b, (int64_t)e->count);
	list_changes_csv_figures(b, &e->before);
	list_changes_csv_figures(b, &e->after);
	buf_puts(b, CSV_END);
}

static void
list_changes_what(struct buf *b, const struct view_event *e, const char *data)
{
	buf_puts(b, event_kind_words((enum event_kind)e->kind));
	if (e->flag < RISK_FLAG_MAX)
		buf_printf(b, ": %s", flag_words((enum risk_flag)e->flag));
	if (e->former.len > 0) {
		buf_puts(b, ", formerly ");
		markdown_put_name(b, list_changes_text(data, e->former));
	}
	if (e->count != 0)
		buf_printf(b, ": %" PRIu64, e->count);
}

static void
list_changes_markdown_figures(struct buf *b, const struct view_event_figures *f)
{
	if (f->marks & FIGURES_KNOWN)
		buf_printf(b, " %" PRId64 " | %" PRId64 " |", f->usage[1], f->workers);
	else
		buf_puts(b, " – | – |");
}

static void
list_changes_markdown(struct buf *b, const struct view_event *e, const char *data)
{
	buf_puts(b, "| ");
	markdown_put_day(b, e->since);
	buf_puts(b, " | ");
	if (e->model.len > 0)
		markdown_put_name(b, list_changes_text(data, e->model));
	else
		buf_puts(b, "–");
	buf_puts(b, " | ");
	list_changes_what(b, e, data);
	buf_puts(b, " |");
	list_changes_markdown_figures(b, &e->before);
	list_changes_markdown_figures(b, &e->after);
	buf_putc(b, '\n');
}

void
lists_changes(struct buf *payload)
{
	const struct view_directory *d = payload_directory(payload);
	const struct view_event *e = (const void *)(payload->data + d->events);
	uint32_t n = d->views[VIEW_CHANGES].nrows, i;
	struct list_text csv, markdown;

	list_text_begin(&csv, n);
	list_text_begin(&markdown, n);
	buf_puts(&csv.out,
	    "id,at,since,kind,model,flag,former,count,usage_day_before,"
	    "usage_month_before,usage_total_before,workers_before,risk_score_before,"
	    "usage_day_after,usage_month_after,usage_total_after,workers_after,"
	    "risk_score_after" CSV_END);
	buf_puts(&markdown.out, "| Since | Model | What | Usage month before | Workers "
				"before | Usage month "
				"after | Workers after |\n"
				"|---|---|---|--:|--:|--:|--:|\n");
	for (i = 0; i < n; i++) {
		list_text_row(&csv);
		list_changes_csv(&csv.out, &e[i], payload->data);
		list_text_row(&markdown);
		list_changes_markdown(&markdown.out, &e[i], payload->data);
	}
	list_text_end(&csv);
	list_text_end(&markdown);
	list_text_foot(&markdown, payload);
	list_text_enter(&csv, payload, VIEW_CHANGES, FORMAT_CSV);
	list_text_enter(&markdown, payload, VIEW_CHANGES, FORMAT_MARKDOWN);
}
