#!/bin/sh
# make install puts every file where Debian expects it, writes over no configuration, and
# make uninstall takes everything back but what the operator changed.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir" "$dir.said"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
status=0

fail() {
	echo "$*"
	status=1
}

by_make() {
	"${MAKE:-make}" --silent "$@" DESTDIR="$dir" prefix=/usr exec_prefix=/usr \
		sysconfdir=/etc localstatedir=/var >"$dir.log" 2>&1 || {
		fail "make $* failed:"
		cat "$dir.log"
	}
	mv "$dir.log" "$dir.said"
}

installed() {
	(cd "$dir" && find . ! -type d | sort)
}

by_make install
for file in usr/sbin/hydratord usr/bin/hydratorctl etc/hydratord.conf etc/init.d/hydratord \
	etc/default/hydratord etc/logrotate.d/hydratord \
	usr/lib/systemd/system/hydratord.service usr/lib/systemd/system/hydratord.socket \
	usr/lib/sysusers.d/hydratord.conf usr/share/man/man8/hydratord.8 \
	usr/share/man/man1/hydratorctl.1 \
	usr/share/bash-completion/completions/hydratorctl \
	usr/share/man/man5/hydratord.conf.5 usr/share/doc/hydratord/operations.md \
	usr/share/doc/hydratord/examples/hydratord.conf \
	usr/share/doc/hydratord/examples/demo.conf usr/share/hydratord/demo/workers.json \
	usr/share/doc/hydratord/examples/proxy/haproxy.cfg; do
	[ -s "$dir/$file" ] || fail "make install left out /$file"
done
for file in usr/sbin/hydratord usr/bin/hydratorctl etc/init.d/hydratord \
	usr/share/doc/hydratord/examples/compare.py; do
	[ -x "$dir/$file" ] || fail "/$file is not executable"
done
# Under Debian's paths every file is as it is in the source.
for pair in init.d/hydratord=etc/init.d/hydratord hydratord.conf=etc/hydratord.conf \
	demo.conf=usr/share/doc/hydratord/examples/demo.conf \
	systemd/hydratord.service=usr/lib/systemd/system/hydratord.service; do
	cmp "${srcdir:-.}/etc/${pair%%=*}" "$dir/${pair#*=}" || status=1
done

installed >"$dir.first"
by_make install
installed >"$dir.second"
cmp "$dir.first" "$dir.second" || fail "a second make install left other files"
rm -f "$dir.first" "$dir.second"

by_make uninstall
[ -z "$(installed)" ] || fail "make uninstall left" "$(installed)"
left=$(find "$dir" -name 'hydrator*')
[ -z "$left" ] || fail "make uninstall left" "$left"

# A service that was not disabled first.
by_make install
mkdir -p "$dir/etc/rc2.d" "$dir/etc/systemd/system/multi-user.target.wants"
ln -s ../init.d/hydratord "$dir/etc/rc2.d/S01hydratord"
ln -s /usr/lib/systemd/system/hydratord.service \
	"$dir/etc/systemd/system/multi-user.target.wants/hydratord.service"
ln -s ../init.d/another "$dir/etc/rc2.d/S01another"
by_make uninstall
[ "$(installed)" = ./etc/rc2.d/S01another ] || fail "make uninstall left" "$(installed)"
grep -q 'systemctl disable' "$dir.said" || fail "make uninstall does not say what to disable"
rm -rf "$dir"
mkdir "$dir"

by_make install
echo 'readers = 7' >"$dir/etc/hydratord.conf"
by_make install
[ "$(cat "$dir/etc/hydratord.conf")" = 'readers = 7' ] ||
	fail "make install wrote over the configuration"
by_make uninstall
[ "$(installed)" = ./etc/hydratord.conf ] ||
	fail "after a change and make uninstall there is" "$(installed)"
rm -rf "$dir"
mkdir "$dir"

# Other paths are written into the files.
"${MAKE:-make}" --silent install DESTDIR="$dir" prefix=/opt/h exec_prefix=/opt/h \
	sysconfdir=/opt/h/conf localstatedir=/opt/h/var >/dev/null || status=1
speaks_of() {
	grep -q "^$2" "$dir/opt/h/$1" || fail "/opt/h/$1 has no line $2"
}
speaks_of conf/init.d/hydratord 'DAEMON=/opt/h/sbin/hydratord$'
speaks_of conf/init.d/hydratord 'CONFIG=/opt/h/conf/hydratord.conf$'
speaks_of lib/systemd/system/hydratord.service 'ExecStart=/opt/h/sbin/hydratord '
speaks_of share/doc/hydratord/examples/demo.conf '.*/opt/h/share/hydratord/demo'
rm -rf "$dir"
mkdir "$dir"

# Of another distribution, or of none.
by_make install systemdsystemunitdir=/units sysusersdir=
[ -s "$dir/units/hydratord.service" ] || fail "no unit in the directory that was named"
[ ! -e "$dir/usr/lib/systemd" ] || fail "a unit in another directory"
[ -z "$(find "$dir" -path '*sysusers*' -o -path "$dir/hydratord.conf")" ] ||
	fail "a file for a directory that there is not"
rm -rf "$dir"
exit $status
