/* One stream of values in three forms. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/out_screen.h"
#include "unit.h"

static struct ctl ctl;
static char *printed;
static size_t printed_len;
static FILE *file;

static const struct out_column columns[] = {
	{ "name", "NAME", OUT_CUT },
	{ "n", "N", OUT_RIGHT },
	{ "spare", "SPARE", OUT_SPARE },
	{ "never", "NEVER", OUT_HIDDEN },
};

static int
begin(void **state UNUSED)
{
	unsetenv("COLUMNS");
	ctl = (struct ctl){ .format = OUT_JSON };
	return 0;
}

static int
end(void **state UNUSED)
{
	free(printed);
	printed = NULL;
	return 0;
}

static struct out *
open_out(void)
{
	end(NULL);
	file = open_memstream(&printed, &printed_len);
	return out_open(&ctl, file, "test", 2);
}

static void
assert_printed(struct out *o, const char *expected)
{
	out_close(&o);
	assert_null(o);
	fclose(file);
	assert_string_equal(printed, expected);
}

static void
put_all(struct out *o)
{
	out_string(o, "text", "text", "a \"b\" \\ \033[31m\xc2\x9b\xe2\x80\xae\xff");
	out_string(o, "none", NULL, NULL);
	out_int(o, "int", "int", -5);
	out_number(o, "number", NULL, 0.1);
	out_number(o, "nan", NULL, NAN);
	out_bool(o, "yes", "yes", true);
	out_bytes(o, "bytes", "bytes", 2500000);
	out_span(o, "span", "span", 200500 * NSEC_PER_MSEC);
	out_span(o, "nospan", NULL, -1);
	out_time(o, "time", "time", INT64_C(1796000000) * NSEC_PER_SEC);
	out_time(o, "never", NULL, 0);
	out_show(o, "shown", "shown", "only here");
	out_list(o, "list", NULL);
	out_item(o, "x");
	out_item(o, "y");
	out_list_end(o);
	out_group(o, "group", NULL);
	out_int(o, "in", NULL, 1);
	out_group_end(o);
}

static void
put_table(struct out *o)
{
	out_table(o, "rows", "", columns, NELEM(columns));
	out_row(o);
	out_string(o, "name", NULL, "a name that is long");
	out_int(o, "n", NULL, 7);
	out_int(o, "other", NULL, 8);
	out_table(o, "inner", NULL, NULL, 0);
	out_row(o);
	out_bool(o, "deep", NULL, false);
	out_table_end(o);
	out_row(o);
	out_string(o, "name", NULL, "b");
	out_string(o, "spare", NULL, "s");
	out_table_end(o);
}

TEST(json)
{
	struct out *o = open_out();

	put_all(o);
	assert_printed(o,
	    "{\"schema\":\"hydratorctl/test/2\",\"text\":\"a \\\"b\\\" \\\\ "
	    "\\u001b[31m\\u009b\\u202e\\ufffd\",\"none\":null,\"int\":-5,\"number\":0."
	    "1,"
	    "\"nan\":null,\"yes\":true,\"bytes\":2500000,\"span\":200.5,\"nospan\":"
	    "null,"
	    "\"time\":\"2026-11-30T00:53:20Z\",\"never\":null,\"list\":[\"x\",\"y\"],"
	    "\"group\":{\"in\":1}}\n");
	o = open_out();
	put_table(o);
	assert_printed(o,
	    "{\"schema\":\"hydratorctl/test/2\",\"rows\":[{\"name\":\"a name that is "
	    "long\",\"n\":7,\"other\":8,\"inner\":[{\"deep\":false}]},{\"name\":\"b\","
	    "\"spare\":\"s\"}]}\n");
}

TEST(keyvalue)
{
	struct out *o;

	ctl.format = OUT_KEYVALUE;
	o = open_out();
	put_all(o);
	put_table(o);
	assert_printed(o,
	    "schema=hydratorctl/test/2\n"
	    "text=a \\\"b\\\" \\\\ \\u001b[31m\\u009b\\u202e\\ufffd\n"
	    "none=\nint=-5\nnumber=0.1\nnan=\nyes=true\nbytes=2500000\nspan=200.5\n"
	    "nospan=\ntime=2026-11-30T00:53:20Z\nnever=\nlist.0=x\nlist.1=y\nlist.n=2\n"
	    "group.in=1\nrows.0.name=a name that is long\nrows.0.n=7\nrows.0.other=8\n"
	    "rows.0.inner.0.deep=false\nrows.0.inner.n=1\nrows.1.name=b\n"
	    "rows.1.spare=s\nrows.n=2\n");
}

TEST(off_a_terminal_nothing_is_padded_or_cut)
{
	struct out *o;

	ctl.format = OUT_TABLE;
	o = open_out();
	put_all(o);
	put_table(o);
	assert_printed(o,
	    "text\ta \"b\" \\ ?[31m?\?\?\?\?\?\nint\t-5\nyes\tyes\nbytes\t2.4 MiB\n"
	    "span\t3 min 20 s\ntime\t2026-11-30 00:53:20Z\nshown\tonly here\n"
	    "NAME\tN\tSPARE\na name that is long\t7\t-\nb\t-\ts\n");
}

TEST(a_screen_is_as_wide_as_it_is)
{
	struct out *o;

	ctl.format = OUT_TABLE;
	setenv("COLUMNS", "40", 1);
	o = open_out();
	put_table(o);
	assert_printed(o, "NAME                N SPARE\n"
			  "a name that is long 7 -\n"
			  "b                   - s\n");
	setenv("COLUMNS", "20", 1);
	o = open_out();
	put_table(o);
	assert_printed(o, "NAME               N\n"
			  "a name that is lo~ 7\n"
			  "b                  -\n");
}

static void
assert_cut(const char *text, size_t room, const char *expected)
{
	struct buf b = { 0 };

	out_screen_cut(text, room, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.data, expected);
	buf_free(&b);
}

TEST(what_is_cut_says_so)
{
	assert_cut("abc", 3, "abc");
	assert_cut("abcd", 3, "ab~");
	assert_cut("abcd", 1, "~");
	assert_cut("", 1, "");
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_cut("äöüß", 4, "äöüß");
	assert_cut("äöüß!", 4, "äöü…");
	assert_cut("字字字", 4, "字…"); /* of two columns each */
	assert_cut("ab\xff"
		   "d",
	    3, "ab…");
	assert_non_null(setlocale(LC_CTYPE, "C"));
}

TEST(running_lines_break_between_items)
{
	struct out *o;

	ctl.format = OUT_TABLE;
	setenv("COLUMNS", "30", 1);
	o = open_out();
	out_line(o, "line", "head");
	out_string(o, "a", "", "1.2.3");
	out_int(o, "pid", "pid", 812);
	out_span(o, "up", "up", 90000 * NSEC_PER_SEC);
	out_string(o, "why", "for", "a reason that takes more than a line");
	out_int(o, "hidden", NULL, 1);
	out_group_end(o);
	out_say(o, "do", "what has to be done, at once and well");
	assert_printed(o, "head  1.2.3, pid 812,\n"
			  "      up 1 d 1 h,\n"
			  "      for a reason that takes more\n"
			  "      than a line\n"
			  "do    what has to be done, at\n"
			  "      once and well\n");
}

TEST(colours_are_for_terminals_that_want_them)
{
	struct out *o;

	ctl.format = OUT_TABLE;
	ctl.colour = true;
	o = open_out();
	out_mark(o, OUT_BAD);
	out_string(o, "a", "a", "bad");
	out_string(o, "b", "b", "plain");
	assert_printed(o, "a\t\033[1;31mbad\033[0m\nb\tplain\n");
	ctl.colour = false;
	o = open_out();
	out_mark(o, OUT_BAD);
	out_string(o, "a", "a", "bad");
	assert_printed(o, "a\tbad\n");
}

TEST(a_list_without_rows_is_on_no_screen)
{
	struct out *o;

	ctl.format = OUT_TABLE;
	o = open_out();
	out_table(o, "rows", "", columns, NELEM(columns));
	out_table_end(o);
	assert_printed(o, "");
	ctl.format = OUT_JSON;
	o = open_out();
	out_table(o, "rows", "", columns, NELEM(columns));
	out_table_end(o);
	assert_printed(o, "{\"schema\":\"hydratorctl/test/2\",\"rows\":[]}\n");
}

TEST(words)
{
	static const struct {
		int64_t nsec;
		const char *text;
	} spans[] = { { 0, "0 s" }, { 1, "0.0 us" }, { 1500, "1.5 us" },
		{ 25 * NSEC_PER_MSEC, "25 ms" }, { NSEC_PER_SEC, "1.0 s" },
		{ 59 * NSEC_PER_SEC, "59 s" }, { 60 * NSEC_PER_SEC, "1 min" },
		{ 3599 * NSEC_PER_SEC, "59 min 59 s" }, { 7200 * NSEC_PER_SEC, "2 h" },
		{ INT64_MAX, "106751 d 23 h" } };
	static const struct {
		uint64_t n;
		const char *text;
	} bytes[] = { { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" },
		{ 10240, "10 KiB" }, { 1048575, "1.0 MiB" }, { UINT64_MAX, "16 EiB" } };
	struct buf b = { 0 };

	for (size_t i = 0; i < NELEM(spans); i++) {
		buf_reset(&b);
		out_put_span(&b, spans[i].nsec);
		buf_putc(&b, '\0');
		assert_string_equal(b.data, spans[i].text);
	}
	for (size_t i = 0; i < NELEM(bytes); i++) {
		buf_reset(&b);
		out_put_bytes(&b, bytes[i].n);
		buf_putc(&b, '\0');
		assert_string_equal(b.data, bytes[i].text);
	}
	buf_free(&b);
}

UNIT_FIXTURE(.setup = begin, .teardown = end);
