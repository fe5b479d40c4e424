/* Every checksum, offset and invariant, a line each. A daemon at work changes what is
 * looked at: what may be so for a moment is looked at again, and is no damage. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "ctl/attach.h"
#include "ctl/commands.h"
#include "ctl/out.h"
#include "ctl/process_stat.h"
#include "payload/view.h"
#include "shm/inspect.h"
#include "shm/process.h"
#include "terms/category.h"

#define VERIFY_LOOKS 20 /* at a process that seems not to be there, 50 ms apart */

static const struct out_column check_columns[] = {
	{ "good", "GOOD", 0 },
	{ "where", "WHERE", 0 },
	{ "what", "WHAT", 0 },
};

static void
say(void *arg, bool good, const char *where, const char *what)
{
	struct out *out = arg;

	out_row(out);
	out_mark(out, good ? OUT_GOOD : OUT_BAD);
	out_bool(out, "good", NULL, good);
	out_string(out, "where", NULL, where);
	out_string(out, "what", NULL, what);
}

static void
verify_payload(
    struct inspection *i, const char *name, unsigned buffer, const struct buf *payload)
{
	int category = category_find(name, strlen(name));
	const struct view_directory *d = NULL;
	char where[96];

	snprintf(where, sizeof(where), "%s: payload %u", name, buffer);
	if (category == -1) {
		inspect_say(i, false, where, "there is no such category");
		return;
	}
	d = view_open(payload->data, payload->len, (enum category)category);
	if (d == NULL)
		inspect_say(i, false, where,
		    "a version, offset, length or number of it is not in order");
	else
		inspect_say(i, true, where,
		    "%" PRIu64 " entries, every offset is in it", d->typed_entries);
}

static void
verify_category(struct inspection *i, const struct segment *segment, unsigned category)
{
	struct buf payload = { 0 };
	uint64_t generation;
	unsigned buffer;

	inspect_category(i, segment, category);
	for (buffer = 0; buffer < 2; buffer++)
		if (inspect_buffer(i, segment, category, buffer, &payload, &generation))
			verify_payload(i, segment_category_name(segment, category),
			    buffer, &payload);
	buf_free(&payload);
}

/* NULL: it is as the record says, at this moment. */
static const char *
process_fault(const struct process_view *v, pid_t supervisor)
{
	struct process_stat stat;

	if (v->pid == 0)
		return v->state == CHILD_DEAD ? NULL : "it has a state, but no pid";
	if (v->state == CHILD_DEAD && v->role != PROCESS_SUPERVISOR)
		return "it is dead, but has a pid";
	if (process_stat_read(v->pid, &stat) == -1)
		return "there is no such process";
	if (stat.state == 'Z' || stat.state == 'X')
		return "it has ended, and nobody has replaced it";
	if (v->role == PROCESS_SUPERVISOR)
		return v->pid == supervisor ? NULL : "the header has another pid";
	return stat.parent == supervisor ? NULL : "it is no child of the supervisor";
}

static void
verify_process(struct inspection *i, const struct attached *a, unsigned slot)
{
	const struct timespec pause = { .tv_nsec = 50 * NSEC_PER_MSEC };
	const char *fault = NULL;
	struct process_view v;
	char where[64];
	int looks;

	/* A process that dies, or is born, is not so for a moment. */
	for (looks = 0; looks < VERIFY_LOOKS; looks++) {
		if (!process_read(a->segment, slot, &v))
			return; /* inspect_slot() has said it */
		if ((fault = process_fault(&v, a->supervisor)) == NULL)
			break;
		nanosleep(&pause, NULL);
	}
	snprintf(where, sizeof(where), "slot %u", slot);
	inspect_say(i, fault == NULL, where, "%s, pid %d: %s",
	    process_role_name((enum process_role)v.role), (int)v.pid,
	    fault != NULL ? fault : process_state_name((enum child_state)v.state));
}

static void
verify_all(struct inspection *i, const struct attached *a)
{
	unsigned n;

	inspect_daemon(i, a->segment);
	for (n = 0; n < segment_ncategories(a->segment); n++)
		verify_category(i, a->segment, n);
	for (n = 0; n < segment_nprocs(a->segment); n++) {
		inspect_slot(i, a->segment, n);
		/* Pids that a dead daemon left are anybody's by now. */
		if (a->alive)
			verify_process(i, a, n);
	}
}

static void
say_what_to_do(struct out *out, const struct ctl *ctl, unsigned bad)
{
	char text[512];

	if (bad == 0)
		strlcpy(text, "All of it is in order.", sizeof(text));
	else
		snprintf(text, sizeof(text),
		    "%u checks are not good. Readers serve no damaged snapshot; a "
		    "refresh or a restart writes it anew. For a report keep a copy of "
		    "/dev/shm%s first.",
		    bad, ctl->name);
	out_note(out, text);
}

static void
print_checks(const struct ctl *ctl, struct attached *a, unsigned *bad)
{
	struct out *out = out_open(ctl, stdout, "verify", 1);
	struct inspection i = { .say = say, .arg = out };

	out_string(out, "segment", NULL, ctl->name);
	out_table(out, "checks", "Checks", check_columns, NELEM(check_columns));
	if (inspect_header(&i, ctl->name) == 0 && a->segment != NULL)
		verify_all(&i, a);
	out_table_end(out);
	out_int(out, "bad", NULL, i.bad);
	say_what_to_do(out, ctl, i.bad);
	out_close(&out);
	*bad = i.bad;
}

static void
say_nothing(void *arg UNUSED, bool good UNUSED, const char *where UNUSED,
    const char *what UNUSED)
{
}

/* Whether there is a segment of ours whose header leads nowhere: nobody can attach to
 * it, and that is what is to be told. */
static bool
header_is_damaged(const struct ctl *ctl)
{
	struct inspection i = { .say = say_nothing };

	return inspect_header(&i, ctl->name) == -1 && errno == EBADMSG;
}

int
ctl_verify(const struct ctl *ctl, int argc, char *argv[])
{
	struct attached a = { 0 };
	unsigned bad;
	int status;

	if ((status = ctl_parse_flag(argc, argv, NULL, NULL)) != 0)
		return status;
	if (!header_is_damaged(ctl) && (status = attach_open(ctl, &a)) != 0)
		return status;
	print_checks(ctl, &a, &bad);
	attach_close(&a);
	return bad > 0 ? CTL_DEGRADED : CTL_FRESH;
}
