/* Fuzzes target: what another machine tells of hosts. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shm/breaker.h"
#include "shm/layout.h"

#define NOW (1000 * NSEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct host table[HOSTS_MAX];

static void
require(int holds)
{
	if (!holds)
		abort();
}

/* Whatever was told, nobody is kept away for longer than we do it ourselves. */
static unsigned
check(const struct segment *seg)
{
	struct host_view v;
	unsigned told = 0;

	for (unsigned i = 0; i < HOSTS_MAX; i++) {
		if (!hosts_read(seg, i, &v))
			continue;
		told++;
		require(v.floor <= NOW + HOST_FLOOR_MAX);
		require(breaker_look(v.breaker, NOW).wait <= BREAKER_COOLDOWN);
		require(v.floor > NOW || v.breaker != 0);
	}
	return told;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment seg = { .base = (char *)table };
	char err[256], *text = malloc(size > 0 ? size : 1);
	struct buf again = { 0 };
	int n;

	memset(table, 0, sizeof(table));
	memcpy(text, data, size);
	n = hosts_learn(
	    &seg, (struct str){ text, size }, NOW, 5 * NOW, err, sizeof(err));
	if (n == -1)
		require(check(&seg) == 0);
	else
		require(check(&seg) <= (unsigned)n);
	/* What was learned can be passed on. */
	hosts_tell(&seg, NOW, 5 * NOW, &again);
	require(again.len <= HOSTS_TOLD_MAX);
	require(hosts_learn(&seg, (struct str){ again.data, again.len }, NOW, 5 * NOW,
		    err, sizeof(err)) != -1);
	buf_free(&again);
	free(text);
	return 0;
}
