/* Counting silence. */
#include "supervisor/pulse.h"

#include "base/clock.h"

#define LOOK_MAX (2 * NSEC_PER_SEC)

int64_t
pulse_look(struct pulse *p, int64_t beat, int64_t passed)
{
	if (beat != p->beat)
		*p = (struct pulse){ .beat = beat };
	else if (passed > 0)
		p->quiet += passed < LOOK_MAX ? passed : LOOK_MAX;
	return p->quiet;
}
