/* Decoding workers, and the lists of those that serve a model. */
#include "analytics/workers.h"

#include <endian.h>
#include <xxhash.h>

#include "json/walk.h"
#include "json/write.h"
#include "python/lax.h"
#include "python/text.h"
#include "records/document.h"
#include "records/report.h"
#include "records/shape.h"
#include "terms/document.h"

/* A worker in the list of a model. */
struct workers_link {
	struct workers_link *next;
	uint32_t worker;
};

/* The workers of a model in the order of the document. */
struct worker_list {
	struct workers_link *first;
	struct workers_link *last;
	uint64_t written; /* its number in workers.lists plus one, 0: it is not there */
};

struct worker {
	struct str summary; /* `"ID":{...}` */
	uint32_t id;        /* its number in workers.id_numbers */
	uint32_t written;   /* number in workers.texts plus one, 0: it is not there */
	uint64_t etag;      /* hash of the summary, if it is */
};

/* Where an id stands in the list that is being made. */
struct worker_id {
	uint32_t walk; /* the last list that had it */
	uint32_t place;
};

/* In the usual order of the document. */
enum {
	WORKER_NAME,
	WORKER_ID,
	WORKER_TYPE,
	WORKER_PERFORMANCE,
	WORKER_REQUESTS,
	WORKER_REWARDS,
	WORKER_DETAILS,
	WORKER_THREADS,
	WORKER_UPTIME,
	WORKER_UNCOMPLETED,
	WORKER_MAINTENANCE,
	WORKER_NSFW,
	WORKER_TRUSTED,
	WORKER_FLAGGED,
	WORKER_ONLINE,
	WORKER_MODELS,
	WORKER_TEAM,
	WORKER_AGENT,
	WORKER_MAX_PIXELS,
	WORKER_MEGAPIXELSTEPS,
	WORKER_IMG2IMG,
	WORKER_PAINTING,
	WORKER_LORA,
	WORKER_CONTROLNET,
	WORKER_SDXL_CONTROLNET,
	WORKER_POST_PROCESSING,
	WORKER_MAX_LENGTH,
	WORKER_MAX_CONTEXT,
	WORKER_INFO,
	WORKER_MEMBERS
};

static bool
check_worker_type(const struct json_value *v, struct check *c)
{
	static const char *const types[] = { "image", "text", "interrogation",
		"alchemy" };
	struct str s;

	if (!check_str(v, c))
		return false;
	s = json_str(v, c->arena);
	for (size_t i = 0; i < NELEM(types); i++)
		if (str_eq(s, (struct str){ types[i], strlen(types[i]) }))
			return true;
	return check_fail(c, "not a type of worker");
}

static bool
check_details(const struct json_value *v, struct check *c)
{
	static const struct member members[] = {
		MEMBER("generated", check_float, MEMBER_NULL),
		MEMBER("uptime", check_float, MEMBER_NULL),
	};

	return check_object(&(struct shape){ members, NELEM(members) }, v, c);
}

static bool
check_team(const struct json_value *v, struct check *c)
{
	static const struct member members[] = {
		MEMBER("name", check_str, MEMBER_NULL),
		MEMBER("id", check_str, MEMBER_NULL),
	};

	return check_object(&(struct shape){ members, NELEM(members) }, v, c);
}

/* A string that will be printed: an escaped half of a surrogate pair cannot be. */
static bool
check_text(const struct json_value *v, struct check *c)
{
	return check_str(v, c) && (!v->escaped || text_valid(json_str(v, c->arena)) ||
				      check_fail(c, "not Unicode"));
}

static const struct member worker_members[WORKER_MEMBERS] = {
	[WORKER_NAME] = MEMBER("name", check_text, MEMBER_REQUIRED),
	[WORKER_ID] = MEMBER("id", check_text, MEMBER_REQUIRED),
	[WORKER_TYPE] = MEMBER("type", check_worker_type, MEMBER_REQUIRED),
	[WORKER_PERFORMANCE] = MEMBER("performance", check_text, MEMBER_REQUIRED),
	[WORKER_REQUESTS] = MEMBER("requests_fulfilled", check_int, MEMBER_REQUIRED),
	[WORKER_REWARDS] = MEMBER("kudos_rewards", check_float, MEMBER_REQUIRED),
	[WORKER_DETAILS] = MEMBER("kudos_details", check_details, MEMBER_REQUIRED),
	[WORKER_THREADS] = MEMBER("threads", check_int, MEMBER_REQUIRED),
	[WORKER_UPTIME] = MEMBER("uptime", check_int, MEMBER_REQUIRED),
	[WORKER_UNCOMPLETED] = MEMBER("uncompleted_jobs", check_int, MEMBER_REQUIRED),
	[WORKER_MAINTENANCE] = MEMBER("maintenance_mode", check_bool, MEMBER_REQUIRED),
	[WORKER_NSFW] = MEMBER("nsfw", check_bool, MEMBER_REQUIRED),
	[WORKER_TRUSTED] = MEMBER("trusted", check_bool, MEMBER_REQUIRED),
	[WORKER_FLAGGED] = MEMBER("flagged", check_bool, MEMBER_REQUIRED),
	[WORKER_ONLINE] = MEMBER("online", check_bool, MEMBER_REQUIRED),
	[WORKER_MODELS] = MEMBER("models", check_strings, 0),
	[WORKER_TEAM] = MEMBER("team", check_team, MEMBER_REQUIRED),
	[WORKER_AGENT] = MEMBER("bridge_agent", check_text, MEMBER_NULL),
	[WORKER_MAX_PIXELS] = MEMBER("max_pixels", check_int, MEMBER_NULL),
	[WORKER_MEGAPIXELSTEPS] =
	    MEMBER("megapixelsteps_generated", check_float, MEMBER_NULL),
	[WORKER_IMG2IMG] = MEMBER("img2img", check_bool, MEMBER_NULL),
	[WORKER_PAINTING] = MEMBER("painting", check_bool, MEMBER_NULL),
	[WORKER_LORA] = MEMBER("lora", check_bool, MEMBER_NULL),
	[WORKER_CONTROLNET] = MEMBER("controlnet", check_bool, MEMBER_NULL),
	[WORKER_SDXL_CONTROLNET] = MEMBER("sdxl_controlnet", check_bool, MEMBER_NULL),
	[WORKER_POST_PROCESSING] = MEMBER("post-processing", check_bool, MEMBER_NULL),
	[WORKER_MAX_LENGTH] = MEMBER("max_length", check_int, MEMBER_NULL),
	[WORKER_MAX_CONTEXT] = MEMBER("max_context_length", check_int, MEMBER_NULL),
	[WORKER_INFO] = MEMBER("info", check_str, MEMBER_NULL),
};
static const struct shape worker_shape = { worker_members, WORKER_MEMBERS };

/* The shortest valid element is longer. */
#define WORKER_LEN_MIN 200

static bool
worker_decode(const struct json_value *v, struct check *c, struct json_value *values)
{
	if (v->type != JSON_T_OBJECT)
		return check_fail(c, "not an object");
	shape_read(&worker_shape, v, c->arena, values);
	return shape_check(&worker_shape, values, c);
}

/* Of checked values: the defaults are never seen. */
static bool
worker_flag(const struct json_value *v, struct arena *arena)
{
	bool flag = false;

	return lax_bool(v, arena, &flag) && flag;
}

static int64_t
worker_int(const struct json_value *v, struct arena *arena)
{
	int64_t n = 0;

	return lax_int(v, arena, &n) ? n : 0;
}

static bool
worker_has(const struct json_value *v)
{
	return v->type != JSON_T_NONE && v->type != JSON_T_NULL;
}

/* What a document need not say is null. */
static void
put_length(struct buf *b, const struct json_value *v, struct arena *arena)
{
	if (worker_has(v))
		json_put_int(b, worker_int(v, arena));
	else
		buf_puts(b, "null");
}

static void
put_setup(struct buf *b, const struct json_value *values, struct arena *arena)
{
	buf_puts(b, ",\"max_length\":");
	put_length(b, &values[WORKER_MAX_LENGTH], arena);
	buf_puts(b, ",\"max_context_length\":");
	put_length(b, &values[WORKER_MAX_CONTEXT], arena);
	buf_puts(b, ",\"bridge_agent\":");
	if (worker_has(&values[WORKER_AGENT]))
		json_put_string(b, json_str(&values[WORKER_AGENT], arena));
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"nsfw\":");
	json_put_bool(b, worker_flag(&values[WORKER_NSFW], arena));
}

/* doc/reference.md 8.9. */
static struct str
worker_summary(const struct json_value *values, struct arena *arena, struct buf *b)
{
	struct str id = json_str(&values[WORKER_ID], arena);

	buf_reset(b);
	json_put_string(b, id);
	buf_puts(b, ":{\"id\":");
	json_put_string(b, id);
	buf_puts(b, ",\"name\":");
	json_put_string(b, json_str(&values[WORKER_NAME], arena));
	buf_puts(b, ",\"performance\":");
	json_put_string(b, json_str(&values[WORKER_PERFORMANCE], arena));
	buf_puts(b, ",\"online\":");
	json_put_bool(b, worker_flag(&values[WORKER_ONLINE], arena));
	buf_puts(b, ",\"trusted\":");
	json_put_bool(b, worker_flag(&values[WORKER_TRUSTED], arena));
	buf_puts(b, ",\"uptime\":");
	json_put_int(b, worker_int(&values[WORKER_UPTIME], arena));
	put_setup(b, values, arena);
	buf_puts(b, "}");
	return (struct str){ arena_strndup(arena, b->data, b->len), b->len };
}

/* A worker that names a model twice is in its list once: neither its place nor what is
 * shown of it depends on it. */
static void
workers_link(struct workers *w, struct str model, uint32_t worker)
{
	struct str lower = text_lower(model, w->arena);
	struct worker_list *list = map_at(&w->models, map_intern(&w->models, lower));
	struct workers_link *link;

	if (list->last != NULL && list->last->worker == worker)
		return;
	link = arena_alloc(w->arena, sizeof(*link));
	w->nlinks++;
	*link = (struct workers_link){ .worker = worker };
	if (list->last == NULL)
		list->first = link;
	else
		list->last->next = link;
	list->last = link;
}

static void
workers_add(struct workers *w, const struct json_value *values, struct buf *scratch,
    struct pace *pace)
{
	struct json_walk walk;
	struct json_value model;
	uint32_t i = w->n++;

	w->all[i] = (struct worker){
		.summary = worker_summary(values, w->arena, scratch),
		.id =
		    map_intern(&w->id_numbers, json_str(&values[WORKER_ID], w->arena)),
	};
	if (values[WORKER_MODELS].type == JSON_T_NONE)
		return;
	walk = json_walk(&values[WORKER_MODELS]);
	while (pace_step(pace) && json_element(&walk, &model))
		workers_link(w, json_str(&model, w->arena), i);
}

static void
workers_init(struct workers *w, size_t len, struct arena *arena)
{
	size_t most = len / WORKER_LEN_MIN + 1;

	*w = (struct workers){ .arena = arena };
	w->all = arena_alloc(arena, most * sizeof(*w->all));
	map_init(&w->models, arena, sizeof(struct worker_list), most);
	map_init(&w->id_numbers, arena, sizeof(struct worker_id), most);
}

/* Makes room for the lists of all models, now that their lengths are known. */
static void
workers_prepare(struct workers *w)
{
	w->texts = arena_alloc(w->arena, w->n * sizeof(*w->texts));
	w->lists = arena_alloc(w->arena, w->models.count * sizeof(*w->lists));
	w->etags = arena_alloc(w->arena, w->models.count * sizeof(*w->etags));
	w->members = arena_alloc(w->arena, w->nlinks * sizeof(*w->members));
}

int
workers_read(const struct document *doc, struct arena *arena, struct workers *out,
    struct report *report)
{
	struct json_value root, element, values[WORKER_MEMBERS];
	struct buf scratch = { 0 };
	struct json_walk walk;
	size_t i = 0;

	workers_init(out, doc->len, arena);
	if (doc->form.type == DOCUMENT_ABSENT)
		return 0;
	root = document_root(doc);
	for (walk = json_walk(&root);
	     pace_step(report->pace) && json_element(&walk, &element); i++) {
		struct check check = { .arena = arena };

		if (worker_decode(&element, &check, values))
			workers_add(out, values, &scratch, report->pace);
		else
			report_skip(report, "workers element %zu: %s%s%s", i,
			    check.where, check.where[0] != '\0' ? ": " : "", check.why);
	}
	buf_free(&scratch);
	if (pace_stopped(report->pace))
		return -1;
	if (i > 0 && out->n == 0)
		return report_refuse(
		    report, DOCUMENT_WORKERS, "none of its %zu elements is valid", i);
	workers_prepare(out);
	return 0;
}

/* An id that comes again takes the place of the first with the content of the last.
 * Returns how many were put in members. */
static uint32_t
workers_collect(struct workers *w, const struct worker_list *list, uint32_t *members)
{
	uint32_t n = 0;

	w->walks++;
	for (const struct workers_link *l = list->first; l != NULL; l = l->next) {
		struct worker_id *id = map_at(&w->id_numbers, w->all[l->worker].id);

		if (id->walk != w->walks)
			*id = (struct worker_id){ .walk = w->walks, .place = n++ };
		members[id->place] = l->worker;
	}
	return n;
}

static const struct worker *
workers_write_text(struct workers *w, uint32_t i, struct buf *out)
{
	struct worker *worker = &w->all[i];
	struct str text = worker->summary;

	if (worker->written != 0)
		return worker;
	w->texts[w->ntexts++] = (struct view_span){ out->len, text.len };
	buf_add(out, text.p, text.len);
	worker->written = (uint32_t)w->ntexts;
	worker->etag = htole64(XXH3_64bits(text.p, text.len));
	return worker;
}

/* The hash is of the texts and not of their numbers, which depend on other models. */
static void
workers_write_list(struct workers *w, const struct worker_list *links, struct buf *out)
{
	struct with_stats_list *list = &w->lists[w->nlists];
	uint32_t *members = w->members + w->nmembers;
	uint64_t etag = 0;

	*list = (struct with_stats_list){
		.first = w->nmembers,
		.n = workers_collect(w, links, members),
		.len = 1,
	};
	for (uint64_t i = 0; i < list->n; i++) {
		const struct worker *worker = workers_write_text(w, members[i], out);

		members[i] = worker->written - 1;
		list->len += worker->summary.len + 1;
		etag = XXH3_64bits_withSeed(&worker->etag, sizeof(worker->etag), etag);
	}
	w->etags[w->nlists++] = htole64(etag);
	w->nmembers += list->n;
}

uint64_t
workers_write(struct workers *w, struct str lower, struct buf *out)
{
	uint32_t found = map_find(&w->models, lower);
	struct worker_list *links;

	if (found == MAP_NONE)
		return WORKERS_NONE;
	links = map_at(&w->models, found);
	if (links->written == 0) {
		workers_write_list(w, links, out);
		links->written = w->nlists;
	}
	return links->written - 1;
}
