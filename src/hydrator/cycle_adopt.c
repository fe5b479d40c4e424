/* A payload that another machine made, in the place of one of our own. */
#include "hydrator/cycle_run.h"

#include <stdio.h>

#include "base/clock.h"
#include "hydrator/note.h"
#include "payload/view.h"

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
	note_published(c, run.directory, run.len, stamp);
	modified_note(&c->modified, run.directory);
	evidence_adopt(c->evidence, run.directory, clock_wall() / NSEC_PER_SEC);
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
