/* Renders small documents and looks into the views; for the tests of the analytics. */
#ifndef TESTS_ANALYTICS_FIXTURE_H
#define TESTS_ANALYTICS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "analytics/analytics.h"
#include "payload/view.h"
#include "records/report.h"
#include "terms/document.h"

#define NOW 1700000000

struct fixture {
	struct analytics_settings settings;
	enum category category;
	const char *workers; /* document; NULL: none */
	struct buf out;
	struct report report;
	char skipped[4096]; /* what was left out, a line each */
	const struct view_directory *dir;
};

static inline void
fixture_skip(void *arg, const char *what)
{
	struct fixture *f = arg;
	size_t n = strlen(f->skipped);

	snprintf(f->skipped + n, sizeof(f->skipped) - n, "%s\n", what);
}

static inline struct document
fixture_document(const char *text)
{
	return (struct document){ text, text == NULL ? 0 : strlen(text) };
}

static inline void
fixture_init(struct fixture *f, enum category category)
{
	*f = (struct fixture){ .category = category };
	analytics_defaults(&f->settings);
}

static inline int
fixture_try(
    struct fixture *f, const char *reference, const char *status, const char *stats)
{
	struct analytics_input in = { .category = f->category,
		.reference = fixture_document(reference),
		.status = fixture_document(status),
		.stats = fixture_document(stats),
		.workers = fixture_document(f->workers),
		.now = NOW };

	f->skipped[0] = '\0';
	f->report = (struct report){ .skip = fixture_skip, .arg = f };
	f->out.len = 0;
	return analytics_render(&f->settings, &in, &f->out, &f->report);
}

static inline void
fixture_render(
    struct fixture *f, const char *reference, const char *status, const char *stats)
{
	if (fixture_try(f, reference, status, stats) == -1)
		fail_msg("%s", f->report.error);
	f->dir = view_open(f->out.data, f->out.len, f->category);
	assert_non_null(f->dir);
}

static inline void
fixture_free(struct fixture *f)
{
	buf_free(&f->out);
}

/* A part of the payload, as text. */
static inline json_t *
fixture_body(const struct fixture *f, enum view_kind kind)
{
	const struct view *v = &f->dir->views[kind];
	json_error_t error;
	json_t *root;

	assert_int_equal(v->present, 1);
	root = json_loadb(
	    f->out.data + v->body.off, v->body.len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		fail_msg("%s: %.*s", error.text, (int)v->body.len,
		    f->out.data + v->body.off);
	return root;
}

/* The value at a path such as "models/0/usage_month", as compact JSON; reals with 15
 * digits. */
static inline void
fixture_expect(const struct fixture *f, enum view_kind kind, const char *path,
    const char *expected)
{
	json_t *root = fixture_body(f, kind), *v = root;
	char part[128], *text;

	for (const char *p = path; *p != '\0';) {
		size_t n = strcspn(p, "/");

		assert_true(n < sizeof(part));
		memcpy(part, p, n);
		part[n] = '\0';
		v = json_is_array(v)
			? json_array_get(v, (size_t)strtoul(part, NULL, 10))
			: json_object_get(v, part);
		if (v == NULL)
			fail_msg("no %s", path);
		p += n + (p[n] == '/');
	}
	text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (strcmp(text, expected) != 0)
		fail_msg("%s: %s, want %s", path, text, expected);
	free(text);
	json_decref(root);
}

/* That the exact text stands in a view's body: for the digits of numbers. */
static inline void
fixture_expect_text(const struct fixture *f, enum view_kind kind, const char *text)
{
	const struct view *v = &f->dir->views[kind];

	if (memmem(f->out.data + v->body.off, v->body.len, text, strlen(text)) == NULL)
		fail_msg(
		    "no %s in %.*s", text, (int)v->body.len, f->out.data + v->body.off);
}

/* The names of the flags that are true in a model's row, in order, with spaces. */
static inline void
fixture_expect_flags(const struct fixture *f, enum view_kind kind, const char *name,
    const char *expected)
{
	json_t *root = fixture_body(f, kind), *models = json_object_get(root, "models"),
	       *m;
	char found[512] = "(no such model)";
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach(models, i, m)
	{
		if (strcmp(json_string_value(json_object_get(m, "name")), name) != 0)
			continue;
		found[0] = '\0';
		json_object_foreach(
		    json_object_get(m, "deletion_risk_flags"), key, value)
		{
			size_t n = strlen(found);

			if (json_is_true(value))
				snprintf(found + n, sizeof(found) - n, "%s%s",
				    n ? " " : "", key);
		}
	}
	if (strcmp(found, expected) != 0)
		fail_msg("flags of %s: %s; want %s", name, found, expected);
	json_decref(root);
}

/* The names of the rows that a preset takes, in order, with spaces; checked against
 * the count that the view gives. */
static inline void
fixture_expect_preset(const struct fixture *f, enum view_kind kind, enum preset preset,
    const char *expected)
{
	const struct view *v = &f->dir->views[kind];
	const struct view_row *rows = (const void *)(f->out.data + v->rows);
	json_t *root = fixture_body(f, kind), *models = json_object_get(root, "models");
	char found[512] = "";
	uint64_t matches = 0;

	for (uint32_t i = 0; i < v->nrows; i++) {
		size_t n = strlen(found);

		if (((rows[i].presets >> preset) & 1) == 0)
			continue;
		matches++;
		snprintf(found + n, sizeof(found) - n, "%s%s", n ? " " : "",
		    json_string_value(
			json_object_get(json_array_get(models, i), "name")));
	}
	assert_string_equal(found, expected);
	assert_int_equal(v->presets[preset].matches, matches);
	json_decref(root);
}

#endif
