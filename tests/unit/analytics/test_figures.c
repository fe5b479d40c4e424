/* Rows in numbers, and rows by name. figures_check() sees to every case of the
 * analytics; here is what makes it hard. */
#include "fixture/analysis_cases.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/figures.json"

TEST(names_and_baselines_are_raw)
{
	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, "escapes");
	analysis_cases(CATEGORY_IMAGE_GENERATION, FILE_OF_CASES, "images");
}

static const struct view_figures *
figures_of(const struct analysis *f, const char *name)
{
	int64_t row = view_find(f->dir, (struct str){ name, strlen(name) });

	assert_true(row >= 0);
	return (const struct view_figures *)(const void
		       *)(f->out.data + f->dir->views[VIEW_RISK].figures) +
	       row;
}

TEST(a_name_is_found_byte_for_byte)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "escapes");
	assert_int_equal(figures_of(&f, "Owl/7B")->workers, 2);
	assert_int_equal(figures_of(&f, "owl/7b")->marks & FIGURES_NSFW, FIGURES_NSFW);
	assert_true(view_find(f.dir, STR("")) >= 0);
	assert_int_equal(view_find(f.dir, STR("OWL/7B")), -1);
	assert_int_equal(view_find(f.dir, STR("owl/7b\0")), -1);
	assert_int_equal(view_find(f.dir, STR("a\\\"b\\\\c")), -1);
	analysis_render(&f, "{}", "[]", "{}");
	assert_int_equal(view_find(f.dir, STR("Owl/7B")), -1);
	analysis_render(&f, "{}", NULL, NULL);
	assert_int_equal(view_find(f.dir, STR("Owl/7B")), -1);
	analysis_free(&f);
}

static void
assert_hosts(const struct analysis *f, const char *name, const char *hosts)
{
	struct view_span span = figures_of(f, name)->hosts;

	assert_int_equal(span.len, strlen(hosts));
	assert_memory_equal(f->out.data + span.off, hosts, span.len);
}

TEST(hosts_are_named_and_of_many_the_rest_is_counted)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "hosts");
	assert_hosts(&f, "two", "a.example, b.example");
	assert_hosts(&f, "many",
	    "mirror-of-models-00.of.a.rather.long.example, "
	    "mirror-of-models-01.of.a.rather.long.example, "
	    "mirror-of-models-02.of.a.rather.long.example, "
	    "mirror-of-models-03.of.a.rather.long.example and 2 more");
	assert_hosts(&f, "long", "1 with long names");
	assert_hosts(&f, "none", "");
	analysis_free(&f);
}

TEST(the_same_files_are_one_identity)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "identity");
	assert_int_not_equal(figures_of(&f, "A1")->identity, 0);
	assert_int_equal(
	    figures_of(&f, "A1")->identity, figures_of(&f, "A2")->identity);
	assert_int_not_equal(figures_of(&f, "B")->identity, 0);
	assert_int_not_equal(
	    figures_of(&f, "A1")->identity, figures_of(&f, "B")->identity);
	assert_int_equal(figures_of(&f, "C")->identity, 0);
	assert_int_equal(figures_of(&f, "D")->identity, 0);
	assert_int_equal(figures_of(&f, "E")->identity, 0);
	analysis_free(&f);
}
