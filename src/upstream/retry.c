/* The policy of retries. */
#include "upstream/retry.h"

int64_t
retry_wait(unsigned tried, bool transient, uint32_t random)
{
	if (!transient || tried >= RETRY_TRIES)
		return -1;
	return (int64_t)((double)RETRY_WAIT * random / UINT32_MAX);
}
