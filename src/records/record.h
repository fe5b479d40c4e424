/*
 * A record of a reference document: the members of interest, and the typed view of it
 * that deletion risk is computed from (doc/reference.md 2.3). Pure.
 */
#ifndef RECORDS_RECORD_H
#define RECORDS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"
#include "json/scan.h"
#include "records/downloads.h"
#include "records/shape.h"
#include "terms/category.h"

/* In the usual order of the documents. */
enum field {
	FIELD_RECORD_TYPE,
	FIELD_NAME,
	FIELD_DESCRIPTION,
	FIELD_VERSION,
	FIELD_METADATA,
	FIELD_FINETUNE_SERIES,
	FIELD_CONFIG,
	FIELD_CLASSIFICATION,
	FIELD_SIZE_ON_DISK,
	FIELD_BASELINE,
	FIELD_PARAMETERS,
	FIELD_PARAMETERS_COUNT,
	FIELD_OPTIMIZATION,
	FIELD_TAGS,
	FIELD_SHOWCASES,
	FIELD_TRIGGER,
	FIELD_MIN_BRIDGE_VERSION,
	FIELD_INPAINTING,
	FIELD_NSFW,
	FIELD_STYLE,
	FIELD_REQUIREMENTS,
	FIELD_HOMEPAGE,
	FIELD_DISPLAY_NAME,
	FIELD_URL,
	FIELD_INSTRUCT_FORMAT,
	FIELD_SETTINGS,
	FIELD_TEXT_MODEL_GROUP,
	FIELD_NAME_SCHEMA_EXCEPTION,
	FIELD_MAX
};

/* The last value of each member; both views are decoded from these. */
struct fields {
	struct json_value v[FIELD_MAX];
	struct downloads downloads;
	struct check check; /* why downloads are not valid */
};

/* A valid record. Text is in the document or the arena. */
struct record {
	struct str name;
	struct str baseline; /* p is NULL where it is null */
	struct host *hosts;  /* [nhosts]: its URLs with a netloc */
	uint32_t nhosts;
	uint32_t ndownloads;
	uint64_t identity;    /* downloads.identity */
	int64_t size_on_disk; /* bytes; 0 or less: unknown */
	bool nsfw;
	bool has_description;
	bool unparsable_url;
	bool new_baseline; /* image_generation: it is none of those that are built in */
};

/* Scans a record, which is an object, once: what both views of it need. Text of out is
 * in the document or the arena. */
void record_read(
    const struct json_value *object, enum category, struct arena *, struct fields *out);
/* Returns 0, or -1 with *check saying where and why the reference refuses it (or we
 * do: integers beyond 64 bits, text that cannot be printed). image_generation and
 * text_generation only. */
int record_decode(const struct fields *, enum category, struct check *,
    struct record *out) MUST_CHECK;

#endif
