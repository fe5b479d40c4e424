/* Opening a document and reporting what is wrong with it as a whole. Pure. */
#ifndef RECORDS_DOCUMENT_H
#define RECORDS_DOCUMENT_H

#include "base/attr.h"
#include "json/scan.h"
#include "records/report.h"
#include "terms/document.h"

/* Checks that doc is JSON of the wanted type (array or object) and describes it.
 * Returns 0, or -1 with *report: which document, where, why. */
int document_scan(const struct document *doc, enum document_kind which,
    enum json_type wanted, struct json_value *out, struct report *report) MUST_CHECK;

#endif
