/* Exponential backoff with a cap and jitter. */
#include "base/backoff.h"

int64_t
backoff_next(unsigned attempt, int64_t base_ms, int64_t cap_ms, uint32_t random)
{
	int64_t delay = base_ms, half;

	/* Doubling step by step cannot overflow: it stops at the cap. */
	while (attempt-- > 0 && delay < cap_ms)
		delay = delay > cap_ms / 2 ? cap_ms : delay * 2;
	half = delay / 2;
	return delay - half + (int64_t)((double)half * random / UINT32_MAX);
}
