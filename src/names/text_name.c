/* Model names taken apart, and the keys that are made of them. */
#include "names/text_name.h"

#include "names/name_match.h"
#include "python/text.h"

#define APHRODITE STR("aphrodite/")
#define KOBOLDCPP STR("koboldcpp/")

/* Cuts out the part that find finds, and returns a copy of it. */
static struct str
take(struct name_chars *t, name_match_fn *find, struct arena *arena)
{
	struct name_span span;
	struct str part;

	if (!find(t, &span))
		return (struct str){ NULL, 0 };
	part = name_chars_part(t, span);
	part.p = arena_strndup(arena, part.p, part.len);
	name_chars_cut(t, span);
	return part;
}

static bool
is_separator(char c)
{
	return c == '-' || c == '_' || c == ' ' || c == '.';
}

/* Step 7: one of each run of a separator, none at the ends. */
static struct str
tidy(struct name_chars *t)
{
	struct str s = { t->bytes, 0 };

	for (size_t i = 0; i < t->len; i++)
		if (i == 0 || !is_separator(t->bytes[i]) ||
		    t->bytes[i] != t->bytes[i - 1])
			t->bytes[s.len++] = t->bytes[i];
	while (s.len > 0 && is_separator(s.p[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_separator(s.p[0]))
		s = str_from(s, 1);
	return s;
}

void
text_name_parse(struct str name, struct arena *arena, struct text_name *out)
{
	struct name_chars t;
	struct name_span span;

	name_chars_init(&t, name, arena);
	if (name_match_leading_version(&t, &span))
		name_chars_cut(&t, span);
	out->size = text_upper(take(&t, name_match_size, arena), arena);
	out->version = take(&t, name_match_version, arena);
	out->quant = text_upper(take(&t, name_match_quant, arena), arena);
	out->variant = take(&t, name_match_variant, arena);
	if (name_match_date(&t, &span))
		name_chars_cut(&t, span);
	out->base = tidy(&t);
	if (out->base.len == 0)
		out->base = name;
}

struct str
text_name_strip_backend(struct str name)
{
	if (str_starts(name, APHRODITE))
		return str_from(name, APHRODITE.len);
	if (str_starts(name, KOBOLDCPP))
		return str_from(name, KOBOLDCPP.len);
	return name;
}

static struct str
after_first_slash(struct str name)
{
	const char *slash = name.len ? memchr(name.p, '/', name.len) : NULL;

	return slash ? str_from(name, (size_t)(slash - name.p) + 1) : name;
}

static struct str
after_last_slash(struct str name)
{
	const char *slash = name.len ? memrchr(name.p, '/', name.len) : NULL;

	return slash ? str_from(name, (size_t)(slash - name.p) + 1) : name;
}

struct str
text_name_base(struct str name, struct arena *arena)
{
	struct text_name parts;

	text_name_parse(
	    after_first_slash(text_name_strip_backend(name)), arena, &parts);
	return parts.base;
}

static struct str
concat(struct str a, struct str b, struct arena *arena)
{
	char *p = arena_alloc(arena, a.len + b.len + 1);

	memcpy(p, a.p, a.len);
	if (b.len > 0)
		memcpy(p + a.len, b.p, b.len);
	p[a.len + b.len] = '\0';
	return (struct str){ p, a.len + b.len };
}

unsigned
text_name_variants(struct str name, struct arena *arena, struct str out[3])
{
	out[0] = name;
	out[1] = concat(APHRODITE, name, arena);
	out[2] = concat(KOBOLDCPP, after_first_slash(name), arena);
	return str_eq(out[2], out[0]) ? 2 : 3;
}

/* Shapes are taken off in their order, each once: so their numbers must rise. */
struct str
text_name_strip_quant(struct str name, struct arena *arena)
{
	struct name_chars t;
	struct name_span span;
	unsigned shape, next = 0;

	name_chars_init(&t, name, arena);
	while (name_match_quant_suffix(&t, &shape, &span) && shape >= next) {
		name_chars_cut(&t, span);
		next = shape + 1;
	}
	return (struct str){ t.bytes, t.len };
}

/* A backend's prefix ends in a slash: what follows the last slash has none. */
struct str
text_name_index_base(struct str name, struct arena *arena)
{
	return text_lower(text_name_base(after_last_slash(name), arena), arena);
}

struct str
text_name_size_key(struct str name, struct arena *arena)
{
	struct str lower = text_lower(name, arena);
	struct str rest = text_name_strip_backend(lower);
	struct str prefix = { lower.p, lower.len - rest.len };

	rest = text_name_strip_quant(after_last_slash(rest), arena);
	return prefix.len ? concat(prefix, rest, arena) : rest;
}
