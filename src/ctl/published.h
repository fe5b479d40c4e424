/* What a category has published, for commands that show it: a copy, so that all that is
 * read is of one moment, whatever the daemon does meanwhile. */
#ifndef CTL_PUBLISHED_H
#define CTL_PUBLISHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/str.h"
#include "ctl/attach.h"
#include "ctl/ctl.h"
#include "payload/view.h"
#include "shm/snapshot.h"
#include "terms/part.h"

struct published {
	struct attached attached;
	const char *category;                   /* borrowed */
	struct snapshot *snapshot;              /* owned */
	const struct view_directory *directory; /* in it */
};

/*
 * Attaches, and copies what the category has. If the daemon is dead, or what it has is
 * stale, a line on standard error says how old it is. Returns 0, or an exit status with
 * the reason on standard error; then there is nothing to close.
 */
int published_open(
    const struct ctl *, const char *category, struct published *) MUST_CHECK;
void published_close(struct published *);

/* Whether there are rows of deletion risk in numbers, and whether there is a history.
 * If not, says why on standard error, for a command that then returns CTL_NOT_SERVING.
 */
bool published_has_models(const struct published *) MUST_CHECK;
bool published_has_history(const struct published *) MUST_CHECK;

/* Nanoseconds since the oldest document of a part was fetched; -1: there is no such
 * part. */
int64_t published_age(const struct published *, enum snapshot_part);

/* Of a view that is present. What is returned lies in the copy. */
struct str published_text(const struct published *, struct view_span);
struct str published_row(const struct published *, enum view_kind, uint32_t row);
/* The view has some. */
const struct view_figures *published_figures(const struct published *, enum view_kind);
/* Those of VIEW_CHANGES, which is present. */
const struct view_event *published_events(const struct published *);
/* Unix seconds since when the model of that row of VIEW_RISK is at risk; 0: it is not,
 * or it is not known. */
int64_t published_at_risk_since(const struct published *, uint32_t row);

/* Unix seconds as clock_wall() has them, which ends in the year 2262; 0 for less. */
static inline int64_t
published_wall(int64_t at)
{
	if (at < 0)
		return 0;
	return at < INT64_MAX / NSEC_PER_SEC ? at * NSEC_PER_SEC : INT64_MAX;
}

/* The row of VIEW_RISK of a model. If there is none, says so on standard error, with
 * the closest names, and returns -1. */
int64_t published_find(const struct published *, const char *name) MUST_CHECK;

#endif
