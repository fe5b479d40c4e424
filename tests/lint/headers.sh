#!/bin/sh
# Every header compiles alone. tests/lint/compiler is made by `make check`.
root=${LINT_ROOT:-${srcdir:-.}}
if [ ! -f tests/lint/compiler ]; then
	echo "run by make check, which makes tests/lint/compiler"
	exit 77
fi
compiler=$(cat tests/lint/compiler)
include=-I$root/src
headers=$(find "$root/src" "$root/tests" -name '*.h' | sort)
status=0
for header in $headers; do
	# shellcheck disable=SC2086 # lists of words
	$compiler $include -fsyntax-only -x c "$header" || {
		echo "$header: does not compile alone"
		status=1
	}
done
exit $status
