/* Changes of models as rows of a stream. */
#ifndef CTL_CHANGES_OUT_H
#define CTL_CHANGES_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "ctl/out.h"
#include "ctl/published.h"

/* Begins the table "changes", under that heading. marked: the caller begins each row
 * with a text "mark". To be ended by out_table_end(). */
void changes_out_begin(struct out *, const char *title, bool marked);
/* The members of an event, of a row or of a document of its own; format: what the
 * stream becomes. */
void changes_out_event(
    struct out *, enum out_format, const struct published *, const struct view_event *);
/* The same as a line for people, without its end and a NUL. */
void changes_out_line(
    struct buf *, const struct published *, const struct view_event *);

#endif
