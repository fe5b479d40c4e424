/*
 * Which rows of a list a selection asks for, beyond what its preset says: how long a
 * model has been at risk, which changes. A page takes time in proportion to the rows of
 * the preset up to its end, a comparison each; how many there are and what they hash to
 * is known. Changes are a thousand at most. Pure.
 */
#ifndef READER_ROW_FILTER_H
#define READER_ROW_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "payload/view.h"
#include "reader/row_ages.h"
#include "reader/selection.h"

struct generation;

struct row_filter {
	bool open;                       /* it has every row */
	const struct view_event *events; /* of rows; NULL: they are no changes */
	uint64_t since;
	uint32_t kinds;
	const struct row_ages *ages;
	int64_t until; /* since then, or longer, a model is at risk */
};

/* A run of rows of a view. */
struct row_run {
	const uint32_t *numbers; /* NULL: they are 0, 1, ... */
	uint32_t first;          /* the run begins at that one of the numbers */
	uint32_t n;
	uint32_t wanted; /* of the n, those that the filter has */
};

/* The selection is of a list that is present. */
void row_filter_make(
    struct row_filter *, const struct generation *, const struct selection *);
/* Whether it has the row with that number, which the view has. */
bool row_filter_has(const struct row_filter *, uint32_t number);
/* Cuts a page out of those rows of the run that the filter has; *total: how many they
 * are. The run begins and ends with one that is in the page. */
struct row_run row_filter_cut(const struct row_filter *, struct row_run,
    uint64_t offset, uint64_t limit, uint64_t *total);
/* Of models by days: the last of row_ages.sorted that it has, all of which are those
 * before it and this one; NULL: it has none. */
const struct row_age *row_filter_age(const struct row_filter *) MUST_CHECK;

#endif
