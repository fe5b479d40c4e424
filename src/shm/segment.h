/*
 * The POSIX shared-memory segment: created whole by the supervisor before its name
 * is published, inherited by every child over fork. The layout is in layout.h and
 * doc/segment-format.md.
 */
#ifndef SHM_SEGMENT_H
#define SHM_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "attr.h"
#include "counters.h"

#define SEGMENT_CATEGORIES_MAX 16 /* the reference knows 15 */
#define SEGMENT_PROCS_MAX 96      /* process slots: hydrators, then readers */

struct segment;

struct segment_spec {
	const char *name;              /* shm_open(3) name, "/hydratord" */
	size_t capacity;               /* bytes per category and buffer */
	unsigned ncategories;          /* latches to make */
	const char *const *categories; /* their names, <= 31 bytes each */
	unsigned nprocs;               /* process slots to make */
};

/*
 * Supervisor, under the lock of the pidfile. Builds a new segment under a temporary
 * name, allocates its header pages, then publishes it as spec->name, replacing what
 * a dead predecessor left. Returns 0, or -1 with a message for the operator in err
 * (a full /dev/shm says how much was asked for and how much is free).
 */
int segment_create(const struct segment_spec *spec, struct segment **out, char *err,
    size_t errlen) MUST_CHECK;

/* Supervisor: removes the published name (if it still is this segment's). */
void segment_unlink(struct segment *);
/* Any process: unmaps, closes, frees *seg and sets it to NULL. */
void segment_close(struct segment **seg);

/*
 * Child, right after fork: replaces the inherited mapping by one that is read-only
 * except for the page of this process's counters. Returns 0, or -1 with errno.
 */
int segment_attach_reader(struct segment *, unsigned slot) MUST_CHECK;

unsigned segment_ncategories(const struct segment *);
size_t segment_capacity(const struct segment *);
const char *segment_category_name(const struct segment *, unsigned category);

/* The counters of a process slot. Written only by the process that has the slot. */
struct counters *segment_counters(const struct segment *, unsigned slot);
unsigned segment_nprocs(const struct segment *);

#endif
