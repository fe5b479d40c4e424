/* Paths: decoding and routing. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/percent.h"
#include "reader/route.h"
#include "unit.h"

#define S "/model_references/statistics"

static const struct {
	const char *path;
	enum route route;
	const char *text; /* the category, or where to */
} cases[] = {
	{ "/", ROUTE_ROOT, NULL },
	{ "/api/", ROUTE_ROOT, NULL },
	{ "/api", ROUTE_REDIRECT, "/api/" },
	{ "/heartbeat", ROUTE_HEARTBEAT, NULL },
	{ "/api/heartbeat", ROUTE_HEARTBEAT, NULL },
	{ "/heartbea%74", ROUTE_HEARTBEAT, NULL },
	{ "/livez", ROUTE_LIVEZ, NULL },
	{ "/api/readyz", ROUTE_READYZ, NULL },
	{ "/events", ROUTE_EVENTS, NULL },
	{ "/api/events", ROUTE_EVENTS, NULL },
	{ "/events/x", ROUTE_NONE, NULL },
	{ "/readyz/", ROUTE_REDIRECT, "/readyz" },
	{ "/metrics", ROUTE_NONE, NULL },
	{ "/replicate_mode", ROUTE_REPLICATE_MODE, NULL },
	{ "/openapi.json", ROUTE_OPENAPI, NULL },
	{ "/api/openapi.json/", ROUTE_REDIRECT, "/api/openapi.json" },
	{ "/openapi", ROUTE_NONE, NULL },
	{ "/heartbeat/", ROUTE_REDIRECT, "/heartbeat" },
	{ "/api/heartbeat///", ROUTE_REDIRECT, "/api/heartbeat" },
	{ "/api/api/heartbeat", ROUTE_NONE, NULL },
	{ "/apiheartbeat", ROUTE_NONE, NULL },
	{ "/API/heartbeat", ROUTE_NONE, NULL },
	{ "/Heartbeat", ROUTE_NONE, NULL },
	{ "/api//heartbeat", ROUTE_NONE, NULL },
	{ "//heartbeat", ROUTE_NONE, NULL },
	{ "//heartbeat/", ROUTE_NONE, NULL },
	{ "//", ROUTE_NONE, NULL },
	{ "/api//", ROUTE_NONE, NULL },
	{ "/heartbeat/x", ROUTE_NONE, NULL },
	{ "/heartbeat%00", ROUTE_NONE, NULL },
	{ S, ROUTE_NONE, NULL },
	{ S "/", ROUTE_NONE, NULL },
	{ S "//", ROUTE_NONE, NULL },
	{ S "/foo", ROUTE_STATISTICS, "foo" },
	{ S "/f%6F%20", ROUTE_STATISTICS, "fo " },
	{ S "/%ff", ROUTE_STATISTICS, "\xef\xbf\xbd" },
	{ S "/foo/", ROUTE_REDIRECT, S "/foo" },
	{ S "/foo/bar", ROUTE_NONE, NULL },
	{ S "/foo/with-stats", ROUTE_WITH_STATS, "foo" },
	{ S "/foo/with-stats/", ROUTE_REDIRECT, S "/foo/with-stats" },
	{ S "/with-stats", ROUTE_STATISTICS, "with-stats" },
	{ S "//with-stats", ROUTE_NONE, NULL },
	{ S "/foo/with-stats/deletion-risk", ROUTE_NONE, NULL },
	{ S "/foo/deletion-risk", ROUTE_RISK, "foo" },
	{ "/api" S "/foo/deletion-risk", ROUTE_RISK, "foo" },
	{ S "/foo%2Fdeletion-risk", ROUTE_RISK, "foo" },
	{ S "/deletion-risk", ROUTE_STATISTICS, "deletion-risk" },
	{ S "//deletion-risk", ROUTE_NONE, NULL },
	{ S "/foo/deletion-risk/", ROUTE_REDIRECT, S "/foo/deletion-risk" },
	{ S "/foo/Deletion-Risk", ROUTE_NONE, NULL },
	{ S "/foo/audit", ROUTE_RISK, "foo" },
	{ "/api" S "/foo/audit", ROUTE_RISK, "foo" },
	{ S "/foo/audit/", ROUTE_REDIRECT, S "/foo/audit" },
	{ S "/audit", ROUTE_STATISTICS, "audit" },
	{ S "//audit", ROUTE_NONE, NULL },
	{ S "/foo/audit/deletion-risk", ROUTE_NONE, NULL },
	{ S "/foo/Audit", ROUTE_NONE, NULL },
	{ S "/foo/history", ROUTE_HISTORY, "foo" },
	{ "/api" S "/foo/changes", ROUTE_CHANGES, "foo" },
	{ S "/foo/unlisted/", ROUTE_REDIRECT, S "/foo/unlisted" },
	{ S "/foo/columns", ROUTE_COLUMNS, "foo" },
	{ S "/foo/cycles", ROUTE_CYCLES, "foo" },
	{ S "/foo/cycles/", ROUTE_REDIRECT, S "/foo/cycles" },
	{ S "/cycles", ROUTE_STATISTICS, "cycles" },
	{ S "//history", ROUTE_NONE, NULL },
	{ S "/foo/history/x", ROUTE_NONE, NULL },
	{ S "/foo/models", ROUTE_NONE, NULL },
	{ S "/foo/models/", ROUTE_NONE, NULL },
	{ S "//models/x", ROUTE_NONE, NULL },
	{ S "/models/x", ROUTE_NONE, NULL },
	{ S "/foo/models/x", ROUTE_MODEL, "foo" },
};

TEST(paths_have_their_routes)
{
	struct arena *a = arena_new();
	struct route_match m;
	struct str path, text;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		path = (struct str){ cases[i].path, strlen(cases[i].path) };
		m = route_match(percent_decode(path, false, a));
		if (m.route != cases[i].route)
			fail_msg("%s: route %d", cases[i].path, (int)m.route);
		if (cases[i].text == NULL)
			continue;
		text = m.route == ROUTE_REDIRECT ? m.path : m.category;
		if (!str_eq(text, (struct str){ cases[i].text, strlen(cases[i].text) }))
			fail_msg("%s: %.*s", cases[i].path, (int)text.len, text.p);
	}
	arena_free(&a);
}

static const struct {
	const char *path, *model;
} models[] = {
	{ S "/foo/models/x", "x" },
	{ "/api" S "/foo/models/x/", "x/" },
	{ S "/foo/models/koboldcpp/a/b", "koboldcpp/a/b" },
	{ S "/foo/models/koboldcpp%2Fa%20b%3F", "koboldcpp/a b?" },
	{ S "/foo/models//", "/" },
	{ S "/foo/models/x/deletion-risk", "x/deletion-risk" },
	{ S "/foo/models/models/with-stats", "models/with-stats" },
};

TEST(all_behind_models_is_a_name)
{
	struct arena *a = arena_new();
	struct route_match m;

	for (size_t i = 0; i < NELEM(models); i++) {
		m = route_match(percent_decode(
		    (struct str){ models[i].path, strlen(models[i].path) }, false, a));
		assert_int_equal(m.route, ROUTE_MODEL);
		assert_true(str_eq(m.category, STR("foo")));
		assert_true(str_eq(
		    m.model, (struct str){ models[i].model, strlen(models[i].model) }));
	}
	arena_free(&a);
}

#define FFFD "\xef\xbf\xbd"

/* Replacements as Python's bytes.decode(errors="replace") makes them. */
static const struct {
	const char *raw, *decoded;
} codes[] = {
	{ "", "" },
	{ "abc", "abc" },
	{ "%41%zz%4", "A%zz%4" },
	{ "100%", "100%" },
	{ "%2541", "%41" },
	{ "%C3%A9", "\xc3\xa9" },
	{ "%e2%82%ac%F0%9F%98%80", "\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "%80", FFFD },
	{ "%C3", FFFD },
	{ "%C3a", FFFD "a" },
	{ "%E2%82a", FFFD "a" },
	{ "%F0%9F%98a", FFFD "a" },
	{ "%C0%AF", FFFD FFFD },
	{ "%E0%80%80", FFFD FFFD FFFD },
	{ "%ED%A0%80", FFFD FFFD FFFD },
	{ "%F4%90%80%80", FFFD FFFD FFFD FFFD },
	{ "%F8%88%80%80%80", FFFD FFFD FFFD FFFD FFFD },
	{ "%E2%28%A1", FFFD "(" FFFD },
	{ "a+b%2B", "a b+" },
};

TEST(bytes_become_text)
{
	struct arena *a = arena_new();
	struct str raw, got;
	size_t i;

	for (i = 0; i < NELEM(codes); i++) {
		raw = (struct str){ codes[i].raw, strlen(codes[i].raw) };
		got = percent_decode(raw, true, a);
		if (!str_eq(got,
			(struct str){ codes[i].decoded, strlen(codes[i].decoded) }))
			fail_msg("%s: %.*s", codes[i].raw, (int)got.len, got.p);
	}
	assert_true(str_eq(percent_decode(STR("a+%00b"), false, a), STR("a+\0b")));
	arena_free(&a);
}
