/* What verify says of payloads: a checksum that is true does not make one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/commands.h"
#include "fixture/segment.h"
#include "unit.h"

struct verify_run {
	const char *name; /* of the segment; a child would make another one */
	FILE *said;
};

static int
verify_into(struct segment *segment UNUSED, void *arg)
{
	const struct verify_run *run = arg;
	const struct ctl ctl = { .name = run->name, .format = OUT_JSON };
	char *argv[] = { strdup("verify"), NULL };

	if (dup2(fileno(run->said), STDOUT_FILENO) == -1)
		return 99;
	return ctl_verify(&ctl, 1, argv);
}

/* A hydrator that was taken over can publish anything. */
TEST(a_payload_of_nonsense_is_told)
{
	struct segment_spec spec = fixture_spec();
	struct segment *segment = NULL;
	struct verify_run run = { spec.name, tmpfile() };
	struct publisher *p;
	char err[256], text[20000];
	size_t len;
	int status;

	assert_non_null(run.said);
	if (segment_create(&spec, &segment, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	p = fixture_publisher(segment, 0);
	fixture_publish(p, 'a', 5000);
	publisher_close(&p);
	status = fixture_fork(verify_into, segment, &run);
	segment_unlink(segment);
	segment_close(&segment);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CTL_DEGRADED);
	rewind(run.said);
	len = fread(text, 1, sizeof(text) - 1, run.said);
	text[len] = '\0';
	fclose(run.said);
	assert_non_null(strstr(text, "{\"good\":true,\"where\":\"image_generation: "
				     "buffer 1\",\"what\":\"generation 1, 5000 bytes"));
	assert_non_null(strstr(text, "{\"good\":false,\"where\":\"image_generation: "
				     "payload 1\""));
}
