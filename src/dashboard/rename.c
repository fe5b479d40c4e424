/* Two walks: what each name is, then the text anew. */
#include "dashboard/rename.h"

#include <ctype.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "dashboard/squeeze.h"

#define SHORT 2 /* letters of a new name */
#define OPEN_CLASS 'c'

struct word {
	bool declared;
	bool fixed; /* it is something else as well */
	char name[SHORT + 1];
};

struct renamer {
	struct arena *arena;
	struct map words;
	struct buf brackets; /* that are open */
	bool class;          /* the next one opens one */
};

static bool
is_one_of(struct str word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (str_eq(word, (struct str){ *list, strlen(*list) }))
			return true;
	return false;
}

static bool
is_mark(struct str text, const char *marks)
{
	return text.len == 1 && strchr(marks, text.p[0]) != NULL;
}

static struct word *
find_word(struct renamer *r, struct str text)
{
	return map_at(&r->words, map_intern(&r->words, text));
}

/* A private name is one with its '#', which is its own and never a variable's. */
static struct word *
find_name(struct renamer *r, struct str before, struct str text)
{
	if (is_mark(before, "#"))
		text = (struct str){ text.p - 1, text.len + 1 };
	return find_word(r, text);
}

/* Where an object, a class or a pattern may be: a key, a method, or both in one. */
static bool
may_be_key(const struct renamer *r, struct str before, struct str after)
{
	static const char *const prefixes[] = { "get", "set", "static", "async", NULL };
	char open = r->brackets.len > 0 ? r->brackets.data[r->brackets.len - 1] : '(';

	if (open != '{' && open != OPEN_CLASS)
		return false;
	return is_one_of(before, prefixes) ||
	       (is_mark(before, open == '{' ? "{," : "{;}") && is_mark(after, ",}(=;"));
}

static void
note_word(struct renamer *r, struct str before, struct str text, struct str after)
{
	static const char *const words[] = { "const", "let", "var", "function", "class",
		NULL };
	struct word *w = find_name(r, before, text);

	w->declared |= is_one_of(before, words) || is_mark(before, "#");
	w->fixed |= is_mark(before, ".") || may_be_key(r, before, after) ||
		    (is_mark(after, ":") && !is_mark(before, "?"));
}

/* What is not looked into keeps all its words, private or not. */
static void
fix_words(struct renamer *r, struct str text)
{
	size_t i, n;

	for (i = 0; i < text.len; i += n + 1) {
		for (n = 0; i + n < text.len; n++)
			if (!isalnum((unsigned char)text.p[i + n]) &&
			    strchr("_$", text.p[i + n]) == NULL)
				break;
		find_word(r, (struct str){ text.p + i, n })->fixed = true;
		if (i > 0 && text.p[i - 1] == '#')
			find_word(r, (struct str){ text.p + i - 1, n + 1 })->fixed =
			    true;
	}
}

static void
note_bracket(struct renamer *r, struct str text)
{
	if (str_eq(text, STR("class")))
		r->class = true;
	else if (is_mark(text, "{")) {
		buf_putc(&r->brackets, r->class ? OPEN_CLASS : '{');
		r->class = false;
	} else if (is_mark(text, "(["))
		buf_add(&r->brackets, text.p, 1);
	else if (is_mark(text, ")]}") && r->brackets.len > 0)
		r->brackets.len--;
}

static void
note_script(struct renamer *r, struct str script)
{
	struct squeeze_token t = { 0 }, next = { 0 };
	struct str rest = script, before = { 0 };
	bool more = squeeze_next(&rest, &next);

	while (more) {
		before = t.text;
		t = next;
		more = squeeze_next(&rest, &next);
		if (t.word)
			note_word(
			    r, before, t.text, more ? next.text : (struct str){ 0 });
		else if (t.text.p[0] == '`')
			fix_words(r, t.text);
		note_bracket(r, t.text);
	}
}

/* A name that no word of the script has. */
static void
give_name(const struct renamer *r, unsigned *counter, char name[SHORT + 1])
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char *const keywords[] = { "as", "do", "if", "in", "of", NULL };
	const unsigned n = sizeof(letters) - 1;
	struct str text = { name, SHORT };

	do {
		if (*counter == n * n)
			errx(1, "there are more variables than short names");
		name[0] = letters[*counter / n];
		name[1] = letters[*counter % n];
		++*counter;
	} while (map_find(&r->words, text) != MAP_NONE || is_one_of(text, keywords));
}

/* In the order in which they come: names that are near each other are alike then, and
 * compress better than if the most frequent ones had one letter. */
static void
give_names(struct renamer *r)
{
	unsigned counter = 0;
	struct word *w;
	uint32_t i;

	for (i = 0; i < r->words.count; i++) {
		w = map_at(&r->words, i);
		if (w->declared && !w->fixed && r->words.keys[i].len > SHORT)
			give_name(r, &counter, w->name);
	}
}

static void
put_script(struct renamer *r, struct str script, struct buf *out)
{
	struct squeeze_token t = { 0 };
	struct str rest = script, before = { 0 };
	const char *at = script.p;
	const struct word *w;

	for (; squeeze_next(&rest, &t); before = t.text) {
		buf_add(out, at, (size_t)(t.text.p - at));
		at = t.text.p + t.text.len;
		w = t.word ? find_name(r, before, t.text) : NULL;
		if (w != NULL && w->name[0] != '\0')
			buf_puts(out, w->name);
		else
			buf_add(out, t.text.p, t.text.len);
	}
}

void
rename_locals(struct str script, struct str kept, struct buf *out)
{
	struct renamer r = { .arena = arena_new() };

	map_init(&r.words, r.arena, sizeof(struct word), 4096);
	note_script(&r, script);
	find_word(&r, kept)->fixed = true;
	give_names(&r);
	put_script(&r, script, out);
	buf_free(&r.brackets);
	arena_free(&r.arena);
}
