/* The document for programs. */
#include "ctl/out_node.h"

static bool
is_list(const struct out_node *n)
{
	return n->kind == OUT_ROWS || n->kind == OUT_TEXTS;
}

static bool
is_for_screens(const struct out_node *n)
{
	return n->kind == OUT_NOTE || n->kind == OUT_SAID ||
	       (n->kind == OUT_VALUE && n->json == NULL);
}

static void
put_json(const struct out_node *n, struct buf *b)
{
	const struct out_node *child;
	bool first = true, list = is_list(n);

	if (n->kind == OUT_VALUE) {
		buf_puts(b, n->json);
		return;
	}
	buf_putc(b, list ? '[' : '{');
	for (child = n->first; child != NULL; child = child->next) {
		if (is_for_screens(child))
			continue;
		if (!first)
			buf_putc(b, ',');
		first = false;
		if (!list)
			buf_printf(b, "\"%s\":", child->key);
		put_json(child, b);
	}
	buf_putc(b, list ? ']' : '}');
}

void
out_json(const struct out_node *root, struct buf *b)
{
	put_json(root, b);
	buf_putc(b, '\n');
}

/* A token without the quotes of a string, which stays on its line as it is. */
static void
put_token(const char *json, struct buf *b)
{
	size_t len = strlen(json);

	if (json[0] == '"')
		buf_add(b, json + 1, len - 2);
	else if (strcmp(json, "null") != 0)
		buf_add(b, json, len);
}

/* path is what stands before the member, and as long as before afterwards. */
static void
put_lines(const struct out_node *n, struct buf *path, struct buf *b)
{
	const struct out_node *child;
	size_t len = path->len;
	unsigned i = 0;

	if (n->kind == OUT_VALUE) {
		buf_add(b, path->data, path->len - 1); /* the dot */
		buf_putc(b, '=');
		put_token(n->json, b);
		buf_putc(b, '\n');
		return;
	}
	for (child = n->first; child != NULL; child = child->next) {
		if (is_for_screens(child))
			continue;
		if (is_list(n))
			buf_printf(path, "%u.", i++);
		else
			buf_printf(path, "%s.", child->key);
		put_lines(child, path, b);
		path->len = len;
	}
	if (is_list(n)) {
		buf_add(b, path->data, path->len);
		buf_printf(b, "n=%u\n", i);
	}
}

void
out_keyvalue(const struct out_node *root, struct buf *b)
{
	struct buf path = { 0 };

	put_lines(root, &path, b);
	buf_free(&path);
}
