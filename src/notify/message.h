/* Changes as what a webhook takes. Pure. Hydrators. */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "history/history.h"

/* The most changes of one message. */
#define MESSAGE_EVENTS 50
/* What Discord takes as the content of one message: characters, of which a byte is one
 * at most. */
#define MESSAGE_DISCORD_MAX 2000

enum message_format {
	MESSAGE_JSON,
	MESSAGE_DISCORD
};

/* The format of that name (notify.format). */
enum message_format message_format_find(const char *name);

struct message {
	struct buf body; /* owned by the caller */
	size_t n;        /* changes in it */
	uint64_t last;   /* up to this id all changes are in it, or not wanted */
};

/* How many changes after an id are of a set of kinds (bit 1 << enum event_kind). */
size_t message_count(uint32_t kinds, const struct history *, uint64_t after);

/*
 * Puts into an empty *out the oldest changes after an id, those of a set of kinds, as
 * many as one message takes. If none of them is wanted the body is empty, and last says
 * how far that is true.
 *
 * JSON: {"category":C,"changes":[ROW,...]}, oldest first, rows as /changes has them.
 * Discord: {"content":TEXT,"allowed_mentions":{"parse":[]}}, a line each; names are in
 * code, so that they neither notify anybody nor are links.
 */
void message_make(struct message *out, enum message_format, const char *category,
    uint32_t kinds, const struct history *, uint64_t after);

#endif
