/* The shapes that the parts of a model name have. */
#include "names/name_match.h"

#include <stdint.h>

bool
name_match_leading_version(const struct name_chars *t, struct name_span *out)
{
	size_t dot = name_chars_skip(t, 0, NAME_DIGIT),
	       end = name_chars_skip(t, dot + 1, NAME_DIGIT);

	if (dot == 0 || name_chars_fold(t, dot) != '.' || end == dot + 1)
		return false;
	if (name_chars_fold(t, end) == '.' && name_chars_is(t, end + 1, NAME_DIGIT))
		end = name_chars_skip(t, end + 1, NAME_DIGIT);
	if (name_chars_fold(t, end) != '-' && name_chars_fold(t, end) != '_')
		return false;
	*out = (struct name_span){ 0, end + 1 };
	return true;
}

/* The functions named _tail: given the end of the digits that a shape begins with, the
 * end of the whole, or 0. */

static bool
is_unit(const struct name_chars *t, size_t i)
{
	unsigned char c = name_chars_fold(t, i);

	return c == 'b' || c == 'm' || c == 'k';
}

/* 7B, 1.5b, 7B1 */
static size_t
decimal_size_tail(const struct name_chars *t, size_t i)
{
	size_t end;

	if (name_chars_fold(t, i) == '.')
		i = name_chars_skip(t, i + 1, NAME_DIGIT);
	if (!is_unit(t, i))
		return 0;
	end = name_chars_skip(t, i + 1, NAME_DIGIT);
	if (!name_chars_is(t, end, NAME_LETTER))
		return end;
	return end > i + 1 ? end - 1 : 0; /* what stands at end - 1 is no letter */
}

/* 8x7B */
static size_t
product_size_tail(const struct name_chars *t, size_t i)
{
	size_t unit = name_chars_skip(t, i + 1, NAME_DIGIT);

	if (name_chars_fold(t, i) != 'x' || unit == i + 1 || !is_unit(t, unit))
		return 0;
	return name_chars_is(t, unit + 1, NAME_LETTER) ? 0 : unit + 1;
}

/* All starts in one run of digits have the same tail, so that only the first one that
 * may be a start is tried. A product counts only where there is no decimal size. */
bool
name_match_size(const struct name_chars *t, struct name_span *out)
{
	size_t from, end, to;
	bool found = false;

	for (size_t i = 0; i < t->n; i = end + 1) {
		end = name_chars_skip(t, i, NAME_DIGIT);
		from = name_chars_is_before(t, i, NAME_LETTER) ? i + 1 : i;
		if (from >= end)
			continue;
		to = decimal_size_tail(t, end);
		if (to > 0) {
			*out = (struct name_span){ from, to };
			return true;
		}
		to = found ? 0 : product_size_tail(t, end);
		if (to > 0) {
			*out = (struct name_span){ from, to };
			found = true;
		}
	}
	return found;
}

/* v0.1, longest first: back from the end of the dotted digits. */
static size_t
dotted_version_tail(const struct name_chars *t, size_t i)
{
	size_t end = i;

	while (name_chars_fold(t, end) == '.' && name_chars_is(t, end + 1, NAME_DIGIT))
		end = name_chars_skip(t, end + 1, NAME_DIGIT);
	for (; end > i; end--)
		if (name_chars_is(t, end - 1, NAME_DIGIT) &&
		    !name_chars_is(t, end, NAME_ALNUM))
			return end;
	return 0;
}

/* v2, longest first: a digit outside ASCII may stay behind. */
static size_t
plain_version_tail(const struct name_chars *t, size_t i)
{
	for (; name_chars_is_before(t, i, NAME_DIGIT); i--)
		if (!name_chars_is(t, i, NAME_ALNUM) && name_chars_fold(t, i) != '.')
			return i;
	return 0;
}

/* A plain version counts only where there is no dotted one. */
bool
name_match_version(const struct name_chars *t, struct name_span *out)
{
	size_t digits, to;
	bool found = false;

	for (size_t i = 0; i < t->n; i++) {
		if ((t->kinds[i] | 0x20) != 'v' ||
		    name_chars_is_before(t, i, NAME_ALNUM))
			continue;
		digits = name_chars_skip(t, i + 1, NAME_DIGIT);
		if (digits == i + 1)
			continue;
		to = dotted_version_tail(t, digits);
		if (to > 0) {
			*out = (struct name_span){ i, to };
			return true;
		}
		to = found ? 0 : plain_version_tail(t, digits);
		if (to > 0) {
			*out = (struct name_span){ i, to };
			found = true;
		}
	}
	return found;
}

#define RANK_NONE UINT32_MAX
#define WORD_MAX 10 /* "uncensored" */

struct keyword {
	struct str text;
	unsigned rank;
};

static unsigned
keyword_rank(const struct keyword *list, size_t n, struct str word)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].text.p[0] == word.p[0] && str_eq(list[i].text, word))
			return list[i].rank;
	return RANK_NONE;
}

/* q4_k, q4_k_m; q4_0; q4 */
static unsigned
q_rank(struct str w)
{
	if (w.len < 2 || w.p[0] != 'q' || w.p[1] < '2' || w.p[1] > '8')
		return RANK_NONE;
	if (w.len == 2)
		return 2;
	if (w.len == 4 && w.p[2] == '_' && (w.p[3] == '0' || w.p[3] == '1'))
		return 1;
	if (w.len < 4 || w.p[2] != '_' || w.p[3] != 'k')
		return RANK_NONE;
	if (w.len == 6 && w.p[4] == '_' && memchr("smlh", w.p[5], 4) != NULL)
		return 0;
	return w.len == 4 ? 0 : RANK_NONE;
}

/* The number of the quantisation shape that a folded word has. */
static unsigned
quant_rank(struct str word)
{
	static const struct keyword list[] = {
		{ STR("gguf"), 3 },
		{ STR("ggml"), 3 },
		{ STR("gptq"), 3 },
		{ STR("awq"), 3 },
		{ STR("exl2"), 3 },
		{ STR("fp16"), 4 },
		{ STR("fp32"), 4 },
		{ STR("int8"), 4 },
		{ STR("int4"), 4 },
	};
	unsigned rank = q_rank(word);

	return rank != RANK_NONE ? rank : keyword_rank(list, NELEM(list), word);
}

static unsigned
variant_rank(struct str word)
{
	static const struct keyword list[] = {
		{ STR("instruct"), 0 },
		{ STR("chat"), 0 },
		{ STR("code"), 0 },
		{ STR("base"), 0 },
		{ STR("uncensored"), 0 },
		{ STR("finetune"), 0 },
		{ STR("ft"), 0 },
		{ STR("thinking"), 1 },
		{ STR("reasoning"), 1 },
		{ STR("turbo"), 2 },
		{ STR("preview"), 2 },
		{ STR("latest"), 2 },
	};

	return keyword_rank(list, NELEM(list), word);
}

typedef unsigned rank_fn(struct str word);

/* The rank of the characters [from, to), which are a word at most WORD_MAX long. */
static unsigned
rank_of(const struct name_chars *t, size_t from, size_t to, rank_fn *rank)
{
	char word[WORD_MAX];

	for (size_t i = from; i < to; i++)
		word[i - from] = (char)name_chars_fold(t, i);
	return rank((struct str){ word, to - from });
}

/* Keywords consist of word characters and must not touch others: so they are whole
 * runs. The lowest rank wins, then the leftmost. */
static bool
find_word(const struct name_chars *t, rank_fn *rank, struct name_span *out)
{
	unsigned best = RANK_NONE, r;
	size_t end;

	for (size_t i = 0; i < t->n; i = end + 1) {
		end = name_chars_skip(t, i, NAME_WORD);
		if (end - i < 2 || end - i > WORD_MAX)
			continue;
		r = rank_of(t, i, end, rank);
		if (r < best) {
			best = r;
			*out = (struct name_span){ i, end };
		}
	}
	return best != RANK_NONE;
}

bool
name_match_quant(const struct name_chars *t, struct name_span *out)
{
	return find_word(t, quant_rank, out);
}

bool
name_match_variant(const struct name_chars *t, struct name_span *out)
{
	return find_word(t, variant_rank, out);
}

bool
name_match_quant_suffix(
    const struct name_chars *t, unsigned *shape, struct name_span *out)
{
	size_t end = t->n;

	if (end > 0 && t->kinds[end - 1] == '\n')
		end--;
	for (size_t len = 2; len <= 6 && len < end; len++) {
		unsigned char before = t->kinds[end - len - 1];

		if (before != '-' && before != '_')
			continue;
		*shape = rank_of(t, end - len, end, quant_rank);
		if (*shape != RANK_NONE) {
			*out = (struct name_span){ end - len - 1, end };
			return true;
		}
	}
	return false;
}

/* The end of n digits at i, or 0. */
static size_t
digits_end(const struct name_chars *t, size_t i, unsigned n)
{
	for (; n > 0; n--, i++)
		if (!name_chars_is(t, i, NAME_DIGIT))
			return 0;
	return i;
}

static size_t
date_end(const struct name_chars *t, size_t i, unsigned shape)
{
	static const struct {
		unsigned first, second;
	} digits[] = { { 2, 4 }, { 4, 2 }, { 4, 0 } };
	size_t end = digits_end(t, i, digits[shape].first);

	if (end > 0 && digits[shape].second > 0)
		end = name_chars_fold(t, end) == '-'
			  ? digits_end(t, end + 1, digits[shape].second)
			  : 0;
	return name_chars_is(t, end, NAME_ASCII_ALNUM) ? 0 : end;
}

bool
name_match_date(const struct name_chars *t, struct name_span *out)
{
	unsigned best = 3;
	size_t end;

	for (size_t i = 0; i < t->n; i++) {
		if (!name_chars_is(t, i, NAME_DIGIT) ||
		    name_chars_is_before(t, i, NAME_ASCII_ALNUM))
			continue;
		for (unsigned shape = 0; shape < best; shape++) {
			end = date_end(t, i, shape);
			if (end > 0) {
				*out = (struct name_span){ i, end };
				best = shape;
			}
		}
	}
	return best < 3;
}
