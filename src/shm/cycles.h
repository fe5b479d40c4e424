/*
 * The cycles of a category: two rings in the segment, the last CYCLES_BRIEFS in short
 * and the last CYCLES_DETAILS with their reason and documents. The hydrator of the
 * category writes, anybody reads; a reader gets a whole record or none of that number,
 * whoever is killed whenever (doc/segment-format.md).
 */
#ifndef SHM_CYCLES_H
#define SHM_CYCLES_H

#include <stddef.h>
#include <stdint.h>

#include "shm/segment.h"

#define CYCLES_BRIEFS 1440
#define CYCLES_DETAILS 64
#define CYCLES_DOCUMENTS 4 /* LEDGER_DOCUMENTS, in the same order (ledger.h) */
#define CYCLES_REASON_SIZE 256

/* How a cycle ended. */
enum cycles_result {
	CYCLES_PUBLISHED,
	CYCLES_UNCHANGED, /* published again: the documents are those of the last one */
	CYCLES_PARTIAL,   /* published, but with old documents */
	CYCLES_REFUSED,   /* by the gate alone; published or not: see generation */
	CYCLES_NO_ROOM,   /* in the segment */
	CYCLES_SHORT_OF_MEMORY,
	CYCLES_FAILED,
	CYCLES_IDLE, /* nobody might be asked */
	CYCLES_STOPPED,
	CYCLES_ADOPTED, /* no cycle: what another machine of the fleet has published */
	CYCLES_RESULTS
};

struct cycles_brief {
	uint64_t number; /* counted from 1, over restarts and reloads */
	int64_t begun;   /* clock_wall() */
	uint64_t fetch, compute, encode, publish; /* how long each phase took, ns */
	uint32_t result;                          /* enum cycles_result */
	/* Of CYCLES_IDLE: so many that ended like it followed at once, and have no
	 * record of their own. */
	uint32_t more;
	/* Of what it published, 0: nothing. at_risk and critical: models with a flag,
	 * and those of the preset "critical". */
	uint32_t models, skipped, at_risk, critical;
	uint64_t bytes, generation;
	/* How old the oldest input of its main view was then, ns; -1: not known. Like
	 * the others 0 where nothing was published. */
	int64_t input_age;
};

struct cycles_document {
	uint32_t state;  /* enum ledger_state */
	uint32_t place;  /* number of the address in its list, from 0 */
	uint32_t status; /* of HTTP, of the last request; 0: none */
	uint32_t asked;  /* 1: it was asked for in this cycle; else all but state
			  * is 0 */
	uint64_t bytes,
	    nsec; /* of the body that came; how long the last request took */
};

struct cycles_detail {
	struct cycles_brief brief;
	struct cycles_document document[CYCLES_DOCUMENTS];
	char reason[CYCLES_REASON_SIZE]; /* as the log has it; "": all is well */
};

/* Hydrator of the category: a cycle has ended. The ring gives it its number; more is
 * not looked at. Of many in a row that are CYCLES_IDLE the first is kept, and counts
 * the others. */
void cycles_note(
    const struct segment *, unsigned category, const struct cycles_detail *);

/*
 * Any process, or a tool: copies the last records, at most max, the newest last, and
 * returns how many; what is behind them is left alone. Fewer than there were, if a
 * writer has died in one of them, or is writing it. All enumerations are in range, all
 * times such that differences do not overflow, and the reason is terminated UTF-8
 * without control characters (log_text.h), whatever the writer did.
 */
size_t cycles_read(
    const struct segment *, unsigned category, struct cycles_brief *, size_t max);
size_t cycles_read_details(
    const struct segment *, unsigned category, struct cycles_detail *, size_t max);

/* Any process: the number of the last cycle that has ended, 0: none. */
uint64_t cycles_newest(const struct segment *, unsigned category);

/* Supervisor, while no hydrator writes the second: makes its cycles those of the first,
 * with their numbers. */
void cycles_carry(const struct segment *from, unsigned from_category,
    const struct segment *to, unsigned to_category);

/* "published", "unchanged", ...: for JSON and tables. */
const char *cycles_result_name(enum cycles_result);

#endif
