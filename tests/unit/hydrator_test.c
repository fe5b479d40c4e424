/* A small world for a hydrator to work on. */
#include "hydrator_test.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/log.h"

static const char reference[] =
    "{\"Old Oak\": {\"name\": \"Old Oak\", \"baseline\": \"stable_diffusion_1\","
    "  \"nsfw\": false, \"description\": \"d\"},"
    " \"Elm\": {\"name\": \"Elm\", \"baseline\": \"stable_diffusion_xl\","
    "  \"nsfw\": true}}";
static const char status[] =
    "[{\"name\": \"Elm\", \"type\": \"image\", \"performance\": 1.5, \"queued\": 0,"
    "  \"jobs\": 0, \"eta\": 0, \"count\": 3}]";
static const char stats[] =
    "{\"day\": {\"Elm\": 4}, \"month\": {\"Elm\": 50}, \"total\": {\"Elm\": 600}}";

static const char *const files[] = { "reference.json", "status_image.json",
	"stats_image.json", "workers.json", "log" };

static void
world_settings(struct world *w)
{
	struct config *c = &w->config;

	c->state_dir = w->dir + strlen(w->dir);
	c->hydration.enabled = true;
	c->hydration.interval = 240;
	c->gate.min_ratio = 0.5;
	c->gate.confirmations = 3;
	c->horde.url = w->horde;
	c->horde.timeout = 20;
	c->upstream.connect_timeout = 5;
	c->upstream.timeout = 20;
	c->upstream.stall_timeout = 20;
	c->upstream.max_bytes = 1000000;
	c->upstream.user_agent = w->dir;
	c->upstream.proxy = w->dir + strlen(w->dir);
	c->analysis.low_usage_percent = 0.0065;
	c->analysis.text_low_usage_percent = 0.02;
	c->category = &w->category;
	c->ncategories = 1;
	w->category.reference.item = w->reference;
}

static void
world_segment(struct world *w, size_t capacity)
{
	const char *name = w->category.name;
	char shm[64], why[256];
	struct segment_spec spec = {
		.name = shm,
		.capacity = capacity,
		.ncategories = 1,
		.categories = &name,
		.nprocs = 1,
	};

	snprintf(shm, sizeof(shm), "/hydratord-test-hydrator-%d", (int)getpid());
	if (segment_create(&spec, &w->segment, why, sizeof(why)) == -1)
		errx(1, "%s", why);
	segment_unlink(w->segment);
}

void
world_make(struct world *w, const char *category, size_t capacity)
{
	char path[128];

	memset(w, 0, sizeof(*w));
	snprintf(w->dir, sizeof(w->dir), "/tmp/hydratord-test-world-XXXXXX");
	if (mkdtemp(w->dir) == NULL || (w->category.name = strdup(category)) == NULL)
		err(1, "a directory for the test");
	snprintf(w->horde, sizeof(w->horde), "file://%s", w->dir);
	snprintf(w->own, sizeof(w->own), "file://%s/reference.json", w->dir);
	world_put(w, "reference.json", reference);
	world_put(w, "status_image.json", status);
	world_put(w, "stats_image.json", stats);
	world_put(w, "workers.json", "[]");
	world_settings(w);
	world_places(w, w->own, NULL);
	world_segment(w, capacity);
	snprintf(path, sizeof(path), "%s/log", w->dir);
	if (log_open(path, "info") == -1)
		err(1, "%s", path);
}

void
world_remove(struct world *w)
{
	size_t i;

	world_places(w, NULL, NULL);
	while (w->nformer > 0)
		free(w->former[--w->nformer]);
	segment_close(&w->segment);
	free(w->category.name);
	for (i = 0; i < NELEM(files); i++)
		world_put(w, files[i], NULL);
	if (rmdir(w->dir) == -1 || log_open("stderr", "info") == -1)
		err(1, "%s", w->dir);
}

void
world_put(const struct world *w, const char *file, const char *text)
{
	char path[128], fresh[136];
	FILE *fp;

	snprintf(path, sizeof(path), "%s/%s", w->dir, file);
	if (text == NULL) {
		unlink(path);
		return;
	}
	/* Renamed into place: a hydrator may be reading. */
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	if ((fp = fopen(fresh, "w")) == NULL || fputs(text, fp) == EOF ||
	    fclose(fp) == EOF || rename(fresh, path) == -1)
		err(1, "%s", path);
}

void
world_places(struct world *w, const char *first, const char *second)
{
	struct config_list *list = &w->category.reference;

	/* A cycle holds on to the places of its configuration. */
	while (list->n > 0) {
		if (w->nformer == NELEM(w->former))
			errx(1, "more places than a test may have");
		w->former[w->nformer++] = list->item[--list->n];
	}
	if (first != NULL)
		list->item[list->n++] = strdup(first);
	if (second != NULL)
		list->item[list->n++] = strdup(second);
}

int
world_logged(const struct world *w, const char *text)
{
	char path[128], line[8192];
	FILE *fp;
	int n = 0;

	snprintf(path, sizeof(path), "%s/log", w->dir);
	if ((fp = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), fp) != NULL)
		n += strstr(line, text) != NULL;
	fclose(fp);
	return n;
}

void
world_forget_log(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/log", w->dir);
	if (truncate(path, 0) == -1)
		err(1, "%s", path);
}
