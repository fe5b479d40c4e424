/*
 * Replies of Redis out of bytes as they come: hiredis' reader, with bounds of ours.
 * Pure.
 */
#ifndef FLEET_REPLY_H
#define FLEET_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* Of one reply, those of arrays in arrays included: memory is taken for as many as
 * Redis says, before they are there. */
#define REPLY_ELEMENTS_MAX 1024

struct reply_reader;
struct redisReply; /* <hiredis/hiredis.h> */

/* max: bytes of one reply. */
struct reply_reader *reply_open(size_t max) MUST_CHECK;
/* Frees *r (NULL is fine) and sets it to NULL. */
void reply_close(struct reply_reader **r);

/* Takes n bytes, and if they end a reply that as *out, to be freed by
 * freeReplyObject(); else it is NULL. Returns 0, or -1 with the reason in err: more
 * must not be fed. */
int reply_feed(struct reply_reader *, const char *data, size_t n,
    struct redisReply **out, char *err, size_t errlen) MUST_CHECK;

/* After -1: whether that is because there are more than max bytes. */
bool reply_is_large(const struct reply_reader *) MUST_CHECK;

/* Whether bytes have been fed that are not part of a reply that was taken. */
bool reply_is_begun(const struct reply_reader *) MUST_CHECK;

#endif
