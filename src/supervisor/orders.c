/* Carrying orders out; what comes of them stands in the segment. */
#include "supervisor/orders.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "shm/order.h"
#include "supervisor/logs.h"
#include "supervisor/reload.h"

/* Lines a second. */
#define ORDERS_TOLD 10

/* Whose segment tools look at; NULL: everything is being stopped. */
static struct crew *
orders_crew(const struct reload *r)
{
	return r->serving != NULL ? r->serving : r->rising;
}

static bool
orders_may_tell(struct orders *o)
{
	if (o->told < ORDERS_TOLD) {
		o->told++;
		return true;
	}
	o->untold++;
	return false;
}

static void
orders_ration(struct orders *o, int64_t now)
{
	if (now < o->second + NSEC_PER_SEC)
		return;
	if (o->untold > 0)
		log_warnx("%u more orders within a second are not listed", o->untold);
	o->second = now;
	o->told = o->untold = 0;
}

void
orders_refresh(struct reload *r, pid_t from)
{
	const struct crew *w = orders_crew(r);
	size_t i;

	log_info("refresh asked for by pid %d", (int)from);
	for (i = 0; w != NULL && i < w->config->ncategories; i++)
		crew_refresh(&r->crews, w->config->category[i].name);
}

void
orders_reopen(struct orders *o)
{
	o->reopen = true;
}

static void
orders_reopen_now(struct reload *r)
{
	struct crew *serving = orders_crew(r), *w;
	char text[ORDER_TEXT_SIZE] = "";
	bool whole = true;

	if (serving != NULL)
		order_begin(serving->segment, ORDER_OF_REOPEN);
	logs_reopen(
	    serving != NULL ? serving->config : r->start->config, text, sizeof(text));
	TAILQ_FOREACH (w, &r->crews, entry)
		whole &= crew_reopen_logs(w);
	if (!whole)
		strlcat(text, "the access log cannot be opened: see the log\n",
		    sizeof(text));
	if (serving != NULL)
		order_end(serving->segment, ORDER_OF_REOPEN,
		    text[0] == '\0' ? ORDER_DONE : ORDER_REFUSED, text);
}

/* What the level is, and how long, for whoever asked. */
static void
orders_say_level(const struct orders *o, int64_t seconds, char *text, size_t size)
{
	if (seconds == 0)
		snprintf(text, size, "the log's level is %s until a reload",
		    log_level_name(o->level));
	else
		snprintf(text, size, "the log's level is %s for %lld s",
		    log_level_name(o->level), (long long)seconds);
}

/* Tools see it. */
static void
orders_note_level(struct reload *r, int64_t until)
{
	const struct crew *w = orders_crew(r);

	strlcpy(
	    r->facts.level, log_level_name(log_get_level()), sizeof(r->facts.level));
	r->facts.level_until = until;
	if (w != NULL)
		daemon_write(w->segment, &r->facts);
}

static void
orders_take_level(struct orders *o, struct reload *r, unsigned bits, pid_t from)
{
	struct crew *w = orders_crew(r);
	int64_t seconds = ORDER_LEVEL_SECONDS(bits);
	char text[ORDER_TEXT_SIZE];

	order_begin(w->segment, ORDER_OF_LOGLEVEL);
	o->level_is_ordered = true;
	o->level = (enum log_level)ORDER_LEVEL_OF(bits);
	o->level_until = seconds > 0 ? clock_boot() + seconds * NSEC_PER_SEC : 0;
	log_set_level(o->level);
	orders_note_level(r, o->level_until);
	orders_say_level(o, seconds, text, sizeof(text));
	if (orders_may_tell(o))
		log_info("%s: ordered by pid %d", text, (int)from);
	order_end(w->segment, ORDER_OF_LOGLEVEL, ORDER_DONE, text);
}

static void
orders_take_categories(struct orders *o, struct reload *r, enum order_code code,
    unsigned categories, pid_t from)
{
	struct crew *w = orders_crew(r);
	const char *category;
	size_t i;

	for (i = 0; i < w->config->ncategories; i++) {
		if ((categories & 1u << i) == 0)
			continue;
		category = w->config->category[i].name;
		if (orders_may_tell(o))
			log_info("%s: pid %d asks %s", category, (int)from,
			    code == ORDER_ACCEPT ? "to accept what the gate refuses"
						 : "for a refresh");
		if (code == ORDER_ACCEPT)
			child_order_accept(&w->children, &w->children.item[i]);
		else
			crew_refresh(&r->crews, category);
	}
}

void
orders_take(struct orders *o, struct reload *r, const struct signalfd_siginfo *si)
{
	struct crew *w = orders_crew(r);
	pid_t from = (pid_t)si->ssi_pid;
	enum order_code code;
	unsigned bits;

	if (w == NULL || si->ssi_code != SI_QUEUE ||
	    !order_value_open(w->segment, si->ssi_int, &code, &bits)) {
		if (orders_may_tell(o))
			log_warnx("an order from pid %d is none, or for another "
				  "configuration",
			    (int)from);
		return;
	}
	switch (code) {
	case ORDER_ACCEPT:
	case ORDER_REFRESH:
		orders_take_categories(o, r, code, bits, from);
		break;
	case ORDER_REOPEN:
		orders_reopen(o);
		break;
	case ORDER_LOGLEVEL:
		orders_take_level(o, r, bits, from);
		break;
	case ORDER_UPGRADE:
		o->upgrade = from;
		break;
	case ORDER_CODES:
		break;
	}
}

void
orders_forget(struct orders *o)
{
	o->level_is_ordered = false;
}

/* A reload that fails has set it to the old configuration's, one that is under way to
 * the new one's: what was ordered outlives both. */
static void
orders_keep_level(struct orders *o, struct reload *r, int64_t now)
{
	bool over = o->level_is_ordered && o->level_until != 0 && now >= o->level_until;
	int level;

	if (over)
		o->level_is_ordered = false;
	if (o->level_is_ordered)
		log_set_level(o->level);
	else if (r->serving != NULL &&
		 (level = log_level_find(r->serving->config->log.level)) != -1)
		log_set_level((enum log_level)level);
	if (over) {
		orders_note_level(r, 0);
		log_info("the log's level is %s again", r->facts.level);
	}
}

void
orders_tick(struct orders *o, struct reload *r, int64_t now)
{
	orders_ration(o, now);
	if (o->reopen)
		orders_reopen_now(r);
	o->reopen = false;
	orders_keep_level(o, r, now);
}
