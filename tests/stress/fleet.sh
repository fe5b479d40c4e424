#!/bin/sh
# A fleet whose leaders are killed (fleet_run.py): ./dev fleet makes the long run,
# tests/system/test_fleet_run.py a short one.
python=${PYTHON:-/usr/bin/python3}
HYDRATORD_BINARY=${HYDRATORD_BINARY:-$PWD/src/hydratord}
PYTHONDONTWRITEBYTECODE=1
export HYDRATORD_BINARY PYTHONDONTWRITEBYTECODE
exec "$python" "${srcdir:-.}/tests/stress/fleet_run.py" "$@"
