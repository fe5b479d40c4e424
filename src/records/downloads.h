/* The download entries of a record: where its files are (doc/reference.md 2.3, 5.2,
 * 7.2). Pure. */
#ifndef RECORDS_DOWNLOADS_H
#define RECORDS_DOWNLOADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"
#include "json/scan.h"
#include "records/shape.h"

/* A URL with a netloc. */
struct host {
	struct str netloc;
	bool scheme; /* has one too: what the reference calls a valid URL */
};

/* What `config` holds, as the raw view sees it. */
struct downloads {
	enum json_type config;   /* its type; JSON_T_NONE if absent */
	enum json_type download; /* the type of config.download, likewise */
	uint64_t count; /* elements of the array; of a string or an object what Python's
			 * extend() makes of it: characters or keys */
	struct host *hosts; /* [nhosts], one a URL that has one, in order */
	uint32_t nhosts;
	uint64_t identity; /* hash of what the files are, in whatever order: of each its
			    * SHA-256, else its URL; 0: of one neither is known, or
			    * there is none */
	bool unknown_file; /* of one neither is known */
	bool unparsable;   /* a URL of a download raises in the reference */
	bool valid;        /* config is valid in the typed view; else *check says why */
};

/* config: the member of that name, JSON_T_NONE if the record has none. check: has the
 * arena, of which out is made as well; it says why out->valid is false. */
void downloads_read(
    const struct json_value *config, struct check *check, struct downloads *out);

/* Writes the distinct netlocs of hosts[0, n), first appearance first, to out[n] and
 * returns how many; with only_valid those of valid URLs. */
uint32_t downloads_distinct(const struct host *hosts, uint32_t n, bool only_valid,
    struct arena *, struct str *out);

#endif
