/* Pairs of texts: what is written, what is left of it. The code under test is included,
 * since the library is made after it. */
#include <string.h>

#include "dashboard/squeeze.c"
#include "unit.h"

static void
check(
    void (*squeeze_text)(struct str, struct buf *), const char *text, const char *left)
{
	/* Of exactly that size, so that a look beyond it is seen. */
	char *copy = test_malloc(strlen(text));
	struct buf out = { 0 };

	memcpy(copy, text, strlen(text));
	squeeze_text((struct str){ copy, strlen(text) }, &out);
	buf_putc(&out, '\0');
	assert_string_equal(out.data, left);
	buf_free(&out);
	test_free(copy);
}

TEST(blanks_that_mean_nothing_go)
{
	check(
	    squeeze_script, "let a = b ? [1, 2] : { c : 3 } ;", "let a=b?[1,2]:{c:3};");
	check(squeeze_script, "return  x in\ty", "return x in y");
	check(squeeze_script, "\n\n  a();\n\n  b();\n", "a();b();");
	check(squeeze_script, "{ { ! ! a / 2 } }", "{{!!a/2}}");
}

TEST(a_statement_may_end_by_its_line)
{
	check(squeeze_script, "let a = 1\nlet b = 2\n", "let a=1\nlet b=2");
	check(squeeze_script, "a\n(b)", "a\n(b)");
	check(squeeze_script, "return\nx", "return\nx");
	check(squeeze_script, "f(\n  a,\n  b\n)\n", "f(a,b)");
	check(squeeze_script, "a\n  .b()\n  ? c\n  : d\ne", "a.b()?c:d\ne");
	check(squeeze_script, "a =\n  b ||\n  c\n++d", "a=b||c\n++d");
	check(squeeze_script, "if (a) {\n  b()\n}\nc", "if(a){b()}\nc");
}

TEST(operators_do_not_grow_together)
{
	check(squeeze_script, "a + +b - -c", "a+ +b- -c");
	check(squeeze_script, "a++ + b", "a++ +b");
	check(squeeze_script, "1 .x", "1 .x");
	check(squeeze_script, "a / /b/.c", "a/ /b/.c");
	check(squeeze_script, "/a/ in b", "/a/ in b");
	check(squeeze_script, "/a/ * b", "/a/ *b");
}

TEST(comments_go)
{
	check(squeeze_script, "a // b\nc /* d */ e /* f\n */ g", "a\nc e\ng");
	check(squeeze_script, "a; // no end", "a;");
	check(squeeze_script, "a; /* no end", "a;");
	check(squeeze_style, "a { b : c } /* d */ e  f { }", "a{b :c}e f{}");
}

TEST(texts_stay_as_they_are)
{
	check(
	    squeeze_script, "f(\"a  // b\", 'c  \\' d')", "f(\"a  // b\",'c  \\' d')");
	check(squeeze_script, "`a  ${b + `c  }` + {d : 1}}  e\n f`",
	    "`a  ${b + `c  }` + {d : 1}}  e\n f`");
	check(squeeze_script, "\"no end  ", "\"no end  ");
	check(squeeze_script, "'\\", "'\\");
	check(squeeze_style, "a::before { content: \"a  : b\" }",
	    "a::before{content:\"a  : b\"}");
}

TEST(regular_expressions_are_told_from_divisions)
{
	check(
	    squeeze_script, "x.match(/a  [/\"] \\/ b/g)", "x.match(/a  [/\"] \\/ b/g)");
	check(squeeze_script, "return/a  b/", "return/a  b/");
	check(squeeze_script, "a / b  / c", "a/b/c");
	check(squeeze_script, "(a) / 'b  '", "(a)/'b  '");
	check(squeeze_script, "a[1] / 2 + \"b  \"", "a[1]/2+\"b  \"");
}

TEST(a_style_keeps_the_blanks_that_say_something)
{
	check(squeeze_style, "a :hover , b > c {\n  margin : 0  auto;\n}",
	    "a :hover,b > c{margin :0 auto;}");
	check(
	    squeeze_style, "a { width: calc(1px  + 2px) }", "a{width:calc(1px + 2px)}");
	check(squeeze_style, "@media (a: b)  and (c) { d { e: f } }",
	    "@media (a:b) and (c){d{e:f}}");
	check(squeeze_style, "a { b: url(//c) }", "a{b:url(//c)}");
}
