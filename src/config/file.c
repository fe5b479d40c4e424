/*
 * The configuration file, through libconfuse. It takes every value as text and notes
 * its line; types, ranges and words are then checked like those of the environment.
 * So all wrong values of a file are reported at once, each with its line, where
 * libconfuse would stop at the first. Its own complaints (syntax, unknown names) end
 * the reading.
 */
#include "config/load.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/mem.h"

#define FILE_MAX (1024 * 1024)

/* A value in libconfuse's hands. */
struct file_value {
	char *text;
	int line;
	int section_line; /* of the section's name; at the top level the same as line */
};

/* An option that was set, to find those that are set twice. */
struct file_seen {
	const cfg_opt_t *opt;
	int line;
};

/* libconfuse hands its callbacks no argument of ours. Set during config_read_file(). */
static struct {
	const char *path;
	struct problems *problems;
	cfg_t *root;
	struct file_seen *seen;
	size_t nseen;
} reading;

static void
file_value_free(void *arg)
{
	struct file_value *v = arg;

	free(v->text);
	free(v);
}

/* The last of two values would win quietly, far from the one that was edited. */
static void
file_note_option(const cfg_opt_t *opt, int line)
{
	size_t i;

	for (i = 0; i < reading.nseen; i++)
		if (reading.seen[i].opt == opt) {
			config_problem_add(reading.problems, reading.path, line,
			    "%s is already set in line %d: remove one", opt->name,
			    reading.seen[i].line);
			return;
		}
	reading.seen =
	    xreallocarray(reading.seen, reading.nseen + 1, sizeof(*reading.seen));
	reading.seen[reading.nseen++] = (struct file_seen){ opt, line };
}

static int
file_take_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct file_value *v = xmalloc(sizeof(*v));

	v->text = xstrdup(text);
	v->line = cfg->line;
	/* While a section is read, the line of the level above stands still. */
	v->section_line = reading.root->line;
	*(void **)result = v;
	if (cfg_opt_size(opt) == 1)
		file_note_option(opt, v->line);
	return 0;
}

static void PRINTF_LIKE(2, 0) file_complain(cfg_t *cfg, const char *fmt, va_list ap)
{
	char message[512];
	bool unknown = strncmp(fmt, "no such option", strlen("no such option")) == 0;

	vsnprintf(message, sizeof(message), fmt, ap);
	config_problem_add(reading.problems, reading.path, cfg->line, "%s%s%s%s",
	    message, cfg == reading.root ? "" : " in section ",
	    cfg == reading.root ? "" : cfg->name,
	    unknown ? "; hydratord.conf(5) lists them" : "");
}

static cfg_opt_t
file_option(const struct config_option *o)
{
	if (o->type == OPTION_LIST)
		return (cfg_opt_t)CFG_PTR_LIST_CB(
		    o->name, NULL, CFGF_NODEFAULT, file_take_value, file_value_free);
	return (cfg_opt_t)CFG_PTR_CB(
	    o->name, NULL, CFGF_NODEFAULT, file_take_value, file_value_free);
}

/* libconfuse's description of the table. It copies what it is given. */
static cfg_t *
file_grammar(void)
{
	cfg_opt_t *root = xcalloc(config_noptions + 1, sizeof(*root));
	cfg_opt_t *sub = xcalloc(2 * config_noptions + 1, sizeof(*sub));
	const cfg_opt_t end = CFG_END();
	const struct config_option *o;
	cfg_opt_t *section = sub;
	size_t i, nroot = 0, n = 0;
	cfg_t *cfg;

	for (i = 0; i < config_noptions; i++) {
		o = &config_options[i];
		if (o->section[0] == '\0') {
			root[nroot++] = file_option(o);
			continue;
		}
		section[n++] = file_option(o);
		if (i + 1 < config_noptions && strcmp(o->section, o[1].section) == 0)
			continue;
		section[n++] = end;
		root[nroot++] = (cfg_opt_t)CFG_SEC(o->section, section,
		    config_option_per_category(o)
			? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES
			: CFGF_NONE);
		section += n;
		n = 0;
	}
	root[nroot] = end;
	if ((cfg = cfg_init(root, CFGF_NONE)) != NULL)
		cfg_set_error_function(cfg, file_complain);
	free(root);
	free(sub);
	return cfg;
}

static void
file_set_origin(char **origin, int line)
{
	char text[32];
	struct buf b = { 0 };

	snprintf(text, sizeof(text), ":%d", line);
	buf_puts(&b, reading.path);
	buf_puts(&b, line > 0 ? text : "");
	buf_putc(&b, '\0');
	free(*origin);
	*origin = b.data;
}

/* Stores what libconfuse found for one option, if it was given at all. */
static void
file_apply(const struct config_option *o, void *base, char **origin, cfg_t *section)
{
	cfg_opt_t *opt = cfg_getopt(section, o->name);
	size_t i, n = cfg_opt_size(opt);
	const struct file_value *v;
	struct given *g;

	/* An empty list is given too, but only a flag tells, and no line. */
	if (n == 0 && (o->type != OPTION_LIST || !(opt->flags & CFGF_MODIFIED)))
		return;
	g = xcalloc(n, sizeof(*g));
	for (i = 0; i < n; i++) {
		v = cfg_opt_getnptr(opt, (unsigned)i);
		g[i] = (struct given){ v->text, v->line };
	}
	if (config_set(o, base, reading.path, g, n, reading.problems) == 0)
		file_set_origin(origin, n > 0 ? g[0].line : 0);
	free(g);
}

static void
file_apply_categories(const struct config_option *o, struct config *c, cfg_t *root)
{
	unsigned i, n = cfg_size(root, o->section);
	const struct file_value *v;
	struct config_category *category;
	cfg_t *section;

	for (i = 0; i < n; i++) {
		section = cfg_getnsec(root, o->section, i);
		category = config_add_category(c, cfg_title(section));
		file_apply(o, category, &category->origin, section);
		v = cfg_size(section, o->name) > 0 ? cfg_getnptr(section, o->name, 0)
						   : NULL;
		file_set_origin(
		    &category->origin, v != NULL ? v->section_line : section->line);
	}
}

static void
file_apply_all(struct config *c, cfg_t *root)
{
	const struct config_option *o;
	cfg_t *section;
	size_t i;

	for (i = 0; i < config_noptions; i++) {
		o = &config_options[i];
		if (config_option_per_category(o)) {
			file_apply_categories(o, c, root);
			continue;
		}
		section = o->section[0] == '\0' ? root : cfg_getsec(root, o->section);
		file_apply(o, c, &c->origin[i], section);
	}
}

/* Reads the file into b, NUL-terminated. libconfuse would end the process on a
 * directory. Returns 0, or -1 with errno. */
static int
file_slurp(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), saved;
	ssize_t n;

	if (fd == -1)
		return -1;
	do {
		n = read(fd, buf_reserve(b, 4096), 4096);
		if (n > 0)
			b->len += (size_t)n;
		if (b->len > FILE_MAX) {
			errno = EFBIG;
			n = -1;
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	saved = errno;
	close(fd);
	errno = saved;
	if (n == 0)
		buf_putc(b, '\0');
	return n == 0 ? 0 : -1;
}

static void
file_parse(struct config *c, char *text, struct problems *p)
{
	unsigned before = p->n;

	if (config_scan(text, reading.path, p) == -1)
		return;
	if ((reading.root = file_grammar()) == NULL) {
		config_problem_add(p, reading.path, 0, "%s", strerror(errno));
		return;
	}
	if (cfg_parse_buf(reading.root, text) != CFG_SUCCESS && p->n == before)
		config_problem_add(p, reading.path, reading.root->line, "syntax error");
	file_apply_all(c, reading.root);
	cfg_free(reading.root);
}

void
config_read_file(struct config *c, const char *path, struct problems *p)
{
	struct buf b = { 0 };

	memset(&reading, 0, sizeof(reading));
	reading.path = path;
	reading.problems = p;
	if (file_slurp(path, &b) == -1)
		config_problem_add(p, path, 0, "%s", strerror(errno));
	else if (strlen(b.data) + 1 != b.len)
		config_problem_add(p, path, 0, "contains a NUL byte: not a text file");
	else {
		c->hash = XXH3_64bits(b.data, b.len - 1);
		free(c->text);
		c->text = xstrdup(b.data);
		file_parse(c, b.data, p);
	}
	free(reading.seen);
	memset(&reading, 0, sizeof(reading));
	buf_free(&b);
}
