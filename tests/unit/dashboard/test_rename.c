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
	check("const one=1;let two=one;var three;", "const aa=1;let ab=aa;var ac;");
	check("function first(arg){return first(arg);}",
	    "function aa(arg){return aa(arg);}");
	check("class Shape{}new Shape();", "class aa{}new aa();");
	check("document.title=window;", "document.title=window;");
}

TEST(a_new_name_is_new)
{
	check("const one=1;aa(ab,one.c);", "const ac=1;aa(ab,ac.c);");
	check("const one=`${aa}`;", "const ab=`${aa}`;");
}

TEST(what_hides_what_stays)
{
	check("const one=1;function f(){const one=2;return one;}",
	    "const aa=1;function f(){const aa=2;return aa;}");
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
	check("const{one}=x;let one;", "const{one}=x;let one;");
	check("const one=1;[{one=2}]=x;", "const one=1;[{one=2}]=x;");
}

TEST(a_private_name_is_no_property)
{
	check("class A{#one=1;two(){return this.#one;}}",
	    "class A{#aa=1;two(){return this.#aa;}}");
	check("const one=1;class A{#one=one;}", "const aa=1;class A{#ab=aa;}");
	check("const one=1;class A{#two=x.one;}", "const one=1;class A{#aa=x.one;}");
	check("class A{#one;b(){return`${this.#one}`;}}",
	    "class A{#one;b(){return`${this.#one}`;}}");
}

TEST(where_only_a_variable_can_be_it_is_one)
{
	check("const one=x?one:y;", "const aa=x?aa:y;");
	check("const one=1;f(a,one,b);", "const aa=1;f(a,aa,b);");
	check("const one=f;if(x){y();one();}", "const aa=f;if(x){y();aa();}");
	check("const one=1;x={y:one};", "const aa=1;x={y:aa};");
}

TEST(texts_are_not_looked_into)
{
	check("const one=\"one\";", "const aa=\"one\";");
	check("const one=/one/.x;", "const aa=/one/.x;");
	check("const one=2;x=`${one}`;", "const one=2;x=`${one}`;");
}

TEST(what_is_asked_for_is_kept)
{
	check("function Kept(){}Kept.x=Kept;", "function Kept(){}Kept.x=Kept;");
}

TEST(blanks_stay)
{
	check("let one=1\nlet two=one in two", "let aa=1\nlet ab=aa in ab");
	check("", "");
}
