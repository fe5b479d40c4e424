/* Taking over: a record that another version wrote, read as if nobody had checked it.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/buf.h"
#include "base/mem.h"
#include "supervisor/handover.h"
#include "shm/process.h"
#include "supervisor/handover_record.h"

struct word {
	const char *word;
	bool (*read)(struct handover *, char *rest);
};

static bool
read_number(char **rest, int64_t min, int64_t max, int64_t *out)
{
	const char *text = strsep(rest, " "), *bad = "missing";

	if (text != NULL)
		*out = strtonum(text, min, max, &bad);
	return bad == NULL;
}

/* One that is open, close-on-exec from here on; -1 where that may stand. */
static bool
read_descriptor(char **rest, int least, int *fd)
{
	int64_t n;

	if (!read_number(rest, least, INT16_MAX, &n) ||
	    (n != -1 && fcntl((int)n, F_SETFD, FD_CLOEXEC) == -1))
		return false;
	*fd = (int)n;
	return true;
}

static bool
read_text(char **rest, char *out, size_t size)
{
	return *rest != NULL && strlcpy(out, *rest, size) < size;
}

static struct handover_crew *
last_crew(struct handover *h)
{
	return h->ncrews > 0 ? &h->crew[h->ncrews - 1] : NULL;
}

static bool
read_from(struct handover *h, char *rest)
{
	return read_text(&rest, h->version, sizeof(h->version));
}

static bool
read_started(struct handover *h, char *rest)
{
	return read_number(&rest, INT64_MIN, INT64_MAX, &h->started_boot) &&
	       read_number(&rest, INT64_MIN, INT64_MAX, &h->started_wall);
}

static bool
read_program(struct handover *h, char *rest)
{
	if (h->path != NULL || !read_descriptor(&rest, 0, &h->program) || rest == NULL)
		return false;
	h->path = xstrdup(rest);
	return true;
}

static bool
read_lock(struct handover *h, char *rest)
{
	return read_descriptor(&rest, 0, &h->lock);
}

static bool
read_tries(struct handover *h, char *rest)
{
	return read_descriptor(&rest, 1, &h->passed.tries);
}

static bool
read_passed(struct handover *h, char *rest)
{
	int fd;

	if (!read_descriptor(&rest, 0, &fd))
		return false;
	activation_add(&h->passed, fd, rest != NULL ? rest : "");
	return true;
}

static bool
read_reload_wanted(struct handover *h, char *rest UNUSED)
{
	h->reload_wanted = true;
	return true;
}

static bool
read_back(struct handover *h, char *rest UNUSED)
{
	h->back = true;
	return true;
}

static bool
read_why(struct handover *h, char *rest)
{
	char *whole;

	if (rest == NULL || asprintf(&whole, "%s%s%s", h->why,
				h->why[0] != '\0' ? "\n" : "", rest) == -1)
		return false;
	free(h->why);
	h->why = whole;
	return true;
}

static bool
read_crew(struct handover *h, char *rest)
{
	struct handover_crew *c;

	h->crew = xreallocarray(h->crew, h->ncrews + 1, sizeof(*h->crew));
	c = &h->crew[h->ncrews++];
	*c = (struct handover_crew){
		.config = -1, .told = -1, .segment = { -1, -1, -1, NULL }
	};
	return read_descriptor(&rest, 0, &c->config);
}

static bool
read_segment(struct handover *h, char *rest)
{
	struct handover_crew *c = last_crew(h);

	if (c == NULL || c->segment.header != NULL ||
	    !read_descriptor(&rest, 0, &c->segment.fd) ||
	    !read_descriptor(&rest, 0, &c->segment.readonly) ||
	    !read_descriptor(&rest, -1, &c->segment.held) || rest == NULL)
		return false;
	c->segment.header = xstrdup(rest);
	return true;
}

static bool
read_told(struct handover *h, char *rest)
{
	struct handover_crew *c = last_crew(h);

	return c != NULL && read_descriptor(&rest, 0, &c->told);
}

/* One of an option that is not known here is closed with the handover. */
static bool
read_kind(char **rest, enum listen_kind *out)
{
	const char *option = strsep(rest, " ");

	for (*out = 0; option != NULL && *out < LISTEN_KINDS; (*out)++)
		if (strcmp(listeners_option(*out), option) == 0)
			break;
	return option != NULL;
}

static bool
read_socket(struct handover *h, char *rest)
{
	struct handover_crew *c = last_crew(h);
	struct handover_socket s;

	if (c == NULL || !read_kind(&rest, &s.kind) ||
	    !read_descriptor(&rest, 0, &s.fd) || rest == NULL)
		return false;
	s.text = xstrdup(rest);
	c->socket = xreallocarray(c->socket, c->nsockets + 1, sizeof(*c->socket));
	c->socket[c->nsockets++] = s;
	return true;
}

/* A state that is not known here is one of a process that works. */
static bool
read_state(char **rest, enum child_state *out)
{
	const char *name = strsep(rest, " ");

	for (*out = 0; name != NULL && *out < CHILD_STATE_MAX; (*out)++)
		if (strcmp(process_state_name(*out), name) == 0)
			return true;
	*out = CHILD_READY;
	return name != NULL;
}

static bool
read_role(char **rest, enum role *out)
{
	const char *name = strsep(rest, " ");

	for (*out = 0; name != NULL && *out < ROLE_MAX; (*out)++)
		if (strcmp(process_role_name((enum process_role) * out), name) == 0)
			return true;
	return false;
}

static bool
read_past(char **rest, struct handover_child *ch)
{
	int64_t level, status, n;
	size_t i;

	if (!read_number(rest, 0, INT16_MAX, &level) ||
	    !read_number(rest, 0, INT64_MAX, &ch->last_death) ||
	    !read_number(rest, INT_MIN, INT_MAX, &status))
		return false;
	ch->level = (unsigned)level;
	ch->last_status = (int)status;
	for (i = 0; i < DEATH_MAX && *rest != NULL; i++) {
		if (!read_number(rest, 0, INT64_MAX, &n))
			return false;
		ch->deaths[i] = (uint64_t)n;
	}
	return true;
}

static bool
read_child(struct handover *h, char *rest)
{
	struct handover_crew *c = last_crew(h);
	int64_t index, pid, wanted, failures, owed;
	struct handover_child ch = { .pid = 0 };

	if (c == NULL || !read_role(&rest, &ch.role) ||
	    !read_number(&rest, 0, INT16_MAX, &index) ||
	    !read_number(&rest, 0, INT_MAX, &pid) ||
	    !read_descriptor(&rest, -1, &ch.channel) ||
	    !read_state(&rest, &ch.life.state) || !read_number(&rest, 0, 1, &wanted) ||
	    !read_number(&rest, INT64_MIN, INT64_MAX, &ch.deadline) ||
	    !read_number(&rest, INT64_MIN, INT64_MAX, &ch.born) ||
	    !read_number(&rest, INT64_MIN, INT64_MAX, &ch.accept_until) ||
	    !read_number(&rest, 0, UINT_MAX, &failures) ||
	    !read_number(&rest, 0, 1, &owed) || !read_past(&rest, &ch))
		return false;
	ch.index = (unsigned)index;
	ch.pid = (pid_t)pid;
	ch.life.wanted = wanted == 1;
	ch.failures = (unsigned)failures;
	ch.owed = owed == 1;
	c->child = xreallocarray(c->child, c->nchildren + 1, sizeof(*c->child));
	c->child[c->nchildren++] = ch;
	return true;
}

static const struct word words[] = {
	{ "from", read_from },
	{ "started", read_started },
	{ "program", read_program },
	{ "lock", read_lock },
	{ "tries", read_tries },
	{ "passed", read_passed },
	{ "reload-wanted", read_reload_wanted },
	{ "back", read_back },
	{ "why", read_why },
	{ "crew", read_crew },
	{ "segment", read_segment },
	{ "told", read_told },
	{ "socket", read_socket },
	{ "child", read_child },
};

static bool
read_line(struct handover *h, char *line)
{
	const char *word = strsep(&line, " ");
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].read(h, line);
	return true;
}

/* The first line names the process: what is inherited by another one means nothing. */
static int
read_all(struct handover *h, char *text, char *err, size_t errlen)
{
	char *line = strsep(&text, "\n"), head[64];

	snprintf(head, sizeof(head), HANDOVER_HEAD " %d", (int)getpid());
	if (line == NULL || strcmp(line, head) != 0) {
		snprintf(err, errlen,
		    "this is no handover to this process: --adopt is for "
		    "hydratord itself");
		return -1;
	}
	while ((line = strsep(&text, "\n")) != NULL && strcmp(line, "end") != 0)
		if (!read_line(h, line)) {
			snprintf(err, errlen, "the handover has a line that is none");
			return -1;
		}
	if (line == NULL || h->ncrews == 0 ||
	    h->crew[h->ncrews - 1].segment.header == NULL) {
		snprintf(err, errlen, "the handover is not whole");
		return -1;
	}
	return 0;
}

/* Returns its text, NUL-terminated, to be freed; NULL with errno. */
static char *
read_record(int fd)
{
	struct stat st;
	char *text;
	size_t len;

	if (fstat(fd, &st) == -1)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > (off_t)HANDOVER_MAX) {
		errno = EINVAL;
		return NULL;
	}
	len = (size_t)st.st_size;
	text = xcalloc(1, len + 1);
	if (pread(fd, text, len, 0) == (ssize_t)len)
		return text;
	free(text);
	errno = EINVAL;
	return NULL;
}

/* Frees; descriptors stay open. */
static void
forget(struct handover *h)
{
	struct handover_crew *c;
	size_t i, k;

	for (i = 0; i < h->ncrews; i++) {
		c = &h->crew[i];
		for (k = 0; k < c->nsockets; k++)
			free(c->socket[k].text);
		free(c->socket);
		free(c->child);
		free(c->segment.header);
	}
	free(h->crew);
	free(h->passed.fd);
	free(h->passed.name);
	free(h->path);
	free(h->why);
	*h = (struct handover){ .record = -1, .program = -1, .lock = -1, .crew = NULL };
}

int
handover_open(int record, struct handover *out, char *err, size_t errlen)
{
	char *text = read_record(record);
	int r;

	*out = (struct handover){
		.record = record, .program = -1, .lock = -1, .why = xstrdup("")
	};
	if (text == NULL) {
		snprintf(err, errlen, "descriptor %d is no handover: %s", record,
		    strerror(errno));
		forget(out);
		return -1;
	}
	(void)fcntl(record, F_SETFD, FD_CLOEXEC);
	r = read_all(out, text, err, errlen);
	free(text);
	if (r == -1)
		forget(out);
	return r;
}

const char *
handover_config(const struct handover *h)
{
	static char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", h->crew[h->ncrews - 1].config);
	return path;
}

static void
close_one(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* Calls what is to be done for each descriptor that is still here. */
static void
each_descriptor(struct handover *h, void (*f)(int *fd))
{
	struct handover_crew *c;
	size_t i, k;

	f(&h->record);
	f(&h->program);
	f(&h->lock);
	for (i = 0; i < h->passed.n; i++)
		f(&h->passed.fd[i]);
	if (h->passed.tries != 0)
		f(&h->passed.tries);
	for (i = 0; i < h->ncrews; i++) {
		c = &h->crew[i];
		f(&c->config);
		f(&c->told);
		f(&c->segment.fd);
		f(&c->segment.readonly);
		f(&c->segment.held);
		for (k = 0; k < c->nsockets; k++)
			f(&c->socket[k].fd);
		for (k = 0; k < c->nchildren; k++)
			f(&c->child[k].channel);
	}
}

static void
inherit_one(int *fd)
{
	if (*fd != -1)
		(void)fcntl(*fd, F_SETFD, 0);
}

/* The record says it all, whoever has taken of it meanwhile. */
int
handover_return(
    const struct handover *h, const char *config_path, bool foreground, const char *why)
{
	struct buf text = { 0 };
	struct handover whole;
	char *record = read_record(h->record), *end, err[128];

	if (h->back || h->program == -1 || record == NULL ||
	    (end = strstr(record, "\nend\n")) == NULL ||
	    handover_open(h->record, &whole, err, sizeof(err)) == -1) {
		free(record);
		errno = ENOENT;
		return -1;
	}
	buf_add(&text, record, (size_t)(end - record) + 1);
	free(record);
	buf_puts(&text, "from " PACKAGE_VERSION "\nback\n");
	handover_put_why(&text, why);
	buf_puts(&text, "end\n");
	whole.record = handover_memory("hydratord-handover", text.data, text.len);
	buf_free(&text);
	if (whole.record == -1)
		return -1;
	each_descriptor(&whole, inherit_one);
	handover_become(
	    whole.path, whole.program, whole.record, config_path, foreground);
	return -1;
}

void
handover_close(struct handover *h)
{
	each_descriptor(h, close_one);
	forget(h);
}
