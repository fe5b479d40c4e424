#!/usr/bin/python3
"""Requests a second beside nginx (proxy_cache hit, static files) and Varnish (hit).

usage: bench_http.py HYDRATORD DIRECTORY

DIRECTORY: the documents (see bench_common.Documents). One core for the server, one for
wrk; the servers take turns within one run, so that only ratios count. Beside the rate
stands the CPU time of a request in the server's processes: it tells servers apart also
where wrk is the bottleneck or the machine is shared. BENCH_SECONDS (2) is a turn,
BENCH_ROUNDS (3) how many turns each server has; BENCH_BODIES names the bodies to
measure, all by default.
"""
import collections
import os
import shutil
import sys
import time

from bench_common import (RISK, STATISTICS, Daemon, Documents, cpu_seconds, describe_machine, end, free_ports, get,
                          median, need, spawn, two_cores, wait_for, work_directory, wrk)

NGINX = """
{user}worker_processes 1;
daemon off;
pid {work}/nginx.pid;
error_log {work}/nginx.log;
events {{ worker_connections 1024; }}
http {{
	access_log off;
	sendfile on;
	tcp_nopush on;
	tcp_nodelay on;
	keepalive_timeout 300;
	keepalive_requests 1000000000;
	open_file_cache max=100 inactive=1h;
	open_file_cache_valid 1h;
	default_type application/json;
	client_body_temp_path {work}/t1;
	proxy_temp_path {work}/t2;
	fastcgi_temp_path {work}/t3;
	uwsgi_temp_path {work}/t4;
	scgi_temp_path {work}/t5;
	proxy_cache_path {work}/cache keys_zone=answers:10m inactive=1h use_temp_path=off;
	upstream hydratord {{ server 127.0.0.1:{upstream}; keepalive 4; }}
	server {{
		listen 127.0.0.1:{static};
		root {work}/files;
		location /list-gzip {{ gzip_static always; }}
	}}
	server {{
		listen 127.0.0.1:{cache};
		tcp_nopush off;
		location / {{
			proxy_pass http://hydratord;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Accept-Encoding $http_accept_encoding;
			proxy_cache answers;
			proxy_cache_use_stale updating;
			proxy_cache_background_update on;
		}}
	}}
}}
"""

VCL = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
"""

# A row of the table. `etag`: a conditional request, answered 304.
Body = collections.namedtuple("Body", "name target gzip etag")
BODIES = [
    Body("statistics", STATISTICS, False, False),
    Body("page", RISK + "?limit=10", False, False),
    Body("list", RISK, False, False),
    Body("list-gzip", RISK, True, False),
    Body("preset", RISK + "?preset=no_workers", False, False),
    Body("304", RISK, False, True),
]


class Peer:
    """A server with a turn: its port, and where a body is."""

    def __init__(self, name, process, port, static=False):
        self.name, self.process, self.port, self.static = name, process, port, static

    def target(self, body):
        return "/" + body.name if self.static else body.target

    def headers(self, body):
        return {"Accept-Encoding": "gzip"} if body.gzip else {}


def start_nginx(work, core, daemon):
    static, cache = free_ports(2)
    config = work / "nginx.conf"
    config.write_text(NGINX.format(user="user root;\n" if os.geteuid() == 0 else "", work=work,
                                   upstream=daemon.port, static=static, cache=cache))
    process = spawn(["nginx", "-e", str(work / "nginx.log"), "-c", str(config)], core)
    wait_for(lambda: get(static, "/statistics") is not None, "nginx")
    return process, [
        Peer("proxy_cache", process, cache), Peer("static", process, static, static=True)]


def start_varnish(work, core, daemon):
    """Debian's package: malloc storage; its threads share the server's core."""
    if shutil.which("varnishd") is None:
        print("varnishd is not installed: that peer is left out")
        return None, []
    [port] = free_ports(1)
    (work / "default.vcl").write_text(VCL.format(upstream=daemon.port))
    process = spawn(["varnishd", "-F", "-n", str(work / "varnish"), "-a", "127.0.0.1:%d" % port,
                     "-f", str(work / "default.vcl"), "-s", "malloc,64m"],
                    core, stderr=(work / "varnish.log").open("wb"))
    wait_for(lambda: get(port, STATISTICS) is not None, "varnishd")
    return process, [Peer("varnish", process, port)]


def ask_for(daemon, body):
    """The answer; one that is encoded beside the loop is there a little later."""
    deadline = time.monotonic() + 10
    while True:
        answer = get(daemon.port, body.target, {"Accept-Encoding": "gzip"} if body.gzip else None)
        if not body.gzip or answer[1].get("Content-Encoding") == "gzip" or time.monotonic() > deadline:
            return answer
        time.sleep(0.05)


def write_files(work, daemon, bodies):
    """Our bytes, as files for nginx. Bodies that the daemon does not have are left out."""
    files = work / "files"
    files.mkdir()
    there = []
    for body in bodies:
        status, fields, content = ask_for(daemon, body)
        if status != 200 or body.gzip != (fields.get("Content-Encoding") == "gzip"):
            print("%s: the daemon has no such answer, left out" % body.name)
            continue
        # A file's gzip twin needs the file beside it.
        (files / body.name).write_bytes(content)
        if body.gzip:
            (files / (body.name + ".gz")).write_bytes(content)
        there.append((body, len(content)))
    return there


def check(peer, body, expected):
    """The request's fields, once the peer gives the same bytes; caches are warm then."""
    headers = peer.headers(body)
    for _ in range(2):
        status, fields, content = get(peer.port, peer.target(body), headers)
        if status != 200 or content != expected:
            raise SystemExit("bench: %s answers %s with other bytes (%d)" % (peer.name, body.name, status))
    if body.etag:
        headers["If-None-Match"] = fields["ETag"]
        if get(peer.port, peer.target(body), headers)[0] != 304:
            raise SystemExit("bench: %s does not answer 304" % peer.name)
    return ["%s: %s" % field for field in headers.items()]


def measure(peers, bodies, work, core):
    """{(peer, body): [(requests/s, CPU us a request, p50, p99), ...]}"""
    seconds, rounds = int(os.environ.get("BENCH_SECONDS", "2")), int(os.environ.get("BENCH_ROUNDS", "3"))
    requests = {(peer.name, body.name): check(peer, body, (work / "files" / body.name).read_bytes())
                for body, _ in bodies for peer in peers}
    turns = collections.defaultdict(list)
    for _ in range(rounds):
        for body, _ in bodies:
            for peer in peers:
                key = peer.name, body.name
                before = cpu_seconds(peer.process.pid)
                rate, p50, p99, n = wrk(core, peer.port, peer.target(body), seconds, requests[key])
                cpu = (cpu_seconds(peer.process.pid) - before) / n * 1e6
                turns[key].append((rate, cpu, p50, p99))
    return turns


def report(peers, bodies, turns):
    print("medians; ours/: our rate by theirs; theirs/: their CPU time by ours")
    print("%-11s %7s  %-11s %10s %6s %7s %8s %8s %8s" % (
        "body", "bytes", "server", "requests/s", "ours/", "CPU us", "theirs/", "p50 ms", "p99 ms"))
    for body, size in bodies:
        rows = {peer.name: [median(column) for column in zip(*turns[peer.name, body.name])] for peer in peers}
        ours = rows["hydratord"]
        for name, (rate, cpu, p50, p99) in rows.items():
            print("%-11s %7s  %-11s %10.0f %6.2f %7.1f %8.2f %8.2f %8.2f" % (
                body.name, "-" if body.etag else size, name, rate, ours[0] / rate, cpu, cpu / ours[1], p50, p99))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    need("nginx", "wrk", "taskset")
    server_core, client_core = two_cores()
    describe_machine()
    wanted = os.environ.get("BENCH_BODIES", "").split()
    bodies = [body for body in BODIES if not wanted or body.name in wanted]
    with work_directory() as work, Daemon(sys.argv[1], work, Documents(sys.argv[2]), core=server_core) as daemon:
        peers, processes = [Peer("hydratord", daemon.process, daemon.port)], []
        try:
            bodies = write_files(work, daemon, bodies)
            for start in (start_nginx, start_varnish):
                process, more = start(work, server_core, daemon)
                processes += [process] if process else []
                peers += more
            report(peers, bodies, measure(peers, bodies, work, client_core))
        finally:
            for process in processes:
                end(process)


if __name__ == "__main__":
    main()
