/* Records of children. */
#include "supervisor/slots.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/segment.h"
#include "supervisor/children.h"

_Static_assert((int)PROCESS_HYDRATOR == (int)ROLE_HYDRATOR &&
		   (int)PROCESS_READER == (int)ROLE_READER,
    "roles have the same numbers");

void
slots_note(const struct children *c, const struct child *ch)
{
	struct process_view v = {
		.pid = ch->pid,
		.last_status = ch->last_status,
		.state = ch->life.state,
		.role = ch->role,
		.index = ch->index,
		.born = ch->born,
		.last_death = ch->last_death,
	};

	/* The deadline of every other state is the end of patience. */
	if (ch->life.state == CHILD_DEAD && ch->life.wanted)
		v.due = ch->deadline;
	memcpy(v.deaths, ch->deaths, sizeof(v.deaths));
	process_write(c->segment, (unsigned)(ch - c->item), &v);
}

void
slots_note_supervisor(struct segment *seg, enum child_state state, int64_t born)
{
	const struct process_view v = {
		.pid = getpid(),
		.state = state,
		.role = PROCESS_SUPERVISOR,
		.born = born,
	};

	process_write(seg, segment_nprocs(seg) - 1, &v);
}

void
slots_count_death(struct child *ch, enum counter_death death, int status)
{
	ch->deaths[death]++;
	ch->last_death = clock_wall();
	ch->last_status = status;
}

static void
slot_carry(const struct child *from, struct child *to)
{
	for (int i = 0; i < DEATH_MAX; i++)
		to->deaths[i] += from->deaths[i];
	if (to->last_death != 0)
		return;
	to->last_death = from->last_death;
	to->last_status = from->last_status;
}

void
slots_carry(const struct children *from, struct children *to)
{
	const struct child *f;
	struct child *t;

	for (t = to->item; t < to->item + to->n; t++) {
		for (f = from->item; f < from->item + from->n; f++)
			if (strcmp(f->title, t->title) == 0)
				slot_carry(f, t);
		slots_note(to, t);
	}
}
