"""Varnish in front: hits, conditional fetches, and our stale-while-revalidate as its grace."""
import time

import pytest

from daemon import wait_for
from proxy import Proxy, get, tool

RISK = "/model_references/statistics/image_generation/deletion-risk"
LIFETIME = 3  # seconds: of hydration.ttl, and so of max-age

# Varnish takes ttl and grace from Cache-Control by itself; default_keep lets it ask with If-None-Match afterwards.
VCL = """
vcl 4.1;
backend hydratord {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
sub vcl_backend_response {{
    set beresp.http.X-Grace = beresp.grace;
    set beresp.http.X-Was-304 = beresp.was_304;
}}
sub vcl_deliver {{
    if (obj.hits > 0) {{ set resp.http.X-Cache = "HIT"; }} else {{ set resp.http.X-Cache = "MISS"; }}
    set resp.http.X-Ttl = obj.ttl;
}}
"""


@pytest.fixture
def put_in_front(tmp_path):
    """Starts a varnishd before a daemon: as an ordinary user, or without its jails, in a directory of its own."""
    varnishd = tool("varnishd", "varnish")
    tool("cc", "gcc")  # it compiles its configuration
    directory = tmp_path / "varnish"
    directory.mkdir()
    proxies = []

    def start(daemon):
        vcl = directory / "test.vcl"
        vcl.write_text(VCL.format(upstream=daemon.port))

        def command(ports):
            return [varnishd, "-F", "-j", "none", "-n", str(directory / "work"), "-a", "127.0.0.1:%d" % ports[0],
                    "-f", str(vcl), "-s", "malloc,16m", "-T", "none", "-p", "thread_pool_min=5",
                    "-p", "thread_pools=1", "-p", "default_keep=600"]

        proxies.append(Proxy(directory, 1, command))
        return proxies[-1].ports[0]

    yield start
    for proxy in proxies:
        proxy.stop()


def start_daemon(make_daemon, stale_ttl=600):
    return make_daemon(hydration="interval = 1 ttl = %d stale_ttl = %d stale_if_error = 6000" % (
        LIFETIME, stale_ttl)).start()


def seconds(text):
    return float(text.rstrip("s"))


def test_hit_and_conditional_requests(make_daemon, put_in_front):
    daemon = start_daemon(make_daemon)
    direct = daemon.get(RISK)
    port = put_in_front(daemon)
    first = get(port, RISK)
    assert (first.status, first.headers["x-cache"]) == (200, "MISS")
    hit = get(port, RISK)
    assert (hit.status, hit.headers["x-cache"]) == (200, "HIT")
    assert first.body == hit.body == direct.body
    assert hit.headers["etag"] == direct.headers["etag"]
    assert int(hit.headers["age"]) <= LIFETIME
    assert seconds(hit.headers["x-ttl"]) <= LIFETIME
    assert seconds(hit.headers["x-grace"]) == 600 - LIFETIME
    mine = get(port, RISK, {"If-None-Match": direct.headers["etag"]})
    assert (mine.status, mine.body) == (304, b"")


def test_grace_and_revalidation(make_daemon, put_in_front):
    """Older than max-age: served at once, while a conditional request is under way."""
    daemon = start_daemon(make_daemon)
    port = put_in_front(daemon)
    body = get(port, RISK).body
    time.sleep(LIFETIME + 1)
    stale = get(port, RISK)
    assert (stale.status, stale.headers["x-cache"], stale.body) == (200, "HIT", body)
    assert seconds(stale.headers["x-ttl"]) < 0

    def updated():
        answer = get(port, RISK)
        return answer.headers.get("x-was-304") == "true" and answer

    assert wait_for(updated, "an object that a 304 has renewed").body == body


def test_stale_when_the_daemon_is_gone(make_daemon, put_in_front):
    daemon = start_daemon(make_daemon)
    port = put_in_front(daemon)
    body = get(port, RISK).body
    daemon.stop()
    time.sleep(LIFETIME + 1)
    for _ in range(2):
        stale = get(port, RISK)
        assert (stale.status, stale.body) == (200, body)
        assert int(stale.headers["age"]) > LIFETIME
    assert get(port, RISK + "?limit=7").status == 503


def test_without_grace_the_next_request_revalidates(make_daemon, put_in_front):
    daemon = start_daemon(make_daemon, stale_ttl=LIFETIME)
    port = put_in_front(daemon)
    body = get(port, RISK).body
    time.sleep(LIFETIME + 1)
    again = get(port, RISK)
    assert (again.status, again.headers["x-cache"], again.headers["x-was-304"]) == (200, "MISS", "true")
    assert again.body == body


def test_errors_are_not_kept(make_daemon, put_in_front):
    port = put_in_front(start_daemon(make_daemon))
    for _ in range(2):
        for target, status in (("/heartbeat", 200), ("/model_references/statistics/blip", 404),
                               (RISK + "?limit=x", 422)):
            answer = get(port, target)
            assert (answer.status, answer.headers["x-cache"]) == (status, "MISS")
