/* Rows and cells as Python's csv module gives them, and its float(): the expected
 * values were computed by it. */
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "python/csv.h"
#include "python/float.h"
#include "unit.h"

/* "1:a|b" a row: its line, its cells; "2:-" an empty line. */
static void
check_rows(struct str document, const char *expected)
{
	struct arena *arena = arena_new();
	char *copy = malloc(document.len + 1); /* of its own size, for sanitizers */
	struct buf found = { 0 };
	struct csv csv;

	memcpy(copy, document.p, document.len);
	copy = realloc(copy, document.len > 0 ? document.len : 1);
	csv_init(&csv, (struct str){ copy, document.len }, arena);
	while (csv_row(&csv)) {
		buf_printf(&found, "%s%d:", found.len > 0 ? " " : "", (int)csv.line);
		if (csv.ncells == 0)
			buf_putc(&found, '-');
		for (size_t i = 0; i < csv.ncells; i++) {
			if (i > 0)
				buf_putc(&found, '|');
			buf_add(&found, csv.cells[i].p, csv.cells[i].len);
		}
	}
	buf_putc(&found, '\0');
	assert_string_equal(found.data, expected);
	buf_free(&found);
	free(copy);
	arena_free(&arena);
}

TEST(test_rows)
{
	static const struct {
		struct str document;
		const char *rows;
	} cases[] = {
		{ STR(""), "" },
		{ STR("a,b\n1,2"), "1:a|b 2:1|2" },
		{ STR("a,b\r\n1,2\r\n"), "1:a|b 2:1|2" },
		{ STR("a\rb\r\r\nc\n\nd"), "1:a 2:b 3:- 4:c 5:- 6:d" },
		{ STR("\na"), "1:- 2:a" },
		{ STR(",\n"), "1:|" },
		{ STR("a,"), "1:a|" },
		{ STR("a, \"b\", c "), "1:a| \"b\"| c " },
		{ STR("c\"d\"\"e,f"), "1:c\"d\"\"e|f" },
		{ STR("\"a,b\",\"\"\"c\"\"\""), "1:a,b|\"c\"" },
		{ STR("\"a\n\r\nb\"\nc"), "1:a\n\r\nb 4:c" },
		{ STR("\"a\"\r\"b\""), "1:a 2:b" },
		{ STR("\"x\"y\"z,\n"), "1:xy\"z|" },
		{ STR("\"a\" \"b\",c"), "1:a \"b\"|c" },
		{ STR("\"\"\n"), "1:" },
		{ STR("\""), "1:" },
		{ STR("\"a"), "1:a" },
		{ STR("\"\"\"a\n"), "1:\"a\n" },
		{ STR("\"a\"\"\""), "1:a\"" },
		{ STR("\"open,\nb\n"), "1:open,\nb\n" },
		{ STR("\xef\xbb\xbfname,b"), "1:\xef\xbb\xbfname|b" },
		{ STR("\xef\xbb\xbf\"a,b\""), "1:\xef\xbb\xbf\"a|b\"" },
		{ STR("1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h\n1"),
		    "1:1|2|3|4|5|6|7|8|9|a|b|c|d|e|f|g|h 2:1" },
	};

	for (size_t i = 0; i < NELEM(cases); i++)
		check_rows(cases[i].document, cases[i].rows);
}

TEST(test_nul_is_a_byte)
{
	struct arena *arena = arena_new();
	struct csv csv;

	csv_init(&csv, STR("a\0b,\"c\0\"\"d\"\n"), arena);
	assert_true(csv_row(&csv));
	assert_int_equal(csv.ncells, 2);
	assert_true(str_eq(csv.cells[0], STR("a\0b")));
	assert_true(str_eq(csv.cells[1], STR("c\0\"d")));
	assert_false(csv_row(&csv));
	arena_free(&arena);
}

TEST(test_too_many_cells)
{
	struct arena *arena = arena_new();
	char document[10002];
	struct csv csv;

	memset(document, ',', 10000);
	memcpy(document + 10000, "\nx", 2);
	csv_init(&csv, (struct str){ document, sizeof(document) }, arena);
	assert_true(csv_row(&csv));
	assert_int_equal(csv.ncells, CSV_CELLS_MAX);
	assert_true(csv_row(&csv));
	assert_int_equal(csv.ncells, 1);
	assert_true(str_eq(csv.cells[0], STR("x")));
	arena_free(&arena);
}

TEST(test_float)
{
	static const struct {
		struct str text;
		double value;
	} good[] = {
		{ STR("3"), 3 },
		{ STR("8.03"), 8.03 },
		{ STR("1e1"), 10 },
		{ STR("-1"), -1 },
		{ STR("+.5"), .5 },
		{ STR("1."), 1 },
		{ STR("1_0.2_5e1_0"), 10.25e10 },
		{ STR("\xef\xbc\x91\xef\xbc\x92"), 12 }, /* fullwidth digits */
		{ STR("\xd9\xa3.\xd9\xa5"), 3.5 },       /* Arabic digits */
		{ STR("1e400"), (double)INFINITY },
		{ STR("-InFinity"), -(double)INFINITY },
		{ STR("inf"), (double)INFINITY },
	};
	static const struct str bad[] = { STR(""), STR("."), STR("+"), STR("++1"),
		STR("1e"), STR("1e+"), STR("1__0"), STR("_1"), STR("1_"), STR("1_.5"),
		STR("1._5"), STR("1_e5"), STR("0x10"), STR("1 0"), STR("7B"),
		STR("1,5"), STR("infinit"), STR("nan1"), STR("1\0"), STR("e5"),
		STR("\xc2\xb2") };
	struct arena *arena = arena_new();
	double x = 0;

	for (size_t i = 0; i < NELEM(good); i++) {
		assert_true(python_float(good[i].text, arena, &x));
		assert_true(x == good[i].value);
	}
	assert_true(python_float(STR("-NaN"), arena, &x));
	assert_true(isnan(x));
	for (size_t i = 0; i < NELEM(bad); i++)
		if (python_float(bad[i], arena, &x))
			fail_msg("%s is no number", bad[i].p);
	arena_free(&arena);
}
