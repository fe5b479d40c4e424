/* One row at a time; cells are parts of the document unless quotes must go. */
#include "python/csv.h"

void
csv_init(struct csv *c, struct str document, struct arena *arena)
{
	*c = (struct csv){
		.arena = arena,
		.p = document.p,
		.end = document.len > 0 ? document.p + document.len : document.p,
		.next_line = 1,
	};
}

static bool
ends_cell(char c)
{
	return c == ',' || c == '\n' || c == '\r';
}

/* The quote that closes the cell whose content begins at p, or end. */
static const char *
closing_quote(const char *p, const char *end)
{
	for (; p < end; p++)
		if (*p == '"') {
			if (p + 1 == end || p[1] != '"')
				return p;
			p++;
		}
	return end;
}

/* Lines within quotes are counted as those between rows: CRLF is one. */
static void
count_lines(struct csv *c, const char *p, const char *end)
{
	for (; p < end; p++)
		if (*p == '\n' || (*p == '\r' && (p + 1 == c->end || p[1] != '\n')))
			c->next_line++;
}

/* The text of a cell: quoted[0, close) with its doubled quotes made single, then
 * what is between rest and the end of the cell. */
static struct str
unquote(struct csv *c, const char *quoted, const char *close, const char *rest)
{
	size_t nrest = (size_t)(c->p - rest);
	char *text, *to;

	if (nrest == 0 && memchr(quoted, '"', (size_t)(close - quoted)) == NULL)
		return (struct str){ quoted, (size_t)(close - quoted) };
	text = to = arena_alloc(c->arena, (size_t)(close - quoted) + nrest);
	for (; quoted < close; quoted++) {
		*to++ = *quoted;
		if (*quoted == '"')
			quoted++;
	}
	memcpy(to, rest, nrest);
	return (struct str){ text, (size_t)(to - text) + nrest };
}

static struct str
csv_cell(struct csv *c)
{
	const char *begin = c->p, *close = NULL, *rest = begin;

	if (begin < c->end && *begin == '"') {
		close = closing_quote(begin + 1, c->end);
		rest = close < c->end ? close + 1 : close;
		count_lines(c, begin, close);
	}
	for (c->p = rest; c->p < c->end && !ends_cell(*c->p); c->p++)
		;
	if (close == NULL)
		return (struct str){ begin, (size_t)(c->p - begin) };
	return unquote(c, begin + 1, close, rest);
}

static void
csv_keep(struct csv *c, struct str cell)
{
	struct str *cells;

	if (c->ncells == CSV_CELLS_MAX)
		return;
	if (c->ncells == c->room) {
		c->room = c->room == 0 ? 16 : 2 * c->room;
		cells = arena_alloc(c->arena, c->room * sizeof(*cells));
		if (c->ncells > 0)
			memcpy(cells, c->cells, c->ncells * sizeof(*cells));
		c->cells = cells;
	}
	c->cells[c->ncells++] = cell;
}

static void
csv_end_line(struct csv *c)
{
	if (c->p == c->end)
		return;
	if (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n')
		c->p++;
	c->p++;
	c->next_line++;
}

bool
csv_row(struct csv *c)
{
	if (c->p == c->end)
		return false;
	c->line = c->next_line;
	c->ncells = 0;
	if (*c->p != '\n' && *c->p != '\r')
		csv_keep(c, csv_cell(c));
	while (c->p < c->end && *c->p == ',') {
		c->p++;
		csv_keep(c, csv_cell(c));
	}
	csv_end_line(c);
	return true;
}
