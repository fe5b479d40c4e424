#!/bin/sh
# Every line that is logged at warning or above stands in the table of doc/operations.md,
# with what to do about it.
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || {
	echo "python3 is missing (Debian: python3)"
	exit 77
}
exec "$python" "${srcdir:-.}/tests/lint/log_lines.py" "${LINT_ROOT:-${srcdir:-.}}"
