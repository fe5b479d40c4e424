/* The configuration of the running daemon, which may be another one than the file's. */
#include <stdio.h>

#include "base/attr.h"
#include "config/config.h"
#include "config/describe.h"
#include "ctl/attach.h"
#include "ctl/commands.h"
#include "shm/daemon.h"
#include "shm/segment.h"

static const struct out_column config_columns[] = {
	{ "option", "OPTION", 0 },
	{ "value", "VALUE", OUT_CUT },
	{ "default", "DEFAULT", OUT_CUT | OUT_SPARE },
	{ "source", "SOURCE", 0 },
	{ "reloadable", "RELOAD", OUT_SPARE },
};

static void
print_option(struct out *o, const struct config_line *l)
{
	out_row(o);
	out_text(o, "option", NULL, l->name.p, l->name.len);
	out_text(o, "value", NULL, l->value.p, l->value.len);
	out_text(o, "default", NULL, l->preset.p, l->preset.len);
	out_text(o, "source", NULL, l->source.p, l->source.len);
	out_bool(o, "reloadable", NULL, l->reloadable);
}

/* What nobody has set may differ from its default as well: it follows from others. */
static bool
option_is_changed(const struct config_line *l)
{
	return !str_eq(l->source, STR("default")) && !str_eq(l->value, l->preset);
}

/* Whether the file is not what was loaded; it may be a reader's secret, or gone. */
static void
print_file(struct out *o, const struct ctl *ctl, const struct segment *seg)
{
	struct daemon_facts facts;

	if (!daemon_read(seg, &facts) || facts.config_hash == 0 ||
	    ctl->config == NULL) {
		out_null(o, "file_differs", NULL);
		return;
	}
	out_bool(o, "file_differs", NULL, ctl->config->hash != facts.config_hash);
	if (ctl->config->hash != facts.config_hash)
		out_note(o, "The file is not the one that was loaded: hydratorctl "
			    "reload --diff says where.");
}

static void
print_all(const struct ctl *ctl, const struct segment *seg, bool changed)
{
	struct out *o = out_open(ctl, stdout, "config", 1);
	struct config_line l;
	struct str lines;

	lines.p = segment_config(seg, &lines.len);
	out_table(o, "options", "", config_columns, NELEM(config_columns));
	while (config_line_next(&lines, &l))
		if (!changed || option_is_changed(&l))
			print_option(o, &l);
	out_table_end(o);
	print_file(o, ctl, seg);
	out_close(&o);
}

int
ctl_config(const struct ctl *ctl, int argc, char *argv[])
{
	struct attached a;
	bool changed = false;
	int status;

	if ((status = ctl_parse_flag(argc, argv, "changed", &changed)) != 0)
		return status;
	if ((status = attach_open(ctl, &a)) != 0)
		return status;
	print_all(ctl, a.segment, changed);
	attach_close(&a);
	return 0;
}
