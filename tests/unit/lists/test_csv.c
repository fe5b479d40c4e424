/* Cells: what is quoted, what has an apostrophe before it, and that both can be undone.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "lists/csv.h"
#include "unit.h"

static void
assert_cell(const char *text, size_t n, const char *cell)
{
	struct buf b = { 0 };

	csv_put_text(&b, (struct str){ text, n });
	buf_putc(&b, '\0');
	assert_string_equal(b.data, cell);
	buf_free(&b);
}

#define CELL(text, cell) assert_cell((text), sizeof(text) - 1, (cell))

TEST(what_needs_no_quotes_has_none)
{
	CELL("", "");
	CELL("Owl-7B", "Owl-7B");
	CELL("a b", "a b");
	CELL("\xc3\xa9\xe2\x80\x9c\\|`<img>", "\xc3\xa9\xe2\x80\x9c\\|`<img>");
}

TEST(separators_quotes_and_line_ends_are_quoted)
{
	CELL("a,b", "\"a,b\"");
	CELL("a\"b", "\"a\"\"b\"");
	CELL("\"", "\"\"\"\"");
	CELL("a\nb", "\"a\nb\"");
	CELL("a\rb", "\"a\rb\"");
	CELL("a;b", "\"a;b\"");
	CELL("a\tb", "\"a\tb\"");
	CELL(" a", "\" a\"");
	CELL("a ", "\"a \"");
}

TEST(nothing_is_a_formula)
{
	CELL("=1+1", "'=1+1");
	CELL("+1", "'+1");
	CELL("-1", "'-1");
	CELL("@SUM(A1)", "'@SUM(A1)");
	CELL("\t=1", "\"'\t=1\"");
	CELL("\n=1", "\"'\n=1\"");
	CELL("\r=1", "\"'\r=1\"");
	CELL("=HYPERLINK(\"https://example.org\",1)",
	    "\"'=HYPERLINK(\"\"https://example.org\"\",1)\"");
	CELL(" =1", "\"' =1\"");
	CELL("\xef\xbc\x9d"
	     "1",
	    "'\xef\xbc\x9d"
	    "1");
	CELL("\xef\xbc\x8b", "'\xef\xbc\x8b");
	CELL("\xef\xbc\x8d", "'\xef\xbc\x8d");
	CELL("\xef\xbc\xa0", "'\xef\xbc\xa0");
	CELL("\xef\xbc\xa1", "\xef\xbc\xa1");
	CELL("a=1", "a=1");
}

/* Whoever takes the first apostrophe of a cell away has the text. */
TEST(apostrophe_has_one_before_it)
{
	CELL("'", "''");
	CELL("'=1", "''=1");
	CELL("a'", "a'");
}

TEST(numbers_are_those_of_json)
{
	struct buf b = { 0 };

	csv_put_int(&b, INT64_MAX);
	buf_putc(&b, ' ');
	csv_put_double(&b, 0.1);
	buf_putc(&b, ' ');
	csv_put_double(&b, NAN);
	csv_put_double(&b, (double)INFINITY);
	csv_put_bool(&b, true);
	csv_put_bool(&b, false);
	buf_putc(&b, '\0');
	assert_string_equal(b.data, "9223372036854775807 0.1 truefalse");
	buf_free(&b);
}

TEST(times_are_those_of_rfc_3339)
{
	struct buf b = { 0 };

	csv_put_time(&b, 0);
	csv_put_time(&b, 1764435600);
	buf_putc(&b, ' ');
	csv_put_time(&b, INT64_C(253402300799));
	buf_putc(&b, '\0');
	assert_string_equal(b.data, "2025-11-29T17:00:00Z 9999-12-31T23:59:59Z");
	buf_free(&b);
}
