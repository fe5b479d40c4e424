/*
 * What a payload has beside what the documents say: what became of its models
 * (history/history.h), and its rows as text (lists/lists.h). NULL is a category of
 * which no history is kept, which all functions take. Hydrators.
 */
#ifndef HYDRATOR_EVIDENCE_H
#define HYDRATOR_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/pace.h"
#include "config/config.h"
#include "payload/view.h"
#include "shm/ledger.h"
#include "terms/category.h"

struct evidence;

/* Begins to read the history of a category, in a thread; config is borrowed. NULL if
 * none is kept: history.enabled is off, there is no state_dir, or the category has no
 * deletion risk. */
struct evidence *evidence_open(const struct config *, enum category) MUST_CHECK;
/* Records what is not recorded yet, but waits no longer than RECORDER_PATIENCE; frees
 * *e and sets it to NULL. Returns false if a thread is left behind: then the process
 * must end by _exit(2). */
bool evidence_close(struct evidence **e) MUST_CHECK;

/* Once a second, also during a cycle: records, posts changes if posts, and keeps the
 * ledger's part. Returns whether that has changed. */
bool evidence_attend(struct evidence *, bool posts, struct ledger_history *);
/* Whether a published payload is without the history that there is by now, and has room
 * for it in some segment: it was read later, so it is worth making the payload anew. */
bool evidence_lacks(const struct evidence *, const struct view_directory *) MUST_CHECK;

/*
 * Appends to a payload of analytics_render(), now being Unix seconds. news: its risk
 * views say how things are now, and are not of an earlier payload. Without room for it
 * in the segment, room bytes, all of it is left out: returns how many bytes that would
 * take, so that there is room next time; 0: nothing was left out, or even the most that
 * a segment may have is too little, which is warned of when it begins.
 */
size_t evidence_add(struct evidence *, struct buf *payload, bool news, int64_t now,
    size_t room, size_t most, struct pace *) MUST_CHECK;
/* A payload (view_open) that another machine made is published here: the history goes
 * on with it, and with the changes that the other machine has noticed, and posted. */
void evidence_adopt(struct evidence *, const struct view_directory *, int64_t now);

#endif
