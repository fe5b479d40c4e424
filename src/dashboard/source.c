/* Reading, checking, walking. */
#include "dashboard/source.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

void
source_fail(const struct source *s, size_t line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%zu: ", s->path, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static bool
holds(struct str text, struct str word)
{
	for (; text.len >= word.len; text = str_from(text, 1))
		if (strncasecmp(text.p, word.p, word.len) == 0)
			return true;
	return false;
}

static bool
is_html(struct str path)
{
	return path.len > 5 && str_eq(str_from(path, path.len - 5), STR(".html"));
}

/* What git leaves between two versions that it could not merge. A script with one of
 * them may well be a script: in a template, or in a comment that spans lines. */
static bool
is_conflict(struct str line)
{
	static const struct str marks[] = { STR("<<<<<<<"), STR("|||||||"),
		STR("======="), STR(">>>>>>>") };
	size_t i;

	for (i = 0; i < NELEM(marks); i++)
		if (str_starts(line, marks[i]))
			return line.len == 7 || line.p[7] == ' ';
	return false;
}

static void
check_line(const struct source *s, const struct source_walk *w, bool inner)
{
	static const struct str ends[] = { STR("</script"), STR("</style"),
		STR("<script") };
	size_t i;

	if (u8_check((const uint8_t *)w->line.p, w->line.len) != NULL)
		source_fail(s, w->number, "this is not UTF-8");
	if (is_conflict(w->line))
		source_fail(s, w->number, "a merge is not finished here");
	for (i = 0; i < w->line.len; i++)
		if ((unsigned char)w->line.p[i] < ' ' && w->line.p[i] != '\t')
			source_fail(s, w->number, "a control character");
	for (i = 0; inner && i < NELEM(ends); i++)
		if (holds(w->line, ends[i]))
			source_fail(s, w->number,
			    "a browser takes %s for its own: write it in two parts",
			    ends[i].p);
}

void
source_read(struct source *s)
{
	struct source_walk w = { 0 };
	bool inner = !is_html((struct str){ s->path, strlen(s->path) });
	FILE *f = fopen(s->path, "re");
	size_t n;

	if (f == NULL)
		err(1, "%s", s->path);
	do {
		n = fread(buf_reserve(&s->text, 65536), 1, 65536, f);
		s->text.len += n;
	} while (n > 0);
	if (ferror(f))
		err(1, "%s", s->path);
	fclose(f);
	w.rest = (struct str){ s->text.data, s->text.len };
	while (source_next(&w))
		check_line(s, &w, inner);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
source_next(struct source_walk *w)
{
	const char *end;

	if (w->rest.len == 0)
		return false;
	end = memchr(w->rest.p, '\n', w->rest.len);
	w->line = w->rest;
	if (end != NULL)
		w->line.len = (size_t)(end - w->rest.p);
	w->rest = str_from(w->rest, w->line.len + (end != NULL));
	while (w->line.len > 0 && is_blank(w->line.p[w->line.len - 1]))
		w->line.len--;
	w->trimmed = w->line;
	while (w->trimmed.len > 0 && is_blank(w->trimmed.p[0]))
		w->trimmed = str_from(w->trimmed, 1);
	w->number++;
	return true;
}

bool
source_between(struct str s, const char *from, const char *to, struct str *between)
{
	struct str head = { from, strlen(from) }, tail = { to, strlen(to) };

	if (s.len < head.len + tail.len || !str_starts(s, head) ||
	    !str_eq(str_from(s, s.len - tail.len), tail))
		return false;
	*between = (struct str){ s.p + head.len, s.len - head.len - tail.len };
	return true;
}

struct source *
source_find(struct source *sources, size_t n, struct str path)
{
	const char *slash = strrchr(sources[0].path, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - sources[0].path) + 1;
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(sources[i].path) == folder + path.len &&
		    memcmp(sources[i].path + folder, path.p, path.len) == 0)
			return &sources[i];
	return NULL;
}
