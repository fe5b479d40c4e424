/* One line for each change of what is wrong. */
#include "hydrator/trouble.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* Whole seconds; a wall clock that was set back makes it 0. */
static int64_t
trouble_age(const struct trouble *t)
{
	int64_t now = clock_wall();

	return now > t->since ? (now - t->since) / NSEC_PER_SEC : 0;
}

void
trouble_note(struct trouble *t, const char *category, uint64_t key, const char *what)
{
	const char *bare = what + strspn(what, ": ");

	ledger_put(t->last, sizeof(t->last), bare);
	if (t->since == 0) {
		t->since = clock_wall();
		ledger_put(t->first, sizeof(t->first), bare);
	}
	if (key == t->key) {
		log_debug("%s%s", category, what);
		return;
	}
	t->key = key;
	t->said = clock_boot();
	log_warnx("%s%s", category, what);
}

void
trouble_over(struct trouble *t, const char *category)
{
	if (t->since != 0)
		log_info("%s is well again after %" PRId64 " s, which began with: %s",
		    category, trouble_age(t), t->first);
	memset(t, 0, sizeof(*t));
}

void
trouble_remind(struct trouble *t, const char *category)
{
	int64_t now = clock_boot();

	if (t->key == 0 || now - t->said < TROUBLE_REMINDER * NSEC_PER_SEC)
		return;
	t->said = now;
	log_warnx("%s has not been well for %" PRId64 " s, which began with: %s%s%s",
	    category, trouble_age(t), t->first,
	    strcmp(t->first, t->last) != 0 ? "; now: " : "",
	    strcmp(t->first, t->last) != 0 ? t->last : "");
}
