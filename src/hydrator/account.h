/* Keeping the category's ledger (shm/ledger.h) up to date. Hydrators. */
#ifndef HYDRATOR_ACCOUNT_H
#define HYDRATOR_ACCOUNT_H

#include <stdint.h>

#include "hydrator/cycle.h"
#include "hydrator/inputs.h"
#include "shm/ledger.h"
#include "upstream/source.h"

/* For a cycle that has begun nothing yet: takes over what a predecessor has left, the
 * trouble there is and what the gate compares with. */
void account_open(struct cycle *);
/* As the ledger has it. */
enum ledger_state account_state(const struct input *);
/* A document was asked for, or could not be: notes the request, and what was tried in
 * vain. Where nobody was asked, what its last error was is added to why the input has a
 * fault. */
void account_source(struct cycle *, enum input_kind, const struct source *);
/* Before the current document is refused: notes why. */
void account_refused(struct cycle *, enum input_kind, const char *why);
/* A cycle has ended: publishes the ledger with the state of everything. */
void account_write(struct cycle *);
/* The next cycle is due at this instant of clock_boot(), or never (SCHEDULE_NEVER). */
void account_next(struct cycle *, int64_t due);

#endif
