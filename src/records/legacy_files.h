/* The files of a legacy record and where they are to be had (doc/reference.md 10.3).
 * Pure. */
#ifndef RECORDS_LEGACY_FILES_H
#define RECORDS_LEGACY_FILES_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "json/scan.h"
#include "records/shape.h"

/* Whether config, which may be anything, has a member `files`. */
bool legacy_files_present(const struct json_value *config, struct arena *);
/*
 * Appends `,"config":{"download":[...]}` in the v2 form, or nothing where there are no
 * files. Returns false with *check if the reference could not convert it.
 */
bool legacy_files_put(
    const struct json_value *config, struct check *, struct buf *out) MUST_CHECK;

#endif
