/* Runs the tests of a program that TEST() registered; see unit.h. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

/* The linker's names for the two ends of the section. */
extern const struct unit_test *const __start_unit_tests[], *const __stop_unit_tests[];

static const struct unit_fixture no_fixture;

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
	failed = _cmocka_run_group_tests(program_invocation_short_name, tests, n,
	    fixture->group_setup, fixture->group_teardown);
	free(tests);
	return failed;
}
