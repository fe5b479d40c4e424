/* The transitions of a child's life. */
#include "supervisor/life.h"

static enum life_action
life_become(struct life *life, enum child_state state, enum life_action action)
{
	life->state = state;
	return action;
}

static bool
life_works(const struct life *life)
{
	return life->state == CHILD_STARTING || life->state == CHILD_READY ||
	       life->state == CHILD_RETIRING;
}

static enum life_action
life_timeout(struct life *life)
{
	switch (life->state) {
	case CHILD_DEAD:
		if (!life->wanted)
			return LIFE_DO_NOTHING;
		return life_become(life, CHILD_STARTING, LIFE_DO_FORK);
	case CHILD_STARTING:
		return life_become(life, CHILD_ABORTED, LIFE_DO_ABORT);
	case CHILD_RETIRING:
	case CHILD_DRAINING:
	case CHILD_ABORTED:
		return life_become(life, CHILD_KILLED, LIFE_DO_KILL);
	default:
		return LIFE_DO_NOTHING;
	}
}

static enum life_action
life_silent(struct life *life)
{
	if (life->state != CHILD_READY && life->state != CHILD_RETIRING)
		return LIFE_DO_NOTHING;
	return life_become(life, CHILD_ABORTED, LIFE_DO_ABORT);
}

static enum life_action
life_want(struct life *life)
{
	if (life->wanted || life->state != CHILD_DEAD)
		return LIFE_DO_NOTHING;
	life->wanted = true;
	return life_become(life, CHILD_STARTING, LIFE_DO_FORK);
}

static enum life_action
life_hung_up(struct life *life)
{
	if (!life_works(life))
		return LIFE_DO_NOTHING;
	return life_become(life, CHILD_DRAINING, LIFE_DO_WAIT);
}

/* What is given up while there is no process is given up at once. */
static enum life_action
life_give_up(struct life *life, enum child_state next, enum life_action action)
{
	bool wanted = life->wanted;

	life->wanted = false;
	if (life->state == CHILD_DEAD)
		return wanted ? LIFE_DO_END : LIFE_DO_NOTHING;
	return life_become(life, next, action);
}

static enum life_action
life_retire(struct life *life)
{
	if (life->state == CHILD_STARTING || life->state == CHILD_READY)
		return life_give_up(life, CHILD_RETIRING, LIFE_DO_RETIRE);
	return life_give_up(life, life->state, LIFE_DO_NOTHING);
}

static enum life_action
life_stop(struct life *life)
{
	if (life_works(life))
		return life_give_up(life, CHILD_DRAINING, LIFE_DO_ORDER);
	return life_give_up(life, life->state, LIFE_DO_NOTHING);
}

static enum life_action
life_hurry(struct life *life)
{
	if (life->state == CHILD_KILLED)
		return life_give_up(life, CHILD_KILLED, LIFE_DO_NOTHING);
	return life_give_up(life, CHILD_KILLED, LIFE_DO_KILL);
}

static enum life_action
life_reaped(struct life *life)
{
	if (life->state == CHILD_DEAD)
		return LIFE_DO_NOTHING;
	return life_become(
	    life, CHILD_DEAD, life->wanted ? LIFE_DO_SCHEDULE : LIFE_DO_END);
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
	case LIFE_SILENT:
		return life_silent(life);
	case LIFE_WANT:
		return life_want(life);
	case LIFE_RETIRE:
		return life_retire(life);
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
