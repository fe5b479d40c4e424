#!/bin/sh
# Two months of 40 models for make check, by some seeds; ./dev simulate plays a year.
srcdir=${srcdir:-.}
python=${PYTHON:-/usr/bin/python3}
command -v "$python" >/dev/null || {
	echo "$python is missing (Debian: python3)"
	exit 77
}
export PYTHONDONTWRITEBYTECODE=1
if [ $# -gt 0 ]; then
	exec "$python" "$srcdir/tests/history/simulate.py" tests/history/play "$@"
fi
for seed in 1 2 3; do
	"$python" "$srcdir/tests/history/simulate.py" tests/history/play 60 40 $seed || exit 1
done
