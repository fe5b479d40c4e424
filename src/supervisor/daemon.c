/* The lock and the way into the background. */
#include "supervisor/daemon.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libutil.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define PIDFILE_MODE 0644

void
daemon_open_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		/* The lowest that is free: those below are open by now. */
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
			_exit(EX_OSERR);
}

/* /run is empty after a boot; more than one level missing is a mistake in the path. */
static void
lock_make_directory(const char *path)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');

	if (slash != NULL && slash != dir) {
		*slash = '\0';
		/* If this fails, opening the file says why. */
		if (mkdir(dir, 0755) == -1) {
		}
	}
	free(dir);
}

int
daemon_lock(const char *path, bool foreground, struct daemon_lock *out, char *err,
    size_t errlen)
{
	pid_t other = -1;
	struct stat st;
	bool left;
	int saved;

	*out = (struct daemon_lock){ .file = NULL };
	if (path[0] == '\0' && foreground)
		return 0;
	if (path[0] == '\0') {
		/* Who goes into the background could not be found again. */
		strlcpy(err,
		    "pidfile is empty in the configuration: that is for -f only",
		    errlen);
		errno = EINVAL;
		return -1;
	}
	lock_make_directory(path);
	left = lstat(path, &st) == 0 && st.st_size > 0;
	if ((out->file = pidfile_open(path, PIDFILE_MODE, &other)) != NULL) {
		/* Whoever asks for our status reads it, whatever the umask is. */
		if (fchmod(pidfile_fileno(out->file), PIDFILE_MODE) == -1)
			log_warn("cannot make %s readable", path);
		out->left = left;
		return 0;
	}
	saved = errno;
	if (errno == EEXIST && other > 0)
		snprintf(
		    err, errlen, "already running as pid %d (%s)", (int)other, path);
	else if (errno == EEXIST)
		snprintf(err, errlen,
		    "already running: %s is locked by a daemon that is "
		    "about to write its pid",
		    path);
	else
		snprintf(err, errlen,
		    "cannot take the lock %s: %s: see pidfile in the "
		    "configuration",
		    path, strerror(errno));
	errno = saved;
	return -1;
}

int
daemon_write_pid(const struct daemon_lock *lock)
{
	return lock->file != NULL ? pidfile_write(lock->file) : 0;
}

int
daemon_lock_descriptor(const struct daemon_lock *lock)
{
	if (lock->file != NULL)
		return pidfile_fileno(lock->file);
	return lock->adopted != 0 ? lock->adopted : -1;
}

/* libbsd's handle is of the program that opened the file. */
static int
lock_remove_adopted(int fd, const char *path)
{
	struct stat own, st;
	int r = 0, saved;

	if (fstat(fd, &own) == 0 && lstat(path, &st) == 0 && st.st_dev == own.st_dev &&
	    st.st_ino == own.st_ino)
		r = unlink(path);
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}

int
daemon_unlock(struct daemon_lock *lock, const char *path)
{
	struct daemon_lock own = *lock;

	*lock = (struct daemon_lock){ .file = NULL };
	if (own.adopted != 0)
		return lock_remove_adopted(own.adopted, path);
	return own.file != NULL ? pidfile_remove(own.file) : 0;
}

/* In the process that was started by hand or by init. */
static void NORETURN
daemon_await(pid_t child, int notify)
{
	sigset_t none;
	ssize_t n;
	int status;
	char up;

	/* No socket must live on in here that the daemon gives up. It waits for that:
	 * see daemon_follow(). */
	if (dup2(notify, STDERR_FILENO + 1) != -1) {
		notify = STDERR_FILENO + 1;
		closefrom(notify + 1);
	}
	/* A start that takes long (a resolver) can be given up; the child goes on. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	do
		n = read(notify, &up, 1);
	while (n == -1 && errno == EINTR);
	if (n == 1)
		_exit(0);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1);
	_exit(1);
}

/* In the child: goes on when the process that was started has closed what it had. Else,
 * on a busy machine, a passed socket that the daemon has closed would still be in the
 * way of another address. */
static void
daemon_follow(int held)
{
	char none;
	ssize_t n;

	do
		n = read(held, &none, 1);
	while (n == -1 && errno == EINTR);
	close(held);
}

static void
pipe_close(const int fds[2])
{
	int saved = errno;

	close(fds[0]);
	close(fds[1]);
	errno = saved;
}

int
daemon_fork(struct daemon_lock *lock, int *notify)
{
	int fds[2], held[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	if (pipe2(held, O_CLOEXEC) == -1) {
		pipe_close(fds);
		return -1;
	}
	if ((pid = fork()) == -1) {
		pipe_close(fds);
		pipe_close(held);
		return -1;
	}
	if (pid > 0) {
		close(fds[1]);
		/* The lock is the child's now: it must end with the child. */
		if (lock != NULL)
			pidfile_close(lock->file);
		daemon_await(pid, fds[0]);
	}
	close(fds[0]);
	*notify = fds[1];
	close(held[1]);
	daemon_follow(held[0]);
	return setsid() == -1 ? -1 : 0;
}

int
daemon_detach(bool keep_stderr)
{
	int i, fd, last = keep_stderr ? STDOUT_FILENO : STDERR_FILENO;

	if (chdir("/") == -1 || (fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		return -1;
	for (i = STDIN_FILENO; i <= last; i++)
		if (dup2(fd, i) == -1)
			return -1;
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}

void
daemon_up(int *notify)
{
	if (*notify == -1)
		return;
	/* If nobody waits any more, nobody needs to know. */
	if (write(*notify, "", 1) == -1) {
	}
	close(*notify);
	*notify = -1;
}
