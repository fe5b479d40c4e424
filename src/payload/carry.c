/* Models are found again by their names, as they are printed at the head of each row.
 */
#include "payload/carry.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "payload/encode.h"
#include "payload/write.h"

/* The JSON string that a row begins with. */
static struct str
row_name(const struct view_directory *d, uint32_t row)
{
	const char *data = (const char *)d;
	const struct view_row *rows =
	    (const void *)(data + d->views[VIEW_WITH_STATS].rows);
	const char *text = data + rows[row].off;
	size_t n = 1;

	while (n < rows[row].len && text[n] != '"')
		n += text[n] == '\\' ? 2 : 1;
	/* A row that another machine made may end within its name. */
	return (struct str){ text, n < rows[row].len ? n : rows[row].len };
}

static const struct with_stats_row *
rows_of(const struct view_directory *d)
{
	return (const void *)((const char *)d + d->with_stats.rows);
}

/* Lists and members are numbers and stay as they are; only texts get another place. */
static void
carry_tables(struct buf *payload, const struct view_directory *older)
{
	const struct with_stats *from = &older->with_stats;
	const char *data = (const char *)older;
	struct view_span *texts =
	    xreallocarray(NULL, from->nworkers + 1, sizeof(*texts));
	struct with_stats to = payload_directory(payload)->with_stats;

	memcpy(texts, data + from->workers, from->nworkers * sizeof(*texts));
	for (uint64_t i = 0; i < from->nworkers; i++) {
		const char *text = data + texts[i].off;

		texts[i].off = payload->len;
		buf_add(payload, text, texts[i].len);
	}
	to.nworkers = from->nworkers;
	to.workers = payload_table(payload, texts, from->nworkers * sizeof(*texts));
	to.nlists = from->nlists;
	to.lists = payload_table(
	    payload, data + from->lists, from->nlists * sizeof(struct with_stats_list));
	to.nmembers = from->nmembers;
	to.members = payload_table(
	    payload, data + from->members, from->nmembers * sizeof(uint32_t));
	to.workers_etag = from->workers_etag;
	payload_directory(payload)->with_stats = to;
	free(texts);
}

static void
carry_rows(struct buf *payload, const struct view_directory *older)
{
	const struct view_directory *d = payload_directory(payload);
	struct with_stats_row *rows = (void *)(payload->data + d->with_stats.rows);
	const struct with_stats_row *from = rows_of(older), *found;
	uint32_t i, n = older->views[VIEW_WITH_STATS].nrows;
	struct arena *arena = arena_new();
	struct map names;

	map_init(&names, arena, sizeof(found), n);
	for (i = 0; i < n; i++) {
		found = &from[i];
		memcpy(map_at(&names, map_intern(&names, row_name(older, i))), &found,
		    sizeof(found));
	}
	for (i = 0; i < d->views[VIEW_WITH_STATS].nrows; i++) {
		uint32_t number = map_find(&names, row_name(d, i));

		if (number == MAP_NONE)
			continue;
		memcpy(&found, map_at(&names, number), sizeof(found));
		rows[i].list = found->list;
		rows[i].nworkers = found->nworkers;
	}
	arena_free(&arena);
}

void
payload_carry_workers(struct buf *payload, const struct view_directory *older)
{
	if (!payload_directory(payload)->views[VIEW_WITH_STATS].present ||
	    !older->views[VIEW_WITH_STATS].present)
		return;
	carry_tables(payload, older);
	carry_rows(payload, older);
	payload_directory(payload)->size = payload->len;
}

/* Statistics have no rows. */
static struct view
view_moved(struct view v, uint64_t by)
{
	v.body.off += by;
	v.count.off += by;
	v.tail.off += by;
	for (int p = 0; p < PRESET_MAX; p++)
		v.presets[p].tail.off += by;
	return v;
}

/* The older payload stays as it is, so that none of its offsets changes; the new
 * statistics are put behind it. Its forms do not come along: they belong behind all
 * else, and payload_carry_forms() puts them there. */
void
payload_carry_risk(struct buf *payload, const struct view_directory *older)
{
	const size_t head = sizeof(struct view_directory);
	char *fresh = xmalloc(payload->len);
	size_t len = payload->len, by;
	const struct view_directory *from = (const void *)fresh;
	struct view_directory *to;

	memcpy(fresh, payload->data, len);
	payload_identity(older, payload);
	payload_align(payload);
	by = payload->len - head;
	buf_add(payload, fresh + head, len - head);
	to = payload_directory(payload);
	to->views[VIEW_STATS] = view_moved(from->views[VIEW_STATS], by);
	to->views[VIEW_STATS_GROUPED] = view_moved(from->views[VIEW_STATS_GROUPED], by);
	to->skipped = from->skipped;
	to->raw_entries = from->raw_entries;
	to->typed_entries = from->typed_entries;
	to->new_baselines = from->new_baselines;
	to->computed_at = from->computed_at;
	to->size = payload->len;
	free(fresh);
}
