/* The messages of streams: what is found from a place on. */
#include <stdio.h>
#include <string.h>

#include "http/feed.h"
#include "unit.h"

static void
add(struct feed *f, uint32_t topics, uint64_t id, const char *text)
{
	feed_add(f, &(struct http_message){
			.topics = topics, .id = id, .text = { text, strlen(text) } });
}

/* All that is found, with a space behind each. */
static const char *
found(const struct feed *f, struct feed_place p)
{
	static char text[256];
	const struct http_message *m;
	size_t len = 0;

	text[0] = '\0';
	while ((m = feed_find(f, &p)) != NULL) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s ",
		    (int)m->text.len, m->text.p);
		p.at++;
	}
	return text;
}

TEST(a_place_finds_what_is_of_its_topics)
{
	struct feed f = { 0 };

	assert_string_equal(found(&f, (struct feed_place){ .topics = 3 }), "");
	add(&f, 1, 0, "a");
	add(&f, 2, 0, "b");
	add(&f, 3, 0, "c");
	assert_string_equal(found(&f, (struct feed_place){ .topics = 1 }), "a c ");
	assert_string_equal(found(&f, (struct feed_place){ .topics = 6 }), "b c ");
	assert_string_equal(
	    found(&f, (struct feed_place){ .at = 1, .topics = 3 }), "b c ");
	assert_string_equal(found(&f, (struct feed_place){ .topics = 4 }), "");
	feed_trim(&f, 0);
}

TEST(what_has_an_id_is_for_those_who_have_not_had_it)
{
	struct feed f = { 0 };

	add(&f, 1, 7, "old");
	add(&f, 1, 8, "newer");
	add(&f, 1, 0, "now");
	assert_string_equal(
	    found(&f, (struct feed_place){ .topics = 1, .after = 7 }), "newer now ");
	assert_string_equal(
	    found(&f, (struct feed_place){ .topics = 1, .after = UINT64_MAX }), "now ");
	feed_trim(&f, 0);
}

TEST(the_oldest_messages_go_first)
{
	struct feed f = { 0 };
	struct feed_place p = { .topics = 1 };
	char text[16];
	unsigned i;

	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%03u", i);
		add(&f, 1, 0, text);
		feed_trim(&f, 30);
	}
	assert_int_equal(f.bytes, 30);
	assert_int_equal(f.next - f.first, 10);
	assert_true(f.size <= 16);
	assert_true(feed_has_lost(&f, &p));
	assert_null(feed_find(&f, &p));
	p.at = 997;
	assert_false(feed_has_lost(&f, &p));
	assert_string_equal(found(&f, p), "997 998 999 ");
	feed_trim(&f, 0);
	assert_null(f.ring);
	p.at = f.next;
	assert_false(feed_has_lost(&f, &p));
	assert_null(feed_find(&f, &p));
	add(&f, 1, 0, "again");
	assert_string_equal(found(&f, p), "again ");
	feed_trim(&f, 0);
}

TEST(the_ring_grows_in_order)
{
	struct feed f = { 0 };
	struct feed_place p = { .topics = 1 };
	char text[16];
	unsigned i;

	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%03u", i);
		add(&f, 1, 0, text);
		if (i == 9)
			feed_trim(&f, 6);
	}
	for (p.at = i = 8; i < 1000; i++, p.at++) {
		snprintf(text, sizeof(text), "%03u", i);
		assert_memory_equal(feed_find(&f, &p)->text.p, text, 3);
	}
	feed_trim(&f, 0);
}
