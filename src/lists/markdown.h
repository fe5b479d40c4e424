/*
 * Cells of a table of GitHub's Markdown, made to be pasted into a pull request. The
 * caller puts the bars. Pure. Hydrators.
 */
#ifndef LISTS_MARKDOWN_H
#define LISTS_MARKDOWN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Bytes of a name that are shown: nobody reads more, and punctuation takes six times
 * its length, which a stranger could make the most of. */
#define MARKDOWN_NAME_MAX 256

/* A name, which is a stranger's, in code: it ends neither the cell nor the table, is no
 * HTML, no link and no picture, and notifies nobody (@name). Control characters are
 * blanks, and "…" stands for what is beyond MARKDOWN_NAME_MAX. */
void markdown_put_name(struct buf *, struct str);
/* The day of Unix seconds up to the year 9999, "2026-11-29"; "–" for 0. */
void markdown_put_day(struct buf *, int64_t);

#endif
