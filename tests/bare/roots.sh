# shellcheck shell=bash
# roots.sh: Debian 12 roots for what is tried on a machine of its own; sourced by
# bare_root.sh and by tests/machine/machine.sh, which set
#
#   top         this tree
#   needed_for  what skips where a root cannot be had
#
# and use $scratch, which is removed with them. The machine's own configuration of apt says
# where packages come from. The roots are kept in ${XDG_CACHE_HOME:-$HOME/.cache}/hydratord-ci
# until ./dev's lists or that configuration change, or a month is over.
: "${top:?}" "${needed_for:?}"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hydratord-ci
release=bookworm
keep=30 # days
# Seconds for each step: making a root, or building and testing in it.
patience=${HYDRATORD_BARE_PATIENCE:-900}

# As automake counts it: neither passed nor failed.
skip() {
	echo "skipped: $needed_for needs $*"
	exit 77
}

step() {
	printf '%4d s  %s\n' $SECONDS "$*"
}

fail() {
	tail -n 50 "$scratch/log"
	echo "failed: $*"
	exit 1
}

# in_root ROOT make|use COMMAND...: with processes and mounts of its own, which end with
# the command, and $scratch for /tmp.
in_root() {
	local root=$1 how=$2 net=
	shift 2
	[ "$how" = make ] || net=--net
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid $net --fork --kill-child sh -euc '
		root=$1 how=$2 scratch=$3 patience=$4
		shift 4
		mount --bind "$root" "$root"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sysfs "$root/sys"
		mount -t tmpfs -o mode=755 tmpfs "$root/run"
		mount --bind "$scratch" "$root/tmp"
		if [ "$how" = use ]; then
			mount -o remount,bind,ro "$root"
			# SIOCSIFFLAGS, IFF_UP: nothing else of minbase sets the loopback up.
			chroot "$root" perl -MSocket -e "\$flags = pack(q(a16sx22), q(lo), 1);
				socket(S, AF_INET, SOCK_DGRAM, 0) && ioctl(S, 0x8914, \$flags) or die \$!"
		fi
		exec timeout --kill-after=10 "$patience" chroot "$root" env -i HOME=/tmp/home \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "$@"
	' sh "$root" "$how" "$scratch" "$patience" "$@" 9>&-
}

# of_apt FORMAT: a line for each source of the release that this machine's apt knows.
of_apt() {
	apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' |
		grep -wF "$release" | sort -u
}

# shellcheck disable=SC2016 # fields of apt
sources() {
	of_apt 'deb $(SITE) $(RELEASE) $(COMPONENT)'
}

settings() {
	apt-config dump | grep -iE '^Acquire::(https?|Check-(Valid-Until|Date)|Retries)\b' || true
}

# Roots that are made of something else are made anew.
made_of() {
	sources
	settings
	sed -n "/_packages='/,/'\$/p" "$top/dev"
}

make_base() {
	[ ! -d "$cache/base" ] || return 0
	step "making a root: $release, minbase, git"
	local mirror include=git
	# shellcheck disable=SC2016 # fields of apt
	mirror=$(of_apt '$(SITE) $(RELEASE)' | sed -n "s/ $release\$//p" | head -n 1)
	# Over https apt needs what a machine that was installed over https has.
	[ "${mirror%%:*}" != https ] || include=git,ca-certificates
	rm -rf --one-file-system "$cache/base.new"
	# What it mounts there goes with it, also if it is killed.
	unshare --mount --pid --fork --kill-child timeout --kill-after=10 "$patience" \
		debootstrap --variant=minbase --include=$include $release "$cache/base.new" \
		"$mirror" >"$scratch/log" 2>&1 9>&- || fail "debootstrap"
	rm -f "$cache"/base.new/var/cache/apt/archives/*.deb
	sources >"$cache/base.new/etc/apt/sources.list"
	settings >"$cache/base.new/etc/apt/apt.conf.d/99machine"
	mv "$cache/base.new" "$cache/base"
}

# make_root FROM LIST: a copy of FROM, with the packages of `./dev deps LIST`.
make_root() {
	[ ! -d "$cache/$2" ] || return 0
	step "making a root: ./dev deps $2"
	rm -rf --one-file-system "$cache/$2.new"
	cp -a "$cache/$1" "$cache/$2.new"
	cp /etc/resolv.conf "$cache/$2.new/etc/resolv.conf"
	cp "$top/dev" "$scratch/dev"
	in_root "$cache/$2.new" make /tmp/dev deps "$2" >"$scratch/log" 2>&1 ||
		fail "./dev deps $2"
	in_root "$cache/$2.new" make apt-get clean
	mv "$cache/$2.new" "$cache/$2"
}

# as_root COMMAND...: the script that calls this, again, by root.
as_root() {
	[ "$(id -u)" -ne 0 ] || return 0
	sudo -n true 2>/dev/null || skip "root"
	exec sudo -n --preserve-env=HOME,XDG_CACHE_HOME,HYDRATORD_BARE_PATIENCE,HYDRATORD_MACHINE_INSTALLED "$@"
}

of_today() {
	made_of | cmp -s - "$cache/made-of" &&
		[ -z "$(find "$cache/made-of" -mtime +$keep)" ]
}

# up_to_date [FROM ROOT]...
up_to_date() {
	of_today || return 1
	while [ $# -gt 0 ]; do
		[ -d "$cache/$2" ] || return 1
		shift 2
	done
}

# make_roots [FROM ROOT]...: each with the packages of `./dev deps ROOT`, in a copy of FROM;
# "base" is there. Sets $scratch.
make_roots() {
	command -v debootstrap >/dev/null || skip "debootstrap (Debian: debootstrap)"
	unshare --mount --pid --net --fork true 2>/dev/null || skip "namespaces, refused here"
	[ -n "$(sources)" ] || skip "Debian's $release among the sources of apt"
	scratch=$(mktemp -d)
	trap 'rm -rf --one-file-system "$scratch"' EXIT
	chmod 1777 "$scratch"
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	# Any number may use them; nobody removes what somebody uses.
	flock --shared 9
	if up_to_date "$@"; then
		return
	fi
	flock 9
	of_today || {
		find "$cache" -mindepth 1 -maxdepth 1 -type d -exec rm -rf --one-file-system {} +
		made_of >"$cache/made-of"
	}
	make_base
	while [ $# -gt 0 ]; do
		make_root "$1" "$2"
		shift 2
	done
	flock --shared 9
}
