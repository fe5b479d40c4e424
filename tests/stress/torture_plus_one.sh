#!/bin/sh
# The torture test must be able to fail: with seq + 1 instead of seq | 1 it has to see
# a torn snapshot, at which it stops: mostly in the first second, at the latest in 120.
set -u
out=$(tests/stress/torture_plus_one -k 1000000 -n 1000000000 -s 120)
status=$?
printf '%s\n' "$out"
[ $status -eq 1 ] || { echo "FAIL: exit status $status, not 1"; exit 1; }
torn=$(printf '%s\n' "$out" | sed -n 's/^torn  *//p')
[ "$torn" -gt 0 ] || { echo "FAIL: nothing torn was seen"; exit 1; }
