/* Case, white space and classes, where Python differs from what libraries do. */
#include "base/mem.h"
#include "base/str.h"
#include "python/text.h"
#include "fixture/arena.h"
#include "unit.h"

static void
assert_str(struct str got, struct str want)
{
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
}

struct mapping {
	struct str from;
	struct str to;
};

TEST_WITH(lower, arena_setup, arena_teardown)
{
	static const struct mapping list[] = {
		{ STR("Quill-7B"), STR("quill-7b") },
		{ STR("@AZ[`az{"), STR("@az[`az{") },
		{ STR("A\0B"), STR("a\0b") },
		{ STR("ÄÖß"), STR("äöß") },
		{ STR("İX"), STR("i\u0307x") },
		{ STR("ı"), STR("ı") },
		{ STR("\u212A"), STR("k") },
		{ STR("ȺȾ"), STR("ⱥⱦ") }, /* longer than before */
		{ STR("\U00010400"), STR("\U00010428") },
		/* The final sigma */
		{ STR("Σ"), STR("σ") },
		{ STR("ΑΣ"), STR("ας") },
		{ STR("ΑΣΑ"), STR("ασα") },
		{ STR("ΟΔΟΣ ΣΟΦΟΣ"), STR("οδος σοφος") },
		{ STR("aΣ'"), STR("aς'") },
		{ STR("aΣ'b"), STR("aσ'b") },
		{ STR("'Σ"), STR("'σ") },
		{ STR("a'Σ"), STR("a'ς") },
		{ STR("a\u0301Σ\u0301"), STR("a\u0301ς\u0301") },
		{ STR("a\u0301Σ\u0301b"), STR("a\u0301σ\u0301b") },
		{ STR("aΣʰ"), STR("aςʰ") }, /* cased and ignorable: passed over */
		{ STR("ʰΣ"), STR("ʰσ") },
		{ STR("7Σ"), STR("7σ") },
		{ STR("aΣ7"), STR("aς7") },
		{ STR("aΣ\xED\xA0\x80"
		      "b"),
		    STR("aς\xED\xA0\x80"
			"b") },
		{ STR("\xFFΣ"), STR("\xFFσ") },
		/* Bytes that are not UTF-8 stay. */
		{ STR("A\xFF\xC3"), STR("a\xFF\xC3") },
		{ STR("Ä\xED\xA0\xBD\xED\xB8\x80Ö"),
		    STR("ä\xED\xA0\xBD\xED\xB8\x80ö") },
	};

	for (size_t i = 0; i < NELEM(list); i++)
		assert_str(text_lower(list[i].from, *state), list[i].to);
}

TEST_WITH(upper, arena_setup, arena_teardown)
{
	static const struct mapping list[] = {
		{ STR("quill-7b{"), STR("QUILL-7B{") },
		{ STR("ß"), STR("SS") },
		{ STR("\u0390"), STR("\u0399\u0308\u0301") }, /* 2 bytes to 6 */
		{ STR("ﬃ"), STR("FFI") },
		{ STR("ŉ"), STR("ʼN") },
		{ STR("ıſİ"), STR("ISİ") },
		{ STR("ας"), STR("ΑΣ") },
		{ STR("7\u212A"), STR("7\u212A") },
		{ STR("a\xFF"
		      "é"),
		    STR("A\xFFÉ") },
	};

	for (size_t i = 0; i < NELEM(list); i++)
		assert_str(text_upper(list[i].from, *state), list[i].to);
}

/* Most keys are lower case already: they are not copied. */
TEST_WITH(unchanged_is_not_copied, arena_setup, arena_teardown)
{
	struct str ascii = STR("quill-7b"), wide = STR("模型"), none = { NULL, 0 };

	assert_ptr_equal(text_lower(ascii, *state).p, ascii.p);
	assert_int_equal(arena_footprint(*state), 0);
	assert_ptr_equal(text_lower(wide, *state).p, wide.p);
	assert_ptr_equal(text_upper(wide, *state).p, wide.p);
	assert_null(text_upper(none, *state).p);
	assert_int_equal(text_lower(none, *state).len, 0);
}

TEST(strip)
{
	static const struct mapping list[] = {
		{ STR(""), STR("") },
		{ STR("  a b \n"), STR("a b") },
		{ STR("\t\n\v\f\r\x1C\x1D\x1E\x1F x"), STR("x") },
		{ STR("\xC2\x85\u00A0\u1680\u2000\u200A\u2028x\u2029\u202F\u205F"
		      "\u3000"),
		    STR("x") },
		{ STR("\u200Bx\u200B"), STR("\u200Bx\u200B") },
		{ STR("\uFEFFx\u180E"), STR("\uFEFFx\u180E") },
		{ STR("\x1Bx\x7F"), STR("\x1Bx\x7F") },
		{ STR(" \xFF "), STR("\xFF") },
		{ STR(" x\xA0"), STR("x\xA0") }, /* a stray byte, not U+00A0 */
		{ STR("x \xA0"), STR("x \xA0") },
		{ STR("\0 "), STR("\0") },
	};

	for (size_t i = 0; i < NELEM(list); i++)
		assert_str(text_strip(list[i].from), list[i].to);
}

TEST(blank)
{
	assert_true(text_blank((struct str){ NULL, 0 }));
	assert_true(text_blank(STR(" \t\u3000\x1F")));
	assert_false(text_blank(STR("\u200B")));
	assert_false(text_blank(STR(" . ")));
	assert_false(text_blank(STR("\0")));
}

TEST(valid)
{
	assert_true(text_valid((struct str){ NULL, 0 }));
	assert_true(text_valid(STR("a\0é模\U0010FFFF")));
	assert_false(text_valid(STR("\xED\xA0\x80")));     /* a surrogate */
	assert_false(text_valid(STR("\xC0\x80")));         /* overlong */
	assert_false(text_valid(STR("\xF4\x90\x80\x80"))); /* beyond U+10FFFF */
	assert_false(text_valid(STR("abc\xE2\x82")));      /* cut short */
}

/* Walks over every form, and loses nothing. */
TEST(at)
{
	struct str s =
	    STR("a\0é\u212A\U0001F600\xED\xA0\xBD\xED\xBF\xBF\xFF\x80\xED\xA0\xE2\x82");
	static const struct {
		uint32_t cp;
		unsigned bytes;
	} want[] = { { 'a', 1 }, { 0, 1 }, { 0xE9, 2 }, { 0x212A, 3 }, { 0x1F600, 4 },
		{ 0xD83D, 3 }, { 0xDFFF, 3 }, { 0xDCFF, 1 }, { 0xDC80, 1 },
		{ 0xDCED, 1 }, { 0xDCA0, 1 }, { 0xDCE2, 1 }, { 0xDC82, 1 } };
	size_t pos = 0;
	unsigned bytes;

	for (size_t i = 0; i < NELEM(want); i++, pos += bytes) {
		assert_int_equal(text_at(s, pos, &bytes), want[i].cp);
		assert_int_equal(bytes, want[i].bytes);
	}
	assert_int_equal(pos, s.len);
}

TEST(digits)
{
	static const uint32_t yes[] = { '0', '9', 0x660, 0x669, 0x96F, 0xFF17, 0x1D7D8,
		0x1FBF9, 0x11F50, 0x11F59, 0x1E4F0, 0x1E4F9 };
	static const uint32_t no[] = { 0, '/', ':', 'a', 0xB2, 0xBD, 0x2160, 0x4E00,
		0x1D2C0, 0x11F4F, 0x11F5A, 0x1E4EF, 0x1E4FA, 0xD800, 0xDC37 };

	for (size_t i = 0; i < NELEM(yes); i++)
		assert_true(text_is_digit(yes[i]) && text_is_alnum(yes[i]));
	for (size_t i = 0; i < NELEM(no); i++)
		assert_false(text_is_digit(no[i]));
}

TEST(alnum)
{
	static const uint32_t yes[] = { '0', '9', 'A', 'Z', 'a', 'z', 0xAA, 0xB2, 0xBD,
		0xC9, 0x130, 0x131, 0x17F, 0x212A, 0x2160, 0x2460, 0x3007, 0x4E00,
		0x1D2C0, 0x1D2D3, 0x11F02, 0x11F33, 0x1DF2A, 0x1E06D, 0x1E4D0, 0x1B132,
		0x1B155, 0x11240, 0x1342F, 0x2B739, 0x2EBF0, 0x2EE5D, 0x31350,
		0x323AF };
	static const uint32_t no[] = { 0, '-', '_', '.', '@', '[', '`', '{', 0x7F, 0xA0,
		0xD7, 0x301, 0x200B, 0x11F03, 0x11F11, 0x11241, 0x13440, 0x1E4EC,
		0x1D2D4, 0x2B73A, 0x2EBEF, 0x2EE5E, 0x323B0, 0xD800, 0xDCE9, 0x1F600,
		0x10FFFF };

	for (size_t i = 0; i < NELEM(yes); i++)
		assert_true(text_is_alnum(yes[i]));
	for (size_t i = 0; i < NELEM(no); i++)
		assert_false(text_is_alnum(no[i]));
}

/* Over all code points: how many there are, as /usr/bin/python3 (Unicode 14) counts
 * them, plus those of the two later versions. */
TEST_WITH(census, arena_setup, arena_teardown)
{
	unsigned ndigits = 0, nalnum = 0, nlower = 0, nupper = 0;

	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		ndigits += text_is_digit(cp);
		nalnum += text_is_alnum(cp);
	}
	for (uint32_t cp = 0x80; cp < 0x10000; cp++) {
		char c[3] = { (char)(0xC0 | cp >> 6), (char)(0x80 | (cp & 63)) };
		struct str s = { c, 2 };

		if (cp >= 0x800) {
			c[0] = (char)(0xE0 | cp >> 12);
			c[1] = (char)(0x80 | (cp >> 6 & 63));
			c[2] = (char)(0x80 | (cp & 63));
			s.len = 3;
		}
		nlower += text_lower(s, *state).p != c;
		nupper += text_upper(s, *state).p != c;
		arena_reset(*state);
	}
	assert_int_equal(ndigits, 660 + 20);
	assert_int_equal(nalnum, 133547 + 5010);
	assert_int_equal(nlower, 1147);
	assert_int_equal(nupper, 1239);
}
