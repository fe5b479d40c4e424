/* Names of routes. */
#include "terms/route.h"
#include "unit.h"

/* As metrics need them for labels. */
TEST(every_route_has_its_name)
{
	int i, j;

	for (i = 0; i < ROUTE_MAX; i++) {
		if (route_name((enum route)i) == NULL)
			fail_msg("route %d has no name", i);
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    route_name((enum route)i), route_name((enum route)j));
	}
}
