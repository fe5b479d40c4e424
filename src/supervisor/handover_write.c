/* Handing over: the record, the descriptors that outlive the program, and the way into
 * the next one. */
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/buf.h"
#include "base/mem.h"
#include "config/config.h"
#include "shm/counters.h"
#include "shm/segment.h"
#include "supervisor/handover.h"
#include "shm/process.h"
#include "supervisor/handover_record.h"
#include "supervisor/notify.h"

/* What is said so far, and what has to be open then. */
struct writing {
	struct buf text;
	int *fd;
	size_t n;
	int *made; /* of fd, those that are there for this alone */
	size_t nmade;
	bool failed; /* and errno says why */
};

static void
writing_add(int **list, size_t *n, int fd)
{
	*list = xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = fd;
}

/* -1 is no descriptor. */
static int
writing_pass(struct writing *w, int fd)
{
	if (fd != -1)
		writing_add(&w->fd, &w->n, fd);
	return fd;
}

int
handover_memory(const char *name, const void *p, size_t len)
{
	int fd = memfd_create(name, MFD_CLOEXEC), saved;

	if (fd == -1)
		return -1;
	if (write(fd, p, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	saved = errno != 0 ? errno : ENOSPC;
	close(fd);
	errno = saved;
	return -1;
}

static int
writing_memory(struct writing *w, const char *name, const void *p, size_t len)
{
	int fd = handover_memory(name, p, len);

	if (fd == -1)
		w->failed = true;
	else
		writing_add(&w->made, &w->nmade, fd);
	return writing_pass(w, fd);
}

/* Its addresses are items of a list, which have no line feed. */
static void
write_sockets(struct writing *w, enum listen_kind kind, const struct listeners *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		buf_printf(&w->text, "socket %s %d %s\n", listeners_option(kind),
		    writing_pass(w, l->fd[i]), l->text[i]);
}

static void
write_child(struct writing *w, const struct child *ch)
{
	size_t i;

	/* What readers have asked for (asking.h) is not put off by an upgrade. */
	buf_printf(&w->text, "child %s %u %d %d %s %d",
	    process_role_name((enum process_role)ch->role), ch->index, (int)ch->pid,
	    writing_pass(w, ch->channel), process_state_name(ch->life.state),
	    ch->life.wanted);
	buf_printf(&w->text,
	    " %" PRId64 " %" PRId64 " %" PRId64 " %u %d %u %" PRId64 " %d",
	    ch->deadline, ch->born, ch->accept_until, ch->failures,
	    ch->owed || ch->asked, (unsigned)ch->level, ch->last_death,
	    ch->last_status);
	for (i = 0; i < DEATH_MAX; i++)
		buf_printf(&w->text, " %" PRIu64, ch->deaths[i]);
	buf_putc(&w->text, '\n');
}

static void
write_segment(struct writing *w, const struct crew *c)
{
	struct segment_handle h;

	if (c->foreign != NULL)
		h = *c->foreign;
	else
		segment_handle_of(c->segment, &h);
	buf_printf(&w->text, "segment %d %d %d %s\n", writing_pass(w, h.fd),
	    writing_pass(w, h.readonly), writing_pass(w, h.held), h.header);
	if (c->foreign == NULL)
		free(h.header);
}

static void
write_told(struct writing *w, const struct crew *c)
{
	size_t n = segment_nprocs(c->segment);
	struct buf b = { 0 };

	buf_add(&b, c->told, n * sizeof(*c->told));
	buf_add(&b, c->told_lines, n * sizeof(*c->told_lines));
	buf_printf(
	    &w->text, "told %d\n", writing_memory(w, "hydratord-told", b.data, b.len));
	buf_free(&b);
}

static void
write_crew(struct writing *w, const struct crew *c)
{
	const char *text = c->config->text;
	size_t i;

	buf_printf(&w->text, "crew %d\n",
	    writing_memory(w, "hydratord.conf", text, strlen(text)));
	write_segment(w, c);
	if (c->foreign == NULL && c->heir != NULL)
		write_told(w, c);
	for (i = 0; i < LISTEN_KINDS; i++)
		write_sockets(w, i, &c->listeners[i]);
	for (i = 0; i < c->children.n; i++)
		write_child(w, &c->children.item[i]);
}

void
handover_put_why(struct buf *text, const char *why)
{
	size_t n;

	for (; *why != '\0'; why += n + (why[n] == '\n')) {
		n = strcspn(why, "\n");
		buf_printf(text, "why %.*s\n", (int)n, why);
	}
}

static void
write_daemon(struct writing *w, const struct handover_from *from)
{
	const struct activation *a = from->passed;
	int self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	size_t i;

	buf_printf(
	    &w->text, HANDOVER_HEAD " %d\nfrom %s\n", (int)getpid(), PACKAGE_VERSION);
	buf_printf(&w->text, "started %" PRId64 " %" PRId64 "\n", from->started_boot,
	    from->started_wall);
	/* Without it there is no way back, which is all. */
	if (self != -1) {
		writing_add(&w->made, &w->nmade, self);
		buf_printf(
		    &w->text, "program %d %s\n", writing_pass(w, self), from->program);
	}
	if (from->lock != -1)
		buf_printf(&w->text, "lock %d\n", writing_pass(w, from->lock));
	if (a->tries != 0)
		buf_printf(&w->text, "tries %d\n", writing_pass(w, a->tries));
	for (i = 0; i < a->n; i++)
		buf_printf(
		    &w->text, "passed %d %s\n", writing_pass(w, a->fd[i]), a->name[i]);
	if (from->reload_wanted)
		buf_puts(&w->text, "reload-wanted\n");
	if (from->why != NULL) {
		buf_puts(&w->text, "back\n");
		handover_put_why(&w->text, from->why);
	}
}

static void
write_crews(struct writing *w, const struct handover_from *from)
{
	const struct crew *c;

	/* Without an heir it has not come up, and is killed. */
	TAILQ_FOREACH (c, from->crews, entry)
		if (c != from->serving && c->heir != NULL &&
		    !children_gone(&c->children))
			write_crew(w, c);
	write_crew(w, from->serving);
	buf_puts(&w->text, "end\n");
}

static void
writing_inherit(const struct writing *w, bool inherit)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		(void)fcntl(w->fd[i], F_SETFD, inherit ? 0 : FD_CLOEXEC);
}

/* Returns only if it fails. */
void
handover_become(const char *program, int descriptor, int record,
    const char *config_path, bool foreground)
{
	char number[16];
	const char *args[] = { program, "-c", config_path, "--adopt", number,
		foreground ? "-f" : NULL, NULL };
	char *const *argv = (char *const *)(uintptr_t)args;
	int saved;

	snprintf(number, sizeof(number), "%d", record);
	notify_pass_on();
	if (descriptor == -1)
		execve(program, argv, environ);
	else
		fexecve(descriptor, argv, environ);
	saved = errno;
	notify_open();
	errno = saved;
}

int
handover_exec(const struct handover_from *from)
{
	struct writing w = { .failed = false };
	int record, saved;
	size_t i;

	write_daemon(&w, from);
	write_crews(&w, from);
	record = writing_memory(&w, "hydratord-handover", w.text.data, w.text.len);
	if (!w.failed) {
		writing_inherit(&w, true);
		handover_become(from->program, from->descriptor, record,
		    from->config_path, from->foreground);
	}
	saved = errno;
	writing_inherit(&w, false);
	for (i = 0; i < w.nmade; i++)
		close(w.made[i]);
	buf_free(&w.text);
	free(w.fd);
	free(w.made);
	errno = saved;
	return -1;
}
