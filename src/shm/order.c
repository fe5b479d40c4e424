/* Numbers and results of reloads, in the page of the header. */
#include "shm/order.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* The page of the header, mapped to be read; NULL with errno. */
static void *
page_open(const char *name)
{
	char path[sizeof(SEGMENT_DIR) + NAME_MAX];
	void *page = MAP_FAILED;
	struct stat st;
	int fd, saved;

	snprintf(path, sizeof(path), SEGMENT_DIR "%s", name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	/* One that is shorter would be a SIGBUS. */
	if (fstat(fd, &st) == 0 &&
	    (!S_ISREG(st.st_mode) || st.st_size < SEGMENT_PAGE_MIN))
		errno = ESRCH;
	else
		page = mmap(NULL, SEGMENT_PAGE_MIN, PROT_READ, MAP_SHARED, fd, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return page != MAP_FAILED ? page : NULL;
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
	const struct segment_header *h;
	void *page = page_open(name);
	int r = -1, saved;

	if (page == NULL)
		return -1;
	h = page;
	if (memcmp(h->magic, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC)) != 0 ||
	    h->supervisor != (uint32_t)supervisor)
		errno = ESRCH;
	else
		r = orders_read(
		    (struct segment_orders *)((char *)page + SEGMENT_ORDERS_OFFSET),
		    out);
	saved = errno;
	munmap(page, SEGMENT_PAGE_MIN);
	errno = saved;
	return r;
}
