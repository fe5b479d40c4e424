/* Presets: named filters over deletion-risk rows (doc/reference.md 8.6). */
#ifndef TERMS_PRESET_H
#define TERMS_PRESET_H

#include <stddef.h>

enum preset {
	PRESET_DELETION_CANDIDATES,
	PRESET_ZERO_USAGE,
	PRESET_NO_WORKERS,
	PRESET_MISSING_DATA,
	PRESET_HOST_ISSUES,
	PRESET_CRITICAL,
	PRESET_LOW_USAGE,
	PRESET_MAX
};

/* As in a query: "deletion_candidates"; static. */
const char *preset_name(enum preset);
/* The preset of the n bytes at name (exact, case-sensitive), or -1. */
int preset_find(const char *name, size_t n);

#endif
