/* A second is a look. What ends it, a key, a signal, a terminal that goes away, leaves
 * the terminal as it was. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/attach.h"
#include "ctl/commands.h"
#include "ctl/top_batch.h"
#include "ctl/top_draw.h"
#include "ctl/top_pane.h"

/* Whoever sends keys without end sees what they do, and time go on. */
#define KEYS_A_TURN 100

struct top {
	const struct ctl *ctl;
	struct attached at; /* segment NULL: there is none */
	char waiting[ATTACH_MESSAGE];
	struct top_view view;
	struct top_look look;
};

static volatile sig_atomic_t ended_by; /* a signal */

static void
on_end(int signo)
{
	ended_by = signo;
}

/* They come in ppoll() alone, so none is missed before it. WINCH is ncurses' own. */
static void
signals_hold(sigset_t *in_poll)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_end };
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < NELEM(ends); i++) {
		sigaction(ends[i], &action, NULL);
		sigaddset(&held, ends[i]);
	}
	sigaddset(&held, SIGWINCH);
	sigprocmask(SIG_BLOCK, &held, in_poll);
}

/* The line of the end is for the terminal as it was. */
static struct sigaction told_of_bus;

static void
on_bus(int signo)
{
	top_draw_close();
	told_of_bus.sa_handler(signo);
}

/* attach_try() has set a handler that ends the program with a line. */
static void
hold_bus(void)
{
	struct sigaction action = { .sa_handler = on_bus }, before;

	sigaction(SIGBUS, NULL, &before);
	if (before.sa_handler == on_bus || before.sa_handler == SIG_DFL)
		return;
	told_of_bus = before;
	sigaction(SIGBUS, &action, NULL);
}

/* A segment that has another one in its place is left; one that a dead daemon left is
 * looked at, and said to be one. */
static void
top_tick(struct top *t)
{
	if (t->at.segment != NULL && !attach_is_current(&t->at))
		attach_close(&t->at);
	if (t->at.segment == NULL &&
	    attach_try(t->ctl, &t->at, t->waiting, sizeof(t->waiting)) != 0)
		return;
	hold_bus();
	t->at.alive = segment_is_held(t->at.segment);
	t->waiting[0] = '\0';
	if (!t->at.alive)
		strlcpy(t->waiting, "it does not run; this is what it left",
		    sizeof(t->waiting));
	top_look_take(&t->look, t->ctl, &t->at);
}

static void
draw(struct top *t)
{
	top_screen_draw(&t->look, &t->view, t->ctl->name,
	    t->waiting[0] != '\0' ? t->waiting : NULL);
}

/* Until the instant, or a key, or a signal. Returns false if the terminal has gone. */
static bool
wait_until(int64_t instant, const sigset_t *in_poll)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t rest = instant - clock_boot();
	struct timespec span;

	if (rest < 0)
		rest = 0;
	span.tv_sec = rest / NSEC_PER_SEC;
	span.tv_nsec = rest % NSEC_PER_SEC;
	if (ppoll(&in, 1, &span, in_poll) == -1)
		return errno == EINTR;
	return (in.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

static void
run(struct top *t, const sigset_t *in_poll)
{
	int64_t next = clock_boot();
	bool there = true;
	int key;

	while (there && ended_by == 0 && !t->view.quit) {
		if (clock_boot() >= next) {
			if (!t->view.paused)
				top_tick(t);
			next = clock_boot() + NSEC_PER_SEC;
		}
		draw(t);
		there = wait_until(next, in_poll);
		for (int n = 0; n < KEYS_A_TURN && (key = top_draw_key()) != TOP_NO_KEY;
		     n++)
			top_view_press(&t->view, key, top_screen_page());
	}
}

/* What ends by a signal says so to who started it. */
static void
end_by(int signo)
{
	sigset_t set;

	if (signo == 0)
		return;
	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int
show_screen(const struct ctl *ctl)
{
	struct top *t;
	sigset_t in_poll;

	if (!top_draw_open(ctl->colour))
		return EX_USAGE;
	t = xcalloc(1, sizeof(*t));
	t->ctl = ctl;
	signals_hold(&in_poll);
	run(t, &in_poll);
	top_draw_close();
	attach_close(&t->at);
	top_look_end(&t->look);
	free(t);
	end_by(ended_by);
	return CTL_FRESH;
}

/* What no waiting changes is told at once. */
static bool
has_right(const struct ctl *ctl, int *status)
{
	char why[ATTACH_MESSAGE];
	struct attached a;

	*status = attach_try(ctl, &a, why, sizeof(why));
	attach_close(&a);
	if (*status == CTL_NO_RIGHT)
		warnx("%s", why);
	return *status != CTL_NO_RIGHT;
}

struct top_options {
	bool batch;
	int64_t count, delay; /* delay: nanoseconds */
};

static bool
options_take(struct top_options *o, int c, const char *value)
{
	const char *bad = NULL;

	if (c == 'b')
		o->batch = true;
	else if (c == 'n')
		o->count = strtonum(value, 1, INT_MAX, &bad);
	else if (c == 'd')
		o->delay = strtonum(value, 1, 86400, &bad) * NSEC_PER_SEC;
	else
		return false;
	if (bad != NULL)
		warnx("%s is %s", value, bad);
	return bad == NULL;
}

int
ctl_top(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'n' },
		{ "delay", required_argument, NULL, 'd' },
		{ 0 },
	};
	struct top_options o = { .delay = NSEC_PER_SEC };
	int c, status;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!options_take(&o, c, optarg))
			return ctl_usage(argv[0], NULL);
	if (optind != argc)
		return ctl_usage(argv[0], "no argument is wanted");
	if (!o.batch && (o.count != 0 || ctl->format != OUT_TABLE))
		return ctl_usage(argv[0], "--count and --json are for --batch");
	if (o.batch)
		return top_batch(ctl, o.count, o.delay);
	return has_right(ctl, &status) ? show_screen(ctl) : status;
}
