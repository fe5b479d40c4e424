/* The documents that hydrators fetch, and what each is called. */
#ifndef TERMS_DOCUMENT_H
#define TERMS_DOCUMENT_H

/* The documents that a category is computed from. */
enum document_kind {
	DOCUMENT_NONE,
	DOCUMENT_REFERENCE,
	DOCUMENT_STATUS,
	DOCUMENT_STATS,
	DOCUMENT_WORKERS,
	DOCUMENT_MAX
};

/* "reference", "status", ...: for messages. */
const char *document_name(enum document_kind);

#endif
