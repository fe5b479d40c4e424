/* The documents that are kept over cycles. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hydrator/inputs.h"
#include "terms/part.h"
#include "unit.h"

static struct inputs in;
static const char place[] = "http://here/";
static const char elsewhere[] = "http://there/";

static int
setup(void **state UNUSED)
{
	memset(&in, 0, sizeof(in));
	in.n = 2;
	return 0;
}

static int
teardown(void **state UNUSED)
{
	inputs_free(&in);
	return 0;
}

static struct source
fetched(const char *text, const char *etag, int64_t at)
{
	struct source s = { .name = "x", .done = true, .url = place };

	buf_puts(&s.body, text);
	if (etag != NULL)
		s.etag = strdup(etag);
	s.fetched_boot = at;
	s.fetched_wall = at + 1000;
	return s;
}

static struct source
failed(const char *why, bool unfetched)
{
	struct source s = {
		.name = "x", .nurls = 1, .unfetched = unfetched, .refused = !unfetched
	};

	strlcpy(s.error, why, sizeof(s.error));
	return s;
}

/* Takes over what s has, as a cycle does. */
static void
offer(enum input_kind k, struct source s)
{
	const struct document_form form = { DOCUMENT_JSON, 1, s.body.len };

	inputs_offer(&in, k, &s, &form);
	source_free_all(&s, 1);
}

static void
assert_current(enum input_kind k, const char *text, int64_t at)
{
	const struct input_document *d = inputs_current(&in, k);
	struct document doc;

	assert_non_null(d);
	assert_int_equal(d->body.len, strlen(text));
	assert_memory_equal(d->body.data, text, d->body.len);
	assert_int_equal(d->fetched_boot, at);
	assert_int_equal(d->fetched_wall, at + 1000);
	/* What was found out about these bytes is beside them. */
	doc = inputs_document(&in, k);
	assert_ptr_equal(doc.data, d->body.data);
	assert_int_equal(doc.len, d->body.len);
	assert_int_equal(doc.form.type, DOCUMENT_JSON);
	assert_int_equal(doc.form.root, 1);
	assert_int_equal(doc.form.len, d->body.len);
}

static void
assert_stamp(const struct snapshot_stamp *stamp, enum snapshot_part part, int64_t at)
{
	assert_true(part_stamp_is_there(&stamp->part[part]));
	assert_int_equal(stamp->part[part].fetched_boot, at);
	assert_int_equal(stamp->part[part].fetched_wall, at + 1000);
}

static void
begin(void)
{
	offer(INPUT_REFERENCE, fetched("{1}", "\"a\"", 10));
	offer(INPUT_STATUS, fetched("[1]", NULL, 12));
	assert_true(inputs_suffice(&in));
	assert_true(inputs_differ(&in));
	inputs_accept(&in);
}

TEST(test_what_was_accepted_stays)
{
	struct snapshot_stamp stamp;

	begin();
	inputs_begin(&in);
	assert_current(INPUT_REFERENCE, "{1}", 10);
	assert_current(INPUT_STATUS, "[1]", 12);
	assert_null(inputs_current(&in, INPUT_STATS));
	inputs_stamp(&in, &stamp);
	assert_stamp(&stamp, PART_STATISTICS, 10);
	/* No more than it takes is kept. */
	assert_int_equal(inputs_current(&in, INPUT_REFERENCE)->body.cap, 3);
}

/* A publication that failed is tried again with what it was made of. */
TEST(test_what_was_not_accepted_is_still_offered)
{
	begin();
	offer(INPUT_REFERENCE, fetched("{20}", NULL, 20));
	offer(INPUT_STATUS, fetched("[2]", "\"s\"", 20));
	inputs_begin(&in);
	assert_current(INPUT_REFERENCE, "{20}", 20);
	assert_current(INPUT_STATUS, "[2]", 20);
	assert_true(inputs_suffice(&in));
	/* Its validators are those that are asked with. */
	offer(INPUT_STATUS, fetched("[2]", "\"t\"", 30));
	assert_current(INPUT_STATUS, "[2]", 30);
	assert_string_equal(in.of[INPUT_STATUS].offered.etag, "\"t\"");
	offer(INPUT_STATUS, failed("http://here/: no", true));
	assert_current(INPUT_STATUS, "[2]", 30);
	offer(INPUT_STATUS, fetched("[3]", NULL, 40));
	assert_current(INPUT_STATUS, "[3]", 40);
	/* Without it the one that was published is good again. */
	inputs_refuse(&in, INPUT_STATUS, INPUT_IMPLAUSIBLE, "too small");
	assert_current(INPUT_STATUS, "[1]", 12);
}

TEST(test_there_is_nothing_without_a_reference)
{
	assert_false(inputs_suffice(&in));
	offer(INPUT_REFERENCE, failed("http://here/: no", true));
	offer(INPUT_STATUS, fetched("[1]", NULL, 10));
	assert_false(inputs_suffice(&in));
	assert_int_equal(inputs_faults(&in, NULL), 1);
	inputs_begin(&in);
	offer(INPUT_REFERENCE, fetched("{1}", NULL, 20));
	assert_true(inputs_suffice(&in));
	assert_int_equal(inputs_faults(&in, NULL), 0);
}

/* What was published is published again only if something is new. */
TEST(test_old_ones_alone_are_no_news)
{
	begin();
	inputs_begin(&in);
	offer(INPUT_STATUS, failed("http://here/: no", true));
	assert_false(inputs_suffice(&in));
	offer(INPUT_REFERENCE, fetched("{1}", NULL, 30));
	assert_true(inputs_suffice(&in));
}

TEST(test_young_is_what_was_fetched_since)
{
	assert_false(inputs_is_young(&in, INPUT_REFERENCE, 0));
	begin();
	assert_true(inputs_is_young(&in, INPUT_REFERENCE, 10));
	assert_false(inputs_is_young(&in, INPUT_REFERENCE, 11));
	/* Reading a file asks nobody. */
	in.of[INPUT_REFERENCE].good.url = "file:///there";
	assert_false(inputs_is_young(&in, INPUT_REFERENCE, 10));
}

TEST(test_each_part_is_as_old_as_its_documents)
{
	struct snapshot_stamp stamp;

	in.n = INPUT_MAX;
	offer(INPUT_REFERENCE, fetched("{1}", NULL, 40));
	offer(INPUT_STATUS, fetched("[1]", NULL, 20));
	offer(INPUT_STATS, fetched("{}", NULL, 30));
	offer(INPUT_WORKERS, fetched("[]", NULL, 10));
	inputs_stamp(&in, &stamp);
	assert_stamp(&stamp, PART_STATISTICS, 40);
	assert_stamp(&stamp, PART_DELETION_RISK, 20);
	assert_stamp(&stamp, PART_WORKERS, 10);
	inputs_refuse(&in, INPUT_STATUS, INPUT_IMPLAUSIBLE, "too small");
	inputs_stamp(&in, &stamp);
	assert_stamp(&stamp, PART_STATISTICS, 40);
	assert_false(part_stamp_is_there(&stamp.part[PART_DELETION_RISK]));
	assert_false(part_stamp_is_there(&stamp.part[PART_WORKERS]));
}

TEST(test_the_same_again_is_younger)
{
	struct snapshot_stamp stamp;

	begin();
	offer(INPUT_REFERENCE, fetched("{1}", "\"b\"", 20));
	offer(INPUT_STATUS, fetched("[1]", NULL, 21));
	assert_false(inputs_differ(&in));
	assert_true(inputs_suffice(&in));
	assert_current(INPUT_REFERENCE, "{1}", 20);
	assert_string_equal(in.of[INPUT_REFERENCE].good.etag, "\"b\"");
	inputs_stamp(&in, &stamp);
	assert_stamp(&stamp, PART_STATISTICS, 20);
}

TEST(test_not_modified_is_the_same)
{
	struct source asked = { .name = "x" };
	struct source s = { .name = "x",
		.done = true,
		.not_modified = true,
		.url = place,
		.fetched_boot = 30,
		.fetched_wall = 1030 };

	begin();
	inputs_expect(&in, INPUT_REFERENCE, &asked);
	assert_ptr_equal(asked.known_url, place);
	assert_string_equal(asked.known_etag, "\"a\"");
	assert_null(asked.known_last_modified);
	s.etag = strdup("\"a\"");
	offer(INPUT_REFERENCE, s);
	offer(INPUT_STATUS, fetched("[1]", NULL, 31));
	assert_false(inputs_differ(&in));
	assert_current(INPUT_REFERENCE, "{1}", 30);
	assert_string_equal(in.of[INPUT_REFERENCE].good.etag, "\"a\"");
}

TEST(test_a_file_that_is_gone_is_another_document)
{
	struct source s = { .name = "x",
		.done = true,
		.missing = true,
		.url = elsewhere,
		.fetched_boot = 30,
		.fetched_wall = 1030 };

	begin();
	offer(INPUT_STATUS, s);
	assert_true(inputs_differ(&in));
	assert_true(inputs_current(&in, INPUT_STATUS)->missing);
	assert_int_equal(inputs_document(&in, INPUT_STATUS).form.type, DOCUMENT_ABSENT);
	inputs_accept(&in);
	offer(INPUT_STATUS, s);
	assert_false(inputs_differ(&in));
	offer(INPUT_STATUS, fetched("", NULL, 40));
	assert_true(inputs_differ(&in));
}

TEST(test_old_ones_are_used_and_said)
{
	enum input_fault fault = INPUT_NOT_FETCHED;
	struct snapshot_stamp stamp;
	struct buf text = { 0 };

	begin();
	offer(INPUT_REFERENCE, fetched("{20}", NULL, 20));
	offer(INPUT_STATUS, failed("http://here/: refused", true));
	assert_true(inputs_suffice(&in));
	assert_true(inputs_differ(&in));
	assert_current(INPUT_REFERENCE, "{20}", 20);
	assert_current(INPUT_STATUS, "[1]", 12);
	inputs_stamp(&in, &stamp);
	assert_stamp(&stamp, PART_STATISTICS, 20);
	assert_int_equal(inputs_faults(&in, &fault), 1);
	assert_int_equal(inputs_reused(&in), 1);
	inputs_say_ages(&in, 12 + 312 * NSEC_PER_SEC, &text);
	buf_putc(&text, '\0');
	assert_string_equal(text.data, "status is 312 s old: http://here/: refused");
	buf_free(&text);
	/* If all are old there is nothing to publish. */
	inputs_refuse(&in, INPUT_REFERENCE, INPUT_IMPLAUSIBLE, "too small");
	assert_current(INPUT_REFERENCE, "{1}", 10);
	assert_false(inputs_suffice(&in));
	inputs_say_faults(&in, &text);
	buf_putc(&text, '\0');
	assert_string_equal(
	    text.data, "reference: too small; status: http://here/: refused");
	buf_free(&text);
	/* The next cycle starts afresh. */
	inputs_begin(&in);
	offer(INPUT_REFERENCE, fetched("{1}", NULL, 40));
	offer(INPUT_STATUS, fetched("[1]", NULL, 40));
	assert_int_equal(inputs_faults(&in, NULL), 0);
}

/* A document that was refused although it is all there is cannot be fallen back on. */
TEST(test_a_good_one_that_is_refused_is_not_good)
{
	struct buf text = { 0 };

	begin();
	offer(INPUT_REFERENCE, fetched("{1}", NULL, 20));
	offer(INPUT_STATUS, fetched("[1]", NULL, 20));
	inputs_refuse(&in, INPUT_STATUS, INPUT_NOT_ACCEPTED, "after all");
	assert_null(inputs_current(&in, INPUT_STATUS));
	assert_int_equal(inputs_faults(&in, NULL), 1);
	assert_int_equal(inputs_reused(&in), 0);
	inputs_say_ages(&in, 0, &text);
	buf_putc(&text, '\0');
	assert_string_equal(text.data, "status is absent: after all");
	buf_free(&text);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
