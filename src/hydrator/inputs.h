/*
 * The documents of a category: the last good one of each, and what a cycle was offered
 * instead. Where nothing better came the good one goes on being used, with the time of
 * its own fetch, so that an outage shows as age. Hydrators.
 */
#ifndef HYDRATOR_INPUTS_H
#define HYDRATOR_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "records/document.h"
#include "shm/publish.h"
#include "terms/document.h"
#include "upstream/source.h"

enum input_kind {
	INPUT_REFERENCE,
	INPUT_STATUS,
	INPUT_STATS,
	INPUT_WORKERS,
	INPUT_MAX
};

/* The document's number in the analytics, and back. */
#define INPUT_DOCUMENT(kind) ((enum document_kind)((kind) + DOCUMENT_REFERENCE))
#define INPUT_KIND(document) ((enum input_kind)((document)-DOCUMENT_REFERENCE))

/* Why a cycle cannot use what it was offered. */
enum input_fault {
	INPUT_GOOD,
	INPUT_NOT_FETCHED,
	INPUT_NOT_ACCEPTED,
	INPUT_IMPLAUSIBLE,
};

struct input_document {
	bool held;
	bool missing;               /* it is that the file does not exist: no body */
	struct buf body;            /* owned */
	struct document_form form;  /* of body; ABSENT if it is missing */
	const char *url;            /* of the configuration */
	char *etag, *last_modified; /* validators of that place; owned, NULL: none */
	int64_t fetched_boot, fetched_wall;
};

struct input {
	struct input_document good;
	/* What is to be published in its place; it stays until it is, or a better one
	 * comes. Not held: none. */
	struct input_document offered;
	bool fresh; /* had since the last publication, also if it is the same again */
	enum input_fault fault;
	char why[SOURCE_ERROR_MAX]; /* if there is a fault */
};

/* Zero-initialise to start, with the number of documents in n. */
struct inputs {
	size_t n;
	struct input of[INPUT_MAX];
};

/* A cycle begins: nothing has a fault yet. */
void inputs_begin(struct inputs *);
/* Whether a document was fetched at or after an instant of clock_boot(), so that its
 * host need not be asked again. What is read from a file: never is. */
bool inputs_is_young(const struct inputs *, enum input_kind, int64_t since) MUST_CHECK;
/* Tells a source that is about to be fetched what is held already. */
void inputs_expect(const struct inputs *, enum input_kind, struct source *);
/* Takes what was fetched, well or not, and its body. form is that of the body, if there
 * is one. A document that is byte for byte the current one renews its time. */
void inputs_offer(
    struct inputs *, enum input_kind, struct source *, const struct document_form *);
/* The current document is not to be used: frees it, so that the good one is current if
 * this was not it. */
void inputs_refuse(struct inputs *, enum input_kind, enum input_fault, const char *why);
/* What was offered was published: replaces the good ones. */
void inputs_accept(struct inputs *);
/* Frees everything; it is as new. */
void inputs_free(struct inputs *);

/* What a cycle is made of: the offered document, else the good one, else NULL. */
const struct input_document *inputs_current(
    const struct inputs *, enum input_kind) MUST_CHECK;
/* The same for the analytics, borrowed; absent if there is none or its file is missing.
 */
struct document inputs_document(const struct inputs *, enum input_kind) MUST_CHECK;
/* Whether there is a reference document, and not all documents are old. */
bool inputs_suffice(const struct inputs *) MUST_CHECK;
/* Whether one of them is not the good one. */
bool inputs_differ(const struct inputs *) MUST_CHECK;
/* How many have a fault; NULL: any. */
size_t inputs_faults(const struct inputs *, const enum input_fault *) MUST_CHECK;
/* How many have a fault, but there is an older one. */
size_t inputs_reused(const struct inputs *) MUST_CHECK;

/* Each part's stamp: the time of the oldest of its current documents; the part is not
 * there if one of them is missing. */
void inputs_stamp(const struct inputs *, struct snapshot_stamp *);
/* Appends "NAME: why" of each fault. */
void inputs_say_faults(const struct inputs *, struct buf *);
/* Appends "NAME is N s old: why" of each document that is used for want of a better
 * one, and "NAME is absent: why" where there is none; now: clock_boot(). */
void inputs_say_ages(const struct inputs *, int64_t now, struct buf *);

#endif
