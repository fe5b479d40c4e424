/* From the configuration to rules about files. */
#include "hydrator/reach.h"

#include <stdlib.h>

#include "base/log.h"
#include "config/config.h"
#include "proc/landlock.h"
#include "proc/sandbox.h"
#include "shm/segment.h"
#include "upstream/file_url.h"
#include "upstream/source.h"

/* Certificates, names of hosts and how they are looked up, modules of libc, time
 * zones. */
static const char *const system_paths[] = { "/etc", "/usr", "/lib", "/lib64",
	"/dev/null", "/dev/urandom" };

/* A file: URL has a path; others need none. */
static void
reach_url(struct landlock *l, const char *url)
{
	char *path = file_url_path(url);

	if (path != NULL)
		landlock_allow_source(l, path);
	free(path);
}

/* The same, of a URL that is freed. */
static void
reach_made_url(struct landlock *l, char *url)
{
	reach_url(l, url);
	free(url);
}

static void
reach_sources(struct landlock *l, const struct config *c, unsigned index)
{
	const struct config_list *reference = &c->category[index].reference;
	size_t i;

	for (i = 0; i < reference->n; i++)
		reach_url(l, reference->item[i]);
	for (i = 0; i < 2; i++) {
		reach_made_url(l, source_status_url(c->horde.url, i == 0));
		reach_made_url(l, source_stats_url(c->horde.url, i == 0));
		reach_made_url(l, source_workers_url(c->horde.url, i == 0));
	}
}

void
reach_limit(const struct child_context *ctx)
{
	const struct config *c = ctx->config;
	struct landlock l;
	int fds[2];
	size_t i;

	if (sandbox_why_off(c) != NULL)
		return;
	landlock_open(&l);
	for (i = 0; i < NELEM(system_paths); i++)
		landlock_allow(&l, system_paths[i], LANDLOCK_READ);
	/* What the machine's resolver writes, mostly a link into /run: all of that
	 * holds the secrets of containers. */
	landlock_allow_source(&l, "/etc/resolv.conf");
	landlock_allow_source(&l, c->upstream.ca_file);
	landlock_allow_source(&l, c->upstream.apikey_file);
	landlock_allow_source(&l, c->redis.password_file);
	landlock_allow_source(&l, c->notify.url_file);
	reach_sources(&l, c, ctx->index);
	landlock_allow(&l, c->state_dir, LANDLOCK_KEEP);
	segment_descriptors(ctx->segment, fds);
	for (i = 0; i < NELEM(fds); i++)
		landlock_allow_open(&l, fds[i], LANDLOCK_UPDATE);
	if (landlock_enter(&l) == -1 && ctx->index == 0)
		log_warn("hydrators may reach every file of their user: no Landlock");
}
