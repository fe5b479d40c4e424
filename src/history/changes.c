/* Printing events, newest first, each also in numbers. */
#include "history/changes.h"

#include "history/print.h"
#include "history/state.h"
#include "json/write.h"
#include "payload/list.h"
#include "payload/write.h"

/* Returns where the name stands raw; len 0 where it is empty, or has escapes. */
static struct view_span
change_put_name(struct buf *out, struct str key, struct str name, bool is_there)
{
	size_t off;

	buf_add(out, key.p, key.len);
	if (!is_there) {
		buf_puts(out, "null");
		return (struct view_span){ 0, 0 };
	}
	off = out->len + 1;
	json_put_string(out, name);
	if (out->len - off != name.len + 1)
		return (struct view_span){ 0, 0 };
	return (struct view_span){ off, name.len };
}

static void
change_put_flags(struct buf *out, uint32_t flags)
{
	bool first = true;

	buf_puts(out, ",\"flags\":[");
	for (int f = 0; f < RISK_FLAG_MAX; f++) {
		if ((flags & RISK_BIT(f)) == 0)
			continue;
		buf_puts(out, first ? "\"" : ",\"");
		buf_puts(out, flag_name((enum risk_flag)f));
		buf_putc(out, '"');
		first = false;
	}
	buf_puts(out, "]");
}

static void
change_put_figures(
    struct buf *out, struct str key, const struct view_event_figures *f, bool are_there)
{
	buf_add(out, key.p, key.len);
	if (!are_there) {
		buf_puts(out, "null");
		return;
	}
	json_put_int_after(out, STR("{\"usage_day\":"), f->usage[0]);
	json_put_int_after(out, STR(",\"usage_month\":"), f->usage[1]);
	json_put_int_after(out, STR(",\"usage_total\":"), f->usage[2]);
	json_put_int_after(out, STR(",\"workers\":"), f->workers);
	json_put_int_after(out, STR(",\"risk_score\":"), __builtin_popcount(f->flags));
	change_put_flags(out, f->flags);
	buf_puts(out, "}");
}

static void
change_put_kind(struct buf *out, const struct history_event *e)
{
	buf_puts(out, ",\"kind\":\"");
	buf_puts(out, event_kind_name((enum event_kind)e->kind));
	buf_puts(out, "\"");
}

/* The number n, or null. */
static void
change_put_count(struct buf *out, const struct history_event *e)
{
	buf_puts(out, ",\"count\":");
	if (e->kind == EVENT_MANY)
		json_put_int(out, (int64_t)e->count);
	else
		buf_puts(out, "null");
}

static void
change_put_flag(struct buf *out, const struct history_event *e)
{
	buf_puts(out, ",\"flag\":");
	if (e->flag == UINT32_MAX) {
		buf_puts(out, "null");
		return;
	}
	buf_puts(out, "\"");
	buf_puts(out, flag_name((enum risk_flag)e->flag));
	buf_puts(out, "\"");
}

static void
change_put(struct buf *out, const struct history_event *e, struct view_event *v)
{
	bool many = e->kind == EVENT_MANY;

	*v = (struct view_event){ .id = e->id,
		.at = e->at,
		.since = e->since,
		.kind = e->kind,
		.flag = e->flag,
		.count = e->count,
		.before = e->before,
		.after = e->after };
	json_put_int_after(out, STR("{\"id\":"), (int64_t)e->id);
	json_put_int_after(out, STR(",\"at\":"), e->at);
	json_put_int_after(out, STR(",\"since\":"), e->since);
	change_put_kind(out, e);
	v->model = change_put_name(out, STR(",\"model\":"), e->model, !many);
	change_put_flag(out, e);
	v->former = change_put_name(
	    out, STR(",\"former\":"), e->former, e->kind == EVENT_RENAMED);
	change_put_count(out, e);
	change_put_figures(
	    out, STR(",\"before\":"), &e->before, !many && e->kind != EVENT_APPEARED);
	change_put_figures(
	    out, STR(",\"after\":"), &e->after, !many && e->kind != EVENT_DISAPPEARED);
	buf_puts(out, "}");
}

void
history_print_event(struct buf *out, const struct history_event *e)
{
	struct view_event v;

	change_put(out, e, &v);
}

static void
change_add_name(struct buf *payload, struct view_span *span, struct str name)
{
	if (span->len > 0)
		return;
	*span = (struct view_span){ payload->len, name.len };
	buf_add(payload, name.p, name.len);
}

void
changes_print(const struct history *h, enum category category, struct buf *payload,
    struct arena *arena)
{
	size_t n = h->nevents < h->rule.events_max ? h->nevents : h->rule.events_max;
	struct view_event *events = arena_array(arena, n, sizeof(*events));
	const struct history_event *e;
	struct payload_list l;
	uint64_t off;

	payload_list_begin(
	    &l, payload, category, arena_array(arena, n, sizeof(struct view_row)));
	json_put_int_after(payload, STR("\"last_id\":"), (int64_t)h->meta.last_id);
	buf_puts(payload, ",");
	payload_list_begin_rows(&l, "changes", n, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		payload_list_open_row(&l);
		change_put(
		    payload, history_event_at(h, h->nevents - 1 - i), &events[i]);
		payload_list_close_row(&l, 0);
	}
	payload_list_end(&l, VIEW_CHANGES);
	for (size_t i = 0; i < n; i++) {
		e = history_event_at(h, h->nevents - 1 - i);
		change_add_name(payload, &events[i].model, e->model);
		change_add_name(payload, &events[i].former, e->former);
	}
	off = payload_table(payload, events, n * sizeof(*events));
	payload_directory(payload)->events = n > 0 ? off : 0;
}
