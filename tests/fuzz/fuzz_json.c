/* Fuzzing the JSON reader, the scalars and the writers: what was accepted must print
 * and read back as the same. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/buf.h"
#include "json/walk.h"
#include "json/write.h"
#include "python/lax.h"
#include "python/repr.h"
#include "python/rounding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct arena *arena;
	struct buf out;
};

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* What was printed, read again: one value of that type. */
static struct json_value
reread(const struct buf *out, enum json_type type)
{
	struct json_value v;
	struct json_error err;

	must(json_scan(out->data, out->len, &v, &err) == 0);
	must(v.type == type && v.len == out->len);
	return v;
}

static void
check_double(struct fuzz *f, double x)
{
	struct json_value v;
	double again;

	if (!isfinite(x))
		return;
	buf_reset(&f->out);
	json_put_double(&f->out, x);
	must(f->out.len <= 24);
	v = reread(&f->out, JSON_T_REAL);
	again = json_double(&v);
	must(memcmp(&again, &x, sizeof(x)) == 0);
	again = python_round(x, 2);
	must(python_round(again, 2) == again && python_round(again, 4) == again);
	must(fabs(again - x) <= 0.005 + fabs(x) * 0x1p-52);
}

static void
check_number(struct fuzz *f, const struct json_value *v)
{
	double x = json_double(v), again;
	struct json_value printed;
	int64_t n;

	check_double(f, x);
	if (v->type != JSON_T_INTEGER || !json_int64(v, &n))
		return;
	must(x == (double)n);
	buf_reset(&f->out);
	json_put_int(&f->out, n);
	printed = reread(&f->out, JSON_T_INTEGER);
	again = json_double(&printed);
	must(x == again);
}

/* Printing does not change a string, nor does accepting change an integer again. */
static void
check_text(struct fuzz *f, struct str s)
{
	struct json_value v;
	struct str text, again;
	int64_t n, m;
	bool b;

	if (lax_int_text(s, f->arena, &text, &n) == LAX_INT_OK) {
		must(lax_int_text(text, f->arena, &again, &m) == LAX_INT_OK);
		must(str_eq(text, again) && n == m);
	}
	if (lax_bool_text(s, &b))
		must(s.len <= 5);
	if (u8_check((const uint8_t *)s.p, s.len) != NULL)
		return;
	buf_reset(&f->out);
	json_put_string(&f->out, s);
	v = reread(&f->out, JSON_T_STRING);
	must(str_eq(json_str(&v, f->arena), s));
}

static void
check_coercions(struct fuzz *f, const struct json_value *v)
{
	struct str s;
	int64_t n;
	double x;
	bool b;

	if (lax_float(v, f->arena, &x))
		check_double(f, x);
	if (lax_int(v, f->arena, &n) && lax_bool(v, f->arena, &b) &&
	    v->type != JSON_T_STRING)
		must(n == b);
	if (lax_str(v, f->arena, &s))
		check_text(f, s);
}

/* A value's text is a document of its own, with the same bounds. */
static void
check_value(struct fuzz *f, const struct json_value *v)
{
	struct json_walk w = json_walk(v);
	struct json_value again, key, value;
	struct json_error err;
	size_t n = 0;

	must(json_scan(v->p, v->len, &again, &err) == 0);
	must(again.p == v->p && again.len == v->len && again.type == v->type);
	check_coercions(f, v);
	if (v->type == JSON_T_INTEGER || v->type == JSON_T_REAL)
		check_number(f, v);
	while (v->type == JSON_T_OBJECT ? json_member(&w, &key, &value)
					: json_element(&w, &value)) {
		if (v->type == JSON_T_OBJECT)
			check_value(f, &key);
		check_value(f, &value);
		n++;
	}
	must(json_count(v) == n);
	if (v->type == JSON_T_OBJECT || v->type == JSON_T_ARRAY)
		must(repr_truthy(v) == (n > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { .arena = arena_new() };
	struct json_value v;
	struct json_error err;

	if (json_scan((const char *)data, size, &v, &err) == 0) {
		check_value(&f, &v);
		buf_reset(&f.out);
		repr_put_str(&f.out, &v, f.arena);
	} else {
		must(err.offset <= size && err.text != NULL);
	}
	check_text(&f, (struct str){ (const char *)data, size });
	buf_free(&f.out);
	arena_free(&f.arena);
	return 0;
}
