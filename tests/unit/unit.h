/*
 * cmocka, and a test that registers itself.
 *
 * TEST(name) { ... } is a test: the macro leaves its address in the linker's section
 * "unit_tests", from which main() (unit.c) takes all of a program, in the order of
 * their lines. So no list can forget a test. `state` in a test is what its setup stored
 * there.
 *
 * UNIT_FIXTURE(.setup = f, ...), once in a file, is what cmocka runs before and after
 * each TEST and the whole group; TEST_WITH() brings a setup and a teardown of its own
 * instead (NULL: none).
 *
 * A program that is given a PATTERN runs the tests whose names match it (* and ?).
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

struct unit_test {
	struct CMUnitTest test;
	int line;
	bool own_fixture;
};

struct unit_fixture {
	CMFixtureFunction setup, teardown, group_setup, group_teardown;
};

/* Its address is NULL in a program without UNIT_FIXTURE. */
extern const struct unit_fixture unit_fixture __attribute__((weak));
#define UNIT_FIXTURE(...) const struct unit_fixture unit_fixture = { __VA_ARGS__ }

#define TEST(name) UNIT_TEST(name, false, NULL, NULL)
#define TEST_WITH(name, setup, teardown) UNIT_TEST(name, true, setup, teardown)

/* Pointers, because an array of them in a section has no gaps; structs may be aligned
 * to more than their size. */
#define UNIT_TEST(name, own, setup, teardown)                                          \
	static void name(void **state);                                                \
	static const struct unit_test unit_test_##name = {                             \
		{ #name, name, setup, teardown, NULL }, __LINE__, own                  \
	};                                                                             \
	static const struct unit_test *const unit_entry_##name                         \
	    __attribute__((section("unit_tests"), used)) = &unit_test_##name;          \
	static void name(void **state UNUSED)

#endif
