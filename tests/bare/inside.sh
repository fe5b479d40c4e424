#!/bin/bash
# What bare_root.sh runs in its roots, in one tree: inside.sh build, then, with more
# packages, inside.sh test or inside.sh full.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PYTHONDONTWRITEBYTECODE=1
began=$SECONDS
jobs=$(nproc)

step() {
	printf '%4d s  %s\n' $((SECONDS - began)) "$*"
}

# quietly WHAT COMMAND...: its output is only worth reading when it fails.
quietly() {
	local what=$1
	shift
	"$@" >/tmp/output 2>&1 || {
		tail -n 200 /tmp/output
		echo "failed: $what"
		exit 1
	}
}

make_check() {
	make --silent -j"$jobs" check || {
		cat test-suite.log
		return 1
	}
}

run_answers() {
	local port run status=1
	port=$(sed -n 's/^listen = { "127.0.0.1:\([0-9]*\)" }$/\1/p' etc/demo.conf)
	setsid ./dev run &
	run=$!
	for _ in {1..600}; do
		curl -sf -m 5 -o /dev/null "http://127.0.0.1:$port/readyz" && status=0 && break
		kill -0 $run || break
		sleep 0.1
	done
	kill -TERM -- -$run
	wait $run || true
	return $status
}

# What ran and was not in the lists: it would have failed. What did not: its log says so.
explained() {
	local log
	grep -rlx ':test-result: SKIP.*' tests --include='*.trs' | while read -r log; do
		log=${log%.trs}.log
		grep -q 'missing.*(Debian: ' "$log" || {
			echo "$log says of no package that it is missing:"
			cat "$log"
			return 1
		}
	done
}

with_build_packages() {
	step "./dev run"
	quietly "./dev build" ./dev build
	quietly "./dev run" run_answers
	step "make check, which skips what lacks a tool"
	quietly "make check" make_check
	quietly "a test that skipped" explained
	grep -E '^# (PASS|SKIP):' test-suite.log
	step "make install, make dist"
	quietly "make install" make --silent install DESTDIR=/tmp/installed
	local installed=/tmp/installed/usr/local
	# The root cannot be written to: no adduser.
	quietly "what make install installed" env HYDRATORD_USER=root \
		$installed/sbin/hydratord -t -c $installed/etc/hydratord.conf
	quietly "make dist" make --silent dist
	quietly "authorities that libcurl trusts" test -s "$(curl-config --ca)"
}

# The rooms whose tests ask the machine for names, users, limits and processes.
machine_tests() {
	make --silent print-quick-tests | tr ' ' '\n' | grep -E '^tests/unit/(proc|supervisor)/'
}

run_each() {
	local test
	for test in "$@"; do
		echo "$test:"
		srcdir=. "$test" || return 1
	done
}

# Nothing skips for want of a package but promtool, which is large.
system_tests() {
	local status=0
	srcdir=. tests/system/run.sh -rs "$@" >/tmp/system.log 2>&1 || status=$?
	cat /tmp/system.log
	[ $status -eq 0 ] && ! grep '^SKIPPED.*(Debian: ' /tmp/system.log |
		grep -vF '(Debian: prometheus)'
}

# Programs of packages, names, certificates, a service manager: what a machine may lack.
asks_the_machine='test_systemd or test_init or test_tls or test_behind or test_clients or test_openapi or test_metrics or test_resolver or test_sockets'

# Whatever calls a program of a package, or asks something else of the machine.
with_test_packages() {
	./configure --quiet
	step "house rules, the model"
	# shellcheck disable=SC2046 # lists of words
	quietly "house rules" run_each $(make --silent print-lint-tests) tests/model/latch.sh
	step "unit tests of processes"
	# shellcheck disable=SC2046
	quietly "to build unit tests" make --silent -j"$jobs" $(machine_tests)
	# shellcheck disable=SC2046
	quietly "unit tests" run_each $(machine_tests)
	step "system tests"
	quietly "system tests" system_tests -k "$asks_the_machine"
	grep '^SKIPPED' /tmp/system.log || true
	tail -n 1 /tmp/system.log
}

# As a newcomer does it, for the time it takes.
in_full() {
	step "./dev test"
	quietly "./dev test" ./dev test
}

case $1 in
build) with_build_packages ;;
test) with_test_packages ;;
full) in_full ;;
esac
step "done"
