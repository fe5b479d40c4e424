/* The worst of what is wrong. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/attach.h"
#include "ctl/commands.h"
#include "ctl/facts.h"
#include "ctl/judge.h"

static void
put_worst(const struct ctl *ctl, const struct judge_verdict *v)
{
	const struct judge_finding *worst = v->n > 0 ? &v->finding[0] : NULL;
	struct out *o = out_open(ctl, stdout, "why", 1);

	out_string(o, "verdict", NULL, judge_exit_name(v->exit));
	out_int(o, "exit", NULL, v->exit);
	out_string(
	    o, "kind", NULL, worst != NULL ? judge_kind_name(worst->kind) : NULL);
	out_string(o, "text", NULL, worst != NULL ? worst->text : v->text);
	out_string(o, "advice", NULL, worst != NULL ? worst->advice : NULL);
	out_say(o,
	    worst == NULL || worst->exit != CTL_FRESH ? judge_exit_name(v->exit)
						      : "note",
	    worst != NULL ? worst->text : v->text);
	if (worst != NULL)
		out_say(o, "do", worst->advice);
	out_close(&o);
}

int
ctl_why(const struct ctl *ctl, int argc, char *argv[])
{
	struct judge_verdict v;
	struct attached a;
	struct facts *f;
	int status;

	if ((status = ctl_parse_flag(argc, argv, NULL, NULL)) != 0)
		return status;
	if ((status = attach_open(ctl, &a)) != 0)
		return status;
	f = facts_read(ctl, &a);
	judge(f, &v);
	put_worst(ctl, &v);
	free(f);
	attach_close(&a);
	return v.exit;
}
