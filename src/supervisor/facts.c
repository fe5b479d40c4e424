/* Facts of this process and of its configuration. */
#include "supervisor/facts.h"

#include <string.h>

#include "autoconf.h"
#include "base/clock.h"
#include "config/config.h"
#include "shm/daemon.h"
#include "supervisor/handover.h"
#include "supervisor/slots.h"
#include "supervisor/supervisor.h"

void
facts_begin(struct daemon_facts *f, const struct supervisor_start *start)
{
	memset(f, 0, sizeof(*f));
	strlcpy(f->version, PACKAGE_VERSION, sizeof(f->version));
	strlcpy(f->config_path, start->path, sizeof(f->config_path));
	strlcpy(f->program, start->program, sizeof(f->program));
	if (start->handover != NULL && !start->handover->back)
		strlcpy(f->before, start->handover->version, sizeof(f->before));
	f->started_boot = clock_boot();
	f->started_wall = clock_wall();
	if (start->handover == NULL)
		return;
	f->started_boot = start->handover->started_boot;
	f->started_wall = start->handover->started_wall;
}

void
facts_note_config(struct daemon_facts *f, const struct config *c)
{
	f->config_hash = c->hash;
	f->loaded_wall = clock_wall();
	strlcpy(f->level, c->log.level, sizeof(f->level));
	f->level_until = 0;
}

void
facts_write(const struct daemon_facts *f, enum child_state state, struct segment *seg)
{
	daemon_write(seg, f);
	slots_note_supervisor(seg, state, f->started_boot);
}
