/* Reading the known members of an object, and the checks they share. */
#include "records/shape.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "json/walk.h"
#include "python/lax.h"

/* Documents repeat the same members in the same order, so the search for one starts
 * after the last one found. */
static size_t
shape_find(const struct shape *shape, struct str key, size_t start)
{
	for (size_t k = 0, i = start; k < shape->n; k++, i++) {
		const struct member *m =
		    &shape->members[i < shape->n ? i : i - shape->n];

		if (m->len == key.len && memcmp(m->name, key.p, key.len) == 0)
			return (size_t)(m - shape->members);
	}
	return shape->n;
}

void
shape_read(const struct shape *shape, const struct json_value *object,
    struct arena *arena, struct json_value *out)
{
	struct json_walk walk = json_walk(object);
	struct json_value key, value;
	size_t next = 0, found;

	memset(out, 0, shape->n * sizeof(*out));
	while (json_member(&walk, &key, &value)) {
		found = shape_find(shape, json_str(&key, arena), next);
		if (found == shape->n)
			continue;
		out[found] = value;
		next = found + 1;
	}
}

bool
check_fail(struct check *c, const char *why)
{
	c->where[0] = '\0';
	c->why = why;
	return false;
}

static bool
check_prepend(struct check *c, const char *head, const char *dot)
{
	char tail[sizeof(c->where)];

	memcpy(tail, c->where, sizeof(tail));
	snprintf(c->where, sizeof(c->where), "%.31s%s%.79s", head, dot, tail);
	return false;
}

bool
check_within(struct check *c, const char *name)
{
	bool bare = c->where[0] == '\0' || c->where[0] == '[';

	return check_prepend(c, name, bare ? "" : ".");
}

bool
check_within_element(struct check *c, size_t i)
{
	char index[32];

	snprintf(index, sizeof(index), "[%zu]", i);
	return check_within(c, index);
}

static bool
shape_check_member(
    const struct member *m, const struct json_value *value, struct check *c)
{
	if (value->type == JSON_T_NONE)
		return m->flags & MEMBER_REQUIRED ? check_fail(c, "required") : true;
	if (value->type == JSON_T_NULL && m->flags & MEMBER_NULL)
		return true;
	return m->check == NULL || m->check(value, c);
}

bool
shape_check(const struct shape *shape, const struct json_value *values, struct check *c)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct member *m = &shape->members[i];
		unsigned kind = m->flags & (MEMBER_IMAGE | MEMBER_TEXT);

		if (kind != 0 && (kind & c->kind) == 0)
			continue;
		if (!shape_check_member(m, &values[i], c))
			return check_within(c, m->name);
	}
	return true;
}

bool
check_str(const struct json_value *v, struct check *c)
{
	return v->type == JSON_T_STRING || check_fail(c, "not a string");
}

bool
check_int(const struct json_value *v, struct check *c)
{
	int64_t unused;

	return lax_int(v, c->arena, &unused) ||
	       check_fail(c, "not an integer of 64 bits");
}

bool
check_float(const struct json_value *v, struct check *c)
{
	double unused;

	return lax_float(v, c->arena, &unused) || check_fail(c, "not a number");
}

bool
check_bool(const struct json_value *v, struct check *c)
{
	bool unused;

	return lax_bool(v, c->arena, &unused) || check_fail(c, "not a boolean");
}

bool
check_strings(const struct json_value *v, struct check *c)
{
	struct json_walk walk;
	struct json_value element;

	if (v->type != JSON_T_ARRAY)
		return check_fail(c, "not an array");
	walk = json_walk(v);
	for (size_t i = 0; json_element(&walk, &element); i++)
		if (!check_str(&element, c))
			return check_within_element(c, i);
	return true;
}

/* Checks what an object's members hold in the end: only if one is bad it matters that
 * a later duplicate may have replaced it. */
static bool
check_members(const struct json_value *v, struct check *c, check_fn *check)
{
	struct json_walk walk;
	struct json_value key, value;
	struct map last;
	bool good = true;

	if (v->type != JSON_T_OBJECT)
		return check_fail(c, "not an object");
	walk = json_walk(v);
	while (good && json_member(&walk, &key, &value))
		good = check(&value, c);
	if (good)
		return true;
	map_init(&last, c->arena, sizeof(value), 16);
	walk = json_walk(v);
	while (json_member(&walk, &key, &value)) {
		uint32_t i = map_intern(&last, json_str(&key, c->arena));

		memcpy(map_at(&last, i), &value, sizeof(value));
	}
	for (uint32_t i = 0; i < last.count; i++)
		if (!check(map_at(&last, i), c))
			return false;
	return true;
}

bool
check_string_map(const struct json_value *v, struct check *c)
{
	return check_members(v, c, check_str);
}

/* An array must be wholly strings, wholly integers or wholly numbers, each lax. */
static bool
check_settings_array(const struct json_value *v, struct check *c)
{
	struct json_walk walk = json_walk(v);
	struct json_value e;
	bool strings = true, ints = true, floats = true;

	while (json_element(&walk, &e)) {
		strings = strings && e.type == JSON_T_STRING;
		ints = ints && (e.type == JSON_T_INTEGER || check_int(&e, c));
		floats = floats && check_float(&e, c);
	}
	return strings || ints || floats || check_fail(c, "a mixed array");
}

static bool
check_setting(const struct json_value *v, struct check *c)
{
	if (v->type == JSON_T_ARRAY)
		return check_settings_array(v, c);
	if (v->type == JSON_T_OBJECT || v->type == JSON_T_NULL)
		return check_fail(c, "has a null or nested value");
	return true;
}

bool
check_settings(const struct json_value *v, struct check *c)
{
	return check_members(v, c, check_setting);
}

bool
check_object(const struct shape *shape, const struct json_value *v, struct check *c)
{
	struct json_value values[CHECK_MEMBERS_MAX];

	if (shape->n > CHECK_MEMBERS_MAX)
		fatalx("a shape of %zu members", shape->n);
	if (v->type != JSON_T_OBJECT)
		return check_fail(c, "not an object");
	shape_read(shape, v, c->arena, values);
	return shape_check(shape, values, c);
}
