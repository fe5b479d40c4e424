/* The lists of a payload as CSV, for spreadsheets, as Markdown, for pull requests, and
 * by columns, for the dashboard. Pure. Hydrators. */
#ifndef LISTS_LISTS_H
#define LISTS_LISTS_H

#include "base/buf.h"
#include "base/pace.h"

/*
 * Adds to a complete payload without encoded forms the texts of its views of deletion
 * risk and of its changes, which have figures and events, and the columns of the
 * former; texts of other views are printed with them. Since when a model is at risk is
 * said where there is a history, but not of groups. The pace may be NULL; if it stops
 * what is missing is left out.
 */
void lists_print(struct buf *payload, struct pace *);

#endif
