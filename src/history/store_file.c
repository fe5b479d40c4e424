/* Names of files. A log of SQLite's that outlives its database would be applied to the
 * next one of that name, so logs are moved before it. */
#include "history/store_file.h"

#include <sys/param.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORE_MODE 0640
#define STORE_DAMAGED ".damaged-"
/* What is appended at most: this, a number of seconds, and then "-journal". */
#define STORE_BESIDE_MAX 48

static const char *const logs[] = { "-wal", "-journal" };

int
store_file_find(char path[PATH_MAX], const char *dir, const char *category)
{
	size_t n;

	if (realpath(dir, path) == NULL)
		return -1;
	n = strlen(path);
	if ((size_t)snprintf(path + n, PATH_MAX - n, "/%s.history.db", category) +
		STORE_BESIDE_MAX <
	    PATH_MAX - n)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* The path of something beside the database. */
static const char *
store_file_beside(char beside[PATH_MAX], const char *path, const char *suffix)
{
	strlcpy(beside, path, PATH_MAX);
	strlcat(beside, suffix, PATH_MAX);
	return beside;
}

static uint64_t
store_file_log_bytes(const char *path)
{
	char beside[PATH_MAX];
	uint64_t bytes = 0;
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (stat(store_file_beside(beside, path, logs[i]), &st) == 0)
			bytes += (uint64_t)st.st_size;
	return bytes;
}

bool
store_file_has_log(const char *path)
{
	return store_file_log_bytes(path) > 0;
}

uint64_t
store_file_bytes(const char *path)
{
	struct stat st;

	return store_file_log_bytes(path) +
	       (stat(path, &st) == 0 ? (uint64_t)st.st_size : 0);
}

static void
store_file_remove(const char *path)
{
	char beside[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		(void)unlinkat(AT_FDCWD, store_file_beside(beside, path, logs[i]), 0);
	(void)unlinkat(AT_FDCWD, path, 0);
}

int
store_file_begin(const char *path, char made[PATH_MAX])
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == 0) {
		errno = EINVAL;
		return S_ISREG(st.st_mode) ? 0 : -1;
	}
	if (errno != ENOENT)
		return -1;
	store_file_remove(path); /* its logs */
	store_file_remove(store_file_beside(made, path, ".new"));
	fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, STORE_MODE);
	if (fd == -1)
		return -1;
	close(fd);
	return 1;
}

int
store_file_finish(const char *made, const char *path)
{
	if (!store_file_has_log(made))
		return renameat(AT_FDCWD, made, AT_FDCWD, path);
	errno = EBUSY;
	return -1;
}

/* The seconds in the name of a database that was set aside; -1: it is none of ours, or
 * the log of one. */
static int64_t
store_file_aside_time(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *digits = name + n;

	if (strncmp(name, prefix, n) != 0 || *digits == '\0' ||
	    digits[strspn(digits, "0123456789")] != '\0')
		return -1;
	return strtoll(digits, NULL, 10);
}

/* The oldest of those that were set aside; returns how many there are. */
static unsigned
store_file_oldest_aside(const char *path, char oldest[PATH_MAX])
{
	char dir[PATH_MAX], prefix[PATH_MAX];
	int64_t at, first = INT64_MAX;
	struct dirent *entry;
	unsigned n = 0;
	char *slash;
	DIR *d;

	strlcpy(dir, path, sizeof(dir));
	slash = strrchr(dir, '/');
	(void)store_file_beside(prefix, slash + 1, STORE_DAMAGED);
	slash[1] = '\0';
	if ((d = opendir(dir)) == NULL)
		return 0;
	while ((entry = readdir(d)) != NULL) {
		at = store_file_aside_time(entry->d_name, prefix);
		n += at >= 0;
		if (at < 0 || at >= first)
			continue;
		first = at;
		(void)store_file_beside(oldest, dir, entry->d_name);
	}
	closedir(d);
	return n;
}

/* As long as removing helps. */
static void
store_file_prune(const char *path)
{
	char oldest[PATH_MAX];
	unsigned n, before = UINT_MAX;

	while ((n = store_file_oldest_aside(path, oldest)) > STORE_ASIDE_MAX &&
	       n < before) {
		store_file_remove(oldest);
		before = n;
	}
}

static int
store_file_rename(const char *path, const char *aside, const char *suffix)
{
	char from[PATH_MAX], to[PATH_MAX];

	store_file_beside(from, path, suffix);
	store_file_beside(to, aside, suffix);
	return renameat(AT_FDCWD, from, AT_FDCWD, to) == -1 && errno != ENOENT ? -1 : 0;
}

int
store_file_set_aside(const char *path, int64_t now, char aside[PATH_MAX])
{
	char beside[PATH_MAX], suffix[STORE_BESIDE_MAX];
	size_t i;

	snprintf(suffix, sizeof(suffix), STORE_DAMAGED "%" PRId64, now > 0 ? now : 0);
	(void)store_file_beside(aside, path, suffix);
	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (store_file_rename(path, aside, logs[i]) == -1)
			return -1;
	if (store_file_rename(path, aside, "") == -1)
		return -1;
	/* An index of the log, of use to nobody without its database. */
	(void)unlinkat(AT_FDCWD, store_file_beside(beside, path, "-shm"), 0);
	store_file_prune(path);
	return 0;
}

int
store_file_cut(int fd, off_t size)
{
	static const char zeros[65536];
	struct stat st;
	ssize_t n = 0;
	off_t at;

	if (fstat(fd, &st) == -1)
		return -1;
	if (size > st.st_size)
		return pwrite(fd, zeros, 1, size - 1) == 1 ? 0 : -1;
	for (at = size; at < st.st_size && n != -1; at += n)
		n = pwrite(
		    fd, zeros, MIN(sizeof(zeros), (size_t)(st.st_size - at)), at);
	return n == -1 ? -1 : 0;
}
