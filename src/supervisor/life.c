/* The transitions of a child's life. */
#include "life.h"

const char *
life_name(enum child_state state)
{
	static const char *const names[] = {
		[CHILD_DEAD] = "dead",
		[CHILD_STARTING] = "starting",
		[CHILD_READY] = "ready",
		[CHILD_DRAINING] = "draining",
		[CHILD_KILLED] = "killed",
	};

	_Static_assert(NELEM(names) == CHILD_STATE_MAX, "every state has a name");
	return names[state];
}

static enum life_action
life_timeout(struct life *life)
{
	switch (life->state) {
	case CHILD_DEAD:
		if (!life->wanted)
			return LIFE_DO_NOTHING;
		life->state = CHILD_STARTING;
		return LIFE_DO_FORK;
	case CHILD_DRAINING:
		life->state = CHILD_KILLED;
		return LIFE_DO_KILL;
	default:
		return LIFE_DO_NOTHING;
	}
}

static enum life_action
life_hung_up(struct life *life)
{
	if (life->state != CHILD_STARTING && life->state != CHILD_READY)
		return LIFE_DO_NOTHING;
	life->state = CHILD_DRAINING;
	return LIFE_DO_WAIT;
}

static enum life_action
life_stop(struct life *life)
{
	bool wanted = life->wanted;

	life->wanted = false;
	switch (life->state) {
	case CHILD_DEAD:
		return wanted ? LIFE_DO_RETIRE : LIFE_DO_NOTHING;
	case CHILD_STARTING:
	case CHILD_READY:
		life->state = CHILD_DRAINING;
		return LIFE_DO_ORDER;
	default:
		return LIFE_DO_NOTHING;
	}
}

static enum life_action
life_hurry(struct life *life)
{
	if (life->state == CHILD_DEAD)
		return life_stop(life);
	life->wanted = false;
	if (life->state == CHILD_KILLED)
		return LIFE_DO_NOTHING;
	life->state = CHILD_KILLED;
	return LIFE_DO_KILL;
}

static enum life_action
life_reaped(struct life *life)
{
	if (life->state == CHILD_DEAD)
		return LIFE_DO_NOTHING;
	life->state = CHILD_DEAD;
	return life->wanted ? LIFE_DO_SCHEDULE : LIFE_DO_RETIRE;
}

enum life_action
life_next(struct life *life, enum life_event event)
{
	switch (event) {
	case LIFE_SAID_READY:
		if (life->state == CHILD_STARTING)
			life->state = CHILD_READY;
		return LIFE_DO_NOTHING;
	case LIFE_HUNG_UP:
		return life_hung_up(life);
	case LIFE_TIMEOUT:
		return life_timeout(life);
	case LIFE_STOP:
		return life_stop(life);
	case LIFE_HURRY:
		return life_hurry(life);
	case LIFE_REAPED:
		return life_reaped(life);
	case LIFE_EVENT_MAX:
		break;
	}
	return LIFE_DO_NOTHING;
}
