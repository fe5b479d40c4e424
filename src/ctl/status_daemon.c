/* The daemon, its readers together, and its fleet. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/status_put.h"

static const char *const file_names[] = {
	[FACTS_FILE_UNKNOWN] = "unknown",
	[FACTS_FILE_SAME] = "same",
	[FACTS_FILE_CHANGED] = "changed",
	[FACTS_FILE_BROKEN] = "broken",
};

static const char *
reload_name(const struct facts *f)
{
	if (f->reload.begun > f->reload.ended)
		return "running";
	if (f->reload.ended == 0)
		return "none";
	return f->reload.outcome == ORDER_DONE ? "done" : "refused";
}

static const char *
daemon_text(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static const char *
file_word(enum facts_file file)
{
	static const char *const words[] = {
		[FACTS_FILE_UNKNOWN] = NULL,
		[FACTS_FILE_SAME] = "unchanged",
		[FACTS_FILE_CHANGED] = "changed since",
		[FACTS_FILE_BROKEN] = "broken now",
	};

	return words[file];
}

/* For people: with its time, if that is known. */
static void
daemon_reload(struct out *o, const struct facts *f)
{
	struct buf b = { 0 };

	buf_puts(&b, reload_name(f));
	if (f->reload.ended > 0 && f->reload.outcome == ORDER_DONE &&
	    f->reloaded != 0) {
		buf_putc(&b, ' ');
		out_put_time(&b, f->reloaded);
	}
	buf_putc(&b, '\0');
	out_mark(o, f->reload_refused ? OUT_WARN : OUT_PLAIN);
	out_show(o, "last_reload", "last reload", b.data);
	buf_free(&b);
}

static void
daemon_configuration(struct out *o, const struct facts *f)
{
	const char *word = file_word(f->file);

	out_line(o, "configuration", "config");
	out_string(o, "path", "", daemon_text(f->daemon.config_path));
	out_time(o, "loaded", "loaded", f->daemon.loaded_wall);
	out_string(o, "file", NULL, file_names[f->file]);
	if (word != NULL) {
		out_mark(o, f->file != FACTS_FILE_SAME ? OUT_WARN : OUT_PLAIN);
		out_show(o, "file_is", "", word);
	}
	out_string(o, "reload", NULL, reload_name(f));
	out_time(o, "reloaded", NULL, f->reloaded);
	out_string(o, "reload_text", NULL,
	    f->reload.ended > 0 ? daemon_text(f->reload.text) : NULL);
	daemon_reload(o, f);
	out_group_end(o);
}

void
status_put_daemon(struct out *o, const struct facts *f)
{
	const struct daemon_facts *d = &f->daemon;

	out_line(o, "daemon", "daemon");
	out_string(o, "version", "", daemon_text(d->version));
	out_string(o, "before", d->before[0] != '\0' ? "upgraded from" : NULL,
	    daemon_text(d->before));
	out_int(o, "pid", "pid", f->supervisor);
	out_bool(o, "alive", NULL, f->alive);
	if (f->alive && d->started_boot != 0 && f->boot >= d->started_boot)
		out_span(o, "uptime", "up", f->boot - d->started_boot);
	else
		out_null(o, "uptime", NULL);
	out_time(o, "started", NULL, d->started_wall);
	out_string(o, "level", "log", daemon_text(d->level));
	out_span(o, "level_left", d->level_until > f->boot ? "for" : NULL,
	    d->level_until > f->boot ? d->level_until - f->boot : -1);
	out_count(o, "lost_log_lines", f->lost_lines > 0 ? "lines lost" : NULL,
	    f->lost_lines);
	out_group_end(o);
	daemon_configuration(o, f);
}

static size_t
readers_ready(const struct facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nprocesses; i++)
		n += f->process[i].view.role == PROCESS_READER &&
		     f->process[i].view.state == CHILD_READY;
	return n;
}

static void
readers_rate(struct out *o, const struct status_rate *rate)
{
	char text[64];
	struct buf b = { 0 };

	snprintf(text, sizeof(text), "%.*f requests/s", rate->requests < 100 ? 1 : 0,
	    rate->requests);
	out_show(o, "rate", "", text);
	out_put_bytes(&b, (uint64_t)rate->bytes);
	snprintf(text, sizeof(text), "%.*s/s", (int)b.len, b.data);
	out_show(o, "byte_rate", "", text);
	buf_free(&b);
}

void
status_put_readers(struct out *o, const struct facts *f, const struct status_rate *rate)
{
	const struct facts_traffic *t = &f->traffic;
	char of[64];

	out_line(o, "readers", "readers");
	out_count(o, "ready", "ready", readers_ready(f));
	snprintf(of, sizeof(of), "%" PRIu64 " of %" PRId64, t->connections,
	    f->options.max_connections);
	out_show(o, "open", "connections", of);
	out_count(o, "connections", NULL, t->connections);
	out_int(o, "max_connections", NULL, f->options.max_connections);
	out_count(o, "streams", "streams", t->streams);
	out_int(o, "max_streams", NULL, f->options.max_streams);
	out_count(o, "requests", rate == NULL ? "requests" : NULL, t->requests);
	out_bytes(o, "sent", rate == NULL ? "sent" : NULL, t->bytes);
	if (rate != NULL)
		readers_rate(o, rate);
	out_count(o, "shed_connections", NULL, t->shed);
	out_count(o, "dropped_clients", NULL, t->dropped);
	out_count(o, "former_crews", f->former > 0 ? "former crews" : NULL, f->former);
	out_group_end(o);
}

/* Categories in a role, and of the followers how far they are behind. */
struct fleet_sum {
	size_t used, roles[LEDGER_ROLES], down;
	int64_t lag;
	const char *leader;
};

static void
fleet_add_up(const struct facts *f, struct fleet_sum *sum)
{
	const struct ledger_fleet *l;

	for (size_t i = 0; i < f->ncategories; i++) {
		l = &f->category[i].ledger.fleet;
		if (!l->used)
			continue;
		sum->used++;
		sum->roles[ledger_role_now(l, f->options.redis_lease, f->boot)]++;
		sum->down += !l->up;
		if (l->lag > sum->lag)
			sum->lag = l->lag;
		if (sum->leader == NULL && l->leader[0] != '\0')
			sum->leader = l->leader;
	}
}

/* What it is for each category stands at the categories. */
void
status_put_fleet(struct out *o, const struct facts *f)
{
	struct fleet_sum sum = { 0 };

	fleet_add_up(f, &sum);
	if (sum.used == 0) {
		out_null(o, "fleet", NULL);
		return;
	}
	out_line(o, "fleet", "fleet");
	out_count(o, "leading", "leads", sum.roles[LEDGER_LEADER]);
	out_count(o, "following", "follows in", sum.roles[LEDGER_FOLLOWER]);
	out_mark(o, sum.roles[LEDGER_ALONE] > 0 ? OUT_WARN : OUT_PLAIN);
	out_count(o, "alone", "alone in", sum.roles[LEDGER_ALONE]);
	out_string(o, "leader", "leader", sum.leader);
	out_span(o, "lag", "lag", sum.lag);
	out_mark(o, sum.down > 0 ? OUT_WARN : OUT_PLAIN);
	out_bool(o, "up", "Redis up", sum.down == 0);
	out_group_end(o);
}
