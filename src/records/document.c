/* The first look at a document. */
#include "records/document.h"

#include "records/report.h"

int
document_scan(const struct document *doc, enum document_kind which,
    enum json_type wanted, struct json_value *out, struct report *report)
{
	struct json_error error;

	if (doc->len == 0)
		return report_refuse(
		    report, which, "%s: an empty document", document_name(which));
	if (json_scan(doc->data, doc->len, out, &error) == -1)
		return report_refuse(report, which, "%s: not JSON: byte %zu: %s",
		    document_name(which), error.offset, error.text);
	if (out->type != wanted)
		return report_refuse(report, which, "%s: not an %s",
		    document_name(which), wanted == JSON_T_ARRAY ? "array" : "object");
	return 0;
}
