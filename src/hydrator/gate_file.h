/*
 * What the gate compares with, in a file, CATEGORY.gate, so that a restart believes
 * nothing that the daemon would not have believed without it. Written by the hydrator
 * that holds the category, read by its successor. The format is in
 * doc/segment-format.md.
 */
#ifndef HYDRATOR_GATE_FILE_H
#define HYDRATOR_GATE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "hydrator/gate.h"

#define GATE_FILE_DOCUMENTS 4

/* Writes a file aside, syncs it, and puts it in the place of the old one. May take as
 * long as the disk does. Returns 0, or -1 with a message that names the file in err. */
int gate_save(const char *dir, const char *category,
    const struct gate gates[GATE_FILE_DOCUMENTS], int64_t wall, char *err,
    size_t errlen) MUST_CHECK;

/*
 * Fills those gates that know nothing yet from the file, unless that is older than
 * max_age seconds at clock_wall() `wall`: then it tells nothing about what is plausible
 * now. Returns how many it filled, 0 too if there is no file, or -1 with a message that
 * names the file in err if it cannot be read or believed.
 */
int gate_load(const char *dir, const char *category, int64_t max_age, int64_t wall,
    struct gate gates[GATE_FILE_DOCUMENTS], char *err, size_t errlen) MUST_CHECK;

#endif
