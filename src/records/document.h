/*
 * The one look at all the bytes of a document: whether it is the document at all, and
 * where its content begins. What it finds travels with the document, so that nobody
 * looks again. Pure.
 */
#ifndef RECORDS_DOCUMENT_H
#define RECORDS_DOCUMENT_H

#include <stddef.h>

#include "base/attr.h"
#include "json/scan.h"
#include "terms/category.h"
#include "terms/document.h"

enum document_type {
	DOCUMENT_ABSENT, /* the category has none, or nobody has opened it */
	DOCUMENT_JSON,
	DOCUMENT_CSV, /* with a header, and a row after it */
};

/* Offsets and not pointers: a body that is kept over cycles may move in memory. */
struct document_form {
	enum document_type type;
	size_t root, len; /* DOCUMENT_JSON: where its value is */
};

/* A document as fetched, borrowed. The form is of exactly these bytes. */
struct document {
	const char *data;
	size_t len;
	struct document_form form;
};

/*
 * Sets the form of data[0, len) if that can be this document of this category: an array
 * or an object in JSON, as the kind wants, or the CSV of text models. A page of a login
 * portal with status 200 is none. What is wrong further inside is found by those who
 * read it. Returns 0, or -1 with why, which fits behind a place or a name.
 */
int document_open(struct document *, enum document_kind, enum category, char *why,
    size_t whylen) MUST_CHECK;

/* The array or object that a document of DOCUMENT_JSON is, ready to be walked. */
struct json_value document_root(const struct document *);

#endif
