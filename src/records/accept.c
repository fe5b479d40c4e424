/* The first look at what was fetched. */
#include "records/accept.h"

#include <stdio.h>

#include "base/str.h"
#include "records/legacy.h"

static bool
document_is(const struct buf *body, enum json_type type, char *why, size_t whylen)
{
	struct json_value value;
	struct json_error error;

	if (body->len == 0)
		snprintf(why, whylen, "empty, not JSON");
	else if (json_scan(body->data, body->len, &value, &error) == -1)
		snprintf(
		    why, whylen, "not JSON: byte %zu: %s", error.offset, error.text);
	else if (value.type != type)
		snprintf(why, whylen, "not a JSON %s",
		    type == JSON_T_ARRAY ? "array" : "object");
	else
		return true;
	return false;
}

bool
document_accept_object(const struct buf *body, char *why, size_t whylen)
{
	return document_is(body, JSON_T_OBJECT, why, whylen);
}

bool
document_accept_text(const struct buf *body, char *why, size_t whylen)
{
	struct str document = { body->data, body->len };
	const char *fault;

	if (!legacy_csv_recognise(document))
		return document_accept_object(body, why, whylen);
	fault = legacy_csv_fault(document);
	if (fault != NULL)
		snprintf(why, whylen, "%s", fault);
	return fault == NULL;
}

bool
document_accept_array(const struct buf *body, char *why, size_t whylen)
{
	return document_is(body, JSON_T_ARRAY, why, whylen);
}
