/* The records of a reference document, whichever form it has. Pure. */
#ifndef RECORDS_ENTRIES_H
#define RECORDS_ENTRIES_H

#include "base/attr.h"
#include "base/map.h"
#include "base/mem.h"
#include "records/document.h"
#include "records/report.h"
#include "terms/category.h"

/*
 * Fills entries with key -> struct json_value: the records of a v2 document, opened, as
 * they are, those of a legacy document (legacy.h) converted; the form is told by the
 * content. Of duplicate keys the last counts, at the place of the first. Legacy records
 * that cannot be converted are left out and reported; if that leaves none, the document
 * is refused. Returns 0, or -1 with *report, or because its pace has stopped.
 */
int entries_read(enum category, const struct document *, struct arena *,
    struct map *entries, struct report *) MUST_CHECK;

#endif
