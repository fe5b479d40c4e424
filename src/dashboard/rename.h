/* Short names for what only the script itself calls by them. embed only: what is wrong
 * ends it. */
#ifndef DASHBOARD_RENAME_H
#define DASHBOARD_RENAME_H

#include "base/buf.h"
#include "base/str.h"

/*
 * Appends a script, which is squeezed, with short names in place of long ones. A name
 * is the same everywhere, so that what hides what stays as it was, and a short one is
 * new. Renamed is only what the script declares by const, let, var, function or class,
 * and nowhere is, or may be, anything but a variable: a property, a key, a label, a
 * part of a template; and private names, which are no properties. A name of the browser
 * that the script also declares for itself somewhere must not be in it. kept: stays as
 * it is.
 */
void rename_locals(struct str script, struct str kept, struct buf *out);

#endif
