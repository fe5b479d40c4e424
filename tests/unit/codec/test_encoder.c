/*
 * What encoding costs: memory, page faults, and bytes against higher levels. The code
 * under test is included, so that its region can be made too small.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"

#include "codec/encode.c"

#include "analytics/analytics.h"
#include "codec/gunzip.h"
#include "payload/view.h"
#include "payload/write.h"
#include "records/document.h"
#include "terms/document.h"
#include "fixture/json_text.h"
#include "unit.h"

/* A list of models, about that long. */
static void
make_list(struct buf *b, size_t len)
{
	static const char *const words[] = { "amber", "canvas", "quill", "northwind",
		"tinker", "paper", "boat", "lantern" };
	uint64_t x = 1;

	json_text_put(b, "{'models':[");
	for (unsigned i = 0; b->len < len; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
		json_text_put(b,
		    "%s{'name':'%s-%s/%u','usage_month':%u,'worker_count':%u,"
		    "'at_risk':%s,'download_hosts':['%s.example.org'],"
		    "'usage_percentage_of_category':%u.%04u}",
		    i > 0 ? "," : "", words[x >> 61], words[x >> 58 & 7], i,
		    (unsigned)(x >> 40 & 0xffff), (unsigned)(x >> 36 & 15),
		    x >> 35 & 1 ? "true" : "false", words[x >> 32 & 7],
		    (unsigned)(x >> 30 & 3), (unsigned)(x >> 20 & 0x1fff));
	}
	buf_puts(b, "]}");
}

static struct str
body_of(const struct buf *b)
{
	return (struct str){ b->data, b->len };
}

/* All encodings at both efforts, one after the other. */
static void
encode_all(struct encoder *e, struct str body, struct buf *out)
{
	for (int k = ENCODING_IDENTITY + 1; k < ENCODING_MAX; k++) {
		encode_body(e, (enum encoding)k, ENCODE_FAST, body, out);
		encode_body(e, (enum encoding)k, ENCODE_SMALL, body, out);
	}
}

/* What brotli's tables, zstd's and libdeflate's do not fit into costs time, not the
 * body. */
TEST(a_region_that_is_too_small_changes_nothing)
{
	struct encoder *e = encoder_new(SIZE_MAX);
	struct buf list = { 0 }, want = { 0 }, got = { 0 };
	size_t size = e->region.size;

	make_list(&list, 300000);
	encode_all(e, body_of(&list), &want);
	assert_true(e->region.outside == 0 || e->region.base == NULL);
	for (; size > 64; size /= 8) {
		e->region.size = size;
		buf_reset(&got);
		encode_all(e, body_of(&list), &got);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.data, want.data, want.len);
	}
	assert_true(e->region.outside > 0);
	encoder_free(&e);
	buf_free(&list);
	buf_free(&want);
	buf_free(&got);
}

/* Returns 0 if the region could not be reserved and the result is the same. */
static int
encode_in_little_address_space(struct str body, const struct buf *want)
{
	const struct rlimit limit = { (rlim_t)48 << 20, (rlim_t)48 << 20 };
	struct buf got = { 0 };
	struct encoder *e;

	if (setrlimit(RLIMIT_AS, &limit) == -1)
		return 1;
	e = encoder_new(0);
	if (e->region.base != NULL)
		return 2;
	encode_all(e, body, &got);
	return got.len == want->len && memcmp(got.data, want->data, got.len) == 0 ? 0
										  : 3;
}

TEST(without_address_space_malloc_does)
{
	struct buf list = { 0 }, want = { 0 };
	struct encoder *e;
	int status;
	pid_t pid;

#ifdef HAVE_SANITIZERS /* they need terabytes of it */
	skip();
#endif
	e = encoder_new(0);
	make_list(&list, 100000);
	encode_all(e, body_of(&list), &want);
	encoder_free(&e);
	if ((pid = fork()) == 0)
		_exit(encode_in_little_address_space(body_of(&list), &want));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	buf_free(&list);
	buf_free(&want);
}

static long
faults(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_minflt;
}

/* As a reader has it, malloc(3) would map thousands of small pages a body. */
TEST(a_series_of_bodies_maps_its_memory_once)
{
	struct buf list = { 0 }, out = { 0 };
	struct encoder *e;
	long before;

#ifdef HAVE_SANITIZERS
	skip();
#endif
	assert_int_equal(mallopt(M_MMAP_THRESHOLD, 128 * 1024), 1);
	e = encoder_new(SIZE_MAX);
	make_list(&list, 700000);
	encode_all(e, body_of(&list), &out);
	(void)buf_reserve(
	    &out, 4 * list.len); /* of the last encoding: what it may take */
	before = faults();
	for (int i = 0; i < 8; i++) {
		buf_reset(&out);
		encode_all(e, body_of(&list), &out);
	}
	assert_true(faults() - before < 200);
	encoder_free(&e);
	buf_free(&list);
	buf_free(&out);
}

/* Whether the form of once a cycle is at most so many times as long as at gzip 9,
 * brotli 9 and zstd 15. */
static void
assert_nearly_least(const struct str *bodies, size_t n, double times)
{
	static const int high[ENCODING_MAX] = { 0, 9, 9, 15 };
	struct encoder *e = encoder_new(SIZE_MAX);
	struct buf small = { 0 }, least = { 0 };

	for (int k = ENCODING_IDENTITY + 1; k < ENCODING_MAX; k++) {
		buf_reset(&small);
		buf_reset(&least);
		for (size_t i = 0; i < n; i++) {
			encode_body(
			    e, (enum encoding)k, ENCODE_SMALL, bodies[i], &small);
			encode_at(e, (enum encoding)k, high[k], bodies[i], &least);
		}
		assert_true(least.len > 0);
		if ((double)small.len > times * (double)least.len)
			fail_msg("encoding %d: %zu bytes, at the highest level %zu", k,
			    small.len, least.len);
	}
	encoder_free(&e);
	buf_free(&small);
	buf_free(&least);
}

/* Its numbers are drawn, which shrink worse than what people count. */
TEST(levels_cost_few_bytes)
{
	struct buf list = { 0 };
	struct str body;

	make_list(&list, 300000);
	body = body_of(&list);
	assert_nearly_least(&body, 1, 1.10);
	buf_free(&list);
}

static void
read_case(struct buf *b, const char *directory, const char *kind, enum category c)
{
	bool image = c == CATEGORY_IMAGE_GENERATION;
	char path[1024];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/current/real-1/%s%s%s.json", directory, kind,
	    image ? "image" : "text", kind[0] == 'r' ? "_generation" : "");
	assert_non_null(f = fopen(path, "re"));
	while ((n = fread(buf_reserve(b, 65536), 1, 65536, f)) > 0)
		b->len += n;
	fclose(f);
}

/* The complete bodies of a recorded day. */
static size_t
render_case(
    const char *directory, enum category category, struct buf *payload, struct str *to)
{
	static const char *const kinds[] = { "reference/", "horde/status_",
		"horde/stats_" };
	struct analytics_input in = { .category = category, .now = 1767225600 };
	static const enum document_kind order[] = { DOCUMENT_REFERENCE, DOCUMENT_STATUS,
		DOCUMENT_STATS };
	struct document *const documents[] = { &in.reference, &in.status, &in.stats };
	struct buf read[NELEM(kinds)] = { { 0 } };
	const struct view_directory *d;
	struct analytics_settings settings;
	struct report report = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < NELEM(kinds); i++) {
		read_case(&read[i], directory, kinds[i], category);
		*documents[i] =
		    (struct document){ .data = read[i].data, .len = read[i].len };
		if (document_open(documents[i], order[i], category, report.reason,
			sizeof(report.reason)) == -1)
			fail_msg("%s: %s", kinds[i], report.reason);
	}
	analytics_defaults(&settings);
	assert_int_equal(analytics_render(&settings, &in, payload, &report), 0);
	d = payload_directory(payload);
	for (int k = 0; k < VIEW_MAX; k++)
		if (d->views[k].present && d->views[k].body.len >= ENCODE_MIN)
			to[n++] = (struct str){ payload->data + d->views[k].body.off,
				d->views[k].body.len };
	for (size_t i = 0; i < NELEM(kinds); i++)
		buf_free(&read[i]);
	return n;
}

TEST(levels_cost_three_percent_of_real_bodies)
{
	const char *directory = getenv("HYDRATORD_SHARED");
	struct buf image = { 0 }, text = { 0 };
	struct str bodies[2 * VIEW_MAX];
	size_t n;

	if (directory == NULL)
		skip();
	n = render_case(directory, CATEGORY_IMAGE_GENERATION, &image, bodies);
	n += render_case(directory, CATEGORY_TEXT_GENERATION, &text, bodies + n);
	assert_nearly_least(bodies, n, 1.03);
	buf_free(&image);
	buf_free(&text);
}

struct work {
	struct str body;
	const struct buf *want;
	bool same;
};

static void *
encode_in_a_thread(void *arg)
{
	struct work *w = arg;
	struct encoder *e = encoder_new(0);
	struct buf got = { 0 };

	w->same = true;
	for (int i = 0; i < 20; i++) {
		buf_reset(&got);
		encode_all(e, w->body, &got);
		w->same &= got.len == w->want->len &&
			   memcmp(got.data, w->want->data, got.len) == 0;
	}
	encoder_free(&e);
	buf_free(&got);
	return NULL;
}

/* libdeflate has one allocator for all threads: each must still find its own memory,
 * and who decodes meanwhile malloc's. */
TEST(threads_do_not_share_memory)
{
	struct encoder *e = encoder_new(0);
	struct buf list = { 0 }, want = { 0 }, packed = { 0 };
	struct work w[2];
	pthread_t threads[NELEM(w)];

	make_list(&list, 50000);
	encode_all(e, body_of(&list), &want);
	for (size_t i = 0; i < NELEM(w); i++) {
		w[i] = (struct work){ body_of(&list), &want, false };
		assert_int_equal(
		    pthread_create(&threads[i], NULL, encode_in_a_thread, &w[i]), 0);
	}
	for (int i = 0; i < 20; i++) {
		encode_body(e, ENCODING_GZIP, ENCODE_FAST, body_of(&list), &packed);
		assert_int_equal(gunzip(&packed, list.len), GUNZIP_OK);
		assert_int_equal(packed.len, list.len);
		buf_reset(&packed);
	}
	for (size_t i = 0; i < NELEM(w); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(w[i].same);
	}
	encoder_free(&e);
	buf_free(&list);
	buf_free(&want);
	buf_free(&packed);
}
