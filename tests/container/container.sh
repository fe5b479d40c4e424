#!/bin/bash
# container.sh [PYTEST-ARG...]
#
# The container without a runtime: the image's root is made by the steps of
# etc/container/Dockerfile, and test_image.py runs it as a runtime would. Where the roots
# come from and are kept: ../bare/roots.sh.
#
# HYDRATORD_CONTAINER_IMAGE names what etc/container/image.sh made, and saves the build.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
needed_for="a container's root"
# shellcheck source=tests/bare/roots.sh
. "$top/tests/bare/roots.sh"
python=${PYTHON:-/usr/bin/python3}

# Of what is here, committed or not.
build() {
	step "RUN etc/container/image.sh"
	mkdir "$scratch/hydratord" "$scratch/home"
	git -C "$top" -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
		tar -C "$top" --create --null --files-from=- --ignore-failed-read 2>/dev/null |
		tar --extract --directory="$scratch/hydratord"
	in_root "$cache/build" use /tmp/hydratord/etc/container/image.sh /tmp/image \
		>"$scratch/log" 2>&1 || fail "to build"
}

main() {
	as_root "$0" "$@"
	"$python" -c 'import pytest' 2>/dev/null || skip "pytest (Debian: python3-pytest)"
	make_roots base build base image
	image=${HYDRATORD_CONTAINER_IMAGE-}
	[ -n "$image" ] || {
		build
		image=$scratch/image
	}
	step "in the container:"
	HYDRATORD_CONTAINER_ROOT=$cache/image HYDRATORD_CONTAINER_IMAGE=$image \
		PYTHONDONTWRITEBYTECODE=1 \
		"$python" -m pytest -q -p no:cacheprovider "$top/tests/container" "$@" 9>&-
	step "done"
}

main "$@"
