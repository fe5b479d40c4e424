/* Rows of the tables: the order of the columns is that of store_schema.c, in one place
 * for each way. */
#ifndef HISTORY_STORE_ROW_H
#define HISTORY_STORE_ROW_H

#include <sqlite3.h>

#include "history/history.h"

/* How many columns each has. */
#define STORE_META_COLUMNS 6
#define STORE_SAMPLE_COLUMNS 1
#define STORE_MODEL_COLUMNS (10 + HISTORY_BITS + 3 * STORE_FIGURES_COLUMNS)
#define STORE_HOUR_COLUMNS (2 + STORE_FIGURES_COLUMNS)
#define STORE_DAY_COLUMNS 4
#define STORE_EVENT_COLUMNS (8 + 2 * STORE_FIGURES_COLUMNS)
#define STORE_FIGURES_COLUMNS 6

/* Values for a statement that puts a row; text is borrowed until it was run. */
void store_row_put_meta(sqlite3_stmt *, const struct history_meta *);
void store_row_put_model(sqlite3_stmt *, const struct history_model_row *);
void store_row_put_hour(sqlite3_stmt *, const struct history_hour_row *);
void store_row_put_day(sqlite3_stmt *, const struct history_day_row *);
void store_row_put_event(sqlite3_stmt *, const struct history_event *);

/* The row that a SELECT * has; text is good until the next step. */
void store_row_take_meta(sqlite3_stmt *, struct history_meta *);
void store_row_take_model(sqlite3_stmt *, struct history_model_row *);
void store_row_take_day(sqlite3_stmt *, struct history_day_row *);
void store_row_take_event(sqlite3_stmt *, struct history_event *);

#endif
