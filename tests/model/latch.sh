#!/bin/sh
# Checks the model of the latch with Spin: the latch itself must be right in every
# state, and each mutant wrong. Prints states and errors. 77: no spin here.
# More than the default of deaths: latch.sh -DDEATHS=3
set -eu
defines=$*
command -v spin >/dev/null 2>&1 || {
	echo "spin is missing (Debian: spin)"
	exit 77
}
model=$(cd "${srcdir:-.}/tests/model" && pwd)/latch.pml
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir"

# check NAME PAN-OPTIONS CC-OPTIONS SPIN-OPTIONS: prints a line, sets $errors.
# shellcheck disable=SC2086 # options are lists of words
check()
{
	spin -a $defines $4 "$model" >spin.out || { cat spin.out; exit 1; }
	${CC:-cc} -w -DVECTORSZ=256 $3 -o pan pan.c
	./pan -m10000 $2 >pan.out || { cat pan.out; exit 1; }
	if grep -q 'max search depth too small' pan.out; then
		echo "FAIL: $1: the search was cut off"
		exit 1
	fi
	errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.out)
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.out)
	echo "$1: $states states, $errors errors"
}

check "latch, safety" "" "-O2 -DSAFETY -DNOCLAIM" ""
[ "$errors" = 0 ]
check "latch, every reader returns" "-a -f" "-O2" ""
[ "$errors" = 0 ]
for mutant in PLUS_ONE NO_WRITER_FENCE NO_READER_FENCE LATE_BY_ONE READ_BOTH; do
	check "mutant $mutant" "" "-DSAFETY -DNOCLAIM" "-D$mutant"
	[ "$errors" != 0 ]
	grep -q 'assertion violated' pan.out
done
check "mutant WAIT_WHILE_ODD" "-a -f" "" "-DWAIT_WHILE_ODD"
[ "$errors" != 0 ]
grep -q 'acceptance cycle' pan.out
