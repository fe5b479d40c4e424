/* A payload that another machine made, in the place of one of our own. */
#include "hydrator/cycle_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "payload/write.h"

/* Whether the latch has this payload already, but for encoded forms: then its own bytes
 * take the payload's place, so that readers keep their copy and get new times. */
static bool
cycle_has(const struct cycle *c, struct buf *payload)
{
	size_t len = 0;
	const void *older = publisher_payload(c->publisher, &len);
	const struct view_directory *d = view_open(older, len, c->category);
	struct buf bare = { 0 };
	bool same;

	if (d == NULL || d->computed_at != view_directory_of(payload)->computed_at)
		return false;
	view_identity(d, &bare);
	same =
	    bare.len == payload->len && memcmp(bare.data, payload->data, bare.len) == 0;
	buf_free(&bare);
	if (!same)
		return false;
	buf_reset(payload);
	buf_add(payload, older, len);
	return true;
}

int
cycle_adopt(struct cycle *c, struct buf *payload, const struct snapshot_stamp *stamp,
    const struct source_wait *wait, char *err, size_t errlen)
{
	struct cycle_run run = { .wait = wait, .stamp = *stamp };
	char why[256];

	if (view_open(payload->data, payload->len, c->category) == NULL) {
		snprintf(err, errlen, "is malformed");
		return -1;
	}
	run.rendered = *payload;
	run.pace = (struct pace){ .beat = wait->attend, .arg = wait->arg };
	if (!cycle_has(c, &run.rendered))
		cycle_carry_forms(c, &run);
	run.payload = run.rendered.data;
	run.len = run.rendered.len;
	run.directory = view_open(run.payload, run.len, c->category);
	*payload = run.rendered;
	if (run.directory == NULL) {
		snprintf(err, errlen, "cannot be given its encoded forms");
		return -1;
	}
	if (publish(c->publisher, run.payload, run.len, stamp, &c->generation, why,
		sizeof(why)) == -1) {
		snprintf(err, errlen, "cannot be published: %s", why);
		return -1;
	}
	modified_note(&c->modified, run.directory);
	cycle_encode(c, &run);
	*payload = run.rendered;
	return 0;
}

void
cycle_forget(struct cycle *c)
{
	size_t n = c->inputs.n;

	inputs_free(&c->inputs);
	c->inputs.n = n;
	snapshot_release(&c->recalled);
	c->recalled_directory = NULL;
	c->generation = 0;
}
