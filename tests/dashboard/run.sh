#!/bin/sh
# The tests of the dashboard: a real browser, one pytest run. Arguments go to pytest; one that is a
# file of tests runs instead of all.
# HYDRATORD_TEST_BROWSER=later: not now, .ci/run runs it when it has the processors.
# HYDRATORD_SCREENSHOTS names a directory that gets pictures of what is looked at.
[ "${HYDRATORD_TEST_BROWSER:-}" != later ] || {
	echo 'later, alone'
	exit 77
}
srcdir=$(cd "${srcdir:-.}" && pwd) || exit 1
python=${PYTHON:-/usr/bin/python3}
HYDRATORD_BINARY=${HYDRATORD_BINARY:-$PWD/src/hydratord}
case $HYDRATORD_BINARY in
/*) ;;
*) HYDRATORD_BINARY=$PWD/$HYDRATORD_BINARY ;;
esac
export HYDRATORD_BINARY
for module in pytest selenium; do
	"$python" -c "import $module" 2>/dev/null || {
		echo "$module is missing (Debian: python3-$module)"
		exit 77
	}
done
for program in chromium:chromium chromedriver:chromium-driver; do
	command -v "${program%:*}" >/dev/null || {
		echo "${program%:*} is missing (Debian: ${program#*:})"
		exit 77
	}
done

# axe-core is of npm's registry, as package-lock.json says. What was got is kept until make clean.
# HYDRATORD_AXE and HYDRATORD_NO_AXE are for conftest.py: where it is, or why it is not there.
kept=$PWD/build-npm
axe_core() {
	cmp -s "$srcdir/tests/dashboard/package-lock.json" "$kept/package-lock.json" && return
	rm -rf "$kept"
	mkdir -p "$kept.new" &&
		cp "$srcdir/tests/dashboard/package.json" "$srcdir/tests/dashboard/package-lock.json" "$kept.new" &&
		npm ci --silent --no-fund --no-audit --fetch-retries=0 --prefix "$kept.new" </dev/null &&
		mv "$kept.new" "$kept"
}
if ! command -v npm >/dev/null; then
	HYDRATORD_NO_AXE='npm is missing (Debian: npm)'
elif axe_core; then
	HYDRATORD_AXE=$kept/node_modules/axe-core/axe.min.js
else
	rm -rf "$kept.new"
	HYDRATORD_NO_AXE='npm could not install axe-core'
fi
export HYDRATORD_AXE HYDRATORD_NO_AXE

# Browsers work more than they wait.
workers=$(nproc)
[ "$workers" -le 4 ] || workers=4
"$python" -c 'import xdist' 2>/dev/null && set -- -n "$workers" "$@"
set -- -q -rs -p no:cacheprovider "$@"
# A name of a file in an expression of -k is no file.
for argument; do
	[ ! -f "${argument%%::*}" ] || exec "$python" -m pytest "$@"
done
exec "$python" -m pytest "$srcdir/tests/dashboard" "$@"
