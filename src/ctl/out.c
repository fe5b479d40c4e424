/* Values in, a tree of texts; printed when it is whole. */
#include "ctl/out.h"

#include <sys/ioctl.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log_text.h"
#include "base/mem.h"
#include "ctl/out_node.h"
#include "json/write.h"

#define MEASURE_MIN 20
#define MEASURE_NONE 100000 /* nothing is cut */

static const char *
keep(struct out *o, const char *text)
{
	return text == NULL ? NULL : arena_strndup(o->arena, text, strlen(text));
}

/* Takes what o->buf holds. */
static const char *
keep_buf(struct out *o)
{
	const char *text = arena_strndup(o->arena, o->buf.data, o->buf.len);

	buf_reset(&o->buf);
	return text;
}

static struct out_node *
node_add(struct out *o, enum out_kind kind, const char *key, const char *title)
{
	struct out_node *n = arena_array(o->arena, 1, sizeof(*n)), *in = o->open;

	n->kind = kind;
	n->key = keep(o, key);
	n->title = keep(o, title);
	n->parent = in;
	if (in == NULL)
		o->root = n;
	else if (in->last == NULL)
		in->first = n;
	else
		in->last->next = n;
	if (in != NULL)
		in->last = n;
	return n;
}

struct out *
out_open(const struct ctl *ctl, FILE *file, const char *command, int version)
{
	struct out *o = xcalloc(1, sizeof(*o));
	char schema[64];

	o->ctl = ctl;
	o->file = file;
	o->arena = arena_new();
	o->open = node_add(o, OUT_GROUP, NULL, NULL);
	snprintf(schema, sizeof(schema), "hydratorctl/%s/%d", command, version);
	out_string(o, "schema", NULL, schema);
	return o;
}

/* Of a variable of the environment. */
static size_t
measure_of(const char *variable)
{
	const char *text = getenv(variable), *bad;
	long long n;

	if (text == NULL)
		return MEASURE_NONE;
	n = strtonum(text, MEASURE_MIN, MEASURE_NONE, &bad);
	return bad == NULL ? (size_t)n : MEASURE_NONE;
}

size_t
out_width(const struct ctl *ctl)
{
	struct winsize size;

	if (ctl->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col >= MEASURE_MIN)
		return size.ws_col;
	return measure_of("COLUMNS");
}

size_t
out_height(const struct ctl *ctl)
{
	struct winsize size;

	if (ctl->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_row >= MEASURE_MIN)
		return size.ws_row;
	return measure_of("LINES");
}

bool
out_is_unicode(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void
out_close(struct out **op)
{
	struct out *o = *op;
	struct buf text = { 0 };

	*op = NULL;
	if (o->ctl->format == OUT_JSON)
		out_json(o->root, &text);
	else if (o->ctl->format == OUT_KEYVALUE)
		out_keyvalue(o->root, &text);
	else
		out_screen(o, out_width(o->ctl), &text);
	if ((text.len > 0 && fwrite(text.data, text.len, 1, o->file) != 1) ||
	    fflush(o->file) == EOF)
		err(EX_IOERR, "cannot print");
	buf_free(&text);
	buf_free(&o->buf);
	arena_free(&o->arena);
	free(o);
}

static void
node_enter(struct out *o, enum out_kind kind, const char *key, const char *title)
{
	o->open = node_add(o, kind, key, title);
}

static void
node_leave(struct out *o)
{
	o->open = o->open->parent;
}

void
out_group(struct out *o, const char *key, const char *title)
{
	node_enter(o, OUT_GROUP, key, title);
}

void
out_line(struct out *o, const char *key, const char *title)
{
	node_enter(o, OUT_LINE, key, title);
}

void
out_group_end(struct out *o)
{
	node_leave(o);
}

void
out_table(struct out *o, const char *key, const char *title,
    const struct out_column *column, size_t n)
{
	node_enter(o, OUT_ROWS, key, title);
	o->open->column = column;
	o->open->ncolumns = n;
}

void
out_row(struct out *o)
{
	if (o->open->kind == OUT_ROW)
		node_leave(o);
	node_enter(o, OUT_ROW, NULL, NULL);
}

void
out_table_end(struct out *o)
{
	if (o->open->kind == OUT_ROW)
		node_leave(o);
	node_leave(o);
}

void
out_list(struct out *o, const char *key, const char *title)
{
	node_enter(o, OUT_TEXTS, key, title);
}

void
out_item(struct out *o, const char *text)
{
	out_string(o, NULL, NULL, text);
}

void
out_list_end(struct out *o)
{
	node_leave(o);
}

void
out_mark(struct out *o, enum out_mark mark)
{
	o->mark = mark;
}

static struct out_node *
value_add(struct out *o, const char *key, const char *title, const char *json)
{
	struct out_node *n = node_add(o, OUT_VALUE, key, title);

	n->json = n->screen = json;
	n->mark = o->mark;
	o->mark = OUT_PLAIN;
	return n;
}

/* Of a value whose token and whose words differ; those are in o->buf. */
static void
value_add_words(struct out *o, const char *key, const char *title, const char *json)
{
	const char *words = keep_buf(o);

	value_add(o, key, title, keep(o, json))->screen = words;
}

void
out_text(
    struct out *o, const char *key, const char *title, const char *text, size_t len)
{
	char *screen = arena_strndup(o->arena, text, len);

	log_defuse(screen, len);
	buf_putc(&o->buf, '"');
	log_escape(&o->buf, text, len);
	buf_putc(&o->buf, '"');
	value_add(o, key, title, keep_buf(o))->screen = screen;
}

void
out_string(struct out *o, const char *key, const char *title, const char *text)
{
	if (text == NULL)
		out_null(o, key, title);
	else
		out_text(o, key, title, text, strlen(text));
}

void
out_int(struct out *o, const char *key, const char *title, int64_t n)
{
	json_put_int(&o->buf, n);
	value_add(o, key, title, keep_buf(o));
}

void
out_count(struct out *o, const char *key, const char *title, uint64_t n)
{
	buf_printf(&o->buf, "%" PRIu64, n);
	value_add(o, key, title, keep_buf(o));
}

void
out_number(struct out *o, const char *key, const char *title, double d)
{
	const char *json;

	if (!isfinite(d)) {
		out_null(o, key, title);
		return;
	}
	json_put_double(&o->buf, d);
	json = keep_buf(o);
	buf_printf(&o->buf, "%.*f", fabs(d) >= 100 ? 0 : fabs(d) >= 10 ? 1 : 2, d);
	value_add_words(o, key, title, json);
}

void
out_bool(struct out *o, const char *key, const char *title, bool b)
{
	value_add(o, key, title, b ? "true" : "false")->screen = b ? "yes" : "no";
}

void
out_null(struct out *o, const char *key, const char *title)
{
	value_add(o, key, title, "null")->screen = "-";
}

void
out_bytes(struct out *o, const char *key, const char *title, uint64_t n)
{
	const char *json;

	buf_printf(&o->buf, "%" PRIu64, n);
	json = keep_buf(o);
	out_put_bytes(&o->buf, n);
	value_add_words(o, key, title, json);
}

void
out_span(struct out *o, const char *key, const char *title, int64_t nsec)
{
	const char *json;

	if (nsec < 0) {
		out_null(o, key, title);
		return;
	}
	json_put_double(&o->buf, (double)nsec / 1e9);
	json = keep_buf(o);
	out_put_span(&o->buf, nsec);
	value_add_words(o, key, title, json);
}

void
out_time(struct out *o, const char *key, const char *title, int64_t wall)
{
	char json[40];

	if (wall == 0) {
		out_null(o, key, title);
		return;
	}
	out_put_time(&o->buf, wall);
	/* The same but for the blank, which RFC 3339 has a T for. */
	snprintf(json, sizeof(json), "\"%.10sT%.*s\"", o->buf.data,
	    (int)o->buf.len - 11, o->buf.data + 11);
	value_add_words(o, key, title, json);
}

void
out_show(struct out *o, const char *key, const char *title, const char *text)
{
	size_t len = strlen(text);
	char *screen = arena_strndup(o->arena, text, len);

	log_defuse(screen, len);
	value_add(o, key, title, NULL)->screen = screen;
}

/* Of a screen alone. */
static void
words_add(struct out *o, enum out_kind kind, const char *title, const char *text)
{
	struct out_node *n = node_add(o, kind, NULL, title);
	size_t len = strlen(text);
	char *screen = arena_strndup(o->arena, text, len);

	log_defuse(screen, len);
	n->screen = screen;
	n->mark = o->mark;
	o->mark = OUT_PLAIN;
}

void
out_note(struct out *o, const char *text)
{
	words_add(o, OUT_NOTE, NULL, text);
}

void
out_say(struct out *o, const char *heading, const char *text)
{
	words_add(o, OUT_SAID, heading, text);
}
