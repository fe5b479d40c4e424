#!/bin/bash
# package.sh [PYTEST-ARG...]
#
# The Debian package of what is committed: it builds and its tests pass, lintian has nothing
# to say, it holds what it should, its program passes debian/tests/system; then it is
# installed, upgraded, removed and purged in the machines of tests/machine (test_package.py
# there), where those can be had, and the demo of debian/tests is served there.
#
# HYDRATORD_PACKAGE names a directory in which ./dev package has been, and saves the build.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"

step() {
	printf '%4d s  %s\n' $SECONDS "$*"
}

fail() {
	echo "failed: $*"
	exit 1
}

needs() {
	command -v "$1" >/dev/null || {
		echo "$1 is missing (Debian: $2)"
		exit 77
	}
}

# The tree as git sees it, and what git ignores.
tree() {
	git -c safe.directory='*' -C "$top" status --porcelain --ignored
}

build() {
	step "building the package"
	tree >"$scratch/before"
	"$top/dev" package "$scratch/built" >"$scratch/log" 2>&1 || {
		tail -n 100 "$scratch/log"
		fail "to build"
	}
	tree | diff "$scratch/before" - || fail "the build left something in the tree"
	! grep -i 'dpkg.*: warning' "$scratch/log" || fail "dpkg warns"
	# Those of units alone are dozens.
	[ "$(grep -c '^PASS: ' "$scratch/log")" -gt 20 ] || fail "the tests did not run"
}

# Elsewhere than these a file would be news.
places='usr/sbin/hydratord usr/bin/hydratorctl usr/share/doc/hydratord/*
	usr/share/hydratord/demo/*.json usr/share/man/man[158]/*.gz
	usr/share/bash-completion/completions/hydratorctl usr/lib/sysusers.d/hydratord.conf
	lib/systemd/system/hydratord.service lib/systemd/system/hydratord.socket
	etc/default/hydratord etc/hydratord.conf etc/init.d/hydratord etc/logrotate.d/hydratord
	var/log/hydratord'
configuration='/etc/default/hydratord
/etc/hydratord.conf
/etc/init.d/hydratord
/etc/logrotate.d/hydratord'

# shellcheck disable=SC2086 # a list of patterns
holds_what_it_should() {
	local place file
	(
		cd "$scratch/unpacked"
		set +f
		for place in $places; do
			[ -e "$place" ] || fail "no $place"
		done
		find . -path ./DEBIAN -prune -o \( ! -type d -o -empty \) -print |
			sed 's|^\./||' | while read -r file; do
			set -f
			for place in $places; do
				# shellcheck disable=SC2053 # a pattern
				[[ $file == $place ]] && continue 2
			done
			fail "what is $file?"
		done
		[ "$(sort DEBIAN/conffiles)" = "$configuration" ] || fail "other conffiles"
		! grep -q hydratord.socket DEBIAN/postinst ||
			fail "the socket is enabled, and races with the service"
		[ -e usr/share/doc/hydratord/operations.md ] ||
			fail "the page that the unit names is not there"
	)
}

# What comes after the package, for upgrades: VERSION, and whether its configuration is another.
successor() {
	sed -i "s/^Version: .*/Version: $1/" "$scratch/unpacked/DEBIAN/control"
	[ "$2" = same ] || echo '# a word of the successor' >>"$scratch/unpacked/etc/hydratord.conf"
	dpkg-deb --root-owner-group --build "$scratch/unpacked" "$packages/$1.deb" >/dev/null
}

main() {
	needs dpkg-buildpackage dpkg-dev
	needs dh debhelper
	needs lintian lintian
	local built=${HYDRATORD_PACKAGE-} deb
	[ -n "$built" ] || {
		build
		built=$scratch/built
	}
	step "lintian"
	lintian --fail-on error,warning "$built"/hydratord_*.changes 2>&1 || fail "lintian"
	step "what it holds"
	deb=$(echo "$built"/hydratord_*.deb)
	dpkg-deb --raw-extract "$deb" "$scratch/unpacked"
	holds_what_it_should

	# What autopkgtest runs besides the demo, which the machines try.
	step "its program under the tests of debian/tests/system"
	HYDRATORD_BINARY=$scratch/unpacked/usr/sbin/hydratord "$top/debian/tests/system"

	packages=$scratch/installed/root/packages
	mkdir -p "$packages"
	chmod 700 "$scratch/installed/root"
	cp "$deb" "$packages/first.deb"
	successor 1000 same
	successor 1001 other
	cp "$top/debian/tests/demo" "$packages"
	HYDRATORD_MACHINE_INSTALLED=$scratch/installed "$top/tests/machine/machine.sh" \
		-k test_package "$@"
}

main "$@"
