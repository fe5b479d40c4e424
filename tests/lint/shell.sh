#!/bin/sh
# Every shell script passes shellcheck.
root=${LINT_ROOT:-${srcdir:-.}}
command -v shellcheck >/dev/null || {
	echo "shellcheck is missing (Debian: shellcheck)"
	exit 77
}
cd "$root" || exit 1
scripts=$(for place in autogen.sh dev .ci build debian etc tests; do
	[ ! -e $place ] || find $place -type f ! -name '*.o' ! -name '*.json'
done | while read -r file; do
	head -n 1 "$file" | grep -qE '^#!.*[/ ](ba|da|)sh( |$)' && echo "$file"
done | sort)
# shellcheck disable=SC2086 # a list of files
shellcheck -x $scripts
