#!/bin/sh
# The torture test must be able to fail: with seq + 1 instead of seq | 1 it has to see
# a snapshot that is not one, at which it stops: mostly in the first second, at the latest
# in 600. Which of its checks sees it first is chance.
set -u
out=$(tests/stress/torture_plus_one -k 1000000 -n 1000000000 -s 600)
status=$?
printf '%s\n' "$out"
[ $status -eq 1 ] || { echo "FAIL: exit status $status, not 1"; exit 1; }
printf '%s\n' "$out" | grep -qE '^(torn|misplaced|rejected) +[1-9]' || {
	echo "FAIL: no wrong snapshot was seen"
	exit 1
}
