/* Every directory that the path leads through is watched for the name that it is asked
 * for, and the file itself; after each change the way is walked anew. */
#include "upstream/watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "upstream/file_url.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40
/* Reads of a storm of events at one time. */
#define READS_MAX 16

/* IN_MASK_ADD: a directory may be watched for several paths, and even be one's end. */
#define DIRECTORY_EVENTS                                                               \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |        \
	    IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD)
#define FILE_EVENTS                                                                    \
	(IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |      \
	    IN_MASK_ADD)

/* A watched inode, and the name in it that matters. */
struct point {
	int wd;
	char name[NAME_MAX + 1]; /* "": every event */
};

struct file {
	char *path;
	struct stat st; /* as it was last; all zero: it was not there */
};

struct watch {
	int fd;
	struct file *files;
	size_t nfiles;
	struct point *points;
	size_t npoints;
	int64_t first, last; /* events that are not told yet; 0: none */
	bool written;        /* one of them was that a file was written to */
	bool complained;
};

static void
watch_complain(struct watch *w, const char *what)
{
	if (!w->complained)
		log_warn("%s: changes of local sources wait for the next cycle", what);
	w->complained = true;
}

static void
watch_add(struct watch *w, const char *path, const char *name, uint32_t events)
{
	int wd = inotify_add_watch(w->fd, path, events);
	struct point *p;

	if (wd == -1) {
		/* Part of the way is missing, or may be passed but not be read. */
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			watch_complain(w, path);
		return;
	}
	w->points = xreallocarray(w->points, w->npoints + 1, sizeof(*w->points));
	p = &w->points[w->npoints++];
	p->wd = wd;
	strlcpy(p->name, name, sizeof(p->name));
}

/* A path under way: `at` is what is behind us, without links ("": the root), `rest`
 * what is ahead. */
struct way {
	char at[PATH_MAX];
	char rest[2 * PATH_MAX];
	unsigned links;
};

/* Cuts the next name off the rest, into name[NAME_MAX + 1]. Returns false at the end,
 * or if the kernel would not take the name. */
static bool
way_next(struct way *way, char *name)
{
	size_t slashes = strspn(way->rest, "/");
	size_t n = strcspn(way->rest + slashes, "/");

	if (n == 0 || n > NAME_MAX)
		return false;
	memcpy(name, way->rest + slashes, n);
	name[n] = '\0';
	memmove(
	    way->rest, way->rest + slashes + n, strlen(way->rest + slashes + n) + 1);
	return true;
}

static void
way_leave(struct way *way)
{
	char *slash = strrchr(way->at, '/');

	*slash = '\0';
}

/* Steps into name, or puts what the link of that name holds before the rest. Returns
 * false if there is no end of links or a path too long. */
static bool
way_enter(struct way *way, const char *name)
{
	char target[PATH_MAX], rest[sizeof(way->rest)];
	size_t len = strlen(way->at), room = sizeof(way->at) - len;
	ssize_t n;

	if ((size_t)snprintf(way->at + len, room, "/%s", name) >= room)
		return false;
	n = readlink(way->at, target, sizeof(target) - 1);
	if (n == -1)
		return true;
	target[n] = '\0';
	memcpy(rest, way->rest, sizeof(rest));
	way->at[target[0] == '/' ? 0 : len] = '\0';
	return ++way->links <= LINKS_MAX &&
	       snprintf(way->rest, sizeof(way->rest), "%s/%s", target, rest) <
		   (int)sizeof(way->rest);
}

static void
watch_way(struct watch *w, const char *path)
{
	struct way way = { .at = "" };
	char name[NAME_MAX + 1];

	if (strlcpy(way.rest, path, sizeof(way.rest)) >= sizeof(way.rest))
		return;
	while (way_next(&way, name)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			if (way.at[0] != '\0')
				way_leave(&way);
			continue;
		}
		watch_add(w, way.at[0] == '\0' ? "/" : way.at, name, DIRECTORY_EVENTS);
		if (!way_enter(&way, name))
			return;
	}
	watch_add(w, way.at, "", FILE_EVENTS);
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Looks at a file again; returns whether it is not as it was. */
static bool
file_look(struct file *f)
{
	struct stat was = f->st;

	if (stat(f->path, &f->st) == -1)
		memset(&f->st, 0, sizeof(f->st));
	return f->st.st_dev != was.st_dev || f->st.st_ino != was.st_ino ||
	       f->st.st_size != was.st_size ||
	       !same_time(&f->st.st_mtim, &was.st_mtim) ||
	       !same_time(&f->st.st_ctim, &was.st_ctim);
}

/*
 * Watches all ways as they lead now, and only then looks at the files, so that nothing
 * happens in between. A new instance each time: it forgets the old ways and the events
 * that are left of them at once.
 */
static bool
watch_renew(struct watch *w)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	bool changed = false;
	size_t i;

	if (fd == -1) {
		watch_complain(w, "inotify");
	} else {
		if (w->fd != -1)
			close(w->fd);
		w->fd = fd;
		w->npoints = 0;
		for (i = 0; i < w->nfiles; i++)
			watch_way(w, w->files[i].path);
	}
	for (i = 0; i < w->nfiles; i++)
		changed |= file_look(&w->files[i]);
	return changed;
}

struct watch *
watch_open(const char *const *urls, size_t n)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	size_t i;

	w->fd = -1;
	w->files = xcalloc(n > 0 ? n : 1, sizeof(*w->files));
	for (i = 0; i < n; i++) {
		w->files[w->nfiles].path = file_url_path(urls[i]);
		w->nfiles += w->files[w->nfiles].path != NULL;
	}
	if (w->nfiles > 0)
		(void)watch_renew(w);
	if (w->fd == -1)
		watch_close(&w);
	return w;
}

int
watch_fd(const struct watch *w)
{
	return w == NULL ? -1 : w->fd;
}

int64_t
watch_due(const struct watch *w)
{
	int64_t quiet, limit;

	if (w == NULL || w->first == 0)
		return INT64_MAX;
	quiet = w->last + WATCH_QUIET;
	limit = w->first + WATCH_LIMIT;
	return quiet < limit ? quiet : limit;
}

static bool
event_matters(const struct watch *w, const struct inotify_event *e)
{
	size_t i;

	if (e->mask & IN_Q_OVERFLOW)
		return true;
	for (i = 0; i < w->npoints; i++)
		if (w->points[i].wd == e->wd &&
		    (e->len == 0 || w->points[i].name[0] == '\0' ||
			strcmp(w->points[i].name, e->name) == 0))
			return true;
	return false;
}

/* Within a tick of the clock a file can be written to and look as before: so what was
 * written counts in any case. */
static void
watch_note(struct watch *w, const struct inotify_event *e, int64_t now)
{
	if (!event_matters(w, e))
		return;
	w->last = now;
	if (w->first == 0)
		w->first = now;
	if (e->mask & (IN_MODIFY | IN_CLOSE_WRITE))
		w->written = true;
}

static void
watch_read(struct watch *w, int64_t now)
{
	_Alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *e;
	int reads;
	ssize_t n, at;

	for (reads = 0; reads < READS_MAX; reads++) {
		n = read(w->fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
			e = (const void *)(buf + at);
			watch_note(w, e, now);
		}
	}
}

bool
watch_take(struct watch *w, int64_t now)
{
	bool changed;

	if (w == NULL)
		return false;
	watch_read(w, now);
	if (now < watch_due(w))
		return false;
	changed = w->written;
	w->first = w->last = 0;
	w->written = false;
	return watch_renew(w) || changed;
}

void
watch_close(struct watch **wp)
{
	struct watch *w = *wp;
	size_t i;

	*wp = NULL;
	if (w == NULL)
		return;
	if (w->fd != -1)
		close(w->fd);
	for (i = 0; i < w->nfiles; i++)
		free(w->files[i].path);
	free(w->files);
	free(w->points);
	free(w);
}
