/* Nothing is given up before it is clear that the new program comes up, and little is
 * when it does not after all. */
#include "supervisor/upgrade.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autoconf.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "shm/order.h"
#include "shm/segment.h"
#include "shm/segment_adopt.h"
#include "shm/snapshot.h"
#include "supervisor/daemon.h"
#include "supervisor/handover.h"
#include "supervisor/notify.h"
#include "supervisor/rehearse.h"
#include "supervisor/reload.h"

/* As in STARTING: a rehearsal waits that long for a reader by itself. */
#define TRIAL_GRACE (5 * NSEC_PER_SEC)

/* In whose segment it stands what came of it. */
static struct crew *
upgrade_crew(const struct upgrade *u)
{
	const struct reload *r = u->reload;

	return r->serving != NULL ? r->serving : TAILQ_FIRST(&r->crews);
}

static void
upgrade_refuse(struct upgrade *u, const char *why)
{
	struct crew *w = upgrade_crew(u);
	char line[ORDER_TEXT_SIZE], *c;

	strlcpy(line, why, sizeof(line));
	for (c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	log_errx("not upgraded, %s goes on: %s", PACKAGE_VERSION, line);
	order_end(w->segment, ORDER_OF_UPGRADE, ORDER_REFUSED, why);
	u->phase = UPGRADE_NONE;
	u->reload->held = u->reload->saving = false;
}

static void
upgrade_try(struct upgrade *u, enum upgrade_phase phase, const char *option)
{
	const struct supervisor_start *start = u->reload->start;
	const struct config *c = u->reload->serving->config;
	const char *argv[] = { start->program, option, "-c", start->path, NULL };
	char why[128];

	if (trial_start(&u->trial, argv,
		clock_boot() + c->supervisor.start_timeout * NSEC_PER_SEC +
		    TRIAL_GRACE) == -1) {
		snprintf(why, sizeof(why), "%s cannot be tried: %s", start->program,
		    strerror(errno));
		upgrade_refuse(u, why);
		return;
	}
	u->phase = phase;
}

/* It was started as it is, but may have become another since: whoever may write it
 * would be us. One that is not there says so when it is tried. */
static bool
program_is_everybodys(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IWOTH) != 0;
}

/* NULL: nothing is in the way. */
static const char *
upgrade_obstacle(const struct upgrade *u)
{
	const struct reload *r = u->reload;

	if (r->serving == NULL)
		return "it has not started yet";
	if (r->rising != NULL || r->wanted)
		return "a reload is under way: try again when it has ended";
	if (program_is_everybodys(r->start->program))
		return "everybody may write the program: chmod o-w it, and see what it "
		       "is";
	if (!reload_has_room(r))
		return "readers of too many former configurations still have clients: "
		       "try again when they have left";
	return NULL;
}

void
upgrade_ask(struct upgrade *u, pid_t by)
{
	struct reload *r = u->reload;
	const char *why;

	if (r->stopping || u->phase != UPGRADE_NONE || r->upgrading) {
		log_warnx("pid %d asks for an upgrade: %s", (int)by,
		    r->stopping ? "it is stopping" : "one is under way");
		return;
	}
	log_info("upgrade to %s asked for by pid %d", r->start->program, (int)by);
	order_begin(upgrade_crew(u)->segment, ORDER_OF_UPGRADE);
	if ((why = upgrade_obstacle(u)) != NULL) {
		upgrade_refuse(u, why);
		return;
	}
	r->held = true;
	upgrade_try(u, UPGRADE_TEST, "-t");
}

/* descriptor, why: as in the struct. */
static struct handover_from
upgrade_hand_over(
    const struct upgrade *u, const char *program, int descriptor, const char *why)
{
	const struct reload *r = u->reload;

	return (struct handover_from){
		.crews = &r->crews,
		.serving = r->serving,
		.passed = r->passed,
		.lock = daemon_lock_descriptor(u->lock),
		.started_boot = r->facts.started_boot,
		.started_wall = r->facts.started_wall,
		.program = program,
		.descriptor = descriptor,
		.config_path = r->start->path,
		.foreground = r->start->foreground,
		.reload_wanted = r->wanted,
		.why = why,
	};
}

static void
upgrade_exec(struct upgrade *u)
{
	struct reload *r = u->reload;
	const struct handover_from from =
	    upgrade_hand_over(u, r->start->program, -1, NULL);
	char why[128];

	notify_reloading();
	log_info("becoming %s", r->start->program);
	if (handover_exec(&from) == -1)
		snprintf(why, sizeof(why), "%s cannot be executed: %s",
		    r->start->program, strerror(errno));
	children_tell(&r->serving->children, ROLE_HYDRATOR, LIFE_WANT);
	upgrade_refuse(u, why);
	notify_ready();
}

static bool
upgrade_would_lose(const struct crew *w)
{
	unsigned i;

	if (w->config->state_dir[0] != '\0')
		return false;
	for (i = 0; i < segment_ncategories(w->segment); i++)
		if (snapshot_generation(w->segment, i) != 0)
			return true;
	return false;
}

/* The rehearsal's last line says what the program makes of shared memory. */
static void
upgrade_decide(struct upgrade *u)
{
	const struct crew *w = u->reload->serving;
	const char *line = strrchr(u->trial.text, '\n');
	char layout[SEGMENT_MAGIC_SIZE], version[64], why[512];

	line = line != NULL ? line + 1 : u->trial.text;
	if (sscanf(line, REHEARSED "%15s %63s", layout, version) != 2) {
		upgrade_refuse(u, "its rehearsal did not say how it went");
		return;
	}
	if (strcmp(layout, segment_layout()) == 0) {
		upgrade_exec(u);
		return;
	}
	if (upgrade_would_lose(w)) {
		snprintf(why, sizeof(why),
		    "%s has another layout of shared memory (%s, here %s), and "
		    "state_dir is empty: nobody would be answered until all is fetched "
		    "anew. Set state_dir and reload, or restart",
		    version, layout, segment_layout());
		upgrade_refuse(u, why);
		return;
	}
	log_info(
	    "%s has another layout of shared memory: hydrators save and stop", version);
	u->phase = UPGRADE_SAVE;
	u->reload->saving = true;
	children_tell(&u->reload->serving->children, ROLE_HYDRATOR, LIFE_STOP);
}

static void
upgrade_judge(struct upgrade *u)
{
	enum upgrade_phase phase = u->phase;
	char why[ORDER_TEXT_SIZE];

	if (!trial_judge(&u->trial)) {
		snprintf(why, sizeof(why), "%s %s %s%s%s", u->reload->start->program,
		    phase == UPGRADE_TEST ? "-t" : "--rehearse", u->trial.how,
		    u->trial.len > 0 ? ":\n" : "", u->trial.text);
		upgrade_refuse(u, why);
	} else if (phase == UPGRADE_TEST)
		upgrade_try(u, UPGRADE_REHEARSE, "--rehearse");
	else
		upgrade_decide(u);
}

/* Also those of former crews: what they publish last would be lost. */
static bool
upgrade_is_saved(const struct upgrade *u)
{
	const struct crew *w;
	size_t i;

	TAILQ_FOREACH (w, &u->reload->crews, entry)
		for (i = 0; i < w->children.n; i++)
			if (w->children.item[i].role == ROLE_HYDRATOR &&
			    w->children.item[i].life.state != CHILD_DEAD)
				return false;
	return true;
}

void
upgrade_step(struct upgrade *u, int64_t now)
{
	switch (u->phase) {
	case UPGRADE_NONE:
		break;
	case UPGRADE_TEST:
	case UPGRADE_REHEARSE:
		trial_tick(&u->trial, now);
		if (u->trial.pid == 0)
			upgrade_judge(u);
		break;
	case UPGRADE_SAVE:
		if (upgrade_is_saved(u))
			upgrade_exec(u);
		break;
	}
}

bool
upgrade_bury(struct upgrade *u, pid_t pid, int status)
{
	return trial_bury(&u->trial, pid, status);
}

int
upgrade_descriptor(const struct upgrade *u)
{
	return u->trial.output != 0 ? u->trial.output : -1;
}

void
upgrade_read(struct upgrade *u)
{
	trial_read(&u->trial);
}

void
upgrade_adopted(struct upgrade *u)
{
	const struct handover *h = u->reload->start->handover;
	char why[ORDER_TEXT_SIZE];

	if (!h->back) {
		log_info("%s takes the place of %s", PACKAGE_VERSION, h->version);
		return;
	}
	snprintf(why, sizeof(why), "%s did not come up: %s", h->version, h->why);
	upgrade_refuse(u, why);
	notify_ready();
}

void
upgrade_abandon(struct upgrade *u)
{
	trial_abandon(&u->trial);
	u->phase = UPGRADE_NONE;
	u->reload->held = u->reload->upgrading = false;
}

void
upgrade_give_back(struct upgrade *u, const char *why)
{
	struct reload *r = u->reload;
	const struct handover_from from = upgrade_hand_over(
	    u, r->start->handover->path, r->start->handover->program, why);

	log_errx("%s does not come up, %s goes on: %s", PACKAGE_VERSION,
	    r->start->handover->version, why);
	errno = ENOENT;
	if (from.descriptor != -1)
		(void)!handover_exec(&from);
	log_err("the former program cannot be started again; what it left goes on, and "
		"a reload (HUP) replaces it");
	r->upgrading = false;
	upgrade_refuse(u, why);
}
