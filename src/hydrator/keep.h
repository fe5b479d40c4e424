/* Keeping what was published in state_dir, beside the cycles. Hydrators. */
#ifndef HYDRATOR_KEEP_H
#define HYDRATOR_KEEP_H

#include <stdbool.h>

#include "base/attr.h"
#include "hydrator/gate_file.h"
#include "shm/ledger.h"
#include "shm/segment.h"

struct keeper;

/* A generation is saved at once if the last saving began so long ago, else when it
 * did, so that a force-refreshed category does not wear the disk out. Seconds. */
#define KEEP_INTERVAL 60
/* The longest that a stop waits for the disk. Seconds. */
#define KEEP_PATIENCE 5

/*
 * For a category's latch, whose newest generation is saved whenever it is not the one
 * saved last. What is there already was probably restored: it is not saved before
 * KEEP_INTERVAL is over, or at the stop. What the gates compare with is saved beside
 * it (gate_file.h). Why a saving fails is entered in the ledger, which its owner
 * writes. dir, gates and ledger are borrowed; "": off, and NULL is returned, which all
 * functions take.
 */
struct keeper *keep_open(const struct segment *, unsigned latch, const char *dir,
    const struct gate gates[GATE_FILE_DOCUMENTS], struct ledger *) MUST_CHECK;

/* Once a second, and after a publication: begins to save if it is time, in a thread,
 * since a disk may take any time and the cycle must go on; logs what became of the last
 * saving. One warning for each new error, one line when it is over. Returns whether the
 * ledger has changed. */
bool keep_attend(struct keeper *);

/* Saves what is not saved, but waits no longer than KEEP_PATIENCE; frees *k and sets it
 * to NULL. The process must then end: a thread that is stuck is left behind. */
void keep_close(struct keeper **k);

#endif
