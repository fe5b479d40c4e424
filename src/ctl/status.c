/* How the daemon is, on one screen. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/attach.h"
#include "ctl/commands.h"
#include "ctl/nagios.h"
#include "ctl/status_put.h"

#define MOMENT (250 * NSEC_PER_MSEC) /* over which requests are counted */

static const enum out_mark exit_marks[] = {
	[CTL_FRESH] = OUT_GOOD,
	[CTL_DEGRADED] = OUT_WARN,
	[CTL_NOT_SERVING] = OUT_BAD,
	[CTL_NOT_RUNNING] = OUT_BAD,
	[CTL_NO_RIGHT] = OUT_BAD,
};

static void
put_findings(struct out *o, const struct judge_verdict *v)
{
	const struct judge_finding *f;

	out_table(o, "findings", NULL, NULL, 0);
	for (size_t i = 0; i < v->n; i++) {
		f = &v->finding[i];
		out_row(o);
		out_string(o, "kind", NULL, judge_kind_name(f->kind));
		out_int(o, "exit", NULL, f->exit);
		out_string(o, "text", NULL, f->text);
		out_string(o, "advice", NULL, f->advice);
	}
	out_table_end(o);
}

static void
say_findings(struct out *o, const struct judge_verdict *v)
{
	const struct judge_finding *f;

	if (v->exit == CTL_FRESH) {
		out_mark(o, OUT_GOOD);
		out_say(o, judge_exit_name(v->exit), v->text);
	}
	for (size_t i = 0; i < v->n; i++) {
		f = &v->finding[i];
		out_mark(o, f->exit == CTL_FRESH ? OUT_DIM : exit_marks[f->exit]);
		out_say(o, f->exit == CTL_FRESH ? "note" : judge_exit_name(f->exit),
		    f->text);
		if (f->exit != CTL_FRESH)
			out_say(o, "do", f->advice);
	}
}

void
status_put_verdict(struct out *o, const struct judge_verdict *v)
{
	out_string(o, "verdict", NULL, judge_exit_name(v->exit));
	out_int(o, "exit", NULL, v->exit);
	out_string(o, "text", NULL, v->text);
	put_findings(o, v);
	say_findings(o, v);
}

/* Where there is nothing to look into. */
static int
status_miss(const struct ctl *ctl, int status, const char *message)
{
	struct out *o;

	if (ctl->format == OUT_TABLE) {
		fprintf(stderr, "hydratorctl: %s\n", message);
		if (ctl->config_error != NULL)
			fprintf(stderr, "hydratorctl: %s\n", ctl->config_error);
		return status;
	}
	o = out_open(ctl, stdout, "status", 1);
	out_string(o, "verdict", NULL, judge_exit_name((enum ctl_exit)status));
	out_int(o, "exit", NULL, status);
	out_string(o, "text", NULL, message);
	out_table(o, "findings", NULL, NULL, 0);
	out_table_end(o);
	out_close(&o);
	return status;
}

/* How many a second, for people, who wait a moment for it. */
static bool
measure(const struct ctl *ctl, const struct attached *a, struct facts *f,
    struct status_rate *rate)
{
	const struct timespec moment = { 0, MOMENT };
	struct facts_traffic then = f->traffic;
	double seconds;

	if (ctl->format != OUT_TABLE || !ctl->terminal || !f->alive)
		return false;
	nanosleep(&moment, NULL);
	facts_read_traffic(a->segment, &f->traffic);
	seconds = (double)(clock_boot() - f->boot) / (double)NSEC_PER_SEC;
	if (f->traffic.requests < then.requests || f->traffic.bytes < then.bytes ||
	    seconds <= 0)
		return false;
	rate->requests = (double)(f->traffic.requests - then.requests) / seconds;
	rate->bytes = (double)(f->traffic.bytes - then.bytes) / seconds;
	return true;
}

/* Whether it is more than a screen has lines, about: what is first would be gone. */
static bool
is_too_high(const struct ctl *ctl, const struct facts *f, const struct judge_verdict *v,
    bool quiet_processes)
{
	/* Of the daemon and its configuration, and of a heading with a blank line. */
	const size_t fixed = 5, heading = 2;
	size_t lines, room = out_width(ctl) - sizeof("not serving  ");

	if (ctl->format != OUT_TABLE)
		return false;
	lines = fixed + heading + status_lines_categories(f, false) + heading +
		status_lines_processes(f, quiet_processes);
	if (f->nhosts > 0)
		lines += heading + f->nhosts;
	for (size_t i = 0; i < v->n; i++)
		lines += 2 + strlen(v->finding[i].text) / room +
			 strlen(v->finding[i].advice) / room;
	return lines + 1 > out_height(ctl);
}

static void
put_status(const struct ctl *ctl, const struct facts *f, const struct judge_verdict *v,
    const struct status_rate *rate)
{
	struct out *o = out_open(ctl, stdout, "status", 1);

	status_put_verdict(o, v);
	status_put_daemon(o, f);
	status_put_readers(o, f, rate);
	status_put_fleet(o, f);
	/* Processes are left out first: what the daemon is for is its categories. */
	status_put_categories(o, f, is_too_high(ctl, f, v, true));
	status_put_processes(o, f, is_too_high(ctl, f, v, false));
	status_put_hosts(o, f);
	out_close(&o);
}

static int
status_show(const struct ctl *ctl, const struct attached *a)
{
	struct status_rate rate;
	struct judge_verdict v;
	struct facts *f = facts_read(ctl, a);
	bool measured;

	judge(f, &v);
	measured = measure(ctl, a, f, &rate);
	put_status(ctl, f, &v, measured ? &rate : NULL);
	free(f);
	return v.exit;
}

int
ctl_status(const struct ctl *ctl, int argc, char *argv[])
{
	char message[ATTACH_MESSAGE];
	struct attached a;
	bool nagios = false;
	int status;

	if ((status = ctl_parse_flag(argc, argv, "nagios", &nagios)) != 0)
		return status;
	status = attach_try(ctl, &a, message, sizeof(message));
	if (status != 0)
		return nagios ? nagios_miss(&a, status, message)
			      : status_miss(ctl, status, message);
	status = nagios ? nagios_show(ctl, &a) : status_show(ctl, &a);
	attach_close(&a);
	return status;
}
