#!/bin/sh
# mandoc has nothing to say about the manual pages, except that they are not installed.
root=${LINT_ROOT:-${srcdir:-.}}
command -v mandoc >/dev/null || {
	echo "mandoc is missing (Debian: mandoc)"
	exit 77
}
mandoc -Tlint "$root"/doc/*.[1-9] 2>/dev/null | grep -v 'referenced manual not found: Xr' &&
	exit 1
exit 0
