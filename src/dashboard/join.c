/* Joining. */
#include "dashboard/join.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "dashboard/rename.h"
#include "dashboard/squeeze.h"

/* A top-level name of a module. */
struct name {
	const struct source *source; /* that it can be imported from */
	size_t line;
	bool exported;
};

struct joiner {
	struct source *sources;
	size_t n;
	struct arena *arena;
	struct map names;
	struct buf *own, *foreign; /* what the modules become */
};

static bool
is_module(const struct source *s)
{
	size_t n = strlen(s->path);

	return n > 3 && strcmp(s->path + n - 3, ".js") == 0;
}

static struct str
take_name(struct str s)
{
	size_t n = 0;

	while (n < s.len &&
	       (isalnum((unsigned char)s.p[n]) || s.p[n] == '_' || s.p[n] == '$'))
		n++;
	return (struct str){ s.p, n };
}

/* What of a line `names MARK file...` stands before and after the mark. */
static bool
split(struct str s, struct str mark, struct str *before, struct str *after)
{
	const char *at = memmem(s.p, s.len, mark.p, mark.len);

	if (at == NULL)
		return false;
	*before = (struct str){ s.p, (size_t)(at - s.p) };
	*after = str_from(s, before->len + mark.len);
	return true;
}

static void
add_name(struct joiner *j, const struct source *s, size_t line, struct str text,
    bool exported)
{
	uint32_t known = j->names.count, i = map_intern(&j->names, text);
	struct name *name = map_at(&j->names, i);

	if (i < known)
		source_fail(s, line, "%.*s is in %s:%zu, too", (int)text.len, text.p,
		    name->source->path, name->line);
	*name = (struct name){ s, line, exported };
}

/* The text after "export ", and whether it was there. */
static bool
skip_export(struct str *line)
{
	static const struct str word = STR("export ");

	if (!str_starts(*line, word))
		return false;
	*line = str_from(*line, word.len);
	return true;
}

/* Declares the line something? */
static bool
read_declaration(struct str line, struct str *text)
{
	static const struct str words[] = { STR("async function "), STR("function "),
		STR("class "), STR("const "), STR("let ") };
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (str_starts(line, words[i])) {
			*text = take_name(str_from(line, words[i].len));
			return true;
		}
	return false;
}

/* Notes what a line of ours declares, if it is of the top level. */
static void
note_line(struct joiner *j, const struct source *s, const struct source_walk *w)
{
	struct str line = w->line, text = { 0 };
	bool exported, declares;

	exported = skip_export(&line);
	declares = read_declaration(line, &text);
	if (declares && text.len > 0)
		add_name(j, s, w->number, text, exported);
	else if (declares || exported)
		source_fail(s, w->number,
		    "the top level has function, class, const and let, and one name "
		    "each");
}

/* Of somebody else's module the name that it exports; else none. */
static struct str
find_foreign(const struct source *s)
{
	struct source_walk w = { .rest = { s->text.data, s->text.len } };
	struct str name = { 0 };

	while (source_next(&w))
		if (source_between(w.line, "export { ", " as default };", &name))
			break;
	return name;
}

static void
note_module(struct joiner *j, const struct source *s)
{
	struct source_walk w = { .rest = { s->text.data, s->text.len } };
	struct str foreign = find_foreign(s);

	if (foreign.len > 0) {
		add_name(j, s, 1, foreign, true);
		return;
	}
	while (source_next(&w))
		note_line(j, s, &w);
}

static void
check_name(struct joiner *j, const struct source *s, size_t line, struct str text,
    const struct source *from)
{
	uint32_t i = map_find(&j->names, text);
	const struct name *name = i == MAP_NONE ? NULL : map_at(&j->names, i);

	if (name == NULL || name->source != from || !name->exported)
		source_fail(s, line, "\"%.*s\" is not exported by %s", (int)text.len,
		    text.p, from->path);
}

static void
check_import(struct joiner *j, const struct source *s, const struct source_walk *w)
{
	const struct source *from;
	struct str text, names, file, word;

	if (!source_between(w->line, "import { ", "\";", &text) ||
	    !split(text, STR(" } from \"./"), &names, &file))
		source_fail(s, w->number,
		    "imports are written import { a, b } from \"./file.js\";");
	from = source_find(j->sources, j->n, file);
	if (from == NULL)
		source_fail(
		    s, w->number, "%.*s is not in dashboard.am", (int)file.len, file.p);
	for (;;) {
		word = take_name(names);
		check_name(j, s, w->number, word, from);
		names = str_from(names, word.len);
		if (names.len == 0)
			return;
		if (!str_starts(names, STR(", ")))
			source_fail(s, w->number, "a name is not imported as it is");
		names = str_from(names, 2);
	}
}

static void
put_line(struct buf *out, struct str line)
{
	buf_add(out, line.p, line.len);
	buf_putc(out, '\n');
}

/* In a scope of its own, in which nobody of ours looks for anything by its name, and
 * which is run when somebody asks for it first: it becomes a function that gives what
 * import() of it does. */
static void
put_foreign(struct joiner *j, const struct source *s, struct str name)
{
	struct source_walk w = { .rest = { s->text.data, s->text.len } };
	struct buf text = { 0 }, squeezed = { 0 };

	while (source_next(&w))
		if (!str_starts(w.line, STR("export ")))
			put_line(&text, w.line);
	squeeze_script((struct str){ text.data, text.len }, &squeezed);
	buf_printf(j->foreign,
	    "const %.*s = ((made) => () => made || (made = { default: (() => {\n",
	    (int)name.len, name.p);
	rename_locals((struct str){ squeezed.data, squeezed.len }, name, j->foreign);
	buf_printf(j->foreign, "\nreturn %.*s;\n})() }))();\n", (int)name.len, name.p);
	buf_free(&text);
	buf_free(&squeezed);
}

/* A line of ours, which may import somebody else's module when it is run. */
static void
put_own(struct joiner *j, const struct source *s, const struct source_walk *w,
    struct str line)
{
	static const struct str end = STR("\")");
	const struct source *from;
	struct str before, file, name, after;

	if (split(line, STR("import(\"./"), &before, &file)) {
		if (!split(file, end, &file, &after) ||
		    (from = source_find(j->sources, j->n, file)) == NULL ||
		    (name = find_foreign(from)).len == 0)
			source_fail(s, w->number, "import() is of a module of others");
		buf_printf(j->own, "%.*s%.*s()", (int)before.len, before.p,
		    (int)name.len, name.p);
		line = after;
	}
	put_line(j->own, line);
}

static void
put_module(struct joiner *j, const struct source *s)
{
	struct source_walk w = { .rest = { s->text.data, s->text.len } };
	struct str foreign = find_foreign(s);

	if (foreign.len > 0) {
		put_foreign(j, s, foreign);
		return;
	}
	while (source_next(&w)) {
		if (str_starts(w.line, STR("import "))) {
			check_import(j, s, &w);
		} else {
			(void)skip_export(&w.line);
			put_own(j, s, &w, w.line);
		}
	}
}

void
join_modules(struct source *sources, size_t n, struct buf *own, struct buf *foreign)
{
	struct joiner j = { .sources = sources,
		.n = n,
		.arena = arena_new(),
		.own = own,
		.foreign = foreign };
	size_t i;

	map_init(&j.names, j.arena, sizeof(struct name), 1024);
	for (i = 0; i < n; i++)
		if (is_module(&sources[i]))
			note_module(&j, &sources[i]);
	for (i = 0; i < n; i++)
		if (is_module(&sources[i]))
			put_module(&j, &sources[i]);
	arena_free(&j.arena);
}
