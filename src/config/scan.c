/* A pass over the text of a file before libconfuse sees it. */
#include "config/load.h"

#include <string.h>

struct scan {
	char *p;
	int line;
	int depth;      /* of braces */
	int open_line;  /* where the outermost open brace stands */
	bool new_token; /* a comment may start here; within a word it may not */
};

/* Steps over n bytes, counting their lines, blanking them if they are comment. */
static void
scan_step(struct scan *s, size_t n, bool comment)
{
	for (; n > 0 && *s->p != '\0'; n--, s->p++) {
		if (*s->p == '\n')
			s->line++;
		else if (comment)
			*s->p = ' ';
	}
}

/* s->p is at a quote. Returns whether the string is closed in its line: a forgotten
 * quote must not swallow everything up to the next string. A backslash continues the
 * line. */
static bool
scan_string(struct scan *s)
{
	char quote = *s->p;

	scan_step(s, 1, false);
	for (; *s->p != '\0' && *s->p != '\n'; scan_step(s, 1, false)) {
		if (*s->p == '\\')
			scan_step(s, 1, false);
		else if (*s->p == quote) {
			scan_step(s, 1, false);
			return true;
		}
	}
	return false;
}

/* s->p is at the slash of a block comment. Returns whether the comment is closed. */
static bool
scan_block(struct scan *s)
{
	const char *end = strstr(s->p + 2, "*/");

	if (end != NULL)
		scan_step(s, (size_t)(end - s->p) + 2, true);
	return end != NULL;
}

static void
scan_plain(struct scan *s)
{
	if (*s->p == '{' && s->depth++ == 0)
		s->open_line = s->line;
	if (*s->p == '}' && s->depth > 0)
		s->depth--;
	s->new_token = strchr(" \t\r\n={}(),+", *s->p) != NULL;
	scan_step(s, 1, false);
}

int
config_scan(char *text, const char *path, struct problems *p)
{
	struct scan s = { .p = text, .line = 1, .new_token = true };
	const char *open = NULL;
	int line = 0;

	while (*s.p != '\0' && open == NULL) {
		line = s.line;
		if (*s.p == '#' || (s.new_token && strncmp(s.p, "//", 2) == 0))
			scan_step(&s, strcspn(s.p, "\n"), true);
		else if (s.new_token && strncmp(s.p, "/*", 2) == 0)
			open = scan_block(&s) ? NULL : "comment";
		else if (*s.p == '"' || *s.p == '\'')
			open = scan_string(&s) ? NULL : "string";
		else
			scan_plain(&s);
	}
	if (open == NULL && s.depth > 0) {
		open = "brace";
		line = s.open_line;
	}
	if (open == NULL)
		return 0;
	config_problem_add(
	    p, path, line, "the %s that starts here is never closed", open);
	return -1;
}
