/*
 * What stands where in the segment, and a process's own view of it. Private to
 * src/shm; described for outsiders in doc/segment-format.md.
 */
#ifndef SHM_LAYOUT_H
#define SHM_LAYOUT_H

#include <sys/types.h>

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/log_ring.h"
#include "shm/counters.h"
#include "shm/cycles.h"
#include "shm/daemon.h"
#include "shm/hosts.h"
#include "shm/latched.h"
#include "shm/ledger.h"
#include "shm/order.h"
#include "shm/process.h"
#include "shm/publish.h"
#include "shm/segment.h"
#include "shm/seqlock.h"

/* The text carries the version of the layout: change one, change the other. */
#define SEGMENT_MAGIC_STEM "HYDRATORD-SHM"
#define SEGMENT_MAGIC SEGMENT_MAGIC_STEM "15"
#define SEGMENT_BYTE_ORDER UINT32_C(0x01020304)
#define SEGMENT_NAME_SIZE 32 /* of a category, with its NUL */
#define SEGMENT_PAGE_MIN 4096
#define SEGMENT_DIR "/dev/shm" /* where shm_open(3) keeps its names on Linux */
/* Differences of such times, nanoseconds, have room in 63 bits: 146 years. */
#define SEGMENT_TIME_MAX (INT64_MAX / 2)

/* At offset 0. Written once, by the supervisor, before the name is published. */
struct segment_header {
	char magic[SEGMENT_MAGIC_SIZE];
	uint32_t byte_order;
	uint32_t header_size; /* bytes of this struct */
	uint32_t slot_size;   /* bytes of a struct segment_slot */
	uint32_t page_size;   /* all regions begin on a page */
	uint32_t ncategories;
	uint32_t nprocs;
	uint64_t capacity;        /* bytes of one buffer, whole pages */
	uint64_t total_size;      /* bytes of the file */
	uint64_t slots_offset;    /* ncategories slots */
	uint64_t counters_offset; /* nprocs times counters_size */
	uint64_t buffers_offset;  /* ncategories times two buffers */
	uint64_t epoch;           /* nanoseconds of the wall clock at creation */
	char boot_id[40];         /* text, zero-padded; empty if the kernel has none */
	uint64_t hosts_offset;    /* nhosts records */
	uint32_t nhosts;
	uint32_t host_size;        /* bytes of a struct host */
	uint32_t supervisor;       /* pid of the process that made it */
	uint32_t ledger_size;      /* bytes of a struct ledger_record */
	uint64_t ledgers_offset;   /* ncategories records */
	uint32_t counters_size;    /* bytes of a struct segment_process, whole pages */
	uint32_t cycles_size;      /* bytes of a struct cycles_rings */
	uint64_t cycles_offset;    /* ncategories of them */
	uint64_t processes_offset; /* nprocs records */
	uint64_t daemon_offset;    /* one record */
	uint64_t orders_offset;    /* ORDER_VERBS records */
	uint64_t config_offset;    /* a text of config_length bytes, and a NUL */
	uint64_t config_length;
	uint32_t process_size; /* bytes of a struct process_record */
	uint32_t daemon_size;  /* bytes of a struct daemon_record */
	uint32_t order_size;   /* bytes of a struct order_record */
	uint32_t zero;
};

/* Of a process slot, in pages of its own. */
struct segment_process {
	struct counters counters;
	struct log_ring log; /* its last warnings and errors */
};

/* One a category: written by its hydrator, read by all. */
LATCHED(ledger_record, struct ledger);
/* One a process slot: written by the supervisor, read by tools. */
LATCHED(process_record, struct process_view);
/* Written by the supervisor, read by tools. */
LATCHED(daemon_record, struct daemon_facts);

/* Of one cycle: odd while it is written. Written by the hydrator, read by all. */
struct cycles_brief_record {
	struct seqlock lock;
	_Atomic uint64_t words[sizeof(struct cycles_brief) / sizeof(uint64_t)];
};

struct cycles_detail_record {
	struct seqlock lock;
	_Atomic uint64_t words[sizeof(struct cycles_detail) / sizeof(uint64_t)];
};

/* One a category. */
struct cycles_rings {
	_Atomic uint64_t newest; /* number of the last cycle; 0: none */
	struct cycles_brief_record brief[CYCLES_BRIEFS];    /* cycle n at n modulo */
	struct cycles_detail_record detail[CYCLES_DETAILS]; /* their numbers */
};

/* Of one buffer. Written by the hydrator while its latch is odd; read by readers. */
struct slot_meta {
	_Atomic uint64_t generation;
	_Atomic uint64_t length;   /* bytes of payload */
	_Atomic uint64_t checksum; /* checksum.h, over payload and metadata */
	_Atomic uint64_t stamp[SNAPSHOT_STAMP_WORDS]; /* struct snapshot_stamp, as two's
						       * complement */
};

/* One a category. All that readers look at without taking a snapshot is in the first
 * cache line. */
struct segment_slot {
	struct seqlock latch;         /* hydrator writes, readers read */
	char name[SEGMENT_NAME_SIZE]; /* supervisor, at creation */
	/* Hydrator: bytes of the last snapshot, if it found too little room; else 0. */
	_Atomic uint64_t wanted;
	char pad0[16];
	struct slot_meta meta0; /* of the even generations */
	char pad1[16];
	struct slot_meta meta1; /* of the odd ones */
	char pad2[16];
};

/* Of an order that has ended. Written by the supervisor, read by tools. */
struct order_result {
	_Atomic uint64_t outcome; /* enum order_outcome */
	_Atomic uint64_t text[ORDER_TEXT_SIZE / sizeof(uint64_t)];
};

/* One a verb. */
struct order_record {
	_Atomic uint64_t begun; /* number of the order that began last; 0: none */
	struct seqlock ended;   /* generation: number of the one that ended last */
	struct order_result result[2];
};

STAYS_AT(segment_header, magic, 0);
STAYS_AT(segment_header, byte_order, 16);
STAYS_AT(segment_header, header_size, 20);
STAYS_AT(segment_header, slot_size, 24);
STAYS_AT(segment_header, page_size, 28);
STAYS_AT(segment_header, ncategories, 32);
STAYS_AT(segment_header, nprocs, 36);
STAYS_AT(segment_header, capacity, 40);
STAYS_AT(segment_header, total_size, 48);
STAYS_AT(segment_header, slots_offset, 56);
STAYS_AT(segment_header, counters_offset, 64);
STAYS_AT(segment_header, buffers_offset, 72);
STAYS_AT(segment_header, epoch, 80);
STAYS_AT(segment_header, boot_id, 88);
STAYS_AT(segment_header, hosts_offset, 128);
STAYS_AT(segment_header, nhosts, 136);
STAYS_AT(segment_header, host_size, 140);
STAYS_AT(segment_header, supervisor, 144);
STAYS_AT(segment_header, ledger_size, 148);
STAYS_AT(segment_header, ledgers_offset, 152);
STAYS_AT(segment_header, counters_size, 160);
STAYS_AT(segment_header, cycles_size, 164);
STAYS_AT(segment_header, cycles_offset, 168);
STAYS_AT(segment_header, processes_offset, 176);
STAYS_AT(segment_header, daemon_offset, 184);
STAYS_AT(segment_header, orders_offset, 192);
STAYS_AT(segment_header, config_offset, 200);
STAYS_AT(segment_header, config_length, 208);
STAYS_AT(segment_header, process_size, 216);
STAYS_AT(segment_header, daemon_size, 220);
STAYS_AT(segment_header, order_size, 224);
_Static_assert(sizeof(struct segment_header) == 232, "header is 232 bytes");
_Static_assert(sizeof(struct segment_header) <= SEGMENT_PAGE_MIN, "it fits a page");
_Static_assert(sizeof(SEGMENT_MAGIC) == SEGMENT_MAGIC_SIZE, "magic fills its field");

STAYS_AT(order_record, begun, 0);
STAYS_AT(order_record, ended, 8);
STAYS_AT(order_record, result, 16);
_Static_assert(sizeof(struct order_result) == 1520, "a result is 1520 bytes");
_Static_assert(sizeof(struct order_record) == 3056, "an order is 3056 bytes");

STAYS_AT(process_view, pid, 0);
STAYS_AT(process_view, last_status, 4);
STAYS_AT(process_view, state, 8);
STAYS_AT(process_view, role, 12);
STAYS_AT(process_view, index, 16);
STAYS_AT(process_view, born, 24);
STAYS_AT(process_view, due, 32);
STAYS_AT(process_view, last_death, 40);
STAYS_AT(process_view, deaths, 48);
_Static_assert(sizeof(struct process_view) == 80, "a process is 80 bytes");
_Static_assert(sizeof(struct process_record) == 168, "its record is 168 bytes");

STAYS_AT(daemon_facts, version, 0);
STAYS_AT(daemon_facts, config_path, 64);
STAYS_AT(daemon_facts, config_hash, 1088);
STAYS_AT(daemon_facts, started_boot, 1096);
STAYS_AT(daemon_facts, started_wall, 1104);
STAYS_AT(daemon_facts, loaded_wall, 1112);
STAYS_AT(daemon_facts, level, 1120);
STAYS_AT(daemon_facts, level_until, 1136);
STAYS_AT(daemon_facts, program, 1144);
STAYS_AT(daemon_facts, before, 2168);
_Static_assert(sizeof(struct daemon_facts) == 2232, "the daemon is 2232 bytes");
_Static_assert(sizeof(struct daemon_record) == 4472, "its record is 4472 bytes");

STAYS_AT(slot_meta, generation, 0);
STAYS_AT(slot_meta, length, 8);
STAYS_AT(slot_meta, checksum, 16);
STAYS_AT(slot_meta, stamp, 24);
_Static_assert(sizeof(struct slot_meta) == 80, "metadata is 80 bytes");

STAYS_AT(segment_slot, latch, 0);
STAYS_AT(segment_slot, name, 8);
STAYS_AT(segment_slot, wanted, 40);
STAYS_AT(segment_slot, meta0, 64);
STAYS_AT(segment_slot, meta1, 160);
_Static_assert(sizeof(struct segment_slot) == 256, "slot is 256 bytes");

STAYS_AT(host, key, 0);
STAYS_AT(host, named, 8);
STAYS_AT(host, breaker, 16);
STAYS_AT(host, floor, 24);
STAYS_AT(host, name, 32);
STAYS_AT(host, answered, 256);
STAYS_AT(host, nsec, 392);
_Static_assert(sizeof(struct host) == 400, "a host is 400 bytes");

STAYS_AT(ledger_error, boot, 0);
STAYS_AT(ledger_error, wall, 8);
STAYS_AT(ledger_error, status, 16);
STAYS_AT(ledger_error, host, 24);
STAYS_AT(ledger_error, text, 240);
_Static_assert(sizeof(struct ledger_error) == 496, "an error is 496 bytes");

STAYS_AT(ledger_document, name, 0);
STAYS_AT(ledger_document, fetched_boot, 16);
STAYS_AT(ledger_document, fetched_wall, 24);
STAYS_AT(ledger_document, state, 32);
STAYS_AT(ledger_document, error, 40);
STAYS_AT(ledger_document, gate, 536);
STAYS_AT(ledger_document, place, 608);
STAYS_AT(ledger_document, status, 616);
STAYS_AT(ledger_document, bytes, 624);
STAYS_AT(ledger_document, nsec, 632);
STAYS_AT(ledger_document, asked_wall, 640);
_Static_assert(sizeof(struct ledger_document) == 648, "a document is 648 bytes");

STAYS_AT(ledger_fleet, used, 0);
STAYS_AT(ledger_fleet, up, 8);
STAYS_AT(ledger_fleet, role, 16);
STAYS_AT(ledger_fleet, since, 24);
STAYS_AT(ledger_fleet, token, 32);
STAYS_AT(ledger_fleet, generation, 40);
STAYS_AT(ledger_fleet, seen, 48);
STAYS_AT(ledger_fleet, lag, 56);
STAYS_AT(ledger_fleet, skew, 64);
STAYS_AT(ledger_fleet, commands, 72);
STAYS_AT(ledger_fleet, errors, 80);
STAYS_AT(ledger_fleet, bytes_in, 88);
STAYS_AT(ledger_fleet, bytes_out, 96);
STAYS_AT(ledger_fleet, refused, 104);
STAYS_AT(ledger_fleet, leader, 112);
STAYS_AT(ledger_fleet, error, 176);
_Static_assert(sizeof(struct ledger_fleet) == 432, "a fleet is 432 bytes");

STAYS_AT(ledger_history, state, 0);
STAYS_AT(ledger_history, models, 8);
STAYS_AT(ledger_history, bytes, 16);
STAYS_AT(ledger_history, sampled, 24);
STAYS_AT(ledger_history, samples, 32);
STAYS_AT(ledger_history, lost, 40);
STAYS_AT(ledger_history, resets, 48);
STAYS_AT(ledger_history, events, 56);
STAYS_AT(ledger_history, last_event, 64);
STAYS_AT(ledger_history, notify, 72);
STAYS_AT(ledger_history, posted, 80);
STAYS_AT(ledger_history, failed, 88);
STAYS_AT(ledger_history, pending, 96);
STAYS_AT(ledger_history, delivered, 104);
STAYS_AT(ledger_history, error, 112);
STAYS_AT(ledger_history, notify_error, 368);
_Static_assert(sizeof(struct ledger_history) == 624, "a history is 624 bytes");

STAYS_AT(ledger, ndocuments, 0);
STAYS_AT(ledger, next_try, 8);
STAYS_AT(ledger, failing_since, 16);
STAYS_AT(ledger, cause, 24);
STAYS_AT(ledger, orders, 536);
STAYS_AT(ledger, order_done, 544);
STAYS_AT(ledger, order_text, 552);
STAYS_AT(ledger, document, 1064);
STAYS_AT(ledger, fleet, 3656);
STAYS_AT(ledger, history, 4088);
STAYS_AT(ledger, phase, 4712);
STAYS_AT(ledger, phase_since, 4720);
STAYS_AT(ledger, refresh, 4728);
STAYS_AT(ledger, unsaved_wall, 5024);
STAYS_AT(ledger, unsaved, 5032);
_Static_assert(sizeof(struct ledger) == 5288, "a ledger is 5288 bytes");
_Static_assert(sizeof(struct ledger_record) == 10584, "its record is 10584 bytes");

STAYS_AT(ledger_refresh, begun_boot, 32);
STAYS_AT(ledger_refresh, text, 40);
_Static_assert(sizeof(struct ledger_refresh) == 296, "of refreshing: 296 bytes");

STAYS_AT(counters, heartbeat, 0);
STAYS_AT(counters, last_success, 8);
STAYS_AT(counters, last_success_wall, 16);
STAYS_AT(counters, failures_in_row, 24);
STAYS_AT(counters, connections, 32);
STAYS_AT(counters, refused, 56);
STAYS_AT(counters, pinned, 64);
STAYS_AT(counters, saved_wall, 72);
STAYS_AT(counters, cpu, 80);
STAYS_AT(counters, resident, 88);
STAYS_AT(counters, descriptors, 96);
STAYS_AT(counters, descriptors_max, 104);
STAYS_AT(counters, former, 112);
STAYS_AT(counters, streams, 120);
STAYS_AT(counters, asked, 128);
STAYS_AT(counters, value, 256);
STAYS_AT(counters, duration_nsec, 768);
STAYS_AT(counters, duration, 776);
STAYS_AT(counters, deaths, 896);
STAYS_AT(counters, requests, 1024);
STAYS_AT(counters, of_category, 4672);
_Static_assert(sizeof(struct counters) == 31424, "counters are 31424 bytes");

STAYS_AT(segment_process, log, 31424);
STAYS_AT(log_ring, record, 8);
_Static_assert(LOG_RING_WORDS == 34, "a line is 272 bytes");

STAYS_AT(cycles_brief, begun, 8);
STAYS_AT(cycles_brief, fetch, 16);
STAYS_AT(cycles_brief, compute, 24);
STAYS_AT(cycles_brief, encode, 32);
STAYS_AT(cycles_brief, publish, 40);
STAYS_AT(cycles_brief, result, 48);
STAYS_AT(cycles_brief, more, 52);
STAYS_AT(cycles_brief, models, 56);
STAYS_AT(cycles_brief, skipped, 60);
STAYS_AT(cycles_brief, at_risk, 64);
STAYS_AT(cycles_brief, critical, 68);
STAYS_AT(cycles_brief, bytes, 72);
STAYS_AT(cycles_brief, generation, 80);
STAYS_AT(cycles_brief, input_age, 88);
_Static_assert(sizeof(struct cycles_brief) == 96, "a cycle in short is 96 bytes");
STAYS_AT(cycles_document, bytes, 16);
STAYS_AT(cycles_document, nsec, 24);
_Static_assert(sizeof(struct cycles_document) == 32, "its document is 32 bytes");
STAYS_AT(cycles_detail, document, 96);
STAYS_AT(cycles_detail, reason, 224);
_Static_assert(sizeof(struct cycles_detail) == 480, "a cycle is 480 bytes");
STAYS_AT(cycles_rings, brief, 8);
STAYS_AT(cycles_rings, detail, 149768);
_Static_assert(sizeof(struct cycles_rings) == 181000, "rings are 181000 bytes");

_Static_assert(COUNTER_LATCHES == SEGMENT_CATEGORIES_MAX, "a word for each latch");
_Static_assert(SEGMENT_CATEGORIES_MAX * sizeof(struct segment_slot) <= SEGMENT_PAGE_MIN,
    "slots fit a page");
_Static_assert(sizeof(_Atomic uint64_t) == 8 && ATOMIC_LLONG_LOCK_FREE == 2,
    "words are lock-free: locks of libatomic do not work between processes");

/* A process's own view. Nothing in here is trusted to shared memory. */
struct segment {
	char *base;              /* mapping of h.total_size bytes */
	struct segment_header h; /* own copy: the shared one bounds nothing */
	int fd;                  /* read and write; -1 in a reader and a tool */
	int fd_readonly;         /* what readers map from */
	int fd_held;             /* supervisor: has the lock on it (segment_hold()) */
	dev_t dev;               /* with ino: is the name still ours? */
	ino_t ino;
	char name[NAME_MAX + 1]; /* with the leading slash */
	char category[SEGMENT_CATEGORIES_MAX][SEGMENT_NAME_SIZE];
};

static inline size_t
segment_slot_offset(const struct segment *seg, unsigned category)
{
	return seg->h.slots_offset + category * sizeof(struct segment_slot);
}

static inline struct segment_slot *
segment_slot(const struct segment *seg, unsigned category)
{
	return (struct segment_slot *)(seg->base + segment_slot_offset(seg, category));
}

static inline size_t
segment_counters_offset(const struct segment *seg, unsigned slot)
{
	return seg->h.counters_offset + (size_t)slot * seg->h.counters_size;
}

static inline struct slot_meta *
segment_meta(const struct segment *seg, unsigned category, uint64_t generation)
{
	struct segment_slot *slot = segment_slot(seg, category);

	return seqlock_buffer(generation) ? &slot->meta1 : &slot->meta0;
}

static inline void
segment_read_stamp(struct snapshot_stamp *stamp, const struct slot_meta *meta)
{
	uint64_t word[SNAPSHOT_STAMP_WORDS];

	for (size_t i = 0; i < SNAPSHOT_STAMP_WORDS; i++)
		word[i] = seqlock_get(&meta->stamp[i]);
	memcpy(stamp, word, sizeof(word));
}

static inline size_t
segment_buffer_offset(const struct segment *seg, unsigned category, uint64_t generation)
{
	return seg->h.buffers_offset +
	       (2 * (size_t)category + seqlock_buffer(generation)) * seg->h.capacity;
}

static inline _Atomic uint64_t *
segment_buffer(const struct segment *seg, unsigned category, uint64_t generation)
{
	return (_Atomic uint64_t *)(seg->base +
				    segment_buffer_offset(seg, category, generation));
}

#endif
