/* Telling what was fetched from what was asked for. */
#include "records/document.h"

#include <stdio.h>

#include "base/str.h"
#include "records/legacy.h"

static int
open_json(struct document *doc, enum json_type wanted, char *why, size_t whylen)
{
	struct json_value root;
	struct json_error error;

	if (doc->len == 0)
		snprintf(why, whylen, "empty, not JSON");
	else if (json_scan(doc->data, doc->len, &root, &error) == -1)
		snprintf(
		    why, whylen, "not JSON: byte %zu: %s", error.offset, error.text);
	else if (root.type != wanted)
		snprintf(why, whylen, "not a JSON %s",
		    wanted == JSON_T_ARRAY ? "array" : "object");
	else {
		doc->form = (struct document_form){ DOCUMENT_JSON,
			(size_t)(root.p - doc->data), root.len };
		return 0;
	}
	return -1;
}

static int
open_csv(struct document *doc, char *why, size_t whylen)
{
	const char *fault = legacy_csv_fault((struct str){ doc->data, doc->len });

	if (fault != NULL) {
		snprintf(why, whylen, "%s", fault);
		return -1;
	}
	doc->form = (struct document_form){ .type = DOCUMENT_CSV };
	return 0;
}

int
document_open(struct document *doc, enum document_kind kind, enum category category,
    char *why, size_t whylen)
{
	bool array = kind == DOCUMENT_STATUS || kind == DOCUMENT_WORKERS;

	if (kind == DOCUMENT_REFERENCE && category == CATEGORY_TEXT_GENERATION &&
	    legacy_csv_recognise((struct str){ doc->data, doc->len }))
		return open_csv(doc, why, whylen);
	return open_json(doc, array ? JSON_T_ARRAY : JSON_T_OBJECT, why, whylen);
}

struct json_value
document_root(const struct document *doc)
{
	const char *p = doc->data + doc->form.root;

	return (struct json_value){ .p = p,
		.len = doc->form.len,
		.type = *p == '[' ? JSON_T_ARRAY : JSON_T_OBJECT };
}
