/* A message ends before the change for which it has no room, which begins the next. */
#include "notify/message.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "history/print.h"
#include "json/write.h"
#include "terms/event.h"
#include "terms/flag.h"

/* Bytes of a name in a line, which then ends in "…". */
#define MESSAGE_NAME_MAX 200

enum message_format
message_format_find(const char *name)
{
	return strcmp(name, "discord") == 0 ? MESSAGE_DISCORD : MESSAGE_JSON;
}

/* Never in the middle of a character (RFC 3629). */
static size_t
message_cut(struct str s)
{
	size_t n = MESSAGE_NAME_MAX;

	if (s.len <= n)
		return s.len;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* An empty pair of backticks would begin code that ends with the next pair. */
static void
message_put_name(struct buf *b, struct str name)
{
	size_t n = message_cut(name), i;

	if (n == 0) {
		buf_puts(b, "(no name)");
		return;
	}
	buf_putc(b, '`');
	for (i = 0; i < n; i++)
		buf_putc(b, name.p[i] == '`'                  ? '\''
			    : (unsigned char)name.p[i] < 0x20 ? ' '
							      : name.p[i]);
	buf_puts(b, n < name.len ? "…`" : "`");
}

static void
message_put_day(struct buf *b, int64_t at)
{
	char text[16];
	struct tm tm;
	time_t t = at;

	if (gmtime_r(&t, &tm) != NULL)
		buf_add(b, text, strftime(text, sizeof(text), "%Y-%m-%d", &tm));
}

/* The line of a change, with its line feed. */
static void
message_put_line(struct buf *b, const struct history_event *e)
{
	const struct view_event_figures *f =
	    e->kind == EVENT_DISAPPEARED ? &e->before : &e->after;

	if (e->kind == EVENT_MANY) {
		buf_printf(b, "%" PRIu64 " further changes at once\n", e->count);
		return;
	}
	message_put_name(b, e->model);
	buf_printf(b, " %s", event_kind_words((enum event_kind)e->kind));
	if (e->flag < RISK_FLAG_MAX)
		buf_printf(b, ": %s", flag_words((enum risk_flag)e->flag));
	if (e->kind == EVENT_RENAMED) {
		buf_puts(b, ", formerly ");
		message_put_name(b, e->former);
	}
	buf_puts(b, ", since ");
	message_put_day(b, e->since);
	buf_printf(b, " (%" PRId64 " uses a month, %" PRId64 " workers)\n", f->usage[1],
	    f->workers);
}

/* Returns whether there was room. */
static bool
message_add(struct buf *text, enum message_format format, const struct history_event *e)
{
	size_t before = text->len;

	if (format == MESSAGE_JSON) {
		if (before > 0)
			buf_putc(text, ',');
		history_print_event(text, e);
		return true;
	}
	message_put_line(text, e);
	if (text->len <= MESSAGE_DISCORD_MAX)
		return true;
	text->len = before;
	return false;
}

static void
message_wrap(struct message *m, enum message_format format, const char *category,
    const struct buf *text)
{
	if (format == MESSAGE_JSON) {
		buf_printf(&m->body, "{\"category\":\"%s\",\"changes\":[", category);
		buf_add(&m->body, text->data, text->len);
		buf_puts(&m->body, "]}");
		return;
	}
	buf_puts(&m->body, "{\"content\":");
	json_put_string(&m->body, (struct str){ text->data, text->len });
	buf_puts(&m->body, ",\"allowed_mentions\":{\"parse\":[]}}");
}

void
message_make(struct message *m, enum message_format format, const char *category,
    uint32_t kinds, const struct history *h, uint64_t after)
{
	const struct history_event *e;
	struct buf text = { 0 };

	m->n = 0;
	m->last = after;
	if (format == MESSAGE_DISCORD)
		buf_printf(&text, "**%s**\n", category);
	while (m->n < MESSAGE_EVENTS && (e = history_event_after(h, m->last)) != NULL) {
		if (kinds & (UINT32_C(1) << e->kind)) {
			if (!message_add(&text, format, e))
				break;
			m->n++;
		}
		m->last = e->id;
	}
	if (m->n > 0)
		message_wrap(m, format, category, &text);
	buf_free(&text);
}

size_t
message_count(uint32_t kinds, const struct history *h, uint64_t after)
{
	const struct history_event *e;
	size_t n = 0;

	while ((e = history_event_after(h, after)) != NULL) {
		n += (kinds >> e->kind) & 1;
		after = e->id;
	}
	return n;
}
