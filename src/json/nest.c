/* One pass that notes where containers end, and a walk that believes it. */
#include "json/nest.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "json/skip.h"
#include "json/value.h"

/* Returns the number of a container that begins at that offset. */
static size_t
nest_begin(struct json_nest *nest, size_t offset)
{
	if (nest->n == nest->room) {
		nest->room = nest->room == 0 ? 16 : nest->room * 2;
		nest->of = xreallocarray(nest->of, nest->room, sizeof(*nest->of));
	}
	/* Until it ends: where it began. */
	nest->of[nest->n].len = (uint32_t)offset;
	return nest->n++;
}

static void
nest_end(struct json_nest *nest, size_t number, size_t offset)
{
	struct json_container *c = &nest->of[number];

	c->len = (uint32_t)offset - c->len;
	c->inside = (uint32_t)(nest->n - number - 1);
}

static void
nest_read(struct json_nest *nest, const struct json_value *v)
{
	const char *p = v->p, *end = v->p + v->len;
	size_t open[JSON_DEPTH_MAX], depth = 0;
	bool escaped;

	for (;;) {
		switch (*p) {
		case '"':
			p = skip_string(p, end, &escaped);
			break;
		case '[':
		case '{':
			open[depth++] = nest_begin(nest, (size_t)(p++ - v->p));
			break;
		case ']':
		case '}':
			p++;
			nest_end(nest, open[--depth], (size_t)(p - v->p));
			if (depth == 0)
				return;
			break;
		default:
			p++;
		}
		p = skip_to_structure(p, end);
	}
}

void
json_nest_open(
    struct json_nest *nest, const struct json_value *v, struct json_node *root)
{
	if (v->len > UINT32_MAX)
		fatalx("a value of %zu bytes", v->len);
	*nest = (struct json_nest){ NULL, 0, 0 };
	*root = (struct json_node){ *v, 0 };
	if (v->type == JSON_T_ARRAY || v->type == JSON_T_OBJECT)
		nest_read(nest, v);
}

void
json_nest_free(struct json_nest *nest)
{
	free(nest->of);
	*nest = (struct json_nest){ NULL, 0, 0 };
}

struct json_nest_walk
json_nest_walk(const struct json_nest *nest, const struct json_node *node)
{
	const char *p = node->value.p;

	return (struct json_nest_walk){
		.p = p + 1,
		.end = p + nest->of[node->number].len - 1,
		.next = node->number + 1,
	};
}

/* The walk stands before a value: takes it, and the comma after it. */
static void
nest_take(
    const struct json_nest *nest, struct json_nest_walk *w, struct json_node *node)
{
	const char *p = bytes_skip_space(w->p, w->end);

	if (*p == '[' || *p == '{') {
		node->value = (struct json_value){
			.p = p,
			.len = nest->of[w->next].len,
			.type = *p == '[' ? JSON_T_ARRAY : JSON_T_OBJECT,
		};
		node->number = w->next;
		w->next += 1 + nest->of[w->next].inside;
	} else {
		json_value_at(p, w->end, &node->value);
		node->number = 0;
	}
	p = bytes_skip_space(p + node->value.len, w->end);
	w->p = p < w->end ? p + 1 : p;
}

bool
json_nest_member(const struct json_nest *nest, struct json_nest_walk *w,
    struct json_value *key, struct json_node *node)
{
	const char *p = bytes_skip_space(w->p, w->end);

	if (p == w->end)
		return false;
	json_value_at(p, w->end, key);
	w->p = bytes_skip_space(p + key->len, w->end) + 1; /* the colon */
	nest_take(nest, w, node);
	return true;
}

bool
json_nest_element(
    const struct json_nest *nest, struct json_nest_walk *w, struct json_node *node)
{
	w->p = bytes_skip_space(w->p, w->end);
	if (w->p == w->end)
		return false;
	nest_take(nest, w, node);
	return true;
}
