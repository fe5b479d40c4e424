/* The table of metrics: whole, without doubles, and every counter in its place. */
#include <stdio.h>
#include <string.h>

#include "shm/metric.h"
#include "unit.h"

static bool
ends(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && strcmp(s + n - m, tail) == 0;
}

TEST(rows_are_whole)
{
	unsigned i, k;

	for (i = 0; i < METRIC_MAX; i++) {
		const struct metric *m = &metric_table[i];

		if (m->name == NULL || m->type == NULL || m->help == NULL)
			fail_msg("metric %u is not described", i);
		assert_int_equal(
		    strspn(m->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(m->name));
		/* What a server of Prometheus would have to unescape. */
		assert_null(strpbrk(m->help, "\\\n|"));
		assert_true(ends(m->help, "."));
		if (strcmp(m->type, "counter") == 0)
			assert_true(ends(m->name, "_total"));
		else {
			assert_false(ends(m->name, "_total"));
			assert_true(strcmp(m->type, "gauge") == 0 ||
				    strcmp(m->type, "histogram") == 0 ||
				    strcmp(m->type, "summary") == 0);
		}
		for (k = 0; k < i; k++)
			assert_string_not_equal(m->name, metric_table[k].name);
	}
}

/* Two counters of one sample would be printed as that sample twice. */
TEST(counters_have_samples_of_their_own)
{
	unsigned i, k, same;

	for (i = 0; i < COUNTER_MAX; i++) {
		const struct metric_counter *c = &metric_counters[i];
		const struct metric *m = &metric_table[c->metric];
		bool by_value = m->label[metric_has_category(c->metric)] != NULL;

		bool summary = strcmp(m->type, "summary") == 0;

		if (!summary)
			assert_string_equal(m->type, "counter");
		if (by_value != (c->value != NULL))
			fail_msg("counter %u in %s: %s", i, m->name,
			    c->value != NULL ? c->value : "no value");
		same = 0;
		for (k = 0; k < i; k++)
			same += metric_counters[k].metric == c->metric &&
				(!by_value ||
				    strcmp(metric_counters[k].value, c->value) == 0);
		/* A sum and its count. */
		assert_in_range(same, 0, summary);
	}
}
