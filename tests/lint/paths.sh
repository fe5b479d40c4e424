#!/bin/sh
# Every file that a document or a comment names exists: src/..., tests/..., doc/..., etc/...,
# build/..., and test_NAME (with any ending).
root=${LINT_ROOT:-${srcdir:-.}}
cd "$root" || exit 1
find src tests doc etc dev README.md CONTRIBUTING.md NEWS Makefile.am configure.ac \
	-path tests/lint/selftest.sh -prune -o -path tests/lint/paths.sh -prune -o \
	-path tests/fuzz/seeds -prune -o \
	-type f ! -name '*.json' ! -name '*.am' ! -name '*.log' ! -name '*.trs' -exec \
	grep -HnoIE '(^|[^A-Za-z0-9_./-])((src|tests|doc|etc|build)/[A-Za-z0-9_./*-]*[A-Za-z0-9_*]|test_[a-z0-9_]+\.(c|py))' {} + |
	sort -u | {
	status=0
	while IFS=: read -r file line name; do
		name=$(printf '%s' "$name" | sed 's/^[^A-Za-z0-9]*//')
		case $name in
		src/hydratord) continue ;;
		*/ | *_) continue ;; # the beginning of a name
		test_*)
			[ -z "$(find tests -name "$name" | head -n 1)" ] || continue
			;;
		*)
			# shellcheck disable=SC2086 # a pattern, or a program without its .c
			set -- $name
			if [ -e "$1" ] || [ -e "$1.c" ]; then continue; fi
			find . -name "*.am" -exec grep -qF "$1" {} + && continue # made
			;;
		esac
		echo "$file:$line: no file $name"
		status=1
	done
	exit $status
}
