/*
 * Cells of CSV as RFC 4180 has it, for programs and for spreadsheets. The caller puts
 * the commas, and CSV_END behind the last cell. Pure. Hydrators.
 */
#ifndef LISTS_CSV_H
#define LISTS_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define CSV_END "\r\n" /* RFC 4180 2.1 */

/* A text; quoted where it has to be, also for spreadsheets that split at semicolons or
 * tabs. One that a spreadsheet would take for a formula, since it begins with = + - @,
 * the wide forms of them, a tab or a line end, blanks before it or not, has an
 * apostrophe before it: names are strangers', and a formula can fetch. So has one that
 * begins with an apostrophe: the text is the cell without its first one. */
void csv_put_text(struct buf *, struct str);
void csv_put_int(struct buf *, int64_t);
/* As JSON has it; empty for what is not finite. */
void csv_put_double(struct buf *, double);
void csv_put_bool(struct buf *, bool);
/* Unix seconds up to the year 9999, as RFC 3339 has them in UTC:
 * "2026-11-29T17:00:00Z"; empty for 0. */
void csv_put_time(struct buf *, int64_t);

#endif
