/* At most one a second and category, and none is lost. */
#include "supervisor/asking.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"

#define ASKING_PAUSE NSEC_PER_SEC

void
asking_hear(struct children *c, const struct child *ch, uint64_t category)
{
	if (ch->role == ROLE_READER && category < c->config->ncategories)
		c->asked |= UINT32_C(1) << category;
}

/* The hydrators of a former crew have left, its readers may still be asked. */
static void
asking_pass(struct children *c, struct crew *serving)
{
	struct child *hydrator;
	size_t i;

	for (i = 0; i < c->config->ncategories; i++) {
		if ((c->asked & UINT32_C(1) << i) == 0)
			continue;
		hydrator = crew_hydrator(serving, c->config->category[i].name);
		if (hydrator != NULL)
			hydrator->asked = true;
	}
	c->asked = 0;
}

void
asking_step(const struct crews *crews, struct crew *serving, int64_t now)
{
	const char *category;
	struct crew *w;
	struct child *ch;
	size_t i;

	if (serving == NULL)
		return;
	TAILQ_FOREACH (w, crews, entry)
		asking_pass(&w->children, serving);
	for (i = 0; i < serving->config->ncategories; i++) {
		ch = &serving->children.item[i];
		if (!ch->asked || now < ch->asked_next)
			continue;
		ch->asked = false;
		ch->asked_next = now + ASKING_PAUSE;
		category = serving->config->category[i].name;
		log_info("%s: a refresh is asked for over HTTP", category);
		crew_refresh(crews, category);
	}
}
