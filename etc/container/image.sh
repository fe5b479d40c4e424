#!/bin/sh
# image.sh DIR: the program, built in this tree, and what belongs to it, into DIR, which
# becomes a part of the image's root. The Dockerfile calls it, and tests/container does.
set -eu
cd "$(dirname "$0")/../.."
image=$1
user=65532 # nobody else's

./autogen.sh
./configure --quiet --prefix=/usr --sysconfdir=/etc --localstatedir=/var
make --silent -j"$(nproc)"
make --silent install-exec install-dist_demoDATA DESTDIR="$image"
strip "$image/usr/sbin/hydratord" "$image/usr/bin/hydratorctl"
mkdir -p "$image/etc"
{
	cat etc/container/container.conf
	sed -n '/^# One section for each category/,$p' etc/hydratord.conf
} >"$image/etc/hydratord.conf"
install -d -o "$user" -g "$user" -m 750 "$image/var/lib/hydratord"
