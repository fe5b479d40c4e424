/* Once stopped always stopped: each level of the work asks, and must hear the same. */
#include "base/pace.h"

bool
pace_beat(struct pace *p)
{
	if (p == NULL)
		return true;
	p->stopped = p->stopped || !p->beat(p->arg);
	return !p->stopped;
}
