/* The names of the presets. */
#include "terms/preset.h"

#include <string.h>

static const char *const preset_names[PRESET_MAX] = {
	[PRESET_DELETION_CANDIDATES] = "deletion_candidates",
	[PRESET_ZERO_USAGE] = "zero_usage",
	[PRESET_NO_WORKERS] = "no_workers",
	[PRESET_MISSING_DATA] = "missing_data",
	[PRESET_HOST_ISSUES] = "host_issues",
	[PRESET_CRITICAL] = "critical",
	[PRESET_LOW_USAGE] = "low_usage",
};

const char *
preset_name(enum preset p)
{
	return preset_names[p];
}

int
preset_find(const char *name, size_t n)
{
	for (int p = 0; p < PRESET_MAX; p++)
		if (strlen(preset_names[p]) == n &&
		    memcmp(preset_names[p], name, n) == 0)
			return p;
	return -1;
}
