/* The record of what the daemon is. */
#include "shm/daemon.h"

#include "shm/latched.h"
#include "shm/layout.h"
#include "shm/tame.h"

static struct daemon_record *
record_in(const struct segment *seg)
{
	return (struct daemon_record *)(seg->base + seg->h.daemon_offset);
}

void
daemon_write(struct segment *seg, const struct daemon_facts *f)
{
	latched_write(&record_in(seg)->latch, f, sizeof(*f));
}

static void
tame_facts(struct daemon_facts *f)
{
	tame_text(f->version, sizeof(f->version));
	tame_text(f->config_path, sizeof(f->config_path));
	tame_text(f->level, sizeof(f->level));
	tame_text(f->program, sizeof(f->program));
	tame_text(f->before, sizeof(f->before));
	f->started_boot = tame_time(f->started_boot, 0);
	f->started_wall = tame_time(f->started_wall, 0);
	f->loaded_wall = tame_time(f->loaded_wall, 0);
	f->level_until = tame_time(f->level_until, 0);
}

bool
daemon_read(const struct segment *seg, struct daemon_facts *out)
{
	bool there = latched_read(&record_in(seg)->latch, out, sizeof(*out));

	tame_facts(out);
	return there;
}
