/* The record of what the daemon is. */
#include "shm/daemon.h"

#include <string.h>

#include "base/log_text.h"
#include "shm/latched.h"
#include "shm/layout.h"

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
defuse_field(char *field, size_t size)
{
	field[size - 1] = '\0';
	log_defuse(field, strlen(field));
}

static int64_t
plausible_time(int64_t nsec)
{
	return nsec < 0 || nsec > SEGMENT_TIME_MAX ? 0 : nsec;
}

/* Hydrators can write the whole segment, and parse strangers' bytes. */
static void
defuse_facts(struct daemon_facts *f)
{
	defuse_field(f->version, sizeof(f->version));
	defuse_field(f->config_path, sizeof(f->config_path));
	defuse_field(f->level, sizeof(f->level));
	defuse_field(f->program, sizeof(f->program));
	defuse_field(f->before, sizeof(f->before));
	f->started_boot = plausible_time(f->started_boot);
	f->started_wall = plausible_time(f->started_wall);
	f->loaded_wall = plausible_time(f->loaded_wall);
	f->level_until = plausible_time(f->level_until);
}

bool
daemon_read(const struct segment *seg, struct daemon_facts *out)
{
	bool there = latched_read(&record_in(seg)->latch, out, sizeof(*out));

	defuse_facts(out);
	return there;
}
