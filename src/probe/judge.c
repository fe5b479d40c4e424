/* What an answer to /readyz?verbose says. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "json/walk.h"
#include "probe/probe.h"

#define QUOTED_MAX 200 /* of what is not understood */

static bool
is_text(const struct json_value *v, const char *text)
{
	return v->type == JSON_T_STRING && v->len == strlen(text) + 2 &&
	       memcmp(v->p + 1, text, v->len - 2) == 0;
}

/* JSON_T_NONE: it has no such member, or is no object. */
static struct json_value
member(const struct json_value *object, const char *name)
{
	static const struct json_value none;
	struct json_value key, value;
	struct json_walk w;

	if (object->type != JSON_T_OBJECT)
		return none;
	w = json_walk(object);
	while (json_member(&w, &key, &value))
		if (is_text(&key, name))
			return value;
	return none;
}

/* Bytes as they are but for those that a terminal obeys. */
static void
put_plain(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_putc(out, isprint((unsigned char)s.p[i]) ? s.p[i] : '?');
}

/* A string as it is written in the document. */
static void
put_string(struct buf *out, const struct json_value *v)
{
	if (v->type == JSON_T_STRING)
		put_plain(out, (struct str){ v->p + 1, v->len - 2 });
	else
		buf_putc(out, '?');
}

static void
put_category(struct buf *why, const struct json_value *category)
{
	struct json_value name = member(category, "category"),
			  state = member(category, "state"),
			  trouble = member(category, "trouble"),
			  cause = member(&trouble, "cause");

	if (why->len > 0)
		buf_puts(why, "; ");
	put_string(why, &name);
	buf_puts(why, " is ");
	put_string(why, &state);
	if (cause.type == JSON_T_STRING) {
		buf_puts(why, ": ");
		put_string(why, &cause);
	}
}

/* Those for whom /readyz waits. */
static void
put_missing(struct buf *why, struct str body)
{
	struct json_value document, list, category, required, state;
	struct json_error error;
	struct json_walk w;

	if (json_scan(body.p, body.len, &document, &error) == -1)
		return;
	list = member(&document, "categories");
	if (list.type != JSON_T_ARRAY)
		return;
	w = json_walk(&list);
	while (json_element(&w, &category)) {
		required = member(&category, "required");
		state = member(&category, "state");
		if (required.type == JSON_T_TRUE &&
		    (is_text(&state, "empty") || is_text(&state, "expired")))
			put_category(why, &category);
	}
}

int
probe_judge(struct str answer, struct buf *why)
{
	static const char version[] = "HTTP/1.";
	const size_t code = sizeof(version) + 1; /* after a digit and a blank */
	const char *body;

	if (answer.len >= code + 3 &&
	    memcmp(answer.p, version, sizeof(version) - 1) == 0) {
		if (memcmp(answer.p + code, "200", 3) == 0)
			return 0;
		body = memmem(answer.p, answer.len, "\r\n\r\n", 4);
		if (body != NULL && memcmp(answer.p + code, "503", 3) == 0)
			put_missing(
			    why, str_from(answer, (size_t)(body + 4 - answer.p)));
	}
	if (why->len > 0)
		return -1;
	if (answer.len == 0) {
		buf_puts(why, "it closed the connection without an answer");
		return -1;
	}
	buf_puts(why, "it answered: ");
	put_plain(why, (struct str){ answer.p,
			   answer.len < QUOTED_MAX ? answer.len : QUOTED_MAX });
	return -1;
}
