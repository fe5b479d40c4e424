/* The cycles of a category, from their ring in the segment. Readers. */
#ifndef READER_CYCLES_ANSWER_H
#define READER_CYCLES_ANSWER_H

#include "reader/answer.h"
#include "reader/job.h"

/*
 * Answers those of the last 24 hours, and one before, oldest first. latch: of the
 * category, whose ring has the same number. What was printed is kept, and goes to all
 * who ask within the same second unless another cycle ends: at most 2 * CYCLES_BRIEFS
 * rows are printed a second and category, whoever asks how often.
 */
void cycles_answer(struct job *, unsigned latch);

/* Forgets what is kept, which is of no use when its second is over. Answers that have
 * it live on. */
void cycles_answer_forget(struct answerer *);

#endif
