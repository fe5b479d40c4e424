/* The history of each model as CSV and as Markdown. Pure. Private to history/. */
#ifndef HISTORY_SHEET_H
#define HISTORY_SHEET_H

#include "base/buf.h"
#include "history/printer.h"

/* Adds both texts of VIEW_HISTORY, which was just printed from the same. */
void sheet_print(const struct history_printer *, struct buf *payload);

#endif
