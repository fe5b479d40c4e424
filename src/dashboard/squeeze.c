/* One walk over the text, which looks at the last thing that it has put. */
#include "dashboard/squeeze.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

struct squeezer {
	const char *p, *end;
	struct buf *out;
	bool script;
	bool blank, newline; /* stood between the last thing and what comes */
	bool regex;  /* is the last thing; a word behind it would be its flags */
	size_t word; /* where in *out the last word begins; or its end */
};

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static char
last(const struct squeezer *s)
{
	return s->out->len > 0 ? s->out->data[s->out->len - 1] : '\n';
}

/* Nothing is lost where one of these is a neighbour of blanks. In a style, ":" before a
 * name differs from " :", and so do "+" and "-" in sums. */
static bool
sticks(const struct squeezer *s, char before, char after)
{
	if (!s->script)
		return strchr("{};,:", before) != NULL || strchr("{};,", after) != NULL;
	if (is_word(after) && (is_word(before) || s->regex))
		return false;
	/* 1 .x, a + +b, a / /b/, /a/ * b: rare, and safe with their blank. */
	return !(before == '/' && after == '*') &&
	       !(before == after && strchr("+-/", before) != NULL) &&
	       !(isdigit((unsigned char)before) && after == '.');
}

/* A line end in a script may end a statement, but not behind what needs more, nor
 * before what goes on. */
static bool
is_end(const struct squeezer *s, char after)
{
	return s->script && strchr("{([,;\n=&|?:*%", last(s)) == NULL &&
	       strchr("})],.?:&|=*%<>", after) == NULL;
}

/* What stood between the last thing and the next, which begins with that. */
static void
put_gap(struct squeezer *s, char after)
{
	char before = last(s);

	if (s->newline && is_end(s, after))
		buf_putc(s->out, '\n');
	else if ((s->blank || s->newline) && before != '\n' &&
		 !sticks(s, before, after))
		buf_putc(s->out, ' ');
	s->blank = s->newline = false;
}

static void
put(struct squeezer *s, const char *end)
{
	buf_add(s->out, s->p, (size_t)(end - s->p));
	s->p = end;
}

/* Behind the mark that ends what begins at p, which has escapes. */
static const char *
find_end(const char *p, const char *end, char mark)
{
	bool listed = false; /* in [...] of a regular expression */
	int depth = 0;       /* of ${...} in a template */

	for (p++; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (mark == '`' && *p == '{' && (depth > 0 || p[-1] == '$'))
			depth++;
		else if (depth > 0 && strchr("\"'`", *p) != NULL)
			p = find_end(p, end, *p) - 1;
		else if (depth > 0)
			depth -= *p == '}';
		else if (mark == '/' && (*p == '[' || *p == ']'))
			listed = *p == '[';
		else if (*p == mark && !listed)
			return p + 1;
	}
	return p;
}

/* Whether a `/` behind that begins a regular expression: it is no value. */
static bool
begins_regex(struct str before)
{
	static const struct str words[] = { STR("return"), STR("typeof"), STR("case"),
		STR("in"), STR("of"), STR("delete"), STR("void"), STR("throw"),
		STR("else"), STR("do") };
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (str_eq(before, words[i]))
			return true;
	return before.len == 0 ||
	       (!is_word(before.p[before.len - 1]) &&
		   strchr(")]}\"'`", before.p[before.len - 1]) == NULL);
}

/* The last thing that was put: a word, or the end of what is none. */
static struct str
put_before(const struct squeezer *s)
{
	size_t at = s->word < s->out->len ? s->word : s->out->len - (s->out->len > 0);

	return (struct str){ s->out->data + at, s->out->len - at };
}

/* Behind the comment that begins there, or NULL: none does. */
static const char *
skip_comment(const struct squeezer *s)
{
	static const struct str close = STR("*/");
	const char *end = NULL;

	if (s->end - s->p < 2 || s->p[0] != '/')
		return NULL;
	if (s->p[1] == '*') {
		end = memmem(s->p + 2, (size_t)(s->end - s->p - 2), close.p, close.len);
		return end == NULL ? s->end : end + close.len;
	}
	if (!s->script || s->p[1] != '/')
		return NULL;
	end = memchr(s->p, '\n', (size_t)(s->end - s->p));
	return end == NULL ? s->end : end;
}

static void
take_word(struct squeezer *s)
{
	const char *end = s->p;

	while (end < s->end && is_word(*end))
		end++;
	put_gap(s, *s->p);
	s->regex = false;
	s->word = s->out->len;
	put(s, end);
}

static void
take(struct squeezer *s)
{
	const char *after = skip_comment(s);
	char c = *s->p;

	if (after != NULL) {
		s->newline |= memchr(s->p, '\n', (size_t)(after - s->p)) != NULL;
		s->blank = true;
		s->p = after;
	} else if (c == ' ' || c == '\t' || c == '\n') {
		s->blank |= c != '\n';
		s->newline |= c == '\n';
		s->p++;
	} else if (is_word(c)) {
		take_word(s);
	} else {
		bool regex = s->script && c == '/' && begins_regex(put_before(s));

		put_gap(s, c);
		s->regex = regex;
		put(s, regex || c == '"' || c == '\'' || (s->script && c == '`')
			   ? find_end(s->p, s->end, c)
			   : s->p + 1);
		s->word = s->out->len;
	}
}

static void
squeeze(struct str text, bool script, struct buf *out)
{
	struct squeezer s = { .p = text.p,
		.end = text.p + text.len,
		.out = out,
		.script = script,
		.word = out->len };

	while (s.p < s.end)
		take(&s);
}

void
squeeze_script(struct str text, struct buf *out)
{
	squeeze(text, true, out);
}

void
squeeze_style(struct str text, struct buf *out)
{
	squeeze(text, false, out);
}

bool
squeeze_next(struct str *rest, struct squeeze_token *t)
{
	struct str before = t->text;
	const char *end;
	size_t n = 0;

	while (rest->len > 0 && (rest->p[0] == ' ' || rest->p[0] == '\n'))
		*rest = str_from(*rest, 1);
	if (rest->len == 0)
		return false;
	end = rest->p + rest->len;
	while (n < rest->len && is_word(rest->p[n]))
		n++;
	t->word = n > 0;
	if (strchr("\"'`", rest->p[0]) != NULL ||
	    (rest->p[0] == '/' && begins_regex(before)))
		n = (size_t)(find_end(rest->p, end, rest->p[0]) - rest->p);
	else if (n == 0)
		n = 1;
	t->text = (struct str){ rest->p, n };
	*rest = str_from(*rest, n);
	return true;
}
