/* The names of the documents, as messages, settings and files have them. */
#include "terms/document.h"

const char *
document_name(enum document_kind which)
{
	static const char *const names[] = {
		[DOCUMENT_REFERENCE] = "reference",
		[DOCUMENT_STATUS] = "status",
		[DOCUMENT_STATS] = "stats",
		[DOCUMENT_WORKERS] = "workers",
	};

	return names[which];
}
