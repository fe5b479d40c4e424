/* One order, from the gate's doubts to a line for each document. */
#include "hydrator/accept.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/log.h"
#include "hydrator/account.h"
#include "shm/ledger.h"
#include "terms/document.h"

/* Ends the order; text is freed. */
static void
accept_tell(struct cycle *c, bool done, struct buf *text)
{
	buf_putc(text, '\0');
	ledger_put(c->ledger.order_text, sizeof(c->ledger.order_text), text->data);
	c->ledger.order_done = done;
	c->ledger.orders++;
	account_write(c);
	if (done)
		log_info("%s: accepted by order: %s", c->section->name, text->data);
	else
		log_warnx("%s: not accepted: %s", c->section->name, text->data);
	buf_free(text);
}

bool
accept_begin(struct cycle *c)
{
	struct buf text = { 0 };
	bool any = false;
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		c->gate[k].ordered = c->gate[k].seen > 0;
		c->accept[k] = (struct cycle_accept){ .before = c->gate[k].good.count };
		any |= c->gate[k].ordered;
	}
	if (any)
		return true;
	buf_puts(&text, "nothing is refused");
	accept_tell(c, false, &text);
	return false;
}

void
accept_elsewhere(struct cycle *c, const char *leader)
{
	struct buf text = { 0 };

	if (leader[0] != '\0')
		buf_printf(
		    &text, "%s leads %s: accept it there", leader, c->section->name);
	else
		buf_printf(&text, "no machine is known to lead %s: try again later",
		    c->section->name);
	accept_tell(c, false, &text);
}

/* Appends what became of one document. Returns whether it is refused no more. */
static bool
accept_say(const struct cycle *c, size_t k, struct buf *text)
{
	const struct gate *g = &c->gate[k];
	const struct input *i = &c->inputs.of[k];
	bool published = c->accept[k].passed && g->seen == 0;
	char count[64];

	buf_printf(
	    text, "%s%s", text->len > 0 ? "; " : "", document_name(INPUT_DOCUMENT(k)));
	gate_count(INPUT_DOCUMENT(k), &g->good, count, sizeof(count));
	if (published)
		buf_printf(text, " is accepted with %s, down from %" PRIu64, count,
		    c->accept[k].before);
	else if (i->fault != INPUT_GOOD)
		buf_printf(text, " is not: %s", i->why);
	else if (g->seen == 0)
		buf_printf(text, " has %s again", count);
	else
		buf_puts(text, " is not: it could not be published");
	return published || (i->fault == INPUT_GOOD && g->seen == 0);
}

void
accept_end(struct cycle *c, enum cycle_result result)
{
	struct buf text = { 0 };
	bool done = result != CYCLE_STOPPED;
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		if (c->gate[k].ordered)
			done &= accept_say(c, k, &text);
		c->gate[k].ordered = false;
	}
	accept_tell(c, done, &text);
}
