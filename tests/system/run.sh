#!/bin/sh
# The system tests: the real daemon, one pytest run. Arguments go to pytest; one that is a
# file of tests runs instead of all.
# HYDRATORD_TEST_WRAPPER=valgrind runs the daemon under valgrind.
srcdir=${srcdir:-.}
python=${PYTHON:-/usr/bin/python3}
HYDRATORD_BINARY=${HYDRATORD_BINARY:-$PWD/src/hydratord}
export HYDRATORD_BINARY
"$python" -c 'import pytest' 2>/dev/null || {
	echo "pytest is missing (Debian: python3, python3-pytest)"
	exit 77
}
# They wait more than they work.
workers=$((4 * $(nproc)))
[ $workers -le 16 ] || workers=16
"$python" -c 'import xdist' 2>/dev/null && set -- -n $workers --dist loadfile "$@"
# A name of a file in an expression of -k is no file.
for argument; do
	[ ! -f "${argument%%::*}" ] || exec "$python" -m pytest -q -p no:cacheprovider "$@"
done
exec "$python" -m pytest -q -p no:cacheprovider "$srcdir/tests/system" "$@"
