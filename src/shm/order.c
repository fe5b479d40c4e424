/* Numbers and results of orders, and the values that order. */
#include "shm/order.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "shm/layout.h"

static struct order_record *
order_of(const struct segment *seg, enum order_verb verb)
{
	return (struct order_record *)(seg->base + seg->h.orders_offset) + verb;
}

void
order_begin(struct segment *seg, enum order_verb verb)
{
	struct order_record *o = order_of(seg, verb);

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
order_end(struct segment *seg, enum order_verb verb, enum order_outcome outcome,
    const char *text)
{
	struct order_record *o = order_of(seg, verb);
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
	memcpy(order_of(to, 0), order_of(from, 0),
	    ORDER_VERBS * sizeof(struct order_record));
}

int
order_look(const struct segment *seg, enum order_verb verb, struct order_state *out)
{
	uint64_t words[ORDER_TEXT_SIZE / sizeof(uint64_t)];
	const struct order_record *o = order_of(seg, verb);
	const struct order_result *r;

	out->begun = seqlock_get(&o->begun);
	out->ended = seqlock_current(&o->ended);
	r = &o->result[seqlock_buffer(out->ended)];
	out->outcome =
	    seqlock_get(&r->outcome) == ORDER_DONE ? ORDER_DONE : ORDER_REFUSED;
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
order_read(
    const char *name, pid_t supervisor, enum order_verb verb, struct order_state *out)
{
	struct segment *seg;
	int r, saved;

	if (segment_look(name, supervisor, &seg) == -1)
		return -1;
	r = order_look(seg, verb, out);
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

const char *
order_verb_name(enum order_verb verb)
{
	static const char *const names[ORDER_VERBS] = {
		[ORDER_OF_RELOAD] = "reload",
		[ORDER_OF_REOPEN] = "reopen",
		[ORDER_OF_LOGLEVEL] = "loglevel",
		[ORDER_OF_UPGRADE] = "upgrade",
	};

	return names[verb];
}

/* Whoever brings a program of another layout cannot read the segment, and categories
 * are not concerned. Greater than any tag. */
static uint32_t
order_tag_for(const struct segment *seg, enum order_code code)
{
	return code == ORDER_UPGRADE ? 4095 : order_tag(seg);
}

int
order_value(const struct segment *seg, enum order_code code, unsigned argument)
{
	uint32_t value =
	    order_tag_for(seg, code) << 20 | (uint32_t)code << 16 | (argument & 0xffff);

	return (int)value;
}

static bool
argument_fits(const struct segment *seg, enum order_code code, unsigned argument)
{
	switch (code) {
	case ORDER_ACCEPT:
	case ORDER_REFRESH:
		return argument != 0 && argument >> segment_ncategories(seg) == 0;
	case ORDER_REOPEN:
	case ORDER_UPGRADE:
		return argument == 0;
	case ORDER_LOGLEVEL:
		return true;
	case ORDER_CODES:
		break;
	}
	return false;
}

bool
order_value_open(
    const struct segment *seg, int value, enum order_code *code, unsigned *argument)
{
	uint32_t v = (uint32_t)value;

	*code = (enum order_code)(v >> 16 & 0xf);
	*argument = v & 0xffff;
	return v >> 20 == order_tag_for(seg, *code) &&
	       argument_fits(seg, *code, *argument);
}
