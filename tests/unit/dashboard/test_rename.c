/* Pairs of scripts. The code under test is included, since the library is made after
 * it. */
#include <string.h>

#include "dashboard/squeeze.c"
#include "dashboard/rename.c"
#include "unit.h"

static void
check(const char *text, const char *renamed)
{
	struct buf out = { 0 };

	rename_locals((struct str){ text, strlen(text) }, STR("Kept"), &out);
	buf_putc(&out, '\0');
	assert_string_equal(out.data, renamed);
	buf_free(&out);
}

TEST(what_is_declared_is_renamed)
{
	check("const one=1;let two=one;var three;", "const a=1;let b=a;var c;");
	check("function first(arg){return first(arg);}",
	    "function a(arg){return a(arg);}");
	check("class Shape{}new Shape();", "class a{}new a();");
	check("document.title=window;", "document.title=window;");
}

TEST(who_comes_most_often_is_shortest)
{
	check("const one=1,x=2;const two=one+one;f(two,two,two);",
	    "const b=1,x=2;const a=b+b;f(a,a,a);");
}

TEST(a_new_name_is_new)
{
	check("const one=1;a(b,one.c);", "const d=1;a(b,d.c);");
	check("const one=`${a}`;", "const b=`${a}`;");
}

TEST(what_hides_what_stays)
{
	check("const one=1;function f(){const one=2;return one;}",
	    "const a=1;function f(){const a=2;return a;}");
}

TEST(a_property_keeps_its_name)
{
	check("const one=x.one;", "const one=x.one;");
	check("const one=x?.one;", "const one=x?.one;");
	check("const one={one:2};", "const one={one:2};");
	check("const one=1;x={one};", "const one=1;x={one};");
	check("const one=1;x={a,one,b};", "const one=1;x={a,one,b};");
	check("const one=1;x={one(){}};", "const one=1;x={one(){}};");
	check("const one=1;x={get one(){}};", "const one=1;x={get one(){}};");
	check("const one=1;class A{b(){}one(){}}", "const one=1;class A{b(){}one(){}}");
	check("const one=1;class A{b=2;one;}", "const one=1;class A{b=2;one;}");
	check("const one=1;class A{#one;}", "const one=1;class A{#one;}");
	check("const{one}=x;let one;", "const{one}=x;let one;");
	check("const one=1;[{one=2}]=x;", "const one=1;[{one=2}]=x;");
}

TEST(where_only_a_variable_can_be_it_is_one)
{
	check("const one=x?one:y;", "const a=x?a:y;");
	check("const one=1;f(a,one,b);", "const c=1;f(a,c,b);");
	check("const one=f;if(x){y();one();}", "const a=f;if(x){y();a();}");
	check("const one=1;x={y:one};", "const a=1;x={y:a};");
}

TEST(texts_are_not_looked_into)
{
	check("const one=\"one\";", "const a=\"one\";");
	check("const one=/one/.x;", "const a=/one/.x;");
	check("const one=2;x=`${one}`;", "const one=2;x=`${one}`;");
}

TEST(what_is_asked_for_is_kept)
{
	check("function Kept(){}Kept.x=Kept;", "function Kept(){}Kept.x=Kept;");
}

TEST(blanks_stay)
{
	check("let one=1\nlet two=one in two", "let a=1\nlet b=a in b");
	check("", "");
}
