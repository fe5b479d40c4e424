/* One line for a monitoring system. */
#include "ctl/nagios.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log_text.h"
#include "ctl/facts.h"
#include "ctl/judge.h"

static const enum nagios_exit of_exit[] = {
	[CTL_FRESH] = NAGIOS_OK,
	[CTL_DEGRADED] = NAGIOS_WARNING,
	[CTL_NOT_SERVING] = NAGIOS_CRITICAL,
	[CTL_NOT_RUNNING] = NAGIOS_CRITICAL,
	[CTL_NO_RIGHT] = NAGIOS_UNKNOWN,
};

/* A bar would end the text. */
static int
nagios_say(enum nagios_exit status, const char *text)
{
	static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	char line[JUDGE_TEXT];

	strlcpy(line, text, sizeof(line));
	log_defuse(line, strlen(line));
	for (char *bar = line; (bar = strchr(bar, '|')) != NULL;)
		*bar = '/';
	printf("HYDRATORD %s - %s", names[status], line);
	return status;
}

/* 'label'=value[unit];warn;crit;min as the plugins' guidelines have it. */
static void
put_figures(const struct facts *f)
{
	const struct freshness_limits *l = &f->options.limits;
	const struct facts_category *c;

	printf(" |");
	for (size_t i = 0; i < f->ncategories; i++) {
		c = &f->category[i];
		if (c->there)
			printf(" 'age_%s'=%" PRId64 "s;%" PRId64 ";%" PRId64 ";0",
			    c->name, c->age, l->ttl, l->stale_if_error);
	}
	printf(" 'requests'=%" PRIu64 "c 'connections'=%" PRIu64 ";;%" PRId64 ";0",
	    f->traffic.requests, f->traffic.connections, f->options.max_connections);
}

int
nagios_show(const struct ctl *ctl, const struct attached *a)
{
	struct facts *f = facts_read(ctl, a);
	struct judge_verdict v;
	int status;

	judge(f, &v);
	status = nagios_say(of_exit[v.exit], v.text);
	if (f->alive)
		put_figures(f);
	putchar('\n');
	free(f);
	return status;
}

int
nagios_miss(const struct attached *a, int status, const char *message)
{
	int given = nagios_say(
	    a->foreign ? NAGIOS_UNKNOWN : of_exit[(enum ctl_exit)status], message);

	putchar('\n');
	return given;
}
