/* The names of parts. */
#include "terms/part.h"

const char *
part_name(enum snapshot_part part)
{
	static const char *const names[PART_MAX] = {
		[PART_STATISTICS] = "statistics",
		[PART_DELETION_RISK] = "deletion_risk",
		[PART_WORKERS] = "workers",
	};

	return names[part];
}
