/* The closest names: against the table of distances that everybody knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "payload/closest.h"
#include "payload/name_order.h"
#include "unit.h"

#define NAMES_MAX 3000

/* Of the heads, in lower case. */
static unsigned
oracle(struct str a, struct str b)
{
	unsigned row[CLOSEST_BYTES + 1], above, left, i, k;
	size_t na = a.len < CLOSEST_BYTES ? a.len : CLOSEST_BYTES;
	size_t nb = b.len < CLOSEST_BYTES ? b.len : CLOSEST_BYTES;

	for (k = 0; k <= nb; k++)
		row[k] = k;
	for (i = 1; i <= na; i++) {
		left = row[0]++;
		for (k = 1; k <= nb; k++) {
			above = row[k];
			if (name_order_fold(a.p[i - 1]) != name_order_fold(b.p[k - 1]))
				left++;
			if (above + 1 < left)
				left = above + 1;
			if (row[k - 1] + 1 < left)
				left = row[k - 1] + 1;
			row[k] = left;
			left = above;
		}
	}
	return row[nb];
}

struct names {
	struct str name[NAMES_MAX];
	uint32_t n;
	struct buf text;
	uint32_t order[NAMES_MAX];
};

/* A payload that has nothing but names. */
static void
make(struct names *s)
{
	struct buf b = { 0 };
	struct view_directory d = { .magic = VIEW_MAGIC };
	struct view_figures *f = calloc(s->n, sizeof(*f));

	d.views[VIEW_RISK].present = 1;
	d.views[VIEW_RISK].nrows = s->n;
	d.views[VIEW_RISK].figures = sizeof(d);
	for (uint32_t i = 0; i < s->n; i++)
		f[i].name.len = s->name[i].len;
	buf_add(&b, &d, sizeof(d));
	buf_add(&b, f, s->n * sizeof(*f));
	for (uint32_t i = 0; i < s->n; i++) {
		f[i].name.off = b.len;
		buf_add(&b, s->name[i].p, s->name[i].len);
	}
	memcpy(b.data + sizeof(d), f, s->n * sizeof(*f));
	free(f);
	s->text = b;
	name_order_make((const void *)b.data, s->order);
}

static unsigned
find(const struct names *s, struct str wanted, struct str found[CLOSEST_MAX])
{
	return closest_find((const void *)s->text.data, s->order, s->n, wanted, found);
}

static int
teardown(void **state)
{
	struct names *s = *state;

	for (uint32_t i = 0; i < s->n; i++)
		free((void *)(uintptr_t)s->name[i].p);
	buf_free(&s->text);
	free(s);
	return 0;
}

static int
setup(void **state)
{
	*state = calloc(1, sizeof(struct names));
	srandom(7);
	return 0;
}

static void
add(struct names *s, const char *name)
{
	s->name[s->n++] = (struct str){ strdup(name), strlen(name) };
}

static void
add_random(struct names *s)
{
	static const char letters[] = "abAB/-_.0\xc3\xa9";
	char name[120];
	unsigned n = 1 + (unsigned)random() % 100;

	for (unsigned i = 0; i < n; i++)
		name[i] = letters[(unsigned)random() % (sizeof(letters) - 1)];
	name[n] = '\0';
	add(s, name);
}

/* The distances of what is found are the smallest that there are. */
static void
assert_closest(struct names *s, struct str wanted)
{
	unsigned best[CLOSEST_MAX] = { 999, 999, 999 }, i, k, d, n;
	struct str found[CLOSEST_MAX];

	for (i = 0; i < s->n; i++) {
		d = oracle(wanted, s->name[i]);
		for (k = 0; k < CLOSEST_MAX; k++)
			if (d < best[k]) {
				unsigned other = best[k];

				best[k] = d;
				d = other;
			}
	}
	n = find(s, wanted, found);
	assert_int_equal(n, s->n < CLOSEST_MAX ? s->n : CLOSEST_MAX);
	for (i = 0; i < n; i++)
		assert_int_equal(oracle(wanted, found[i]), best[i]);
}

TEST(few_names_are_all_looked_at)
{
	struct names *s = *state, wanted = { .n = 0 };

	while (s->n < 500)
		add_random(s);
	make(s);
	for (int i = 0; i < 300; i++) {
		add_random(&wanted);
		assert_closest(s, wanted.name[0]);
		free((void *)(uintptr_t)wanted.name[0].p);
		wanted.n = 0;
	}
}

TEST(what_is_mistyped_is_found)
{
	struct names *s = *state;
	struct str found[CLOSEST_MAX];

	add(s, "koboldcpp/Mistral-Small-24B");
	add(s, "Deliberate");
	add(s, "stable_diffusion");
	add(s, "Anything Diffusion");
	make(s);
	assert_int_equal(find(s, STR("stable difusion"), found), 3);
	assert_true(str_eq(found[0], STR("stable_diffusion")));
	assert_int_equal(find(s, STR("mistral-small-24b"), found), 3);
	assert_true(str_eq(found[0], STR("koboldcpp/Mistral-Small-24B")));
	assert_int_equal(find(s, STR("DELIBERATE"), found), 3);
	assert_true(str_eq(found[0], STR("Deliberate")));
}

/* Of many, those around it: the name itself in another case, wherever it is. */
TEST(of_many_the_neighbours_are_looked_at)
{
	struct names *s = *state;
	struct str found[CLOSEST_MAX];
	char name[32];

	for (int i = 0; i < NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "Model-%04d", i);
		add(s, name);
	}
	make(s);
	for (int i = 0; i < NAMES_MAX; i += 59) {
		snprintf(name, sizeof(name), "mODEL-%04d", i);
		assert_int_equal(find(s, (struct str){ name, strlen(name) }, found), 3);
		assert_int_equal(
		    oracle((struct str){ name, strlen(name) }, found[0]), 0);
	}
}

TEST(names_without_end_are_not_told)
{
	static char text[CLOSEST_NAME_MAX + 2];
	struct names *s = *state;
	struct str found[CLOSEST_MAX];

	memset(text, 'a', CLOSEST_NAME_MAX + 1);
	add(s, text);
	text[CLOSEST_NAME_MAX] = '\0';
	add(s, text);
	make(s);
	assert_int_equal(find(s, s->name[0], found), 1);
	assert_int_equal(found[0].len, CLOSEST_NAME_MAX);
}

TEST(none_has_none)
{
	struct names *s = *state;
	struct str found[CLOSEST_MAX];

	make(s);
	assert_int_equal(find(s, STR("x"), found), 0);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
