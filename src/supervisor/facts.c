/* Facts of this process and of its configuration. */
#include "supervisor/facts.h"

#include <string.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/clock.h"
#include "config/config.h"
#include "shm/daemon.h"
#include "supervisor/slots.h"

/* Now, while the file has the name that it was started by: a package that is upgraded
 * puts another one there. */
static void
facts_find_program(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	path[n > 0 ? n : 0] = '\0';
}

void
facts_begin(struct daemon_facts *f, const char *config_path)
{
	memset(f, 0, sizeof(*f));
	strlcpy(f->version, PACKAGE_VERSION, sizeof(f->version));
	strlcpy(f->config_path, config_path, sizeof(f->config_path));
	facts_find_program(f->program, sizeof(f->program));
	f->started_boot = clock_boot();
	f->started_wall = clock_wall();
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
facts_write(const struct daemon_facts *f, struct segment *seg)
{
	daemon_write(seg, f);
	slots_note_supervisor(seg, f->started_boot);
}
