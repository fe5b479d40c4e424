/* Records of the process slots. */
#include "shm/process.h"

#include "base/attr.h"
#include "shm/latched.h"
#include "shm/layout.h"
#include "shm/tame.h"

static struct process_record *
record_at(const struct segment *seg, unsigned slot)
{
	return (struct process_record *)(seg->base + seg->h.processes_offset) + slot;
}

void
process_write(struct segment *seg, unsigned slot, const struct process_view *v)
{
	latched_write(&record_at(seg, slot)->latch, v, sizeof(*v));
}

static void
tame_view(const struct segment *seg, struct process_view *v)
{
	if (v->pid < 0)
		v->pid = 0;
	if (v->state >= CHILD_STATE_MAX)
		v->state = CHILD_DEAD;
	if (v->role >= PROCESS_ROLES)
		v->role = PROCESS_SUPERVISOR;
	if (v->index >=
	    (v->role == PROCESS_HYDRATOR ? seg->h.ncategories : seg->h.nprocs))
		v->index = 0;
	v->born = tame_time(v->born, 0);
	v->due = tame_time(v->due, 0);
	v->last_death = tame_time(v->last_death, 0);
}

bool
process_read(const struct segment *seg, unsigned slot, struct process_view *out)
{
	bool there = latched_read(&record_at(seg, slot)->latch, out, sizeof(*out));

	tame_view(seg, out);
	return there;
}

const char *
process_state_name(enum child_state state)
{
	static const char *const names[] = {
		[CHILD_DEAD] = "dead",
		[CHILD_STARTING] = "starting",
		[CHILD_READY] = "ready",
		[CHILD_RETIRING] = "retiring",
		[CHILD_DRAINING] = "draining",
		[CHILD_ABORTED] = "aborted",
		[CHILD_KILLED] = "killed",
	};

	_Static_assert(NELEM(names) == CHILD_STATE_MAX, "every state has a name");
	return names[state];
}

const char *
process_role_name(enum process_role role)
{
	static const char *const names[PROCESS_ROLES] = {
		[PROCESS_HYDRATOR] = "hydrator",
		[PROCESS_READER] = "reader",
		[PROCESS_SUPERVISOR] = "supervisor",
	};

	return names[role];
}

const char *
process_death_name(enum counter_death death)
{
	static const char *const names[DEATH_MAX] = {
#define X(id, name) [DEATH_##id] = name,
		COUNTER_DEATHS(X)
#undef X
	};

	return names[death];
}
