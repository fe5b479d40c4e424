/*
 * What a leader hands to its followers through Redis: one snapshot in one value, with
 * all that a follower needs to publish it as it is, and to lead next. The format is in
 * doc/fleet.md. Pure. Hydrators.
 */
#ifndef FLEET_VALUE_H
#define FLEET_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "shm/ledger.h"
#include "shm/publish.h"

/* Whose it is: a value of anything else is refused. Borrowed texts. */
struct fleet_value_id {
	const char *category;
	const char *format; /* of the payload, 1 to 8 bytes; opaque here */
};

/* When a part of the data is from; zeroed: the snapshot does not have the part. */
struct fleet_part {
	int64_t fetched;      /* Redis' time */
	int64_t fetched_wall; /* clock_wall() of the leader at the same instant */
};

/* What the leader's gate compares with (hydrator/gate.h). */
struct fleet_gate {
	uint64_t known, at_least;
	uint64_t count, names; /* of the last document that was published */
};

/* All but the payload. Times are nanoseconds; "Redis' time" is the clock of the Redis
 * server, as its TIME tells it, which all machines share. */
struct fleet_value {
	uint64_t token;                  /* fencing token of the leader, not 0 */
	uint64_t seq;                    /* its number of the publication, not 0 */
	char leader[LEDGER_LEADER_SIZE]; /* its name, fit for a log line; not "" */
	int64_t begun;                   /* Redis' time: of the cycle */
	int64_t published;               /* Redis' time: in the leader's segment */
	int64_t published_wall; /* clock_wall() of the leader at that instant */
	struct fleet_part part[SNAPSHOT_PARTS];
	struct fleet_gate gate[LEDGER_DOCUMENTS];
	/* Of the payload; fleet_value_write() finds them out. Two values with the same
	 * of both have the same payload. */
	uint64_t length, checksum;
};

/*
 * Appends a value of the payload, which is not empty: header and payload in zstd.
 * length and checksum of the struct are not looked at. What is written is what
 * fleet_value_read() takes. Dies if memory is out; takes what an encoder does besides
 * (codec/encode.h), and gives it back.
 */
void fleet_value_write(const struct fleet_value_id *, const struct fleet_value *,
    const void *payload, size_t len, struct buf *out);

enum fleet_verdict {
	FLEET_GOOD,
	FLEET_FOREIGN,  /* of another version, machine or category */
	FLEET_DAMAGED,  /* truncated, forged, or its checksum is wrong */
	FLEET_TOO_LARGE /* sound, but its payload has more than max bytes */
};

/*
 * Reads a value. No byte is believed before the checksum, and no memory is taken for a
 * payload of more than max bytes. Sets *out with FLEET_GOOD and FLEET_TOO_LARGE, and
 * with FLEET_GOOD appends the payload, whose checksum is true, to an empty buffer;
 * payload NULL: not asked for, and then not decoded. Otherwise they are as they were,
 * and err has why, to be put behind the name of what was read: "is of another version
 * of hydratord".
 */
enum fleet_verdict fleet_value_read(const struct fleet_value_id *, struct str value,
    size_t max, struct fleet_value *out, struct buf *payload, char *err,
    size_t errlen) MUST_CHECK;

/* Fills in parts and published_wall from the stamp of a snapshot; boot and redis are
 * clock_boot() and Redis' time of one instant. */
void fleet_value_stamp(
    struct fleet_value *, const struct snapshot_stamp *, int64_t boot, int64_t redis);
/* The stamp that the snapshot has on this machine: the ages that it had on the
 * leader's, counted on Redis' clock. What seems to be from the future is of now. */
void fleet_value_restamp(
    const struct fleet_value *, int64_t boot, int64_t redis, struct snapshot_stamp *);

#endif
