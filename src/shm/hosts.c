/* The table of hosts. */
#include "shm/hosts.h"

#include <string.h>

#include <xxhash.h>

#include "shm/layout.h"

static const struct {
	int status;
	const char *name;
} codes[] = {
#define X(status, name) { status, name },
	HOST_CODES(X)
#undef X
};
_Static_assert(NELEM(codes) == HOST_CODES_MAX, "as many as are counted");

static unsigned
code_find(int status)
{
	unsigned i = 0;

	while (i < NELEM(codes) - 1 && codes[i].status != status)
		i++;
	return i;
}

unsigned
host_code_of(int status)
{
	const unsigned other = NELEM(codes) - 1;
	unsigned i = code_find(status);

	if (i == other && status >= 100)
		i = code_find(status / 100);
	return status != 0 && status < 100 ? other : i;
}

const char *
host_code_name(unsigned code)
{
	return codes[code].name;
}

static struct host *
hosts_at(const struct segment *seg, unsigned i)
{
	return (struct host *)(seg->base + seg->h.hosts_offset) + i;
}

static uint64_t
hosts_key(const char *name)
{
	uint64_t key = XXH3_64bits(name, strlen(name));

	return key != 0 ? key : 1;
}

/*
 * The name of a record is a function of its key, so whoever finds it unnamed, because
 * who claimed it died or is not there yet, writes the same.
 */
static void
host_give_name(struct host *h, const char *name)
{
	if (atomic_load_explicit(&h->named, memory_order_acquire) == 1)
		return;
	seqlock_fill(h->name, name, strlen(name));
	atomic_store_explicit(&h->named, 1, memory_order_release);
}

/* All search in the same order and nothing is given up: a host cannot get two. */
struct host *
hosts_claim(const struct segment *seg, const char *name)
{
	uint64_t key = hosts_key(name), seen;
	struct host *h;
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++) {
		h = hosts_at(seg, i);
		seen = 0;
		if (atomic_compare_exchange_strong(&h->key, &seen, key) ||
		    seen == key) {
			host_give_name(h, name);
			return h;
		}
	}
	return NULL;
}

const char *
host_name(const struct host *h, char name[HOST_NAME_SIZE])
{
	uint64_t words[HOST_NAME_SIZE / sizeof(uint64_t)];

	seqlock_copy(words, h->name, HOST_NAME_SIZE);
	memcpy(name, words, HOST_NAME_SIZE);
	name[HOST_NAME_SIZE - 1] = '\0';
	return name;
}

bool
hosts_read(const struct segment *seg, unsigned i, struct host_view *v)
{
	const struct host *h = hosts_at(seg, i);
	unsigned code;

	if (atomic_load_explicit(&h->named, memory_order_acquire) != 1)
		return false;
	host_name(h, v->name);
	v->breaker = atomic_load(&h->breaker);
	v->floor = atomic_load(&h->floor);
	for (code = 0; code < HOST_CODES_MAX; code++)
		v->answered[code] = counter_read(&h->answered[code]);
	v->nsec = counter_read(&h->nsec);
	return true;
}

bool
hosts_find(const struct segment *seg, const char *name, struct host_view *v)
{
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(seg, i, v) && strcmp(v->name, name) == 0)
			return true;
	return false;
}

void
host_count(struct host *h, int status, int64_t nsec)
{
	atomic_fetch_add_explicit(
	    &h->answered[host_code_of(status)], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &h->nsec, nsec > 0 ? (uint64_t)nsec : 0, memory_order_relaxed);
}

bool
host_raise_floor(struct host *h, int64_t until, int64_t now)
{
	int64_t seen = atomic_load(&h->floor);

	if (until > now + HOST_FLOOR_MAX)
		until = now + HOST_FLOOR_MAX;
	do
		if (until <= seen)
			return false;
	while (!atomic_compare_exchange_weak(&h->floor, &seen, until));
	return true;
}

void
hosts_carry_counts(
    const struct segment *from, const struct segment *to, const char *name)
{
	struct host_view v;
	struct host *h;

	if (!hosts_find(from, name, &v) || (h = hosts_claim(to, name)) == NULL)
		return;
	for (unsigned code = 0; code < HOST_CODES_MAX; code++)
		seqlock_put(&h->answered[code], v.answered[code]);
	seqlock_put(&h->nsec, v.nsec);
}

static void
host_carry_breaker(const struct host_view *v, const struct segment *to)
{
	uint64_t untouched = 0;
	struct host *h = v->breaker != 0 ? hosts_claim(to, v->name) : NULL;

	if (h != NULL)
		atomic_compare_exchange_strong(&h->breaker, &untouched, v->breaker);
}

static void
host_carry_floor(const struct host_view *v, const struct segment *to, int64_t now)
{
	struct host *h = v->floor > now ? hosts_claim(to, v->name) : NULL;

	if (h != NULL)
		host_raise_floor(h, v->floor, now);
}

void
hosts_carry_floors(const struct segment *from, const struct segment *to, int64_t now)
{
	struct host_view v;
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(from, i, &v))
			host_carry_floor(&v, to, now);
}

/* Hosts about which there is nothing to say are left behind, so that reload after
 * reload with other hosts does not fill the table. */
void
hosts_carry(const struct segment *from, const struct segment *to, int64_t now)
{
	struct host_view v;
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(from, i, &v))
			host_carry_breaker(&v, to);
	hosts_carry_floors(from, to, now);
}
