/* Stopping every crew, and one more that serves until the slowest client has left. */
#include "supervisor/relief.h"

#include "base/clock.h"
#include "base/log.h"
#include "supervisor/reload.h"
#include "supervisor/slots.h"

/* Most clients have their answer by then, and nobody is relieved. */
#define RELIEF_AFTER (NSEC_PER_SEC / 2)
/* How long who has just connected may wait once more, at the end. */
#define RELIEF_DRAIN (2 * NSEC_PER_SEC)

static void
relief_stop_crew(struct crew *w, enum life_event event)
{
	listeners_close_all(w->listeners);
	children_tell(&w->children, ROLE_MAX, event);
}

/* The same configuration, over a segment of its own, without hydrators. */
static void
relief_raise(struct reload *r)
{
	const struct crew_plan plan = { .config = r->leaving->config,
		.from = r->leaving,
		.roles = r->start->roles,
		.privilege = r->privilege,
		.passed = r->passed };
	char err[1024];

	if (crew_open(&plan, &r->relief, err, sizeof(err)) != 0) {
		crew_disinherit(r->leaving);
		log_warnx("clients wait until the former ones have left: %s", err);
		r->leaving = NULL;
		return;
	}
	log_info("clients are served until the former ones have left");
	TAILQ_INSERT_TAIL(&r->crews, r->relief, entry);
	children_tell(&r->relief->children, ROLE_READER, LIFE_WANT);
}

void
relief_step(struct reload *r, int64_t now)
{
	struct crew *first = TAILQ_FIRST(&r->crews);

	if (r->relief == NULL) {
		if (r->leaving != NULL && now >= r->relief_due)
			relief_raise(r);
	} else if (first == NULL || first != r->relief) {
		return;
	} else if (r->relief->listeners[LISTEN_ANSWERS].n > 0) {
		r->relief_due = now + RELIEF_DRAIN;
		relief_stop_crew(r->relief, LIFE_STOP);
	} else if (now >= r->relief_due)
		relief_stop_crew(r->relief, LIFE_HURRY);
}

void
relief_stop(struct reload *r, enum life_event event, bool held)
{
	struct crew *w;

	r->leaving = held && event == LIFE_STOP ? r->serving : NULL;
	r->relief_due = clock_boot() + RELIEF_AFTER;
	r->stopping = true;
	r->serving = r->rising = NULL;
	TAILQ_FOREACH (w, &r->crews, entry) {
		slots_note_supervisor(
		    w->segment, CHILD_DRAINING, r->facts.started_boot);
		if (w == r->leaving) /* its sockets may go to a relief */
			children_tell(&w->children, ROLE_MAX, event);
		else
			relief_stop_crew(w, event);
	}
}
