/* Finding the segment, and telling why it is not to be had. */
#include "ctl/attach.h"

#include <stdio.h>

int
attach_try(const struct ctl *ctl, struct attached *a, char *err, size_t errlen)
{
	*a = (struct attached){ 0 };
	snprintf(err, errlen, "%s: not built yet", ctl->name);
	return CTL_NOT_RUNNING;
}

int
attach_open(const struct ctl *ctl, struct attached *a)
{
	char message[512];
	int status = attach_try(ctl, a, message, sizeof(message));

	if (status != 0)
		fprintf(stderr, "hydratorctl: %s\n", message);
	return status;
}

void
attach_close(struct attached *a)
{
	segment_close(&a->segment);
}
