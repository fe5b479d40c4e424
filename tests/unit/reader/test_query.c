/* Query strings: values, defaults, and the items of a 422. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture/cases.h"
#include "fixture/json_text.h"
#include "reader/query.h"
#include "unit.h"

#define FILE_OF_CASES "reader/query.json"

struct asked {
	struct arena *arena;
	struct buf errors;
	struct query query;
};

static int
setup(void **state)
{
	struct asked *w = calloc(1, sizeof(*w));

	w->arena = arena_new();
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct asked *w = *state;

	arena_free(&w->arena);
	buf_free(&w->errors);
	free(w);
	return 0;
}

static bool
parse(struct asked *w, const char *text, unsigned endpoint)
{
	buf_reset(&w->errors);
	return query_parse((struct str){ text, strlen(text) }, endpoint, w->arena,
	    &w->query, &w->errors);
}

TEST(nothing_asked_is_the_default)
{
	static const char *const texts[] = { "", "&", "&&", "=", "=x", "x", "x=1&y",
		"Limit=0", "limit[]=0", "limit%00=0", ";limit=0", "limit;=0" };
	struct asked *w = *state;
	size_t i;

	for (i = 0; i < NELEM(texts); i++) {
		assert_true(parse(w, texts[i], QUERY_RISK));
		assert_false(query_paged(&w->query));
		assert_false(w->query.group_text_models);
		assert_false(w->query.include_backend_variations);
		assert_int_equal(w->query.preset.len, 0);
		assert_true(str_eq(w->query.offset_text, STR("0")));
	}
}

TEST(values_are_read)
{
	struct asked *w = *state;

	assert_true(parse(w,
	    "limit=1_0.0&offset=%2B007&preset=a+b%26c&group_text_models=On&"
	    "include_backend_variations=t",
	    QUERY_RISK));
	assert_true(w->query.has_limit && query_paged(&w->query));
	assert_int_equal(w->query.limit, 10);
	assert_true(str_eq(w->query.limit_text, STR("10")));
	assert_int_equal(w->query.offset, 7);
	assert_true(str_eq(w->query.offset_text, STR("7")));
	assert_true(str_eq(w->query.preset, STR("a b&c")));
	assert_true(w->query.group_text_models);
	assert_true(w->query.include_backend_variations);
	assert_true(parse(w, "%6Cimit=3", QUERY_STATISTICS));
	assert_int_equal(w->query.limit, 3);
	assert_true(parse(w, "offset=-0", QUERY_RISK));
	assert_false(query_paged(&w->query));
}

TEST(integers_have_no_end)
{
	struct asked *w = *state;

	assert_true(parse(w, "limit=100000000000000000000000", QUERY_RISK));
	assert_true(w->query.limit == INT64_MAX);
	assert_true(str_eq(w->query.limit_text, STR("100000000000000000000000")));
	assert_false(parse(w, "offset=-100000000000000000000000", QUERY_RISK));
}

TEST(the_last_of_a_name_counts)
{
	struct asked *w = *state;

	assert_true(parse(w, "limit=abc&limit=2", QUERY_RISK));
	assert_int_equal(w->query.limit, 2);
	assert_false(parse(w, "limit=2&limit=abc", QUERY_RISK));
	assert_true(parse(w, "preset=x&preset=", QUERY_RISK));
	assert_int_equal(w->query.preset.len, 0);
}

/* Statistics have no preset and no variations: whatever they say is ignored. */
TEST(endpoints_have_their_own)
{
	struct asked *w = *state;

	assert_true(
	    parse(w, "preset=x&include_backend_variations=x", QUERY_STATISTICS));
	assert_int_equal(w->query.preset.len, 0);
	assert_false(parse(w, "include_backend_variations=x", QUERY_RISK));
}

TEST(with_stats_has_its_own)
{
	struct asked *w = *state;

	assert_true(parse(w, "limit=x&preset=x&group_text_models=x", QUERY_WITH_STATS));
	assert_false(w->query.include_workers);
	assert_false(w->query.include_backend_variations);
	assert_false(w->query.has_min_worker_count);
	assert_int_equal(w->query.sort_by, SORT_NONE);
	assert_true(w->query.sort_desc);
	assert_true(parse(w,
	    "include_workers=yes&include_backend_variations=on&min_worker_count=-07&"
	    "sort_by=usage%5Ftotal&sort_desc=0",
	    QUERY_WITH_STATS));
	assert_true(w->query.include_workers);
	assert_true(w->query.include_backend_variations);
	assert_true(w->query.has_min_worker_count);
	assert_int_equal(w->query.min_worker_count, -7);
	assert_int_equal(w->query.sort_by, SORT_USAGE_TOTAL);
	assert_false(w->query.sort_desc);
	assert_true(
	    parse(w, "include_workers=x&sort_desc=x&min_worker_count=x", QUERY_RISK));
	/* In the order of declaration, not of the request. */
	assert_false(parse(w,
	    "sort_desc=&min_worker_count=1.5&include_backend_variations=2&"
	    "sort_by=x&include_workers=",
	    QUERY_WITH_STATS));
	buf_putc(&w->errors, '\0');
	assert_true(strstr(w->errors.data, "include_workers") <
		    strstr(w->errors.data, "include_backend_variations"));
	assert_true(strstr(w->errors.data, "include_backend_variations") <
		    strstr(w->errors.data, "min_worker_count"));
	assert_true(strstr(w->errors.data, "min_worker_count") <
		    strstr(w->errors.data, "sort_desc"));
	assert_non_null(strstr(w->errors.data, "include_workers"));
	assert_null(strstr(w->errors.data, "sort_by"));
}

/* All items, in brackets as they are answered. */
static const char *
errors(struct asked *w)
{
	struct buf b = { 0 };
	const char *text;

	buf_putc(&b, '[');
	buf_add(&b, w->errors.data, w->errors.len);
	buf_putc(&b, ']');
	text = arena_strndup(w->arena, b.data, b.len);
	buf_free(&b);
	return text;
}

TEST(errors_are_the_references)
{
	struct asked *w = *state;
	struct cases c;

	for (cases_open(&c, FILE_OF_CASES, "errors"); cases_next(&c);) {
		assert_false(parse(w, cases_text(&c, "query"), QUERY_RISK));
		assert_string_equal(errors(w), cases_json(&c, "errors"));
	}
}

TEST(an_integer_of_too_many_digits_has_an_error_of_its_own)
{
	struct asked *w = *state;
	char text[4500] = "limit=";

	memset(text + 6, '1', 4301);
	assert_false(parse(w, text, QUERY_RISK));
	assert_string_equal(errors(w),
	    json_text_of("[{'type':'int_parsing_size','loc':['query','limit'],"
			 "'msg':'Unable to parse input string as an integer, exceeded "
			 "maximum size','input':'%s'}]",
		text + 6));
}

TEST(an_unknown_category_lists_the_known)
{
	struct asked *w = *state;
	const char *category;
	struct cases c;

	cases_only(&c, FILE_OF_CASES, "unknown_category");
	category = cases_text(&c, "category");
	query_bad_category("path", STR("model_category_name"),
	    (struct str){ category, strlen(category) }, &w->errors);
	assert_string_equal(errors(w), cases_json(&c, "errors"));
	cases_close(&c);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
