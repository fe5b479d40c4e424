/* Orders to children that may have no process, or not read what they are sent. */
#include "supervisor/children_order.h"

#include <sys/socket.h>

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "shm/ledger.h"

void
child_send(struct child *ch, enum channel_type type)
{
	if (channel_send(ch->channel, type, 0) == 0 || errno == EPIPE)
		return; /* EPIPE: its death is about to be seen */
	if (errno != EAGAIN)
		log_warn("%s (pid %d): cannot send an order", ch->title, (int)ch->pid);
	/* A stop must arrive: EOF after the orders that it has not read says the same.
	 */
	else
		shutdown(ch->channel, SHUT_WR);
}

/* How many refreshes the category's hydrators have heard of. */
static uint64_t
child_heard(const struct children *c, const struct child *ch)
{
	struct ledger l;

	(void)ledger_read(c->segment, ch->index, &l);
	return l.refresh.asked;
}

/* What it has no room for, one that has no process gets later. */
static void
child_send_refresh(const struct children *c, struct child *ch)
{
	uint64_t heard;

	if (!ch->owed || ch->channel == -1)
		return;
	heard = child_heard(c, ch);
	if (channel_send(ch->channel, CHANNEL_REFRESH, 0) == -1)
		return;
	ch->owed = false;
	ch->refreshed = true;
	ch->knew = heard;
}

void
child_recall_orders(const struct children *c, struct child *ch)
{
	if (ch->refreshed && child_heard(c, ch) <= ch->knew)
		ch->owed = true;
	ch->refreshed = false;
}

/* One that is carried out when nobody waits for it any more (ctl/refresh.c) would
 * accept what nobody has looked at. */
static void
child_send_accept(const struct children *c, struct child *ch, int64_t now)
{
	if (ch->accept_until == 0)
		return;
	if (ch->channel != -1 && channel_send(ch->channel, CHANNEL_ACCEPT, 0) == 0)
		ch->accept_until = 0;
	else if (now >= ch->accept_until) {
		log_warnx("%s has not taken the order to accept within %lld s: it is "
			  "dropped",
		    ch->title, (long long)c->config->upstream.cycle_timeout);
		ch->accept_until = 0;
	}
}

/* Who does not read them writes to the former files meanwhile. */
static void
child_send_logs(const struct children *c, struct child *ch)
{
	const int files[CHANNEL_FILES] = {
		[CHANNEL_LOG] = log_file_descriptor(),
		[CHANNEL_ACCESS_LOG] = ch->role == ROLE_READER ? c->access_log : -1,
	};

	if (!ch->reopen || ch->channel == -1)
		return;
	ch->reopen = channel_send_files(ch->channel, CHANNEL_REOPEN, files) == -1;
	if (ch->reopen && errno != EPIPE && errno != EAGAIN)
		log_warn(
		    "%s (pid %d): cannot pass the logs on", ch->title, (int)ch->pid);
}

static void
child_send_level(struct child *ch)
{
	enum log_level level = log_get_level();

	if (ch->channel != -1 && ch->level != level &&
	    channel_send(ch->channel, CHANNEL_LEVEL, level) == 0)
		ch->level = level;
}

void
child_send_pending(const struct children *c, struct child *ch, int64_t now)
{
	child_send_refresh(c, ch);
	child_send_accept(c, ch, now);
	child_send_logs(c, ch);
	child_send_level(ch);
}

void
child_order_refresh(const struct children *c, struct child *ch)
{
	bool owed = ch->owed;

	ch->owed = true;
	child_send_refresh(c, ch);
	if (ch->owed && !owed && ch->channel != -1)
		log_debug("%s (pid %d) has orders to read", ch->title, (int)ch->pid);
}

void
child_order_accept(const struct children *c, struct child *ch)
{
	int64_t now = clock_boot();

	ch->accept_until = now + c->config->upstream.cycle_timeout * NSEC_PER_SEC;
	child_send_accept(c, ch, now);
}

void
children_reopen_logs(struct children *c)
{
	struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++) {
		ch->reopen = true;
		child_send_logs(c, ch);
	}
}
