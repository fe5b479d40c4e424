#!/bin/bash
# machine.sh [PYTEST-ARG...]
#
# The daemon as an operator has it: this tree is built for Debian's paths, installed by
# make install into two Debian 12 machines, one under systemd and one under sysvinit, which
# systemd-nspawn boots, and operated there by the tests beside this file. conftest.py says
# how a machine is booted and spoken to. The roots come from ../bare/roots.sh, are kept, and
# are never written to: a machine is an overlay in memory.
#
# HYDRATORD_MACHINE_INSTALLED names what make install DESTDIR= gave, and saves the build.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
needed_for="a machine to operate the daemon in"
# shellcheck source=tests/bare/roots.sh
. "$top/tests/bare/roots.sh"
python=${PYTHON:-/usr/bin/python3}

# Of what is here, committed or not; a tree that is configured cannot be built from elsewhere.
build() {
	step "building for Debian's paths"
	mkdir "$scratch/tree"
	(
		cd "$top"
		git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
			tar --create --null --files-from=- --ignore-failed-read 2>/dev/null |
			tar --extract --directory="$scratch/tree"
		cd "$scratch/tree"
		./autogen.sh
		./configure --quiet --prefix=/usr --sysconfdir=/etc --localstatedir=/var
		make --silent -j"$(nproc)"
		make --silent install DESTDIR="$scratch/installed"
	) >"$scratch/log" 2>&1 9>&- || fail "to build"
}

main() {
	as_root "$0" "$@"
	command -v systemd-nspawn >/dev/null || skip "systemd-nspawn (Debian: systemd-container)"
	"$python" -c 'import pytest' 2>/dev/null || skip "pytest (Debian: python3-pytest)"
	make_roots base systemd base sysvinit
	installed=${HYDRATORD_MACHINE_INSTALLED-}
	[ -n "$installed" ] || {
		build
		installed=$scratch/installed
	}
	step "in the machines:"
	HYDRATORD_MACHINE_ROOTS=$cache HYDRATORD_MACHINE_INSTALLED=$installed \
		PYTHONDONTWRITEBYTECODE=1 \
		"$python" -m pytest -q -p no:cacheprovider "$top/tests/machine" "$@" 9>&-
	step "done"
}

main "$@"
