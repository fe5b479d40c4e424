/*
 * The reference's documents as they lie on GitHub (doc/reference.md 10), turned into
 * records of the v2 form: of each, what our views read. Pure.
 */
#ifndef RECORDS_LEGACY_H
#define RECORDS_LEGACY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/str.h"
#include "json/scan.h"
#include "records/report.h"
#include "records/shape.h"
#include "terms/category.h"

/*
 * stable_diffusion.json and its like. They are told from v2 documents by the first
 * record that shows its form: with `config.files` or the type "ckpt" against a member
 * that only v2 has. entries: key -> struct json_value. Text has no such file.
 */
bool legacy_json_recognise(
    struct str document, enum category, const struct map *entries, struct arena *);
/* The v2 record of a legacy one (doc/reference.md 10.2, 10.5), in the arena of check.
 * Returns 0, or -1 with *check saying what in the legacy record is wrong. */
int legacy_json_record(enum category, const struct json_value *record, struct check *,
    struct json_value *out) MUST_CHECK;

/* Whether the document is CSV with a column "name", as models.csv is. */
bool legacy_csv_recognise(struct str document);
/* Why a document that was so recognised is none to be read, or NULL. */
const char *legacy_csv_fault(struct str document);
/* Adds the rows (doc/reference.md 10.4) of a document without fault to entries: name ->
 * struct json_value, a v2 record in the map's arena. What is left out is reported.
 * Returns how many rows there were, or had been read when the report's pace stopped. */
uint64_t legacy_csv_read(struct str document, struct map *entries, struct report *);

#endif
