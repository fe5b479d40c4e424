/* What the segment says of the daemon (shm/daemon.h). Supervisor only. */
#ifndef SUPERVISOR_FACTS_H
#define SUPERVISOR_FACTS_H

#include "shm/process.h"

struct config;
struct daemon_facts;
struct segment;
struct supervisor_start;

/* At the start: what stays as long as this program runs, and of its process when that
 * began. */
void facts_begin(struct daemon_facts *, const struct supervisor_start *);
/* A configuration is in use from now on, with its level of the log. */
void facts_note_config(struct daemon_facts *, const struct config *);
/* Writes them, and the supervisor's process slot (slots_note_supervisor()). */
void facts_write(const struct daemon_facts *, enum child_state, struct segment *);

#endif
