/* A chart of characters. Pure. */
#ifndef CTL_CHART_H
#define CTL_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* How many values a column of the chart stands for, or columns a value. */
struct chart_scale {
	size_t n;     /* values */
	size_t per;   /* of them in a column; 1 if wide > 1 */
	size_t wide;  /* columns of each */
	size_t width; /* columns in all */
};

/* For n values (> 0) in so many columns (> 0). */
struct chart_scale chart_scale(size_t n, size_t columns);
/* The column that the value with that number begins in. */
size_t chart_column(const struct chart_scale *, size_t number);

/*
 * Appends `height` lines, each with its end: `lead` characters for the scale, which are
 * as many as chart_lead() says or more, a bar, the columns. A column shows the largest
 * of its values; one that is negative is not known, and blank. 0 is '_'. unicode:
 * blocks of eighths, as UTF-8; else ASCII.
 */
void chart_put(struct buf *, const struct chart_scale *, const int64_t *values,
    unsigned height, unsigned lead, bool unicode);
/* Characters of the largest value. */
unsigned chart_lead(const int64_t *values, size_t n);

#endif
