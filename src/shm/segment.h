/*
 * The POSIX shared-memory segment: created whole by the supervisor before its name
 * is published, inherited by every child over fork. The layout is in layout.h and
 * doc/segment-format.md.
 */
#ifndef SHM_SEGMENT_H
#define SHM_SEGMENT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/log_ring.h"
#include "shm/counters.h"

#define SEGMENT_CATEGORIES_MAX 16 /* the reference knows 15 */
#define SEGMENT_PROCS_MAX 96 /* process slots: hydrators, readers, the supervisor */

struct segment;

struct segment_spec {
	const char *name;              /* shm_open(3) name, "/hydratord" */
	size_t capacity;               /* bytes per category and buffer, > 0 */
	unsigned ncategories;          /* latches to make */
	const char *const *categories; /* their names, <= 31 bytes each */
	unsigned nprocs;               /* process slots to make */
	const char *config; /* what segment_config() gives, a text; NULL: "" */
	/* Whom a supervisor that is root gives the segment to: the user that its
	 * hydrators become, because publisher_open() opens the segment anew. Another
	 * supervisor ignores them. */
	uid_t owner;
	gid_t group;
	/* The name is left to what has it until segment_take_name() is called. */
	bool unnamed;
};

/*
 * Supervisor. Builds a new segment, which has no name until it is whole: what is killed
 * meanwhile leaves nothing. Its header, slot and counter pages are allocated; the
 * capacity is rounded up to whole pages and is only address space until publish() fills
 * it. The mode is 0640 whatever the umask. Then it is given its name, in place of what
 * a dead predecessor left. Returns 0, or -1 with a message for the operator in err (a
 * full /dev/shm says how much was asked for and how much is free) and errno: EBUSY if a
 * living daemon of the same user has the name. A name that cannot be had otherwise,
 * because it is another user's, is a warning.
 */
int segment_create(const struct segment_spec *spec, struct segment **out, char *err,
    size_t errlen) MUST_CHECK;

/* Supervisor: gives a segment that was made unnamed its name, in place of this
 * process's former one. Returns 0, or -1 with errno: EBUSY if it is another daemon's,
 * EPERM or EACCES if it is another user's. */
int segment_take_name(struct segment *) MUST_CHECK;

/* Supervisor: removes its name, if it still is this segment's. */
void segment_unlink(struct segment *);
/* Any process: unmaps, closes, frees *seg and sets it to NULL. */
void segment_close(struct segment **seg);

/*
 * Reader, right after fork: replaces the inherited mapping, at the same address, by
 * one that is read-only except for the pages of this process's counters, and closes
 * the descriptor that can write. It cannot be undone, not even by mprotect(2).
 * Returns 0, or -1 with errno (EINVAL: no such slot); the process must then end.
 */
int segment_attach_reader(struct segment *, unsigned slot) MUST_CHECK;

/* Any process: its two descriptors, -1 for one that it has closed. */
void segment_descriptors(const struct segment *, int fds[2]);

/*
 * A tool: maps, to be read, what stands before the buffers in the segment that has the
 * name ("/hydratord") now, if the supervisor with that pid made it. Look again each
 * time: a reload makes another one. Of this file only what follows and segment_close()
 * may be called for it; beside it what reads of ledgers, hosts, processes, the daemon
 * and orders. No offset of it is believed unless it lies within the file. Returns 0, or
 * -1 with errno: ENOENT, EACCES, ESRCH (it is another daemon's, or of another layout).
 */
int segment_look(const char *name, pid_t supervisor, struct segment **) MUST_CHECK;

#define SEGMENT_MAGIC_SIZE 16 /* with its NUL */

/* The magic of the layout that this build makes and reads, for messages. */
const char *segment_layout(void);

/*
 * A tool: the same of whatever segment has the name, whoever made it, and with its
 * buffers: all that reads may be called, also for snapshots. A file that its owner cuts
 * short later is SIGBUS. Returns 0, or -1 with errno: ENOENT, EACCES, ESRCH (it is no
 * segment, or a damaged one), EPROTO (of another layout, whose magic is put into
 * magic), or as open(2) and mmap(2).
 */
int segment_look_whole(
    const char *name, struct segment **, char magic[SEGMENT_MAGIC_SIZE]) MUST_CHECK;
/* A tool: whether a living supervisor holds it. The question holds up nobody. */
bool segment_is_held(const struct segment *);
/* A tool: whether that process is it. The header's pid is no answer: hydrators can
 * write it. */
bool segment_is_held_by(const struct segment *, pid_t);
/* Any process: whether the name still leads to this segment; a reload or a restart
 * makes another one. */
bool segment_is_named(const struct segment *);
/* Any process: pid of the supervisor that made it, as the header has it. */
pid_t segment_supervisor(const struct segment *);
/*
 * Any process: the configuration that it was made for, of *len bytes, as long as the
 * segment lives: a line an option, "NAME\tVALUE\tDEFAULT\tSOURCE\tyes|no\n" (yes: a
 * reload changes it), secrets hidden, control characters in values as \uXXXX. A tool
 * believes no byte of it, and that none changes meanwhile.
 */
const char *segment_config(const struct segment *, size_t *len);

/* Any process, by its own copy of the header, which nobody can change. */
unsigned segment_ncategories(const struct segment *);
/* Bytes of payload that a generation may have. */
size_t segment_capacity(const struct segment *);
/* Bytes of the file; only pages that were allocated are memory. */
size_t segment_size(const struct segment *);
/* Bytes of the last snapshot of a category, if it found too little room; else 0. */
size_t segment_wanted(const struct segment *, unsigned category);
/* Supervisor: bytes free for it in its file system, and how many that one has; both
 * UINT64_MAX if it has no limit. Returns 0, or -1 with errno. */
int segment_free_space(
    const struct segment *, uint64_t *bytes, uint64_t *total) MUST_CHECK;
/* The latch of the category of that name; -1: there is none. */
int segment_find_category(const struct segment *, const char *name);
/* Lives as long as the segment. category < segment_ncategories(). */
const char *segment_category_name(const struct segment *, unsigned category);

/* The counters of a process slot. Written only by the process that has the slot. */
struct counters *segment_counters(const struct segment *, unsigned slot);
/* The last warnings and errors of a process slot, beside its counters: those of a
 * process that has ended stay. */
struct log_ring *segment_log_ring(const struct segment *, unsigned slot);
unsigned segment_nprocs(const struct segment *);
/* clock_wall() when the segment was made. */
int64_t segment_epoch(const struct segment *);
/* Of the boot in which it was made, a text; "" if the kernel has none. Lives as long as
 * the segment. */
const char *segment_boot_id(const struct segment *);

#endif
