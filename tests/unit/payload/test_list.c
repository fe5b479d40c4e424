/* Lists: what is laid out, and what of it is in the tag. */
#include "fixture/json_text.h"
#include "payload/list.h"
#include "payload/write.h"
#include "unit.h"

#define KIND VIEW_UNLISTED

static struct buf payload;

static int
set_up(void **state UNUSED)
{
	buf_reset(&payload);
	payload_begin(&payload, CATEGORY_LORA);
	return 0;
}

static int
free_payload(void **state UNUSED)
{
	buf_free(&payload);
	return 0;
}

/* A list of n rows, each of preset number of its number; `time` is left out of the
 * tag. Returns the view. */
static const struct view *
make(int time, uint32_t n)
{
	struct view_row rows[PRESET_MAX];
	struct payload_list list;
	size_t off;

	payload_list_begin(&list, &payload, CATEGORY_LORA, rows);
	off = payload.len;
	json_text_put(&payload, "'at':%d,", time);
	payload_list_omit(&list, off);
	payload_list_begin_rows(&list, "models", n, n);
	for (uint32_t i = 0; i < n; i++) {
		payload_list_open_row(&list);
		json_text_put(&payload, "{'n':%u}", i);
		payload_list_close_row(&list, 1u << i);
	}
	payload_list_end(&list, KIND);
	payload_seal(&payload);
	return &payload_directory(&payload)->views[KIND];
}

static void
assert_text(struct view_span span, const char *text)
{
	assert_int_equal(span.len, strlen(text));
	assert_memory_equal(payload.data + span.off, text, span.len);
}

TEST(a_list_is_laid_out_as_deletion_risk)
{
	const struct view *v = make(5, 2);
	const struct view_row *rows = (const void *)(payload.data + v->rows);

	assert_non_null(view_open(payload.data, payload.len, CATEGORY_LORA));
	assert_int_equal(v->nrows, 2);
	assert_int_equal(v->total_count, 2);
	assert_text(v->body,
	    json_text_of("{'category':'lora','at':5,'total_count':2,"
			 "'returned_count':2,'offset':0,'limit':null,'models':["
			 "{'n':0},{'n':1}]}"));
	assert_text(v->count, json_text_of("{'category':'lora','at':5,'total_count':"));
	assert_text(v->tail, "]}");
	assert_text(
	    (struct view_span){ rows[1].off, rows[1].len }, json_text_of("{'n':1}"));
	assert_int_equal(rows[1].presets, 2);
	for (int p = 0; p < PRESET_MAX; p++) {
		assert_int_equal(v->presets[p].matches, p < 2);
		assert_text(v->presets[p].tail, "]}");
	}
}

TEST(an_empty_list_opens)
{
	const struct view *v = make(5, 0);

	assert_non_null(view_open(payload.data, payload.len, CATEGORY_LORA));
	assert_int_equal(v->nrows, 0);
	assert_text(v->tail, "]}");
}

TEST(the_tag_leaves_out_what_tells_the_time)
{
	uint64_t etag = make(5, 2)->etag;

	assert_int_equal(make(77777, 2)->etag, etag);
	assert_int_not_equal(make(5, 3)->etag, etag);
}

UNIT_FIXTURE(.setup = set_up, .group_teardown = free_payload);
