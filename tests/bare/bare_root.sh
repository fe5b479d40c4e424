#!/bin/bash
# bare_root.sh [full]
#
# README's commands on a bare machine: a Debian 12 as debootstrap makes it, with git and
# what `./dev deps` brings, and nothing else. So a package that the lists of ./dev lack is
# noticed here, as on no machine that somebody works on.
#
# Where the roots come from and are kept: roots.sh. What is tried is what is committed: it is
# built and tested in roots that cannot be written to, without a network. "full" runs the
# whole ./dev test there.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
needed_for="a bare machine"
# shellcheck source=tests/bare/roots.sh
. "$top/tests/bare/roots.sh"

main() {
	as_root "$0" "$@"
	make_roots base build build test
	# The checkout may be another user's.
	mkdir "$scratch/home"
	git config --file "$scratch/home/.gitconfig" safe.directory '*'
	HOME=$scratch/home git clone -q "$top" "$scratch/hydratord"
	inside build build
	inside test "${1:-test}"
	exit
}

# inside ROOT WHAT
inside() {
	step "with the packages of ./dev deps $1:"
	in_root "$cache/$1" use /tmp/hydratord/tests/bare/inside.sh "$2"
}

main "$@"
