/* Values are up to 2^63: heights are reckoned in doubles. */
#include "ctl/chart.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define WIDE_MAX 3
#define EIGHTHS 8

struct chart_scale
chart_scale(size_t n, size_t columns)
{
	struct chart_scale s = { .n = n, .per = 1, .wide = 1 };

	if (n > columns)
		s.per = (n + columns - 1) / columns;
	else
		s.wide = columns / n < WIDE_MAX ? columns / n : WIDE_MAX;
	s.width = s.wide * ((n + s.per - 1) / s.per);
	return s;
}

size_t
chart_column(const struct chart_scale *s, size_t number)
{
	return number / s->per * s->wide;
}

static int64_t
largest(const int64_t *values, size_t from, size_t to)
{
	int64_t most = -1;

	for (size_t i = from; i < to; i++)
		if (values[i] > most)
			most = values[i];
	return most;
}

unsigned
chart_lead(const int64_t *values, size_t n)
{
	int64_t most = largest(values, 0, n);

	return (unsigned)snprintf(NULL, 0, "%" PRId64, most > 0 ? most : 0);
}

/* What stands in the line (0 is the lowest) of a column with that value. Whatever is
 * not 0 can be seen. */
static const char *
cell(int64_t value, int64_t most, unsigned line, unsigned height, bool unicode)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇",
		"█" };
	static const char *const ascii[] = { " ", ".", ".", ".", ":", ":", ":", ":",
		"#" };
	double eighths;
	int filled;

	if (value <= 0)
		return value == 0 && line == 0 ? "_" : " ";
	eighths = ceil((double)value / (double)most * height * EIGHTHS);
	filled = (int)eighths - (int)line * EIGHTHS;
	if (filled < 0)
		filled = 0;
	if (filled > EIGHTHS)
		filled = EIGHTHS;
	return unicode ? blocks[filled] : ascii[filled];
}

static void
put_label(struct buf *b, int64_t most, unsigned line, unsigned height, unsigned lead)
{
	if (line == height - 1)
		buf_printf(b, "%*" PRId64, (int)lead, most);
	else if (line == 0)
		buf_printf(b, "%*d", (int)lead, 0);
	else
		buf_printf(b, "%*s", (int)lead, "");
	buf_puts(b, " |");
}

void
chart_put(struct buf *b, const struct chart_scale *s, const int64_t *values,
    unsigned height, unsigned lead, bool unicode)
{
	int64_t most = largest(values, 0, s->n);
	size_t end;

	if (most < 1)
		most = 1;
	for (unsigned line = height; line-- > 0;) {
		put_label(b, most, line, height, lead);
		for (size_t i = 0; i < s->n; i += s->per) {
			end = i + s->per < s->n ? i + s->per : s->n;
			for (size_t w = 0; w < s->wide; w++)
				buf_puts(b, cell(largest(values, i, end), most, line,
						height, unicode));
		}
		buf_putc(b, '\n');
	}
}
