#!/bin/sh
# Requests a second beside nginx serving the same bytes as static files: one core for the
# server, one for wrk, in turns within one run, so that only ratios count.
# usage: bench_http.sh HYDRATORD DIRECTORY
# DIRECTORY has image_generation.json and the Horde documents, or has them in its
# subdirectories reference and horde. BENCH_SECONDS (5) is a turn, BENCH_ROUNDS (3) how
# many turns each server has.
set -eu

daemon=$1
directory=$(cd "$2" && pwd)
seconds=${BENCH_SECONDS:-5}
rounds=${BENCH_ROUNDS:-3}
reference=$directory
horde=$directory
[ ! -d "$directory/reference" ] || reference=$directory/reference
[ ! -d "$directory/horde" ] || horde=$directory/horde
port=$((20000 + $$ % 10000))
nginx_port=$((port + 10000))

for program in nginx wrk taskset curl; do
	command -v "$program" >/dev/null || {
		echo "bench http: $program is missing" >&2
		exit 77
	}
done
# The first two processors that we may use.
cores=$(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
	while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done)
server_core=$(echo "$cores" | sed -n 1p)
client_core=$(echo "$cores" | sed -n 2p)
[ -n "$client_core" ] || {
	echo "bench http: two processors are needed" >&2
	exit 77
}

work=$(mktemp -d)
daemon_pid=
nginx_pid=
cleanup() {
	for pid in $daemon_pid $nginx_pid; do
		kill "$pid" 2>/dev/null || continue
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

cat >"$work/hydratord.conf" <<CONF
listen = { "127.0.0.1:$port" }
readers = 1
pidfile = "$work/hydratord.pid"
state_dir = "$work"
segment { name = "/hydratord-bench-$$" capacity = "64M" }
log { target = "stderr" level = "info" }
hydration { enabled = false }
horde { url = "file://$horde" }
category "image_generation" { reference = { "file://$reference/image_generation.json" } }
CONF
cat >"$work/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	tcp_nodelay on;
	keepalive_timeout 300;
	keepalive_requests 1000000000;
	open_file_cache max=100 inactive=1h;
	open_file_cache_valid 1h;
	default_type application/json;
	client_body_temp_path $work/t1;
	proxy_temp_path $work/t2;
	fastcgi_temp_path $work/t3;
	uwsgi_temp_path $work/t4;
	scgi_temp_path $work/t5;
	server {
		listen 127.0.0.1:$nginx_port;
		root $work/files;
	}
}
CONF
[ "$(id -u)" != 0 ] || sed -i '1i user root;' "$work/nginx.conf"

statistics=/model_references/statistics/image_generation
target_of() {
	case $1 in
	statistics) echo "$statistics" ;;
	page) echo "$statistics/deletion-risk?limit=10" ;;
	list) echo "$statistics/deletion-risk" ;;
	esac
}
url_of() {
	case $1 in
	hydratord) echo "http://127.0.0.1:$port$(target_of "$2")" ;;
	nginx) echo "http://127.0.0.1:$nginx_port/$2" ;;
	esac
}

# Fetches until there is an answer.
fetch() {
	tries=0
	until curl -sf -o "$2" "$1"; do
		tries=$((tries + 1))
		if [ $tries -gt 100 ]; then
			cat "$work"/*.log >&2
			exit 1
		fi
		sleep 0.1
	done
}

taskset -c "$server_core" "$daemon" -f -c "$work/hydratord.conf" 2>"$work/daemon.log" &
daemon_pid=$!
mkdir "$work/files"
bodies='statistics page list'
for body in $bodies; do
	fetch "$(url_of hydratord "$body")" "$work/files/$body"
done
taskset -c "$server_core" nginx -e "$work/nginx.log" -c "$work/nginx.conf" &
nginx_pid=$!
for body in $bodies; do
	fetch "$(url_of nginx "$body")" "$work/check"
	cmp "$work/files/$body" "$work/check"
done

# One turn. Any answer but 200, or a broken connection, spoils the figure.
measure() {
	taskset -c "$client_core" wrk -t1 -c64 -d"${seconds}s" "$(url_of "$1" "$2")" >"$work/wrk"
	if grep -E 'Non-2xx|Socket errors' "$work/wrk" >&2; then
		exit 1
	fi
	sed -n 's|^Requests/sec: *||p' "$work/wrk" >>"$work/$1-$2"
}

median() {
	sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"
}

round=0
while [ $round -lt "$rounds" ]; do
	for body in $bodies; do
		measure hydratord "$body"
		measure nginx "$body"
	done
	round=$((round + 1))
done
printf '%-12s %8s %12s %12s %7s\n' body bytes hydratord/s nginx/s ratio
for body in $bodies; do
	ours=$(median "$work/hydratord-$body")
	theirs=$(median "$work/nginx-$body")
	printf '%-12s %8s %12.0f %12.0f %7s\n' "$body" "$(wc -c <"$work/files/$body")" \
		"$ours" "$theirs" "$(echo "$ours $theirs" | awk '{ printf "%.2f", $1 / $2 }')"
done
