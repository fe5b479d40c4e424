/* Options of the daemon that runs, as its segment has them (config/describe.h): the
 * file may have others by now. No byte of them is believed. */
#ifndef CTL_RUNNING_H
#define CTL_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct segment;

/* Whether the daemon has loaded the file of that path, whatever the way to it. */
bool running_is_of_file(const struct segment *, const char *path) MUST_CHECK;
/* The value of "hydration.ttl" as it is written in the file, with quotes if it has
 * them; it lies in the segment. Returns false if there is no such option. */
bool running_find(
    const struct segment *, const char *name, struct str *value) MUST_CHECK;
/* Of a number or a size ("16M": bytes); otherwise: if there is none, or it is none. */
int64_t running_int(const struct segment *, const char *name, int64_t otherwise);
double running_double(const struct segment *, const char *name, double otherwise);
/* "true"; otherwise: if there is none. */
bool running_bool(const struct segment *, const char *name, bool otherwise);
/* Of a string: without its quotes, cut to size, through log_defuse(); "" if there is
 * none. */
void running_text(const struct segment *, const char *name, char *out, size_t size);
/* Whether a list has an item. */
bool running_list_has(const struct segment *, const char *name, const char *item);

#endif
