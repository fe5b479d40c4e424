/* The processes and the configuration; then the order of all that was found. */
#include "ctl/judge.h"

#include <sys/wait.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/judge_put.h"

#define RECENT (10 * 60 * NSEC_PER_SEC) /* a death that is told */

static void PRINTF_LIKE(2, 0) text_add(char *text, const char *fmt, va_list args)
{
	size_t len = strlen(text);

	vsnprintf(text + len, JUDGE_TEXT - len, fmt, args);
}

struct judge_finding *
judge_put(struct judge_verdict *v, enum judge_kind kind, enum ctl_exit status,
    const char *fmt, ...)
{
	struct judge_finding *f = &v->finding[v->n++];
	va_list args;

	*f = (struct judge_finding){ .kind = kind, .exit = status };
	va_start(args, fmt);
	text_add(f->text, fmt, args);
	va_end(args);
	return f;
}

void
judge_put_more(struct judge_finding *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text_add(f->text, fmt, args);
	va_end(args);
}

void
judge_put_advice(struct judge_finding *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text_add(f->advice, fmt, args);
	va_end(args);
}

void
judge_put_span(struct judge_finding *f, const char *text, int64_t nsec)
{
	struct buf b = { 0 };

	out_put_span(&b, nsec);
	judge_put_more(f, "%s%.*s", text, (int)b.len, b.data);
	buf_free(&b);
}

static const struct facts_process *
find_supervisor(const struct facts *f)
{
	for (size_t i = 0; i < f->nprocesses; i++)
		if (f->process[i].view.role == PROCESS_SUPERVISOR)
			return &f->process[i];
	return NULL;
}

static void
judge_dead(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_process *p = find_supervisor(f);
	struct judge_finding *it = judge_put(v, JUDGE_NOT_RUNNING, CTL_NOT_RUNNING,
	    "hydratord is not running: pid %d has left its shared memory behind",
	    (int)f->supervisor);

	if (p != NULL && p->beat != 0 && f->boot > p->beat)
		judge_put_span(it, "; its last sign of life was ", f->boot - p->beat);
	if (p != NULL && p->beat != 0 && f->boot > p->beat)
		judge_put_more(it, " ago");
	judge_put_advice(it,
	    "start it (systemctl start hydratord, or service hydratord start); the log "
	    "and dmesg say who ended it");
}

/* What a process that does not do its work wants. */
static void
advise_for_hung(struct judge_finding *it, const struct facts_process *p, bool child)
{
	int pid = (int)p->view.pid;

	if (p->exists && (p->stat.state == 'T' || p->stat.state == 't'))
		judge_put_advice(it, "it was stopped by a signal: kill -CONT %d", pid);
	else if (p->exists && p->stat.state == 'D')
		judge_put_advice(it,
		    "it waits for a disk: see dmesg, and the disks of state_dir and "
		    "of the log");
	else if (child)
		judge_put_advice(it,
		    "its supervisor replaces it; if it does not: kill -ABRT %d", pid);
	else
		judge_put_advice(it,
		    "answers are still given. kill -ABRT %d leaves a core, then start "
		    "it again",
		    pid);
}

static void
put_hung(struct judge_verdict *v, const struct facts *f, enum judge_kind kind,
    const struct facts_process *p, size_t others)
{
	struct judge_finding *it;

	it = judge_put(
	    v, kind, CTL_DEGRADED, "%s (pid %d) hangs", p->name, (int)p->view.pid);
	if (p->exists)
		judge_put_more(it, ", it is %s", process_stat_word(p->stat.state));
	if (p->beat != 0 && f->boot > p->beat)
		judge_put_span(it, ": no heartbeat for ", f->boot - p->beat);
	if (others > 0)
		judge_put_more(it, "; and %zu more", others);
	advise_for_hung(it, p, kind == JUDGE_PROCESS_HANGS);
}

static void
judge_hung(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_process *p, *first = NULL;
	size_t i, n = 0;

	for (i = 0; i < f->nprocesses; i++) {
		p = &f->process[i];
		if (!facts_process_hangs(f, p))
			continue;
		if (p->view.role == PROCESS_SUPERVISOR) {
			put_hung(v, f, JUDGE_SUPERVISOR_HANGS, p, 0);
			continue;
		}
		if (n++ == 0)
			first = p;
	}
	if (n > 0)
		put_hung(v, f, JUDGE_PROCESS_HANGS, first, n - 1);
}

/* "by signal 9 (Killed)", "with status 1". */
static void
put_ending(struct judge_finding *it, int status)
{
	if (WIFSIGNALED(status))
		judge_put_more(it, " by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		judge_put_more(it, " with status %d", WEXITSTATUS(status));
}

static uint64_t
count_deaths(const struct facts_process *p)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < DEATH_MAX; i++)
		n += p->view.deaths[i];
	return n;
}

static bool
is_missing(const struct facts_process *p)
{
	return p->view.role != PROCESS_SUPERVISOR && p->view.pid == 0 &&
	       p->view.due != 0;
}

static void
judge_missing(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_process *p, *first = NULL;
	struct judge_finding *it;
	size_t i, n = 0;

	for (i = 0; i < f->nprocesses; i++) {
		p = &f->process[i];
		if (is_missing(p) && n++ == 0)
			first = p;
	}
	if (n == 0)
		return;
	it = judge_put(
	    v, JUDGE_PROCESS_DEAD, CTL_DEGRADED, "%s is not running", first->name);
	if (first->view.last_death != 0) {
		judge_put_more(it, ": it ended");
		put_ending(it, first->view.last_status);
	}
	if (first->view.due > f->boot)
		judge_put_span(
		    it, "; it is started again in ", first->view.due - f->boot);
	if (n > 1)
		judge_put_more(it, "; and %zu more", n - 1);
	judge_put_advice(
	    it, "hydratorctl warnings says how it ended, dmesg has the OOM killer");
}

static bool
died_lately(const struct facts *f, const struct facts_process *p)
{
	return !is_missing(p) && p->view.last_death != 0 &&
	       f->wall - p->view.last_death < RECENT && count_deaths(p) > 0;
}

static void
judge_deaths(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_process *p, *worst = NULL;
	struct judge_finding *it;
	size_t i, n = 0;

	for (i = 0; i < f->nprocesses; i++) {
		p = &f->process[i];
		if (!died_lately(f, p))
			continue;
		n++;
		if (worst == NULL || count_deaths(p) > count_deaths(worst))
			worst = p;
	}
	if (n == 0)
		return;
	it = judge_put(v, JUDGE_RESTARTED, CTL_DEGRADED,
	    "%s died %llu %s since the start, last", worst->name,
	    (unsigned long long)count_deaths(worst),
	    count_deaths(worst) == 1 ? "time" : "times");
	put_ending(it, worst->view.last_status);
	judge_put_span(it, " ", f->wall - worst->view.last_death);
	judge_put_more(it, " ago");
	if (n > 1)
		judge_put_more(it, "; and %zu more processes", n - 1);
	judge_put_advice(it,
	    "one death mends itself; of more, hydratorctl warnings says how, dmesg has "
	    "the OOM killer");
}

/* Nobody answers, for the daemon was told to stop. */
static bool
judge_stopping(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_process *p = find_supervisor(f);
	struct judge_finding *it;

	if (p == NULL || p->view.state != CHILD_DRAINING)
		return false;
	it =
	    judge_put(v, JUDGE_STOPPING, CTL_NOT_SERVING, "hydratord was told to stop");
	judge_put_advice(it,
	    "wait: answers under way are finished, for supervisor.drain_timeout at "
	    "most; hydratorctl stop --now does not wait");
	return true;
}

/* Whether anybody answers. */
static void
judge_readers(const struct facts *f, struct judge_verdict *v)
{
	const struct facts_process *p;
	struct judge_finding *it;
	bool starting = false, seen = false;
	size_t i;

	for (i = 0; i < f->nprocesses; i++) {
		p = &f->process[i];
		if (p->view.role != PROCESS_READER)
			continue;
		seen = true;
		if (p->view.state == CHILD_READY && p->exists &&
		    !facts_process_hangs(f, p))
			return;
		starting |= p->view.state == CHILD_STARTING;
	}
	if (!seen ||
	    (starting && f->boot - f->daemon.started_boot < f->options.start_timeout)) {
		it = judge_put(
		    v, JUDGE_STARTING, CTL_NOT_SERVING, "hydratord is starting");
		if (f->daemon.started_boot != 0)
			judge_put_span(it, ", for ", f->boot - f->daemon.started_boot);
		judge_put_advice(it, "wait");
		return;
	}
	if (judge_stopping(f, v))
		return;
	it = judge_put(
	    v, JUDGE_NO_READER, CTL_NOT_SERVING, "nobody answers: no reader is ready");
	judge_put_advice(it,
	    "hydratorctl warnings says why; if it does not mend itself, restart "
	    "(systemctl restart hydratord)");
}

static void
judge_configuration(const struct facts *f, struct judge_verdict *v)
{
	const char *path = f->daemon.config_path;
	struct judge_finding *it;

	if (f->reload_refused) {
		it = judge_put(v, JUDGE_RELOAD_REFUSED, CTL_DEGRADED,
		    "the last reload was refused: %.*s",
		    (int)strcspn(f->reload.text, "\n"), f->reload.text);
		judge_put_advice(it,
		    "mend %s until hydratord -t is content, then hydratorctl reload; "
		    "the old configuration is in use, and the next start fails",
		    path);
	} else if (f->file == FACTS_FILE_BROKEN) {
		it = judge_put(v, JUDGE_FILE_BROKEN, CTL_DEGRADED,
		    "the configuration cannot be loaded: %.*s",
		    (int)strcspn(f->file_error, "\n"), f->file_error);
		judge_put_advice(it,
		    "mend it, hydratord -t says what is wrong: the next start fails");
	} else if (f->file == FACTS_FILE_CHANGED) {
		it = judge_put(v, JUDGE_FILE_CHANGED, CTL_FRESH,
		    "%s has changed since it was loaded", path);
		judge_put_advice(
		    it, "hydratorctl reload --diff says what a reload would change");
	}
	if (!f->options.enabled) {
		it = judge_put(v, JUDGE_DISABLED, CTL_FRESH,
		    "hydration.enabled is off: nothing is refreshed");
		judge_put_advice(it, "nothing, if that is wanted");
	}
}

static void
judge_log(const struct facts *f, struct judge_verdict *v)
{
	struct judge_finding *it;

	if (f->daemon.level[0] != '\0' && f->options.level[0] != '\0' &&
	    strcmp(f->daemon.level, f->options.level) != 0) {
		it = judge_put(v, JUDGE_LOG_LEVEL, CTL_FRESH,
		    "the log is at level %s by order", f->daemon.level);
		if (f->daemon.level_until > f->boot)
			judge_put_span(
			    it, ", for another ", f->daemon.level_until - f->boot);
		judge_put_advice(
		    it, "hydratorctl loglevel %s ends it", f->options.level);
	}
	if (f->lost_lines > 0) {
		it = judge_put(v, JUDGE_LOG_LOST, CTL_FRESH,
		    "%llu lines of the log were lost since the start",
		    (unsigned long long)f->lost_lines);
		judge_put_advice(
		    it, "see whether the target of the log is there, and has room");
	}
}

/* Those of a higher status first, then by kind. */
static int
compare_findings(const void *a, const void *b)
{
	const struct judge_finding *x = a, *y = b;

	if (x->exit != y->exit)
		return x->exit < y->exit ? 1 : -1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

static void
conclude(const struct facts *f, struct judge_verdict *v)
{
	int64_t oldest = 0;

	qsort(v->finding, v->n, sizeof(v->finding[0]), compare_findings);
	v->exit = v->n > 0 ? v->finding[0].exit : CTL_FRESH;
	if (v->exit != CTL_FRESH) {
		strlcpy(v->text, v->finding[0].text, sizeof(v->text));
		return;
	}
	for (size_t i = 0; i < f->ncategories; i++)
		if (f->category[i].age > oldest)
			oldest = f->category[i].age;
	snprintf(v->text, sizeof(v->text),
	    "all is well: %zu %s served, the oldest answer is of %lld s ago",
	    f->ncategories, f->ncategories == 1 ? "category" : "categories",
	    (long long)oldest);
}

void
judge(const struct facts *f, struct judge_verdict *v)
{
	*v = (struct judge_verdict){ 0 };
	if (!f->alive) {
		judge_dead(f, v);
	} else {
		judge_readers(f, v);
		judge_hung(f, v);
		judge_missing(f, v);
		judge_deaths(f, v);
		judge_categories(f, v);
		judge_configuration(f, v);
		judge_log(f, v);
	}
	conclude(f, v);
}

const char *
judge_kind_name(enum judge_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [JUDGE_##id] = (name),
		JUDGE_KINDS(X)
#undef X
	};

	return names[kind];
}

const char *
judge_exit_name(enum ctl_exit status)
{
	static const char *const names[] = {
		[CTL_FRESH] = "fresh",
		[CTL_DEGRADED] = "degraded",
		[CTL_NOT_SERVING] = "not serving",
		[CTL_NOT_RUNNING] = "not running",
		[CTL_NO_RIGHT] = "no right",
	};

	return names[status];
}
