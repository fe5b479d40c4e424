/* Snapshots in use. */
#include "reader/generation.h"

#include <stdlib.h>

#include "base/mem.h"
#include "http/date.h"

_Static_assert((int)PART_MAX == SNAPSHOT_PARTS, "a stamp for each part");

struct generation *
generation_new(struct snapshot *snapshot, enum category category)
{
	const struct view_directory *directory;
	struct generation *g;
	int i;

	directory = view_open(snapshot->data, snapshot->len, category);
	if (directory == NULL) {
		snapshot_release(&snapshot);
		return NULL;
	}
	g = xcalloc(1, sizeof(*g));
	g->refs = 1;
	g->snapshot = snapshot;
	g->directory = directory;
	row_lists_make(&g->lists, snapshot->data, directory);
	row_lengths_make(g);
	g->made = cache_new(snapshot->len);
	for (i = 0; i < VIEW_MAX; i++)
		http_date(directory->views[i].modified, g->modified[i]);
	return g;
}

struct cache *
generation_strip(struct generation *g)
{
	struct cache *made = g->made;

	g->made = NULL;
	cache_drop_shared(made);
	return made;
}

size_t
generation_pinned(const void *arg)
{
	const struct generation *g = arg;

	return g->old ? g->snapshot->len : 0;
}

void
generation_unref(void *arg)
{
	struct generation *g = arg;

	if (g == NULL || --g->refs > 0)
		return;
	cache_free(&g->made);
	row_lengths_free(&g->lengths);
	row_lists_free(&g->lists);
	snapshot_release(&g->snapshot);
	free(g);
}
