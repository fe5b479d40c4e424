/* The messages of struct report. */
#include "records/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "python/text.h"

void
report_skip(struct report *report, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	report->skipped++;
	if (report->skip == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report->skip(report->arg, text);
}

void
report_skip_record(
    struct report *report, struct str key, const char *where, const char *why)
{
	struct report_name quoted;

	report_skip(report, "reference record %s: %s%s%s", report_quote(key, &quoted),
	    where, where[0] != '\0' ? ": " : "", why);
}

int
report_refuse(struct report *report, enum document_kind document, const char *fmt, ...)
{
	va_list ap;

	report->refused = document;
	va_start(ap, fmt);
	vsnprintf(report->reason, sizeof(report->reason), fmt, ap);
	va_end(ap);
	return -1;
}

const char *
report_quote(struct str s, struct report_name *out)
{
	size_t room = sizeof(out->text) - sizeof("\"...\""), n = 0, i = 0, end = s.len;
	bool valid = text_valid(s);

	/* Cut at the start of a code point. */
	if (end > room)
		for (end = room; end > 0 && ((unsigned char)s.p[end] & 0xc0) == 0x80;
		     end--)
			;
	out->text[n++] = '"';
	for (; i < end; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool bad = c < 0x20 || c == 0x7f || c == '"' || (c >= 0x80 && !valid);

		out->text[n++] = bad ? '?' : (char)c;
	}
	snprintf(
	    out->text + n, sizeof(out->text) - n, "%s\"", end < s.len ? "..." : "");
	return out->text;
}
