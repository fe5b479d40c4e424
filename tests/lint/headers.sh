#!/bin/sh
# Every header compiles alone; those of tests only where cmocka is, which many include.
# tests/lint/compiler is made by `make check`.
root=${LINT_ROOT:-${srcdir:-.}}
if [ ! -f tests/lint/compiler ]; then
	echo "run by make check, which makes tests/lint/compiler"
	exit 77
fi
compiler=$(cat tests/lint/compiler)
include=-I$root/src
compile() {
	# shellcheck disable=SC2086 # lists of words
	$compiler $include -fsyntax-only -x c "$1"
}

places=$root/tests
printf '#include <%s>\n' stdarg.h stddef.h stdint.h setjmp.h cmocka.h |
	compile - 2>/dev/null || places=
status=0
for header in $(find "$root/src" ${places:+"$places"} -name '*.h' | sort); do
	compile "$header" || {
		echo "$header: does not compile alone"
		status=1
	}
done
if [ $status -eq 0 ] && [ -z "$places" ]; then
	echo "cmocka is missing (Debian: libcmocka-dev): only the headers of src were compiled"
	exit 77
fi
exit $status
