/* Names in a table of Markdown, byte for byte. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "lists/markdown.h"
#include "unit.h"

static void
assert_cell(const char *name, size_t n, const char *cell)
{
	struct buf b = { 0 };

	markdown_put_name(&b, (struct str){ name, n });
	buf_putc(&b, '\0');
	assert_string_equal(b.data, cell);
	buf_free(&b);
}

#define CELL(name, cell) assert_cell((name), sizeof(name) - 1, (cell))

TEST(most_names_stand_between_backticks)
{
	CELL("Owl-7B", "`Owl-7B`");
	CELL("@user", "`@user`");
	CELL("<img src=x>", "`<img src=x>`");
	CELL("[a](https://example.org)", "`[a](https://example.org)`");
	CELL("&#124;", "`&#124;`");
	CELL("*a* _b_ #1", "`*a* _b_ #1`");
	CELL("\xc3\xa9", "`\xc3\xa9`");
}

TEST(backticks_bars_and_backslashes_are_numbers)
{
	CELL("a|b", "<code>a&#124;b</code>");
	CELL("a\\", "<code>a&#92;</code>");
	CELL("\\|", "<code>&#92;&#124;</code>");
	CELL("`", "<code>&#96;</code>");
	CELL("``|<b>@x", "<code>&#96;&#96;&#124;&#60;b&#62;&#64;<!-- -->x</code>");
	CELL("|\xc3\xa9", "<code>&#124;\xc3\xa9</code>");
}

TEST(blanks_at_the_ends_are_kept)
{
	CELL(" a", "<code> a</code>");
	CELL("a ", "<code>a </code>");
	CELL(" ", "<code> </code>");
}

TEST(nothing_is_code_too)
{
	CELL("", "<code></code>");
}

TEST(line_ends_and_other_controls_are_blanks)
{
	CELL("a\nb", "<code>a b</code>");
	CELL("a\r\n| x |", "<code>a  &#124; x &#124;</code>");
	CELL("a\tb\x7f", "<code>a b </code>");
	CELL("a\0b", "<code>a b</code>");
}

TEST(what_nobody_reads_is_cut_off)
{
	char name[MARKDOWN_NAME_MAX + 2], cell[MARKDOWN_NAME_MAX + 8];

	memset(name, 'a', sizeof(name));
	snprintf(cell, sizeof(cell), "`%.*s`", MARKDOWN_NAME_MAX, name);
	assert_cell(name, MARKDOWN_NAME_MAX, cell);
	snprintf(cell, sizeof(cell), "`%.*s`…", MARKDOWN_NAME_MAX, name);
	assert_cell(name, MARKDOWN_NAME_MAX + 1, cell);
	memcpy(name + MARKDOWN_NAME_MAX - 1, "\xe6\xa8\xa1", 3);
	snprintf(cell, sizeof(cell), "`%.*s`…", MARKDOWN_NAME_MAX - 1, name);
	assert_cell(name, MARKDOWN_NAME_MAX + 2, cell);
}

TEST(day_is_in_utc)
{
	struct buf b = { 0 };

	markdown_put_day(&b, 1764460799);
	markdown_put_day(&b, 1764460800);
	markdown_put_day(&b, 0);
	buf_putc(&b, '\0');
	assert_string_equal(b.data, "2025-11-292025-11-30–");
	buf_free(&b);
}
