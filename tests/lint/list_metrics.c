/* Prints the table of metrics as doc/api.md must show it. */
#include <stdio.h>

#include "shm/metric.h"

int
main(void)
{
	const struct metric *m;
	unsigned i;

	puts("| name | type | labels | meaning |\n|---|---|---|---|");
	for (m = metric_table; m < metric_table + METRIC_MAX; m++) {
		printf("| `%s` | %s |", m->name, m->type);
		for (i = 0; i < METRIC_LABELS && m->label[i] != NULL; i++)
			printf("%s `%s`", i > 0 ? "," : "", m->label[i]);
		printf(" | %s |\n", m->help);
	}
	return 0;
}
