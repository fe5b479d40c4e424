/* What a category's documents look like from outside. Hydrators. */
#ifndef RECORDS_ACCEPT_H
#define RECORDS_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Whether a body is the document at all (struct source); if not, says why. A page of a
 * login portal with status 200 is none: the next place may have it. Asked here and not
 * left to the analytics, so that the log can name the place. What is wrong further
 * inside is theirs to say.
 */
bool document_accept_object(const struct buf *body, char *why, size_t whylen);
bool document_accept_array(const struct buf *body, char *why, size_t whylen);
/* An object, or the CSV of text models. */
bool document_accept_text(const struct buf *body, char *why, size_t whylen);

#endif
