/* What readers of a script or a style need and browsers do not. embed only. */
#ifndef DASHBOARD_SQUEEZE_H
#define DASHBOARD_SQUEEZE_H

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

#endif
