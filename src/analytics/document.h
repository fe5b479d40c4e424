/* Opening a document and reporting what is wrong with it as a whole. Pure. */
#ifndef ANALYTICS_DOCUMENT_H
#define ANALYTICS_DOCUMENT_H

#include "analytics.h"
#include "attr.h"
#include "json_in.h"

/* Checks that doc is JSON of the wanted type (array or object) and describes it.
 * Returns 0, or -1 with *report: which document, where, why. */
int document_scan(const struct document *doc, enum analytics_document which,
    enum json_type wanted, struct json_value *out,
    struct analytics_report *report) MUST_CHECK;

#endif
