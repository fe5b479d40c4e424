#!/bin/sh
# make dist packs every file of the repository, whatever is installed on this machine, and
# beside them only what autogen.sh makes and the version. To be run in a build directory.
root=${LINT_ROOT:-${srcdir:-.}}
command -v git >/dev/null || {
	echo "git is missing (Debian: git)"
	exit 77
}
if [ ! -e "$root/.git" ]; then
	echo "not the repository: a release tarball, or an export"
	exit 77
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL

# The checkout may be another user's.
git -c safe.directory='*' -C "$root" ls-files >"$dir/listed" || exit 1
{
	grep -vxF .gitignore "$dir/listed"
	printf '%s\n' .dist-version Makefile.in aclocal.m4 autoconf.h.in configure
	for tool in ar-lib compile depcomp install-sh missing test-driver; do
		echo build-aux/$tool
	done
} | LC_ALL=C sort >"$dir/repository"

${MAKE:-make} --silent -C "${LINT_ROOT:-.}" distdir distdir="$dir/packed" >"$dir/log" 2>&1 || {
	cat "$dir/log"
	exit 1
}
(cd "$dir/packed" && find . ! -type d) | sed 's|^\./||' | LC_ALL=C sort >"$dir/tarball"
diff -U 0 "$dir/repository" "$dir/tarball" && exit 0
echo "make dist leaves out (-) or adds (+) the files above: see EXTRA_DIST in the .am files"
exit 1
