#!/bin/sh
# A short run of the chaos test for make check; ./dev chaos makes the long one.
srcdir=${srcdir:-.}
HYDRATORD_CHAOS_LOAD=${HYDRATORD_CHAOS_LOAD:-$PWD/tests/stress/chaos_load}
HYDRATORD_BINARY=${HYDRATORD_BINARY:-$PWD/src/hydratord}
PYTHONDONTWRITEBYTECODE=1
export HYDRATORD_CHAOS_LOAD HYDRATORD_BINARY PYTHONDONTWRITEBYTECODE
exec "${PYTHON:-/usr/bin/python3}" "$srcdir/tests/stress/chaos.py" "${1:-8}" ${2:+"$2"}
