"""The files of etc/proxy before a daemon and a stand-in for the Python service, by the real proxies.

They run as they are shipped, with three replacements: the address for clients (*:80, Caddy's :80),
and the ports of hydratord (19820) and of the Python service (19800).
"""
import collections
import http.client
import http.server
import itertools
import json
import os
import re
import signal
import socket
import threading
import time

import pytest

from codings import DECODE
from conftest import DEMO, SOURCE, file_categories
from daemon import Answer, Daemon, PATIENCE, wait_for
from event_stream import Stream, wait_for_event
from proxy import Proxy, get, tool

SAMPLES = SOURCE / "etc" / "proxy"
STATISTICS = "/model_references/statistics/"
RISK = STATISTICS + "image_generation/deletion-risk"
TEXT = STATISTICS + "text_generation/deletion-risk"
# What Debian's nginx.conf has around a file of sites-enabled, for an ordinary user in a directory.
NGINX = """
daemon off;
master_process off;
pid {directory}/pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/temp;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/sample;
}}
"""
# Without its API, which would have a port that all have in common.
CADDY = """
{{
	admin off
	default_bind 127.0.0.1
}}
import {directory}/sample
"""


def replaced(name, hydratord, python, *addresses):
    text = (SAMPLES / name).read_text()
    for old, new in (*addresses, ("19820", str(hydratord)), ("19800", str(python))):
        assert old in text
        text = text.replace(old, new)
    return text


def nginx(directory, clients, hydratord, python):
    program = tool("nginx", "nginx-light")
    (directory / "sample").write_text(replaced(
        "nginx.conf", hydratord, python, ("*:80", "127.0.0.1:%d" % clients)))
    (directory / "nginx.conf").write_text(NGINX.format(directory=directory))
    return [program, "-p", str(directory), "-e", "stderr", "-c", str(directory / "nginx.conf")]


def haproxy(directory, clients, hydratord, python):
    program = tool("haproxy", "haproxy")
    (directory / "sample").write_text(replaced(
        "haproxy.cfg", hydratord, python, ("*:80", "127.0.0.1:%d" % clients)))
    return [program, "-db", "-f", str(directory / "sample")]


def varnish(directory, clients, hydratord, python):
    program = tool("varnishd", "varnish")
    tool("cc", "gcc")  # it compiles its configuration
    (directory / "sample").write_text(replaced("varnish.vcl", hydratord, python))
    return [program, "-F", "-j", "none", "-n", str(directory / "work"), "-a", "127.0.0.1:%d" % clients,
            "-f", str(directory / "sample"), "-s", "malloc,16m", "-T", "none", "-p", "thread_pool_min=5",
            "-p", "thread_pools=1"]


def caddy(directory, clients, hydratord, python):
    program = tool("caddy", "caddy")
    (directory / "sample").write_text(replaced("Caddyfile", hydratord, python, ("\n:80 {", "\n:%d {" % clients)))
    (directory / "Caddyfile").write_text(CADDY.format(directory=directory))
    # It keeps what it does there, else below the home.
    return ["env", "XDG_DATA_HOME=%s" % directory, "XDG_CONFIG_HOME=%s" % directory, program, "run",
            "--config", str(directory / "Caddyfile"), "--adapter", "caddyfile"]


KINDS = {"nginx": nginx, "haproxy": haproxy, "varnish": varnish, "caddy": caddy}


class StandIn(http.server.ThreadingHTTPServer):
    """For the Python service: says what it was asked, and that it was it."""

    daemon_threads = True

    def __init__(self, port=0):
        self.asked = collections.Counter()
        self.status = 200
        super().__init__(("127.0.0.1", port), StandInHandler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, *_):
        """Proxies leave when they like, also in the middle."""

    def stop(self):
        self.shutdown()
        self.server_close()


class StandInHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        said = {"asked": self.path, "method": self.command, "host": self.headers["Host"],
                "body": self.rfile.read(length).decode()}
        self.server.asked[self.path] += 1
        body = json.dumps(said).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer


class World:
    """A proxy before a daemon at a fixed port and before a stand-in."""

    def __init__(self, kind, daemon, directory):
        self.kind, self.daemon = kind, daemon
        directory.mkdir()
        KINDS[kind](directory, 1, 2, 3)  # skips where it is not installed
        # Bound but not listening: nobody else gets this port while the daemon is away.
        self.held = socket.socket()
        self.held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.held.bind(("127.0.0.1", 0))
        port = self.held.getsockname()[1]
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace('"127.0.0.1:0"', '"127.0.0.1:%d"' % port, 1))
        self.python = self.proxy = None
        try:
            daemon.start(wait=False)
            # Else it is up for a proxy's first requests, and down after its first checks.
            wait_for(lambda: daemon.get("/readyz").status == 200, "readiness")
            self.python = StandIn()
            self.proxy = Proxy(directory, 1, lambda ports: KINDS[kind](directory, ports[0], port, self.python.port))
        except BaseException:
            self.stop()
            raise

    @property
    def port(self):
        return self.proxy.ports[0]

    def get(self, target, headers=None):
        return get(self.port, target, headers)

    def ask(self, method, target, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body=body)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def who(self, target=RISK):
        """Who answers, and with which status."""
        answer = self.get(target)
        if "cache-status" in answer.headers and answer.headers["cache-status"].startswith("hydratord"):
            return "hydratord", answer.status
        if answer.body.startswith(b'{"asked"'):
            assert answer.json()["asked"] == target
            return "python", answer.status
        return "nobody", answer.status

    def await_ours(self, target=RISK):
        wait_for(lambda: self.who(target) == ("hydratord", 200), "an answer of hydratord")

    def await_python(self):
        """On the way to it nobody gets an error. Each question is a new one: nothing that is kept answers it."""
        questions = itertools.count()

        def arrived():
            who, status = self.who(RISK + "?limit=1&question=%d" % next(questions))
            assert status == 200, self.proxy.log.read_text(errors="replace")
            return who == "python"
        wait_for(arrived, "an answer of the stand-in")

    def stop(self):
        for part in (self.proxy, self.python, self.held):
            if part is not None:
                getattr(part, "stop", getattr(part, "close", None))()


HYDRATION = "interval = 1 ttl = 2 stale_ttl = 600 stale_if_error = 6000"


@pytest.fixture(params=sorted(KINDS))
def make_world(request, make_daemon, tmp_path):
    """Makes one; the test may take parts of it away."""
    worlds = []

    def make(categories=None, hydration=HYDRATION, settings=""):
        daemon = make_daemon(categories, hydration=hydration, settings=settings)
        worlds.append(World(request.param, daemon, tmp_path / "proxy"))
        return worlds[-1]

    yield make
    for world in worlds:
        world.stop()


@pytest.fixture(scope="module", params=sorted(KINDS))
def calm(request, tmp_path_factory):
    """One for all tests in which nothing fails."""
    directory = tmp_path_factory.mktemp("calm")
    daemon = Daemon(directory / "daemon", file_categories(DEMO), "file://%s" % DEMO, hydration=HYDRATION,
                    settings='http { metrics_listen = { "127.0.0.1:0" } }')
    world = None
    try:
        world = World(request.param, daemon, directory / "proxy")
        for target in (RISK, TEXT):
            world.await_ours(target)
        yield world
    finally:
        if world is not None:
            world.stop()
        daemon.stop()


def fields(answer):
    """What must pass a proxy unchanged."""
    return {name: answer.headers.get(name) for name in (
        "content-type", "etag", "last-modified", "cache-control", "vary", "surrogate-key")}


def test_who_is_asked_for_what(calm):
    calm.python.asked.clear()
    for prefix in ("", "/api"):
        for target in (RISK, TEXT + "?limit=2&preset=critical", STATISTICS + "image_generation",
                       STATISTICS + "image_generation/with-stats?sort_by=name"):
            through, direct = calm.get(prefix + target), calm.daemon.get(prefix + target)
            assert (through.status, through.body) == (200, direct.body)
            assert fields(through) == fields(direct)
        unknown = calm.get(prefix + STATISTICS + "nonsense")
        assert (unknown.status, "asked" in unknown.json()) == (422, False)
        for target in ("/", "/replicate_mode", "/openapi.json", "/dashboards", "/model_references/v2/image_generation",
                       "/model_references/statistics", "/model_references/statistics_of_others/x"):
            assert calm.who(prefix + target) == ("python", 200)
        written = calm.ask("PUT", prefix + "/model_references/v2/image_generation", b"a record")
        assert (written.json()["method"], written.json()["body"]) == ("PUT", "a record")
        assert written.json()["host"] == "127.0.0.1:%d" % calm.port
        assert calm.ask("POST", prefix + RISK, b"x").status in (405, 413)
    assert not any("/statistics/" in target for target in calm.python.asked)


def test_the_dashboard_and_what_it_asks(calm):
    calm.python.asked.clear()
    for prefix in ("", "/api"):
        page, direct = calm.get(prefix + "/dashboard"), calm.daemon.get("/dashboard")
        assert (page.status, page.body) == (200, direct.body)
        for name in ("content-security-policy", "etag", "cache-control", "vary", "referrer-policy"):
            assert page.headers[name] == direct.headers[name]
        moved = calm.get(prefix + "/dashboard/")
        assert (moved.status, moved.headers["location"]) == (307, prefix + "/dashboard")
        assert "categories" in calm.get(prefix + "/readyz?verbose").json()
        assert calm.get(prefix + "/livez").json() == {"status": "ok"}
    assert not calm.python.asked


def test_streams_pass(calm):
    """Each event when it comes: a proxy that gathered them would keep the second one for long."""
    for prefix in ("", "/api"):
        stream = Stream(calm.port, prefix + "/events?category=image_generation")
        try:
            assert (stream.status, stream.fields["content-type"]) == (200, "text/event-stream")
            first = stream.next("snapshot")[1]["generation"]
            wait_for_event(stream, "snapshot", lambda data: data["generation"] > first)
        finally:
            stream.close()


def test_ages_tags_and_encodings_pass(calm):
    direct = wait_for(lambda: calm.daemon.get(RISK), "an answer")
    plain = calm.get(RISK, {"Accept-Encoding": "identity"})
    assert 0 <= int(plain.headers["age"]) <= 600
    assert plain.body == direct.body
    for condition in ({"If-None-Match": direct.headers["etag"]},
                      {"If-Modified-Since": direct.headers["last-modified"]}):
        unchanged = calm.get(RISK, condition)
        assert (unchanged.status, unchanged.body) == (304, b"")
        assert unchanged.headers["etag"] == direct.headers["etag"]
        assert "accept-encoding" in unchanged.headers["vary"].lower()
    assert calm.get(RISK, {"If-None-Match": '"other"'}).status == 200
    for coding in ("gzip", "br", "zstd"):
        if calm.kind == "varnish" and coding != "gzip":
            continue  # its comment says so
        def encoded():
            answer = calm.get(RISK, {"Accept-Encoding": coding})
            return answer.headers.get("content-encoding") == coding and answer
        assert DECODE[coding](wait_for(encoded, "an encoded answer").body) == direct.body
    head = calm.ask("HEAD", RISK)
    assert (head.status, head.body) == (200, b"")
    assert fields(head) == fields(direct)


def test_what_is_too_long_is_refused_by_one_of_them(calm):
    assert calm.get(RISK + "?limit=2&x=" + "y" * 4000).status == 200
    assert calm.get(RISK + "?x=" + "y" * 20000).status in (400, 414, 431)
    assert calm.who() == ("hydratord", 200)


def test_a_client_of_http_1_0_without_host(calm):
    for target, sign in ((RISK, b'"models"'), ("/replicate_mode", b'"asked"')):
        with socket.create_connection(("127.0.0.1", calm.port), timeout=PATIENCE) as client:
            client.sendall(b"GET %s HTTP/1.0\r\n\r\n" % target.encode())
            answer = b"".join(iter(lambda: client.recv(1 << 16), b""))
        assert answer.split(b"\r\n")[0].split(b" ")[1] == b"200", answer[:500]
        assert sign in answer


def connections(daemon):
    port = int(wait_for(lambda: re.search(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log()), "the address").group(1))
    return int(re.search(rb"^cache_hydrator_http_connections_total (\d+)", get(port, "/metrics").body, re.M).group(1))


def test_connections_to_the_daemon_are_kept(calm):
    """But each client's own is a new one here, and each look at /readyz may be."""
    before = connections(calm.daemon)
    for i in range(100):
        assert calm.who(RISK + "?limit=%d" % (i + 1)) == ("hydratord", 200)
    assert connections(calm.daemon) - before < 50


def test_python_stands_in_while_the_daemon_is_away(make_world):
    world = make_world()
    world.await_ours()
    world.daemon.expect_dirty = True
    world.daemon.stop(signal.SIGKILL)
    world.await_python()
    for target in (RISK + "?limit=2", TEXT, "/api" + RISK + "?limit=2") * 5:
        assert world.who(target) == ("python", 200)
    world.daemon.start(wait=False)
    world.await_ours()
    assert world.who("/replicate_mode") == ("python", 200)
    world.daemon.expect_dirty = False


def test_python_stands_in_while_the_daemon_hangs(make_world):
    world = make_world(settings="supervisor { hang_timeout = 600 }")
    world.await_ours()
    reader = world.daemon.child("reader 0")
    os.kill(reader, signal.SIGSTOP)
    try:
        world.await_python()
    finally:
        os.kill(reader, signal.SIGCONT)
    world.await_ours(RISK + "?limit=4")


def test_python_stands_in_while_nothing_is_ready(make_world):
    """The data have become too old: /readyz is 503, and so is every answer."""
    world = make_world(hydration="enabled = false interval = 1 ttl = 2 stale_ttl = 10 stale_if_error = 20")
    world.await_ours()
    world.daemon.move_clock(1000)
    wait_for(lambda: world.daemon.get("/readyz").status == 503, "the end of all data")

    def python():
        return world.who() == ("python", 200)
    wait_for(python, "the stand-in")
    for target in (TEXT, STATISTICS + "image_generation"):
        assert world.who(target) == ("python", 200)
    world.daemon.send(signal.SIGUSR1)
    world.await_ours()


def test_a_category_without_data(make_world, tmp_path):
    """One that /readyz is not about. HAProxy, which goes by that, passes its 503 on; the others ask Python."""
    categories = dict(file_categories(DEMO), blip=["file://%s/missing.json" % tmp_path])
    world = make_world(categories)
    world.await_ours()
    empty = STATISTICS + "blip"
    assert world.daemon.get(empty).status == 503
    for _ in range(10):  # none of it is held against the daemon
        answer = world.get(empty)
        if world.kind == "haproxy":
            assert (answer.status, "retry-after" in answer.headers) == (503, True)
        else:
            assert (answer.status, answer.json().get("asked")) == (200, empty)
        assert world.who() == ("hydratord", 200)
    world.python.status = 503
    assert world.get(empty).status == 503


def test_nobody_is_there(make_world):
    """An answer at once, and what hydratord has is given though /readyz says no."""
    world = make_world()
    world.await_ours()
    world.python.stop()
    world.await_ours()
    assert world.get("/replicate_mode").status in (502, 503)
    world.daemon.stop()
    began = time.monotonic()
    answer = world.get(RISK + "?limit=9")
    assert answer.status in (502, 503, 504)
    assert time.monotonic() - began < PATIENCE / 2
    world.daemon.start(wait=False)
    world.await_ours()
