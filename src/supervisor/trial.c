/* What it prints is bounded, how long it takes as well, and who it starts ends with it.
 */
#include "supervisor/trial.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log_text.h"

static void NORETURN
trial_child(const char *const argv[], int output)
{
	sigset_t none;

	/* Its own group, to be killed as a whole; and it ends with us. */
	setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	closefrom(STDERR_FILENO + 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int
trial_start(struct trial *t, const char *const argv[], int64_t deadline)
{
	int fds[2], saved;

	*t = (struct trial){ .deadline = deadline };
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	(void)fcntl(fds[1], F_SETFL, 0); /* it may wait for us */
	fflush(NULL);
	if ((t->pid = fork()) == 0)
		trial_child(argv, fds[1]);
	saved = errno;
	close(fds[1]);
	if (t->pid == -1) {
		close(fds[0]);
		t->pid = 0;
		errno = saved;
		return -1;
	}
	(void)setpgid(t->pid, t->pid); /* whoever is first */
	t->output = fds[0];
	return 0;
}

static void
trial_close(struct trial *t)
{
	if (t->output != 0)
		close(t->output);
	t->output = 0;
}

static void
trial_keep(struct trial *t, const char *p, size_t n)
{
	size_t room = sizeof(t->text) - 1 - t->len;

	if (n > room)
		n = room;
	memcpy(t->text + t->len, p, n);
	t->len += n;
}

/* One piece a turn of the loop: one that prints without end must not hold up others. */
void
trial_read(struct trial *t)
{
	char piece[4096];
	ssize_t n;

	if (t->output == 0)
		return;
	n = read(t->output, piece, sizeof(piece));
	if (n > 0)
		trial_keep(t, piece, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		trial_close(t);
}

void
trial_tick(struct trial *t, int64_t now)
{
	if (t->pid == 0 || t->late || now < t->deadline)
		return;
	t->late = true;
	kill(-t->pid, SIGKILL);
}

bool
trial_bury(struct trial *t, pid_t pid, int status)
{
	if (t->pid == 0 || pid != t->pid)
		return false;
	trial_read(t);
	/* Somebody of its group still holds the other end. */
	if (t->output != 0)
		kill(-t->pid, SIGKILL);
	trial_close(t);
	t->pid = 0;
	t->status = status;
	return true;
}

void
trial_abandon(struct trial *t)
{
	if (t->pid != 0)
		kill(-t->pid, SIGKILL);
	trial_close(t);
	*t = (struct trial){ .pid = 0 };
}

/* Lines stay lines; a terminal is not commanded. */
static void
trial_clean(struct trial *t)
{
	char *line = t->text, *end;

	t->text[t->len] = '\0';
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
		log_defuse(line, (size_t)(end - line));
	log_defuse(line, strlen(line));
	while (t->len > 0 && t->text[t->len - 1] == '\n')
		t->text[--t->len] = '\0';
}

bool
trial_judge(struct trial *t)
{
	trial_clean(t);
	if (t->late)
		strlcpy(t->how, "did not end in time", sizeof(t->how));
	else if (WIFSIGNALED(t->status))
		snprintf(t->how, sizeof(t->how), "was ended by SIG%s",
		    sigabbrev_np(WTERMSIG(t->status)));
	else
		snprintf(
		    t->how, sizeof(t->how), "ended with %d", WEXITSTATUS(t->status));
	return !t->late && WIFEXITED(t->status) && WEXITSTATUS(t->status) == 0;
}
