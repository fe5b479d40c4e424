/* The documents that hydrators fetch: what each is called, and its bytes. */
#ifndef TERMS_DOCUMENT_H
#define TERMS_DOCUMENT_H

#include <stddef.h>

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

/* A document as fetched; data may be NULL where the category has none. */
struct document {
	const char *data;
	size_t len;
};

#endif
