/* What is posted: bounds, and names that want to be more than names. */
#include "notify/message.h"

#include <string.h>

#include <jansson.h>

#include "fixture/history_events.h"
#include "unit.h"

#define ALL UINT32_MAX
#define KIND(k) (UINT32_C(1) << (k))

static struct history *history;
static struct message message;
static json_t *json;

static int
set_up(void **state UNUSED)
{
	history = history_events_new(1000);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	json_decref(json);
	json = NULL;
	buf_free(&message.body);
	history_free(&history);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

/* Makes the message after an id, and reads it back. */
static json_t *
make(enum message_format format, uint32_t kinds, uint64_t after)
{
	json_error_t error;

	json_decref(json);
	buf_free(&message.body);
	message_make(&message, format, "image_generation", kinds, history, after);
	json = json_loadb(
	    message.body.data, message.body.len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg(
		    "%s: %.*s", error.text, (int)message.body.len, message.body.data);
	return json;
}

static const char *
content(uint32_t kinds, uint64_t after)
{
	return json_string_value(
	    json_object_get(make(MESSAGE_DISCORD, kinds, after), "content"));
}

static const char *
model_of(size_t i)
{
	json_t *changes = json_object_get(json, "changes");

	return json_string_value(json_object_get(json_array_get(changes, i), "model"));
}

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", text, part);
}

TEST(test_formats)
{
	assert_int_equal(message_format_find("discord"), MESSAGE_DISCORD);
	assert_int_equal(message_format_find("json"), MESSAGE_JSON);
}

TEST(test_json)
{
	json_t *changes;

	history_events_add(history, EVENT_AT_RISK, "a \"b\"\\\n\x01\x7f`*@everyone");
	history_events_add(history, EVENT_MANY, "");
	history_events_add(history, EVENT_RENAMED, "Ä😀");
	make(MESSAGE_JSON, ALL, 0);
	assert_string_equal(
	    json_string_value(json_object_get(json, "category")), "image_generation");
	changes = json_object_get(json, "changes");
	assert_int_equal(json_array_size(changes), 3);
	assert_int_equal(message.n, 3);
	assert_int_equal(message.last, 30);
	assert_string_equal(model_of(0), "a \"b\"\\\n\x01\x7f`*@everyone");
	assert_true(json_is_null(json_object_get(json_array_get(changes, 1), "model")));
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(changes, 1), "count")),
	    12345);
	assert_string_equal(model_of(2), "Ä😀");
}

TEST(test_kinds)
{
	history_events_add(history, EVENT_APPEARED, "one");
	history_events_add(history, EVENT_AT_RISK, "two");
	history_events_add(history, EVENT_APPEARED, "three");
	assert_int_equal(message_count(ALL, history, 0), 3);
	assert_int_equal(message_count(KIND(EVENT_AT_RISK), history, 0), 1);
	assert_int_equal(message_count(KIND(EVENT_AT_RISK), history, 20), 0);
	make(MESSAGE_JSON, KIND(EVENT_AT_RISK), 0);
	assert_int_equal(message.n, 1);
	assert_int_equal(message.last, 30);
	assert_string_equal(model_of(0), "two");
	buf_free(&message.body);
	message_make(&message, MESSAGE_JSON, "lora", KIND(EVENT_CRITICAL), history, 10);
	assert_int_equal(message.n, 0);
	assert_int_equal(message.body.len, 0);
	assert_int_equal(message.last, 30);
	message_make(&message, MESSAGE_DISCORD, "lora", ALL, history, 30);
	assert_int_equal(message.n, 0);
	assert_int_equal(message.last, 30);
}

/* Each change is in one message, in order, and the last one has what is left. */
TEST(test_batches)
{
	size_t i, n, all = 2 * MESSAGE_EVENTS + 7;
	char name[32];

	for (i = 0; i < all; i++) {
		snprintf(name, sizeof(name), "Model %zu", i);
		history_events_add(history, EVENT_DISAPPEARED, name);
	}
	for (i = 0, message.last = 0; i < all; i += n) {
		n = all - i < MESSAGE_EVENTS ? all - i : MESSAGE_EVENTS;
		make(MESSAGE_JSON, ALL, message.last);
		assert_int_equal(message.n, n);
		assert_int_equal(message.last, (i + n) * 10);
		snprintf(name, sizeof(name), "Model %zu", i);
		assert_string_equal(model_of(0), name);
	}
}

TEST(test_discord_lines)
{
	const char *text;

	history_events_add(history, EVENT_AT_RISK, "Amber");
	history_events_add(history, EVENT_DISAPPEARED, "Birch");
	history_events_add(history, EVENT_RENAMED, "Cobalt");
	history_events_add(history, EVENT_FLAG_SET, "Dune");
	history_events_add(history, EVENT_MANY, "");
	text = content(ALL, 0);
	assert_string_equal(text,
	    "**image_generation**\n"
	    "`Amber` at risk, since 2026-01-01 (66 uses a month, 8 workers)\n"
	    "`Birch` disappeared, since 2026-01-01 (22 uses a month, 4 workers)\n"
	    "`Cobalt` renamed, formerly `Formerly`, since 2026-01-01 "
	    "(66 uses a month, 8 workers)\n"
	    "`Dune` new reason: no workers, since 2026-01-01 "
	    "(66 uses a month, 8 workers)\n"
	    "12345 further changes at once\n");
	assert_int_equal(json_array_size(json_object_get(
			     json_object_get(json, "allowed_mentions"), "parse")),
	    0);
	assert_true(json_is_array(
	    json_object_get(json_object_get(json, "allowed_mentions"), "parse")));
}

/* Nothing of a name ends its code, or its line. */
TEST(test_discord_names)
{
	char name[600];
	const char *text;
	size_t i, ticks = 0;

	history_events_add(
	    history, EVENT_AT_RISK, "`@everyone` ``x``\n# big\r\t\x1b[31m");
	history_events_add(history, EVENT_AT_RISK, "");
	text = content(ALL, 0);
	assert_has(text, "\n`'@everyone' ''x'' # big   [31m` at risk");
	assert_has(text, "\n(no name) at risk");
	for (i = 0; text[i] != '\0'; i++)
		ticks += text[i] == '`';
	assert_int_equal(ticks, 2);
	/* Cut, at each place of a character. */
	for (i = 0; i < 4; i++) {
		memset(name, 'x', i);
		name[i] = '\0';
		while (strlen(name) < 500)
			strlcat(name, "😀", sizeof(name));
		history_events_add(history, EVENT_AT_RISK, name);
		text = content(ALL, history_last_id(history) - 10);
		assert_has(text, "😀…` at risk");
	}
}

/* 2,000 characters, whatever there is to say. */
TEST(test_discord_bounds)
{
	char name[401] = "";
	uint64_t after = 0;
	size_t i, sent = 0, n = 0;

	memset(name, 'x', sizeof(name) - 1);
	for (i = 0; i < 100; i++)
		history_events_add(
		    history, i % 3 == 0 ? EVENT_RENAMED : EVENT_CRITICAL, name);
	for (; after < history_last_id(history); after = message.last, n++) {
		assert_true(strlen(content(ALL, after)) <= MESSAGE_DISCORD_MAX);
		assert_true(message.n >= 1);
		sent += message.n;
	}
	assert_int_equal(sent, 100);
	assert_true(n > 10);
}

TEST(test_event_after)
{
	assert_null(history_event_after(history, 0));
	history_events_add(history, EVENT_AT_RISK, "a");
	history_events_add(history, EVENT_AT_RISK, "b");
	assert_int_equal(history_event_after(history, 0)->id, 10);
	assert_int_equal(history_event_after(history, 9)->id, 10);
	assert_int_equal(history_event_after(history, 10)->id, 20);
	assert_int_equal(history_event_after(history, 19)->id, 20);
	assert_null(history_event_after(history, 20));
	assert_null(history_event_after(history, UINT64_MAX));
}

/* The ring has turned. */
TEST(test_event_after_many)
{
	uint64_t id;

	for (int i = 0; i < 2500; i++)
		history_events_add(history, EVENT_AT_RISK, "a");
	id = history_forgotten(history);
	assert_int_equal(history_event_after(history, 0)->id, id + 10);
	assert_int_equal(message_count(ALL, history, 0), (25000 - id) / 10);
	assert_true(25000 - id >= 1000);
	assert_int_equal(history_event_after(history, 24985)->id, 24990);
}
