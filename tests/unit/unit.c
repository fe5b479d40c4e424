/* Runs the tests of a program that TEST() registered; see unit.h. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

/* The linker's names for the two ends of the section. */
extern const struct unit_test *const __start_unit_tests[], *const __stop_unit_tests[];

static const struct unit_fixture no_fixture;
static CMFixtureFunction group_teardown; /* NULL: none */
static bool left_behind;

/* cmocka says that one has failed, and passes the program all the same. */
static int
tear_down_group(void **state)
{
	int r = group_teardown != NULL ? group_teardown(state) : 0;

	left_behind = r != 0;
	return r;
}

static int
by_line(const void *a, const void *b)
{
	const struct unit_test *const *x = a, *const *y = b;

	return ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

int
main(int argc, char **argv)
{
	size_t n = (size_t)(__stop_unit_tests - __start_unit_tests), i;
	const struct unit_test **order = calloc(n, sizeof(*order));
	struct CMUnitTest *tests = calloc(n, sizeof(*tests));
	const struct unit_fixture *fixture = &unit_fixture;
	int failed;

	if (order == NULL || tests == NULL)
		abort();
	if (fixture == NULL)
		fixture = &no_fixture;
	for (i = 0; i < n; i++)
		order[i] = __start_unit_tests[i];
	qsort(order, n, sizeof(*order), by_line);
	for (i = 0; i < n; i++) {
		tests[i] = order[i]->test;
		if (!order[i]->own_fixture) {
			tests[i].setup_func = fixture->setup;
			tests[i].teardown_func = fixture->teardown;
		}
	}
	free(order);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	group_teardown = fixture->group_teardown;
	failed = _cmocka_run_group_tests(program_invocation_short_name, tests, n,
	    fixture->group_setup, tear_down_group);
	free(tests);
	return failed != 0 ? failed : left_behind;
}
