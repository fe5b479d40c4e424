#!/bin/sh
# A fleet whose leaders are killed (fleet_run.py), or, after the word storm, to whose Redis
# anything happens (fleet_storm.py): ./dev fleet makes long runs, test_fleet_run.py short ones.
python=${PYTHON:-/usr/bin/python3}
HYDRATORD_BINARY=${HYDRATORD_BINARY:-$PWD/src/hydratord}
PYTHONDONTWRITEBYTECODE=1
export HYDRATORD_BINARY PYTHONDONTWRITEBYTECODE
program=fleet_run.py
[ "${1:-}" != storm ] || {
	program=fleet_storm.py
	shift
}
exec "$python" "${srcdir:-.}/tests/stress/$program" "$@"
