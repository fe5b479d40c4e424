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

/* What stands for all that was said between beginning and end. */
#define GAP "\n...\n"
/* Of a whole pipe (pipe(7)), and one more for its end. */
#define PIECES (65536 / PIECE_SIZE + 1)
#define PIECE_SIZE 4096

_Static_assert(TRIAL_HEAD_SIZE + sizeof(GAP) + TRIAL_TAIL_SIZE <= TRIAL_TEXT_SIZE,
    "the parts fit the whole");

static void NORETURN
trial_child(const char *const argv[], int output, pid_t parent)
{
	sigset_t none;

	/* Its own group, to be killed as a whole; and it ends with us, also if we have
	 * ended by now. */
	setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
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
	pid_t parent = getpid();
	int fds[2], saved;

	*t = (struct trial){ .deadline = deadline };
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	(void)fcntl(fds[1], F_SETFL, 0); /* it may wait for us */
	fflush(NULL);
	if ((t->pid = fork()) == 0)
		trial_child(argv, fds[1], parent);
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
trial_keep_tail(struct trial *t, const char *p, size_t n)
{
	size_t most = sizeof(t->tail), over;

	if (n > most) {
		p += n - most;
		n = most;
		t->cut = true;
	}
	if (t->tail_len + n > most) {
		over = t->tail_len + n - most;
		memmove(t->tail, t->tail + over, t->tail_len - over);
		t->tail_len -= over;
		t->cut = true;
	}
	memcpy(t->tail + t->tail_len, p, n);
	t->tail_len += n;
}

static void
trial_keep(struct trial *t, const char *p, size_t n)
{
	size_t room = TRIAL_HEAD_SIZE - t->len, head = n < room ? n : room;

	memcpy(t->text + t->len, p, head);
	t->len += head;
	trial_keep_tail(t, p + head, n - head);
}

/* One piece. Returns whether there may be more at once. */
static bool
trial_read_piece(struct trial *t)
{
	char piece[PIECE_SIZE];
	ssize_t n;

	if (t->output == 0)
		return false;
	n = read(t->output, piece, sizeof(piece));
	if (n > 0)
		trial_keep(t, piece, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		trial_close(t);
	return n > 0;
}

/* One piece a turn of the loop: one that prints without end must not hold up others. */
void
trial_read(struct trial *t)
{
	(void)trial_read_piece(t);
}

void
trial_tick(struct trial *t, int64_t now)
{
	if (t->pid == 0 || t->late || now < t->deadline)
		return;
	t->late = true;
	kill(-t->pid, SIGKILL);
	/* It may have left its group, and would be waited for for ever. */
	kill(t->pid, SIGKILL);
}

bool
trial_bury(struct trial *t, pid_t pid, int status)
{
	int left = PIECES;

	if (t->pid == 0 || pid != t->pid)
		return false;
	while (left-- > 0 && trial_read_piece(t))
		;
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
	if (t->pid != 0) {
		kill(-t->pid, SIGKILL);
		kill(t->pid, SIGKILL);
	}
	trial_close(t);
	*t = (struct trial){ .pid = 0 };
}

static void
trial_add(struct trial *t, const char *p, size_t n)
{
	memcpy(t->text + t->len, p, n);
	t->len += n;
}

/* Lines stay lines; a terminal is not commanded. */
static void
trial_clean(struct trial *t)
{
	char *line = t->text, *end;

	if (t->cut)
		trial_add(t, GAP, strlen(GAP));
	trial_add(t, t->tail, t->tail_len);
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
