/* Two configurations side by side, one of them a file that nobody has loaded. */
#include "ctl/config_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "config/config.h"
#include "config/describe.h"
#include "ctl/attach.h"
#include "ctl/ctl.h"
#include "shm/daemon.h"
#include "shm/segment.h"
#include "terms/category.h"

static const struct out_column diff_columns[] = {
	{ "option", "OPTION", 0 },
	{ "running", "RUNNING", OUT_CUT },
	{ "file", "FILE", OUT_CUT },
	{ "takes", "TAKES", 0 },
};

struct comparison {
	struct str running, file; /* lines of describe.h */
	struct out *out;
	unsigned changes, hidden;
};

static bool
category_is_known(const char *name)
{
	return category_find(name, strlen(name)) != -1;
}

static bool
lines_find(struct str lines, struct str name, struct config_line *l)
{
	while (config_line_next(&lines, l))
		if (str_eq(l->name, name))
			return true;
	return false;
}

/* NULL: the option is not there. */
static void
put_line_value(struct out *o, const char *key, const struct config_line *l)
{
	if (l != NULL)
		out_text(o, key, NULL, l->value.p, l->value.len);
	else
		out_null(o, key, NULL);
}

static void
tell_change(struct comparison *c, const struct config_line *running,
    const struct config_line *file)
{
	const struct config_line *any = running != NULL ? running : file;

	c->changes++;
	out_row(c->out);
	out_text(c->out, "option", NULL, any->name.p, any->name.len);
	put_line_value(c->out, "running", running);
	put_line_value(c->out, "file", file);
	out_string(c->out, "takes", NULL, any->reloadable ? "a reload" : "a restart");
}

static void
compare(struct comparison *c)
{
	struct config_line running, file;
	struct str rest = c->running;

	while (config_line_next(&rest, &running)) {
		if (config_line_is_of_environment(&running))
			c->hidden++;
		else if (!lines_find(c->file, running.name, &file))
			tell_change(c, &running, NULL);
		else if (!str_eq(running.value, file.value))
			tell_change(c, &running, &file);
	}
	for (rest = c->file; config_line_next(&rest, &file);)
		if (!lines_find(c->running, file.name, &running))
			tell_change(c, NULL, &file);
}

/* Secrets are shown to nobody, so that one has changed is not to be seen. */
static void
put_rest(struct comparison *c, bool other_file)
{
	out_int(c->out, "of_environment", NULL, c->hidden);
	out_bool(c->out, "file_differs", NULL, other_file);
	if (c->hidden > 0)
		out_note(c->out, "What the daemon's environment sets is not compared.");
	if (c->changes == 0 && other_file)
		out_note(c->out,
		    "The file is not the one that was loaded, but no option "
		    "differs: a comment, or a secret, which is not "
		    "compared.");
}

static int
diff_print(const struct ctl *ctl, const struct segment *seg, const struct config *file)
{
	char *lines = config_describe(file);
	struct comparison c = {
		.file = { lines, strlen(lines) },
		.out = out_open(ctl, stdout, "reload-diff", 1),
	};
	struct daemon_facts facts;

	c.running.p = segment_config(seg, &c.running.len);
	out_table(c.out, "changes", "", diff_columns, NELEM(diff_columns));
	compare(&c);
	out_table_end(c.out);
	put_rest(&c, daemon_read(seg, &facts) && facts.config_hash != file->hash);
	out_close(&c.out);
	free(lines);
	return c.changes > 0;
}

/* Returns whether the environment has set an option, and sets none any more. */
static bool
forget_variables(const struct config *c)
{
	char *lines = config_describe(c), name[256];
	struct str rest = { lines, strlen(lines) };
	struct config_line l;
	bool any = false;

	while (config_line_next(&rest, &l))
		if (config_line_is_of_environment(&l)) {
			snprintf(
			    name, sizeof(name), "%.*s", (int)l.source.len, l.source.p);
			any |= unsetenv(name) == 0;
		}
	free(lines);
	return any;
}

/* The file alone: the daemon's variables may be others. Those that the text of the file
 * names in ${} are taken from here; where else? NULL: it would be refused. */
static struct config *
file_load(const char *path)
{
	struct config *file;
	char err[4096];

	if (config_load(path, category_is_known, &file, err, sizeof(err)) == 0) {
		if (!forget_variables(file))
			return file;
		config_free(&file);
		if (config_load(path, category_is_known, &file, err, sizeof(err)) == 0)
			return file;
	}
	fprintf(stderr, "hydratorctl: the file would be refused: %s\n", err);
	return NULL;
}

/* A reload loads the daemon's own file, which is the default one only by chance. */
static struct config *
file_load_its(const struct ctl *ctl, const struct segment *seg)
{
	struct daemon_facts facts;
	bool known = daemon_read(seg, &facts) && facts.config_path[0] != '\0';

	return file_load(known ? facts.config_path : ctl->config_path);
}

/* A file that is given says where the daemon is found, so it comes first. */
int
config_diff(const struct ctl *ctl)
{
	struct config *file = NULL;
	struct attached a;
	int status;

	if (ctl->config_given && (file = file_load(ctl->config_path)) == NULL)
		return EXIT_FAILURE;
	if ((status = attach_open(ctl, &a)) == 0) {
		if (file == NULL)
			file = file_load_its(ctl, a.segment);
		status = file != NULL ? diff_print(ctl, a.segment, file) : EXIT_FAILURE;
		attach_close(&a);
	}
	config_free(&file);
	return status;
}
