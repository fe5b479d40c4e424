/*
 * What a hydration costs: CPU time from documents in memory to rendered payloads, for
 * both categories that have a deletion risk. Prints a table; `bench_hydrate DIR` adds
 * the documents of DIR (reference/image_generation.json, horde/status_image.json, ...).
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <float.h>
#include <jansson.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "analytics/analytics.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/region.h"
#include "fixture/json_text.h"
#include "fleet/value.h"
#include "lists/lists.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "payload/write.h"
#include "records/document.h"
#include "records/report.h"
#include "shm/publish.h"
#include "shm/segment.h"
#include "terms/document.h"

#define NOW 1767225600
/* Encoding larger payloads takes longer than anyone waits for a benchmark. */
#define ENCODING_PAYLOAD_MAX (size_t)(50 * 1000 * 1000)

/* Address space for a payload. */
#define PAYLOAD_ROOM ((size_t)1 << 30)

/* The documents of a category. */
struct documents {
	enum category category;
	struct buf reference;
	struct buf status;
	struct buf stats;
	struct buf workers;
};

/* splitmix64: the same documents on every machine. */
static uint64_t
prng(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned
pick(uint64_t *state, unsigned n)
{
	return (unsigned)(prng(state) % n);
}

#define PICK(state, list) ((list)[pick((state), NELEM(list))])

static void
make_word(struct buf *b, uint64_t *state)
{
	static const char *const parts[] = { "lu", "mi", "ner", "va", "tor", "es",
		"qui", "dra", "fen", "sol", "arc", "hel", "vex", "ny", "or", "ph" };

	for (unsigned i = 0, n = 2 + pick(state, 3); i < n; i++)
		buf_puts(b, PICK(state, parts));
}

static void
make_sentence(struct buf *b, uint64_t *state, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		if (i > 0)
			buf_putc(b, ' ');
		make_word(b, state);
	}
}

/* Models come in families: model i of a family shares its word with the others. */
static void
make_text_name(struct buf *b, size_t i)
{
	static const char *const sizes[] = { "7B", "13B", "8x7B", "70B", "1.5b",
		"32B" };
	static const char *const tails[] = { "", "-Instruct", "-v1.1", "-Chat",
		"-Q4_K_M" };
	uint64_t family = i / 3 * 7919 + 17, own = i * 104729 + 5;

	if (pick(&own, 5) > 0) {
		make_word(b, &own);
		buf_putc(b, '/');
	}
	make_word(b, &family);
	buf_putc(b, '-');
	make_word(b, &family);
	buf_printf(b, "%zu-%s%s", i / 3, sizes[i % NELEM(sizes)], PICK(&own, tails));
}

static void
make_image_name(struct buf *b, size_t i)
{
	uint64_t own = i * 7907 + 3;

	make_word(b, &own);
	buf_putc(b, ' ');
	make_word(b, &own);
	buf_printf(b, " %zu", i);
	if (pick(&own, 3) == 0)
		buf_puts(b, " XL v2");
}

static void
make_name(struct buf *b, enum category category, size_t i)
{
	if (category == CATEGORY_TEXT_GENERATION)
		make_text_name(b, i);
	else
		make_image_name(b, i);
}

static void
make_text_rest(struct buf *b, uint64_t *state)
{
	static const char *const baselines[] = { "Llama-3", "mistral", "Qwen2.5", "" };

	json_text_put(b,
	    "'config': {'download': []}, 'model_classification': {'domain': "
	    "'text', 'purpose': 'generation'}, 'baseline': '%s', "
	    "'parameters': %u000000000, 'nsfw': %s, 'style': '', "
	    "'display_name': '', 'tags': ['chat', '%uB'], 'settings': "
	    "{'temperature': 0.7, 'top_p': 0.9, 'rep_pen': 1.18}",
	    PICK(state, baselines), 1 + pick(state, 70),
	    pick(state, 4) ? "false" : "true", pick(state, 70));
}

static void
make_image_rest(struct buf *b, uint64_t *state)
{
	static const char *const hosts[] = { "huggingface.co", "huggingface.co",
		"civitai.com", "files.example.org" };
	static const char *const baselines[] = { "stable_diffusion_1",
		"stable_diffusion_xl", "flux_1" };
	static const char *const styles[] = { "generalist", "anime", "realistic" };

	json_text_put(b, "'config': {'download': [");
	for (unsigned i = 0, n = 1 + pick(state, 2); i < n; i++)
		json_text_put(b,
		    "%s{'file_name': 'model_%u.safetensors', 'file_url': "
		    "'https://%s/models/%u/resolve/main/model.safetensors', "
		    "'sha256sum': '%016llx%016llx%016llx%016llx'}",
		    i ? ", " : "", i, PICK(state, hosts), pick(state, 1000000),
		    (unsigned long long)prng(state), (unsigned long long)prng(state),
		    (unsigned long long)prng(state), (unsigned long long)prng(state));
	json_text_put(b,
	    "]}, 'size_on_disk_bytes': %u, 'baseline': '%s', 'inpainting': "
	    "false, "
	    "'nsfw': %s, 'style': '%s', 'tags': ['tag%u', 'tag%u'], "
	    "'showcases': ['https://example.org/%u.webp'], 'trigger': []",
	    1000000000 + pick(state, 2000000000), PICK(state, baselines),
	    pick(state, 4) ? "false" : "true", PICK(state, styles), pick(state, 50),
	    pick(state, 50), pick(state, 1000000));
}

static void
make_reference(struct documents *d, size_t n)
{
	struct buf *b = &d->reference;
	uint64_t state = 1;

	buf_putc(b, '{');
	for (size_t i = 0; i < n; i++) {
		json_text_put(b, "%s", i ? ",\n'" : "'");
		make_name(b, d->category, i);
		json_text_put(b, "': {'name': '");
		make_name(b, d->category, i);
		json_text_put(b, "', 'description': '");
		make_sentence(b, &state, pick(&state, 25));
		json_text_put(b, "', 'version': '1.0', ");
		if (d->category == CATEGORY_TEXT_GENERATION)
			make_text_rest(b, &state);
		else
			make_image_rest(b, &state);
		buf_putc(b, '}');
	}
	buf_putc(b, '}');
}

/* As the Horde spells a model: text ones mostly with a backend, some quantised. */
static void
make_horde_name(struct buf *b, enum category category, size_t i, unsigned backend)
{
	static const char *const heads[] = { "", "koboldcpp/", "aphrodite/" };
	static const char *const tails[] = { "", "-Q4_K_M", "-GGUF", "" };

	if (category == CATEGORY_TEXT_GENERATION)
		buf_puts(b, heads[backend]);
	make_name(b, category, i);
	if (category == CATEGORY_TEXT_GENERATION)
		buf_puts(b, tails[i % NELEM(tails)]);
}

static void
make_status(struct documents *d, size_t n)
{
	const char *type = d->category == CATEGORY_TEXT_GENERATION ? "text" : "image";
	struct buf *b = &d->status;
	uint64_t state = 2;

	buf_putc(b, '[');
	for (size_t i = 0; i < n; i += 1 + pick(&state, 3)) {
		json_text_put(b, "%s", i ? ",\n{'name': '" : "{'name': '");
		make_horde_name(b, d->category, i, pick(&state, 3));
		json_text_put(b,
		    "', 'performance': %u.%u, 'queued': %u.0, 'jobs': %u.0, "
		    "'eta': %u, 'type': '%s', 'count': %u}",
		    pick(&state, 900000), pick(&state, 10), pick(&state, 9000),
		    pick(&state, 20), pick(&state, 500), type, pick(&state, 20));
	}
	buf_putc(b, ']');
}

static void
make_stats(struct documents *d, size_t n)
{
	static const char *const periods[] = { "{'day': {", "}, 'month': {",
		"}, 'total': {" };
	struct buf *b = &d->stats;

	for (size_t p = 0; p < NELEM(periods); p++) {
		uint64_t state = 3 + p;

		json_text_put(b, "%s", periods[p]);
		for (size_t i = 0; i < n; i += 1 + pick(&state, 2)) {
			json_text_put(b, "%s", i ? ",\n'" : "'");
			make_horde_name(b, d->category, i, (unsigned)(i / 4 % 3));
			json_text_put(b, "': %u", pick(&state, 1000) << (5 * p));
		}
	}
	buf_puts(b, "}}");
}

/* One for about ten models, each with a handful of them. */
static void
make_workers(struct documents *d, size_t n)
{
	const char *type = d->category == CATEGORY_TEXT_GENERATION ? "text" : "image";
	struct buf *b = &d->workers;
	uint64_t state = 5;

	buf_putc(b, '[');
	for (size_t i = 0; i < n / 10 + 1; i++) {
		json_text_put(b,
		    "%s{'name': 'worker %zu', 'id': '%016llx%016llx', "
		    "'type': "
		    "'%s', 'performance': '%u.5 per second', "
		    "'requests_fulfilled': %u, 'kudos_rewards': %u.0, "
		    "'kudos_details': {'generated': 1.0, 'uptime': 2.0}, "
		    "'threads': 1, 'uptime': %u, 'uncompleted_jobs': 0, "
		    "'maintenance_mode': false, 'nsfw': true, 'trusted': false, "
		    "'flagged': false, 'online': true, 'models': [",
		    i ? ",\n" : "", i, (unsigned long long)prng(&state),
		    (unsigned long long)prng(&state), type, pick(&state, 90),
		    pick(&state, 900000), pick(&state, 900000), pick(&state, 9000000));
		for (unsigned k = 0, m = 1 + pick(&state, 8); k < m; k++) {
			json_text_put(b, "%s", k ? ", '" : "'");
			make_name(b, d->category, pick(&state, (unsigned)n));
			buf_putc(b, '"');
		}
		json_text_put(b, "], 'team': {'name': null, 'id': null}, "
				 "'bridge_agent': 'bench:1:https://example.org'}");
	}
	buf_putc(b, ']');
}

static void
make_documents(struct documents both[2], size_t n)
{
	both[0] = (struct documents){ .category = CATEGORY_IMAGE_GENERATION };
	both[1] = (struct documents){ .category = CATEGORY_TEXT_GENERATION };
	for (int i = 0; i < 2; i++) {
		make_reference(&both[i], n);
		make_status(&both[i], n);
		make_stats(&both[i], n);
		make_workers(&both[i], n);
	}
}

static void read_file(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void
read_file(struct buf *b, const char *fmt, ...)
{
	char path[4096];
	va_list ap;
	FILE *f;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	f = fopen(path, "re");
	if (f == NULL)
		err(1, "%s", path);
	while ((n = fread(buf_reserve(b, 65536), 1, 65536, f)) > 0)
		b->len += n;
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
}

static void
read_documents(struct documents both[2], const char *dir)
{
	static const char *const kinds[] = { "image", "text" };

	for (int i = 0; i < 2; i++) {
		both[i] = (struct documents){
			.category =
			    i ? CATEGORY_TEXT_GENERATION : CATEGORY_IMAGE_GENERATION,
		};
		read_file(&both[i].reference, "%s/reference/%s_generation.json", dir,
		    kinds[i]);
		read_file(&both[i].status, "%s/horde/status_%s.json", dir, kinds[i]);
		read_file(&both[i].stats, "%s/horde/stats_%s.json", dir, kinds[i]);
		read_file(&both[i].workers, "%s/horde/workers.json", dir);
	}
}

static double
cpu_seconds(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == -1)
		err(1, "clock_gettime");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct document
open_document(const struct documents *d, enum document_kind kind, const struct buf *b)
{
	struct document doc = { .data = b->data, .len = b->len };
	char why[256];

	if (document_open(&doc, kind, d->category, why, sizeof(why)) == -1)
		errx(1, "%s: %s", document_name(kind), why);
	return doc;
}

/* Opens the documents of a category and renders them as a hydrator does, which keeps
 * its buffer; returns the number of models. */
static uint64_t
render(const struct documents *d, struct buf *out)
{
	struct analytics_input in = { .category = d->category,
		.reference = open_document(d, DOCUMENT_REFERENCE, &d->reference),
		.status = open_document(d, DOCUMENT_STATUS, &d->status),
		.stats = open_document(d, DOCUMENT_STATS, &d->stats),
		.workers = open_document(d, DOCUMENT_WORKERS, &d->workers),
		.now = NOW };
	struct report report = { 0 };
	struct analytics_settings settings;
	const struct view_directory *dir;

	analytics_defaults(&settings);
	buf_reset(out);
	if (analytics_render(&settings, &in, out, &report) == -1)
		errx(1, "%s: %s", document_name(report.refused), report.reason);
	dir = view_open(out->data, out->len, d->category);
	if (dir == NULL || report.skipped > 0)
		errx(1, "a bad payload");
	return dir->typed_entries;
}

static void
parse_jansson(const struct buf *b)
{
	json_error_t error;
	json_t *root = json_loadb(b->data, b->len, 0, &error);

	if (root == NULL)
		errx(1, "jansson: %s", error.text);
	json_decref(root);
}

struct figures {
	double cold; /* s of CPU, the least: all memory was given back before */
	double warm; /* s of CPU, the least: payloads lie where the last ones lay */
	double jansson;
	uint64_t models;
	size_t payload; /* bytes, both categories */
	size_t documents;
	long peak;                    /* KiB of resident memory */
	double encoding_cold;         /* s, first time in a process; 0: not measured */
	double encoding_warm;         /* s, median of the times after it */
	double identity[2];           /* s to publish: first cycle, later ones */
	double forms[2];              /* s more for the forms that are asked for */
	size_t encoded[ENCODING_MAX]; /* bytes of the complete bodies */
	double lists;                 /* s of CPU, the least, for texts of both */
	size_t texts;                 /* bytes of them, with their tables */
	size_t text[FORMAT_MAX][VIEW_MAX]; /* bytes of bodies, both categories */
	size_t columns;                    /* the same of all modes */
	size_t values; /* bytes of both values that travel in a fleet */
	double value_written, value_read; /* s of CPU, the least */
};

static int
compare_doubles(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return values[n / 2];
}

/* Payloads have regions, as in a cycle. */
static void
take(struct buf out[2], struct region memory[2])
{
	for (int i = 0; i < 2; i++) {
		region_open(&memory[i], PAYLOAD_ROOM);
		out[i] = (struct buf){ .region = &memory[i] };
	}
}

/* As at the end of a cycle. */
static void
give_back(struct buf out[2], struct region memory[2])
{
	for (int i = 0; i < 2; i++) {
		buf_free(&out[i]);
		region_close(&memory[i]);
	}
	malloc_trim(0);
}

/* Returns the least CPU time of both categories: whatever else the machine does takes
 * caches and memory away and only adds to it. */
static double
measure(const struct documents both[2], size_t runs, bool cold, struct figures *f)
{
	double least = DBL_MAX, start, took;
	struct region memory[2];
	struct buf out[2];

	for (size_t r = 0; r < runs; r++) {
		start = cpu_seconds();

		if (cold || r == 0)
			take(out, memory);
		f->models = render(&both[0], &out[0]) + render(&both[1], &out[1]);
		took = cpu_seconds() - start;
		least = took < least ? took : least;
		f->payload = out[0].len + out[1].len;
		if (cold || r + 1 == runs)
			give_back(out, memory);
	}
	return least;
}

static void
measure_jansson(const struct documents both[2], size_t runs, struct figures *f)
{
	double *times = xcalloc(runs, sizeof(*times));

	for (size_t r = 0; r < runs; r++) {
		double start = cpu_seconds();

		for (int i = 0; i < 2; i++) {
			parse_jansson(&both[i].reference);
			parse_jansson(&both[i].status);
			parse_jansson(&both[i].stats);
			parse_jansson(&both[i].workers);
		}
		times[r] = cpu_seconds() - start;
	}
	f->jansson = median(times, runs);
	free(times);
}

/* Views that share a body count once. */
static void
add_encoded(const struct view_directory *d, struct figures *f)
{
	for (int k = 0; k < VIEW_MAX; k++) {
		bool twin = false;

		for (int j = 0; j < k; j++)
			twin |= d->views[j].body.off == d->views[k].body.off;
		if (twin)
			continue;
		f->encoded[ENCODING_IDENTITY] += d->views[k].body.len;
		for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
			f->encoded[e] += d->views[k].coded[e].len;
	}
}

/* Returns the CPU time of both categories' encoding. */
static double
encode(const struct documents both[2], struct buf *out)
{
	double start, sum = 0;

	for (int i = 0; i < 2; i++) {
		(void)render(&both[i], &out[i]);
		start = cpu_seconds();
		if (!payload_encode(&out[i], UINT32_MAX, SIZE_MAX, NULL))
			errx(1, "stopped");
		sum += cpu_seconds() - start;
	}
	return sum;
}

static void
measure_encoding(const struct documents both[2], struct figures *f)
{
	struct buf out[2] = { { 0 } };
	double times[9];
	size_t runs = f->payload < 5000000 ? NELEM(times) : 1;

	f->encoding_cold = encode(both, out);
	for (size_t r = 0; r < runs; r++)
		times[r] = encode(both, out);
	f->encoding_warm = median(times, runs);
	for (int i = 0; i < 2; i++) {
		add_encoded((const void *)out[i].data, f);
		buf_free(&out[i]);
	}
}

/* Views that share a text count once. */
static void
add_texts(const struct view_directory *d, struct figures *f)
{
	for (int k = 0; k < VIEW_MAX; k++)
		for (int t = FORMAT_JSON + 1; t < FORMAT_MAX; t++)
			if (k == VIEW_RISK || d->views[k].texts[t].body.off !=
						  d->views[VIEW_RISK].texts[t].body.off)
				f->text[t][k] += d->views[k].texts[t].body.len;
	for (int k = VIEW_COLUMNS; k <= VIEW_COLUMNS_VARIATIONS; k++)
		if (d->views[k].present &&
		    (k == VIEW_COLUMNS ||
			d->views[k].body.off != d->views[VIEW_COLUMNS].body.off))
			f->columns += d->views[k].body.len;
}

/* Without a history, of which there are no documents; unlisted names are printed with
 * their JSON. */
static void
measure_lists(const struct documents *d, size_t runs, struct figures *f)
{
	double start, took, least = DBL_MAX;
	struct buf out = { 0 };
	size_t len = 0;

	for (size_t r = 0; r < runs; r++) {
		(void)render(d, &out);
		len = out.len;
		start = cpu_seconds();
		lists_print(&out, NULL);
		took = cpu_seconds() - start;
		least = took < least ? took : least;
	}
	f->lists += least;
	f->texts += out.len - len;
	add_texts(payload_directory(&out), f);
	buf_free(&out);
}

static void
print_lists(const struct figures *f)
{
	static const char *const names[FORMAT_MAX] = { NULL, "CSV", "Markdown" };

	printf("  lists to paste: %.2f ms CPU, %.3f MB", f->lists * 1e3,
	    (double)f->texts / 1e6);
	for (int t = FORMAT_JSON + 1; t < FORMAT_MAX; t++)
		printf("; %s %.3f plain, %.3f grouped, %.3f with variations, "
		       "%.3f unlisted",
		    names[t], (double)f->text[t][VIEW_RISK] / 1e6,
		    (double)f->text[t][VIEW_RISK_GROUPED] / 1e6,
		    (double)f->text[t][VIEW_RISK_VARIATIONS] / 1e6,
		    (double)f->text[t][VIEW_UNLISTED] / 1e6);
	printf("; columns %.3f\n", (double)f->columns / 1e6);
}

/* A leader makes a value a cycle, each follower reads it. */
static void
measure_value(const struct documents *d, size_t runs, struct figures *f)
{
	const struct fleet_value_id id = { category_name(d->category), VIEW_MAGIC };
	const struct fleet_value v = {
		.token = 1, .seq = 1, .leader = "bench", .part = { { NOW, NOW } }
	};
	struct buf out = { 0 }, plain = { 0 }, value = { 0 }, got = { 0 };
	double start, written = DBL_MAX, taken = DBL_MAX, took;
	struct fleet_value head;
	char why[256];

	(void)render(d, &out);
	for (size_t r = 0; r < runs; r++) {
		buf_free(&plain);
		buf_free(&value);
		buf_free(&got);
		start = cpu_seconds();
		payload_identity((const void *)out.data, &plain);
		fleet_value_write(&id, &v, plain.data, plain.len, &value);
		took = cpu_seconds() - start;
		written = took < written ? took : written;
		start = cpu_seconds();
		if (fleet_value_read(&id, (struct str){ value.data, value.len },
			SIZE_MAX, &head, &got, why, sizeof(why)) != FLEET_GOOD)
			errx(1, "a value %s", why);
		took = cpu_seconds() - start;
		taken = took < taken ? took : taken;
	}
	f->values += value.len;
	f->value_written += written;
	f->value_read += taken;
	buf_free(&out);
	buf_free(&plain);
	buf_free(&value);
	buf_free(&got);
}

/* What browsers (br) and Python clients (gzip) ask for. */
static uint32_t
asked_forms(void)
{
	uint32_t forms = 0;

	for (int k = 0; k < VIEW_MAX; k++)
		forms |= view_form((enum view_kind)k, ENCODING_BROTLI) |
			 view_form((enum view_kind)k, ENCODING_GZIP);
	return forms;
}

static double
publish_payload(struct publisher *p, const struct buf *out)
{
	static const struct snapshot_stamp stamp = { .published_wall = NOW };
	double start = cpu_seconds();
	uint64_t generation;
	char err[512];

	if (publish(p, out->data, out->len, &stamp, &generation, err, sizeof(err)) ==
	    -1)
		errx(1, "%s", err);
	return cpu_seconds() - start;
}

/* What changes at each fetch: how fast the models are. Each run has other digits. */
static void
change_queues(struct documents *d, size_t run)
{
	static const char key[] = "\"performance\":";
	char *p = d->status.data, *end = p + d->status.len;

	while ((p = memmem(p, (size_t)(end - p), key, sizeof(key) - 1)) != NULL) {
		p += sizeof(key) - 1;
		p += *p == ' ';
		*p = (char)('1' + run % 9);
	}
}

/* CPU of both categories from the last byte fetched to published, and from there to
 * published with forms. As a hydrator does, which gives its memory back after each
 * cycle. */
static void
publish_both(const struct documents both[2], struct publisher *p[2], double *identity,
    double *forms)
{
	const struct view_directory *older;
	struct buf out = { 0 };
	double start;
	size_t len = 0;

	*identity = *forms = 0;
	for (int i = 0; i < 2; i++) {
		start = cpu_seconds();
		(void)render(&both[i], &out);
		older = publisher_payload(p[i], &len);
		if (view_open(older, len, both[i].category) != NULL)
			payload_carry_forms(&out, older, asked_forms(), SIZE_MAX);
		*identity += cpu_seconds() - start;
		*identity += publish_payload(p[i], &out);
		start = cpu_seconds();
		if (!payload_encode(&out, asked_forms(), SIZE_MAX, NULL))
			errx(1, "stopped");
		*forms += cpu_seconds() - start;
		*forms += publish_payload(p[i], &out);
		buf_free(&out);
		malloc_trim(0);
	}
}

static void
measure_publishing(struct documents both[2], struct figures *f)
{
	const char *names[2] = { category_name(both[0].category),
		category_name(both[1].category) };
	struct segment_spec spec = { .name = "/hydratord-bench",
		.capacity = 4 * f->payload,
		.ncategories = 2,
		.categories = names,
		.nprocs = 1 };
	struct publisher *p[2] = { NULL, NULL };
	struct segment *seg = NULL;
	double identity[5], forms[5];
	size_t runs = f->payload < 5000000 ? NELEM(forms) : 1;
	char err[512];

	if (segment_create(&spec, &seg, err, sizeof(err)) == -1)
		errx(1, "%s", err);
	segment_unlink(seg);
	for (unsigned i = 0; i < 2; i++)
		if (publisher_open(seg, i, 0, &p[i], err, sizeof(err)) == -1)
			errx(1, "%s", err);
	publish_both(both, p, &f->identity[0], &f->forms[0]);
	for (size_t r = 0; r < runs; r++) {
		change_queues(&both[0], r);
		change_queues(&both[1], r);
		publish_both(both, p, &identity[r], &forms[r]);
	}
	f->identity[1] = median(identity, runs);
	f->forms[1] = median(forms, runs);
	for (unsigned i = 0; i < 2; i++)
		publisher_close(&p[i]);
	segment_close(&seg);
}

/* In a child of its own, so that its peak is its own: with the documents, as in the
 * hydrator, and before jansson is used. */
static void
measure_child(int fd, size_t n, const char *dir)
{
	struct documents both[2];
	struct figures f = { 0 };
	struct rusage usage;
	size_t runs;

	if (dir != NULL)
		read_documents(both, dir);
	else
		make_documents(both, n);
	for (int i = 0; i < 2; i++)
		f.documents += both[i].reference.len + both[i].status.len +
			       both[i].stats.len + both[i].workers.len;
	runs = 5 + 100000000 / (f.documents + 1000000);
	f.cold = measure(both, runs, true, &f);
	f.warm = measure(both, runs, false, &f);
	if (getrusage(RUSAGE_SELF, &usage) == -1)
		err(1, "getrusage");
	f.peak = usage.ru_maxrss;
	measure_jansson(both, runs, &f);
	if (f.payload < ENCODING_PAYLOAD_MAX) {
		measure_encoding(both, &f);
		for (int i = 0; i < 2; i++) {
			measure_lists(&both[i], runs, &f);
			measure_value(&both[i], runs < 5 ? runs : 5, &f);
		}
		measure_publishing(both, &f);
	}
	if (write(fd, &f, sizeof(f)) != sizeof(f))
		err(1, "write");
	_exit(0);
}

static struct figures
bench(const char *label, size_t n, const char *dir)
{
	struct figures f;
	int fds[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) == -1 || (pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		measure_child(fds[1], n, dir);
	close(fds[1]);
	if (read(fds[0], &f, sizeof(f)) != sizeof(f))
		errx(1, "%s: no figures", label);
	close(fds[0]);
	if (waitpid(pid, NULL, 0) == -1)
		err(1, "waitpid");
	printf("%-12s %8llu %9.2f %9.2f %9.2f %9.2f %9.1f %9.1f %9.1f\n", label,
	    (unsigned long long)f.models, (double)f.documents / 1e6, f.cold * 1e3,
	    f.cold * 1e6 / (double)f.models, f.warm * 1e6 / (double)f.models,
	    (double)f.payload / 1e6, (double)f.peak / 1024, f.jansson * 1e3);
	if (f.encoding_cold > 0)
		printf(
		    "  encoding: %.1f ms CPU more cold, %.1f warm; %.3f MB of bodies: "
		    "%.3f gzip, %.3f br, %.3f zstd\n",
		    f.encoding_cold * 1e3, f.encoding_warm * 1e3,
		    (double)f.encoded[ENCODING_IDENTITY] / 1e6,
		    (double)f.encoded[ENCODING_GZIP] / 1e6,
		    (double)f.encoded[ENCODING_BROTLI] / 1e6,
		    (double)f.encoded[ENCODING_ZSTD] / 1e6);
	if (f.texts > 0)
		print_lists(&f);
	if (f.values > 0)
		printf("  in a fleet: values of %.3f MB, made in %.1f ms CPU, read in "
		       "%.1f\n",
		    (double)f.values / 1e6, f.value_written * 1e3, f.value_read * 1e3);
	if (f.identity[0] > 0)
		printf("  first cycle: published after %.1f ms CPU, with all bodies in "
		       "br and gzip %.1f; later, queues changed: %.1f, %.1f\n",
		    f.identity[0] * 1e3, (f.identity[0] + f.forms[0]) * 1e3,
		    f.identity[1] * 1e3, (f.identity[1] + f.forms[1]) * 1e3);
	return f;
}

static double
per_model(double seconds, const struct figures *f)
{
	return seconds / (double)f->models;
}

int
main(int argc, char **argv)
{
	struct figures small, large;

	printf("%-12s %8s %9s %9s %9s %9s %9s %9s %9s\n", "models each", "models",
	    "docs MB", "cold ms", "us/model", "warm us/m", "views MB", "peak MiB",
	    "jansson ms");
	if (argc > 1)
		(void)bench("given", 0, argv[1]);
	small = bench("1000", 1000, NULL);
	(void)bench("10000", 10000, NULL);
	large = bench("100000", 100000, NULL);
	printf("cost per model at 100000 / at 1000: %.2f cold, %.2f warm\n",
	    per_model(large.cold, &large) / per_model(small.cold, &small),
	    per_model(large.warm, &large) / per_model(small.warm, &small));
	return 0;
}
