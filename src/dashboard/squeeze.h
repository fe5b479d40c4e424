/* What readers of a script or a style need and browsers do not. embed only. */
#ifndef DASHBOARD_SQUEEZE_H
#define DASHBOARD_SQUEEZE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Append the text without comments and without the blanks and line ends that mean
 * nothing. Line ends of a script stay where a statement may end by them
 * (ECMA-262 12.10). Strings, templates and regular expressions stay as they are.
 * Whether a `/` begins a regular expression is told by what stands before it: one that
 * follows `)` or `}` is taken for a division, so none may stand there.
 */
void squeeze_script(struct str, struct buf *out);
void squeeze_style(struct str, struct buf *out);

struct squeeze_token {
	struct str text; /* points into the script */
	bool word;       /* a name, a keyword or a number */
};

/*
 * Takes the next token off a script that is squeezed: a word, a whole string, template
 * or regular expression, else one character. *t: the one before, zeroed at first.
 * false: there is none.
 */
bool squeeze_next(struct str *rest, struct squeeze_token *t) MUST_CHECK;

#endif
