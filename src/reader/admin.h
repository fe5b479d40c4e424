/*
 * Orders of whoever has the token of http.admin_token_file: POST
 * /admin/refresh/{category}, on listeners of its own. A reader does nothing for it but
 * tell the supervisor a number (supervisor/asking.h). Readers.
 */
#ifndef READER_ADMIN_H
#define READER_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "config/config.h"
#include "http/server.h"
#include "proc/child.h"
#include "reader/access.h"
#include "shm/counters.h"
#include "shm/segment.h"

struct admin {
	/* Borrowed. */
	const struct config *config;
	const struct segment *segment;
	struct counters *counters;
	int channel; /* to the supervisor */

	struct secret_asked token; /* nobody knows it: it could not be read */
	/* Whoever has not the token: when they will have had all answers that they may
	 * have, clock_boot(). */
	int64_t owed;
	/* Since a line in the log: how many had not, and when that line was. */
	uint64_t strangers;
	int64_t told;
};

/* With the right to open files, before the sandbox: reads the token. One that cannot be
 * read ends nobody: it is said in the log, and each order is answered 503. */
void admin_open(struct admin *, const struct child_context *, struct counters *);
/* Overwrites the token. */
void admin_close(struct admin *);

/* An http_handler_fn. */
void admin_handle(void *admin, const struct http_request *, struct http_response *);
/* Of each of its answers: counts it, adds it to the access log (NULL: none), and says
 * in the log who has not the token, once a minute. */
void admin_note(struct admin *, struct access_log *, const struct http_exchange *);

#endif
