/* Telling late from asleep. */
#include "supervisor/deadline.h"

bool
deadline_is_over(int64_t *deadline, int64_t now)
{
	if (now < *deadline)
		return false;
	if (now - *deadline <= DEADLINE_SEEN_IN_TIME)
		return true;
	*deadline = now + DEADLINE_GRACE;
	return false;
}
