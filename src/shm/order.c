/* Numbers and results of reloads, in the page of the header. */
#include "shm/order.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "shm/layout.h"

static struct segment_orders *
orders_of(const struct segment *seg)
{
	return (struct segment_orders *)(seg->base + SEGMENT_ORDERS_OFFSET);
}

void
order_begin(struct segment *seg)
{
	struct segment_orders *o = orders_of(seg);

	seqlock_put(&o->begun, seqlock_current(&o->ended) + 1);
}

/* A configuration is quoted in what is wrong with it, and goes to a terminal. */
static void
order_clean(char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text) && *text != '\n')
			*text = '?';
}

void
order_end(struct segment *seg, enum order_outcome outcome, const char *text)
{
	struct segment_orders *o = orders_of(seg);
	struct order_result *r;
	char whole[ORDER_TEXT_SIZE] = "";
	uint64_t number;

	strlcpy(whole, text, sizeof(whole));
	order_clean(whole);
	number = seqlock_begin(&o->ended);
	r = &o->result[seqlock_buffer(number)];
	seqlock_put(&r->outcome, outcome);
	seqlock_fill(r->text, whole, sizeof(whole));
	seqlock_end(&o->ended, number);
}

void
order_carry(const struct segment *from, struct segment *to)
{
	memcpy(orders_of(to), orders_of(from), sizeof(struct segment_orders));
}

static int
orders_read(const struct segment_orders *o, struct order_state *out)
{
	uint64_t words[ORDER_TEXT_SIZE / sizeof(uint64_t)];
	const struct order_result *r;

	out->begun = seqlock_get(&o->begun);
	out->ended = seqlock_current(&o->ended);
	r = &o->result[seqlock_buffer(out->ended)];
	out->outcome = (enum order_outcome)seqlock_get(&r->outcome);
	seqlock_copy(words, r->text, sizeof(words));
	if (seqlock_overtaken(&o->ended, out->ended)) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(out->text, words, sizeof(words));
	out->text[sizeof(out->text) - 1] = '\0';
	order_clean(out->text);
	return 0;
}

int
order_read(const char *name, pid_t supervisor, struct order_state *out)
{
	struct segment *seg;
	int r, saved;

	if (segment_look(name, supervisor, &seg) == -1)
		return -1;
	r = orders_read(orders_of(seg), out);
	saved = errno;
	segment_close(&seg);
	errno = saved;
	return r;
}

/* Of this segment: categories have other numbers in another. */
static uint32_t
order_tag(const struct segment *seg)
{
	return (uint32_t)((uint64_t)segment_epoch(seg) % 4093);
}

int
order_value(const struct segment *seg, enum order_code code, unsigned categories)
{
	uint32_t value =
	    order_tag(seg) << 20 | (uint32_t)code << 16 | (categories & 0xffff);

	return (int)value;
}

bool
order_value_open(
    const struct segment *seg, int value, enum order_code *code, unsigned *categories)
{
	uint32_t v = (uint32_t)value;

	*code = (enum order_code)(v >> 16 & 0xf);
	*categories = v & 0xffff;
	return v >> 20 == order_tag(seg) && *code == ORDER_ACCEPT &&
	       *categories >> segment_ncategories(seg) == 0 && *categories != 0;
}
