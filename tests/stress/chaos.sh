#!/bin/sh
# A short run of the chaos test for make check; ./dev chaos makes the long one.
srcdir=${srcdir:-.}
python=${PYTHON:-/usr/bin/python3}
command -v "$python" >/dev/null || {
	echo "$python is missing (Debian: python3)"
	exit 77
}
HYDRATORD_CHAOS_LOAD=${HYDRATORD_CHAOS_LOAD:-$PWD/tests/stress/chaos_load}
HYDRATORD_BINARY=${HYDRATORD_BINARY:-$PWD/src/hydratord}
PYTHONDONTWRITEBYTECODE=1
export HYDRATORD_CHAOS_LOAD HYDRATORD_BINARY PYTHONDONTWRITEBYTECODE
exec "$python" "$srcdir/tests/stress/chaos.py" "${1:-8}" ${2:+"$2"}
