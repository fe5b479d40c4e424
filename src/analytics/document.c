/* The first look at a document. */
#include "document.h"

#include "report.h"

static const char *const names[] = {
	[DOCUMENT_REFERENCE] = "reference",
	[DOCUMENT_STATUS] = "status",
	[DOCUMENT_STATS] = "stats",
	[DOCUMENT_WORKERS] = "workers",
};

const char *
document_name(enum analytics_document which)
{
	return names[which];
}

int
document_scan(const struct document *doc, enum analytics_document which,
    enum json_type wanted, struct json_value *out, struct analytics_report *report)
{
	struct json_error error;

	if (doc->len == 0)
		return report_refuse(
		    report, which, "%s: an empty document", names[which]);
	if (json_scan(doc->data, doc->len, out, &error) == -1)
		return report_refuse(report, which, "%s: not JSON: byte %zu: %s",
		    names[which], error.offset, error.text);
	if (out->type != wanted)
		return report_refuse(report, which, "%s: not an %s", names[which],
		    wanted == JSON_T_ARRAY ? "array" : "object");
	return 0;
}
