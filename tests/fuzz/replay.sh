#!/bin/sh
# Runs every fuzzer's replay program over its seeds.
set -eu
for seeds in "${srcdir:-.}"/tests/fuzz/seeds/*/; do
	name=$(basename "$seeds")
	"tests/fuzz/replay_$name" "$seeds"
done
