/*
 * How long with-stats answers are, summed up once with a generation: an answer has to
 * say its length before the first of its rows is put together, and no request goes
 * through all rows for that. Which rows an answer has depends on the number of their
 * workers alone, so they are the last ones of the order by that number.
 */
#ifndef READER_ROW_LENGTHS_H
#define READER_ROW_LENGTHS_H

#include <stddef.h>
#include <stdint.h>

struct generation;
struct with_stats_choice;

/* Thirty-two bytes a row. */
struct row_lengths {
	/* Of [workers][variations]: bytes of all rows before each in the order of
	 * KEY_WORKERS or KEY_WORKERS_LISTED, and of all. NULL: there is no such view.
	 */
	uint64_t *before[2][2];
};

/* Fills in g->lengths; all else of the generation is there. Takes time in proportion to
 * the rows: readers do it in the thread that takes generations. */
void row_lengths_make(struct generation *g);
void row_lengths_free(struct row_lengths *);

/* Bytes of all rows that the choice asks for, with commas between; *n: how many there
 * are. The generation has the view. */
size_t row_lengths_sum(
    const struct generation *, const struct with_stats_choice *, uint32_t *n);

#endif
