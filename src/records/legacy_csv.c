/* The rows of models.csv. */
#include "records/legacy.h"

#include <inttypes.h>
#include <math.h>

#include "base/buf.h"
#include "json/write.h"
#include "python/csv.h"
#include "python/float.h"
#include "python/text.h"
#include "records/report.h"

/* Those that our views read; of a name that comes twice the last column counts. */
enum column {
	COLUMN_NAME,
	COLUMN_PARAMETERS,
	COLUMN_BASELINE,
	COLUMN_DESCRIPTION,
	COLUMN_STYLE,
	COLUMN_TAGS,
	COLUMN_SETTINGS,
	COLUMN_NSFW,
	COLUMN_MAX
};

static const char *const column_names[COLUMN_MAX] = {
	[COLUMN_NAME] = "name",
	[COLUMN_PARAMETERS] = "parameters_bn",
	[COLUMN_BASELINE] = "baseline",
	[COLUMN_DESCRIPTION] = "description",
	[COLUMN_STYLE] = "style",
	[COLUMN_TAGS] = "tags",
	[COLUMN_SETTINGS] = "settings",
	[COLUMN_NSFW] = "nsfw",
};

struct reading {
	struct csv csv;
	size_t at[COLUMN_MAX]; /* SIZE_MAX: no such column */
	struct map *entries;
	struct report *report;
	struct check check;
	struct buf out;
};

/* Reads the first row; false if none of its cells is "name". */
static bool
read_header(struct csv *csv, size_t at[COLUMN_MAX])
{
	for (int c = 0; c < COLUMN_MAX; c++)
		at[c] = SIZE_MAX;
	if (!csv_row(csv))
		return false;
	for (size_t i = 0; i < csv->ncells; i++)
		for (int c = 0; c < COLUMN_MAX; c++)
			if (csv->cells[i].len == strlen(column_names[c]) &&
			    memcmp(csv->cells[i].p, column_names[c],
				csv->cells[i].len) == 0)
				at[c] = i;
	return at[COLUMN_NAME] != SIZE_MAX;
}

/* A JSON object on one line may well have cells, and one of them be "name". */
static bool
begins_as_json(struct str document)
{
	if (str_starts(document, STR("\xef\xbb\xbf")))
		document = str_from(document, 3);
	while (document.len > 0 && strchr(" \t\r\n", *document.p) != NULL &&
	       *document.p != '\0')
		document = str_from(document, 1);
	return document.len > 0 && (*document.p == '{' || *document.p == '[');
}

bool
legacy_csv_recognise(struct str document)
{
	struct arena *arena;
	size_t at[COLUMN_MAX];
	struct csv csv;
	bool found;

	if (document.len == 0 || begins_as_json(document))
		return false;
	arena = arena_new();
	csv_init(&csv, document, arena);
	found = read_header(&csv, at);
	arena_free(&arena);
	return found;
}

const char *
legacy_csv_fault(struct str document)
{
	const char *fault = NULL;
	struct arena *arena;
	struct csv csv;
	size_t rows = 0;

	if (!text_valid(document))
		return "CSV, but not UTF-8";
	arena = arena_new();
	csv_init(&csv, document, arena);
	while (rows < 2 && csv_row(&csv))
		rows += csv.ncells > 0;
	if (rows < 2)
		fault = "CSV without a row after its first";
	arena_free(&arena);
	return fault;
}

static struct str
cell(const struct reading *r, enum column c)
{
	if (r->at[c] >= r->csv.ncells)
		return (struct str){ "", 0 };
	return r->csv.cells[r->at[c]];
}

static bool
fail(struct reading *r, enum column c, const char *why)
{
	(void)check_fail(&r->check, why);
	return check_within(&r->check, column_names[c]);
}

static struct buf *
put_key(struct reading *r, const char *name)
{
	buf_printf(&r->out, ",\"%s\":", name);
	return &r->out;
}

/* In the file they are counted in thousands of millions. */
static bool
put_parameters(struct reading *r)
{
	struct str text = text_strip(cell(r, COLUMN_PARAMETERS));
	double billions = 0, x;

	if (text.len > 0 && !python_float(text, r->check.arena, &billions))
		return fail(r, COLUMN_PARAMETERS, "not a number");
	x = trunc(billions * 1e9);
	/* Also false for what is not a number. */
	if (!(x >= -0x1p63 && x < 0x1p63))
		return fail(r, COLUMN_PARAMETERS, "not an integer of 64 bits");
	json_put_int(put_key(r, "parameters"), (int64_t)x);
	return true;
}

/* Cuts the text before the first comma off *rest. */
static struct str
next_tag(struct str *rest)
{
	const char *comma = memchr(rest->p, ',', rest->len);
	struct str tag = *rest;

	if (comma != NULL)
		tag.len = (size_t)(comma - rest->p);
	*rest = str_from(*rest, tag.len + (comma != NULL));
	return tag;
}

/* Python splits an empty cell into nothing, but has no way to split one that is not
 * there. */
static bool
put_tag_cell(struct reading *r)
{
	struct str rest = cell(r, COLUMN_TAGS), tag;
	struct buf *out = put_key(r, "tags");
	bool first = true;

	if (r->at[COLUMN_TAGS] != SIZE_MAX && r->at[COLUMN_TAGS] >= r->csv.ncells)
		return fail(r, COLUMN_TAGS, "the row ends before it");
	buf_putc(out, '[');
	while (rest.len > 0) {
		tag = text_strip(next_tag(&rest));
		if (tag.len == 0)
			continue;
		if (!first)
			buf_putc(out, ',');
		json_put_string(out, tag);
		first = false;
	}
	buf_putc(out, ']');
	return true;
}

static bool
put_settings(struct reading *r)
{
	struct str text = text_strip(cell(r, COLUMN_SETTINGS));
	struct json_value v;
	struct json_error error;

	if (text.len == 0)
		return true;
	/* Python takes a byte order mark in a file, but not in text. */
	if (str_starts(text, STR("\xef\xbb\xbf")) ||
	    json_scan(text.p, text.len, &v, &error) == -1)
		return fail(r, COLUMN_SETTINGS, "not JSON");
	if (v.type == JSON_T_NULL)
		return true;
	if (!check_settings(&v, &r->check))
		return check_within(&r->check, column_names[COLUMN_SETTINGS]);
	buf_add(put_key(r, "settings"), v.p, v.len);
	return true;
}

static void
put_texts(struct reading *r, struct str name)
{
	struct arena *arena = r->check.arena;
	struct str nsfw = text_lower(text_strip(cell(r, COLUMN_NSFW)), arena);

	buf_puts(&r->out, "{\"name\":");
	json_put_string(&r->out, name);
	json_put_string(put_key(r, "baseline"), cell(r, COLUMN_BASELINE));
	json_put_string(put_key(r, "description"), cell(r, COLUMN_DESCRIPTION));
	json_put_string(put_key(r, "style"), cell(r, COLUMN_STYLE));
	json_put_bool(put_key(r, "nsfw"), str_eq(nsfw, STR("true")));
	buf_puts(put_key(r, "config"), "{\"download\":[]}");
}

/* Appends the row's record to the empty r->out; false with r->check. */
static bool
put_row(struct reading *r, struct str name)
{
	buf_reset(&r->out);
	put_texts(r, name);
	if (!put_parameters(r) || !put_tag_cell(r) || !put_settings(r))
		return false;
	buf_putc(&r->out, '}');
	return true;
}

static void
read_row(struct reading *r)
{
	struct str name = text_strip(cell(r, COLUMN_NAME));
	struct arena *arena = r->check.arena;
	struct json_error error;
	struct json_value v;
	const char *text;

	if (name.len == 0) {
		report_skip(
		    r->report, "reference line %" PRIu64 ": name: empty", r->csv.line);
		return;
	}
	/* Backends' own spellings of models that are listed without them. */
	if (str_starts(name, STR("aphrodite/")) || str_starts(name, STR("koboldcpp/")))
		return;
	if (!put_row(r, name)) {
		report_skip_record(r->report, name, r->check.where, r->check.why);
		return;
	}
	text = arena_strndup(arena, r->out.data, r->out.len);
	if (json_scan(text, r->out.len, &v, &error) == -1)
		report_skip_record(r->report, name, "", error.text);
	else
		memcpy(map_at(r->entries, map_intern(r->entries, name)), &v, sizeof(v));
}

uint64_t
legacy_csv_read(struct str document, struct map *entries, struct report *report)
{
	struct reading r = {
		.entries = entries,
		.report = report,
		.check = { .arena = entries->arena, .kind = MEMBER_TEXT },
	};
	uint64_t rows = 0;

	csv_init(&r.csv, document, entries->arena);
	if (!read_header(&r.csv, r.at))
		return 0;
	while (pace_step(report->pace) && csv_row(&r.csv)) {
		if (r.csv.ncells == 0)
			continue;
		rows++;
		read_row(&r);
	}
	buf_free(&r.out);
	return rows;
}
