/*
 * The AI Horde documents of a category, indexed for the merge (doc/reference.md 2.4,
 * 2.5 and 3.6). Usage is summed per index key when the index is built, so that merging
 * a model costs the same however large its family is. Pure.
 */
#ifndef ANALYTICS_HORDE_H
#define ANALYTICS_HORDE_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/analytics.h"
#include "analytics/status.h"
#include "base/attr.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "records/report.h"

#define HORDE_NONE UINT32_MAX

enum period {
	PERIOD_DAY,
	PERIOD_MONTH,
	PERIOD_TOTAL,
	PERIOD_MAX
};

enum backend {
	BACKEND_CANONICAL,
	BACKEND_APHRODITE,
	BACKEND_KOBOLDCPP,
	BACKEND_MAX
};

/* Never negative; sums stop at INT64_MAX. */
struct usage {
	int64_t n[PERIOD_MAX];
};

/* Adds the second to the first, period by period. */
void usage_add(struct usage *, const struct usage *);
/* Whether any period is above zero: doc/reference.md 4.4. */
bool usage_known(const struct usage *);

/* "aphrodite/" and "koboldcpp/"; "" for canonical. */
struct str backend_prefix(enum backend);
/* Of a lower-case name. */
enum backend backend_of(struct str lower);

/* A family (key of the base index) that a name belongs to. Spellings that differ only
 * in case nearly always have one in common. */
struct family_link {
	uint32_t family;
	uint32_t next; /* in horde.links, HORDE_NONE at the end */
};

/* What is known of a lower-case name. */
struct horde_name {
	struct usage usage;
	uint32_t
	    place[PERIOD_MAX]; /* where the count stood in the document, plus one */
	uint32_t status;       /* in horde.statuses, or HORDE_NONE */
	uint32_t links;        /* first family_link, or HORDE_NONE */
	uint32_t size;         /* in horde.sizes; HORDE_NONE while reading */
	uint32_t spelling;     /* in horde.spellings, if the usage document has it */
};

/* The size index's sums of one key without its backend prefix. */
struct size_usage {
	struct usage by_backend[BACKEND_MAX];
};

/* What follows the last slash of a name, taken apart once for all names that end in it:
 * both indexes know nothing else of a name but its backend. */
struct name_part {
	struct str base; /* parsed (doc/reference.md 3.2) */
	uint32_t family; /* in horde.families, or HORDE_NONE */
	uint32_t size;   /* in horde.sizes, or HORDE_NONE */
};

struct horde {
	bool has_families;
	struct map parts;    /* what follows the last slash -> struct name_part */
	struct map names;    /* lower-case name -> struct horde_name */
	struct map families; /* base index key -> struct usage */
	struct map sizes;    /* size index key -> struct size_usage */
	const struct str *spellings; /* names as the usage document writes them */
	struct status *statuses;
	struct family_link *links;
	uint32_t nstatuses;
	uint32_t nlinks;
};

/*
 * Reads both documents, of which each may be absent; names in the result point into
 * them or the arena. The base index is built if families is set. Bad elements and
 * entries are skipped and reported. Returns 0, or -1 with *report, or because its pace
 * has stopped.
 */
int horde_read(const struct analytics_input *, bool families, struct arena *,
    struct horde *out, struct report *report) MUST_CHECK;

static inline const struct name_part *
horde_part_at(const struct horde *h, uint32_t part)
{
	return map_at(&h->parts, part);
}

/* Whether a name's usage is part of a family's. */
bool horde_in_family(const struct horde *, uint32_t name, uint32_t family);
/* What follows the last slash of a name: its key in horde.parts. */
struct str horde_last_part(struct str name);
/* The number in horde.parts of the part of a reference name: new ones are in no family
 * and of no size but those that the documents have. */
uint32_t horde_part(struct horde *, struct str name, struct arena *);

#endif
