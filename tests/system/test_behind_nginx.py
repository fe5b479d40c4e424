"""nginx with proxy_cache in front: what it makes of our Cache-Control, ETag and 304."""
import time

import pytest

from daemon import wait_for
from proxy import Proxy, get, tool

RISK = "/model_references/statistics/image_generation/deletion-risk"
LIFETIME = 3  # seconds: of hydration.ttl, and so of max-age

# The first server revalidates while the client waits, the second behind its back.
CONFIG = """
daemon off;
master_process off;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/temp;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    proxy_cache_path {directory}/cache keys_zone=models:1m;
    proxy_cache models;
    proxy_cache_key $server_port$request_uri;
    proxy_cache_revalidate on;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    add_header X-Cache $upstream_cache_status always;
    add_header X-Upstream $upstream_status always;
    upstream hydratord {{ server 127.0.0.1:{upstream}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{ports[0]};
        location / {{ proxy_pass http://hydratord; }}
    }}
    server {{
        listen 127.0.0.1:{ports[1]};
        location / {{
            proxy_pass http://hydratord;
            proxy_cache_use_stale updating error timeout http_503;
            proxy_cache_background_update on;
        }}
    }}
}}
"""


@pytest.fixture
def put_in_front(tmp_path):
    """Starts an nginx before a daemon."""
    nginx = tool("nginx", "nginx-light")
    directory = tmp_path / "nginx"
    directory.mkdir()
    proxies = []

    def start(daemon):
        def command(ports):
            config = directory / "nginx.conf"
            config.write_text(CONFIG.format(directory=directory, ports=ports, upstream=daemon.port))
            return [nginx, "-p", str(directory), "-e", str(directory / "error.log"), "-c", str(config)]

        proxies.append(Proxy(directory, 2, command))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.stop()


@pytest.fixture
def world(make_daemon, put_in_front):
    daemon = make_daemon(
        hydration="interval = 1 ttl = %d stale_ttl = 600 stale_if_error = 6000" % LIFETIME).start()
    return daemon, put_in_front(daemon)


def fetched(answer):
    return answer.headers["x-cache"], answer.headers.get("x-upstream")


def test_miss_hit_and_revalidation(world):
    daemon, proxy = world
    direct = daemon.get(RISK)
    port = proxy.ports[0]
    first = get(port, RISK)
    assert (first.status, fetched(first)) == (200, ("MISS", "200"))
    hit = get(port, RISK)
    assert (hit.status, fetched(hit)) == (200, ("HIT", None))
    assert first.body == hit.body == direct.body
    for name in ("etag", "cache-control"):
        assert hit.headers[name] == direct.headers[name]
    assert int(hit.headers["age"]) <= LIFETIME
    mine = get(port, RISK, {"If-None-Match": direct.headers["etag"]})
    assert (mine.status, mine.body, fetched(mine)) == (304, b"", ("HIT", None))
    time.sleep(LIFETIME + 1)
    again = get(port, RISK)
    assert (again.status, fetched(again)) == (200, ("REVALIDATED", "304"))
    assert again.body == direct.body
    assert fetched(get(port, RISK)) == ("HIT", None)
    assert fetched(get(port, RISK + "?limit=1")) == ("MISS", "200")


def test_stale_while_it_is_updated_and_when_the_daemon_is_gone(world):
    daemon, proxy = world
    waiting, behind = proxy.ports
    body = daemon.get(RISK).body
    for port in proxy.ports:
        assert fetched(get(port, RISK)) == ("MISS", "200")
    time.sleep(LIFETIME + 1)
    stale = get(behind, RISK)
    assert (stale.status, stale.headers["x-cache"], stale.body) == (200, "STALE", body)
    wait_for(lambda: fetched(get(behind, RISK)) == ("HIT", None), "the update")
    daemon.stop()
    time.sleep(LIFETIME + 1)
    for port in proxy.ports:  # the first one only knows stale-if-error of the answer
        stale = get(port, RISK)
        assert (stale.status, stale.headers["x-cache"], stale.body) == (200, "STALE", body)
    assert get(waiting, RISK + "?limit=7").status == 502


def test_what_may_not_be_kept_is_not_kept(world):
    _, proxy = world
    for _ in range(2):
        for target, status in (("/heartbeat", 200), ("/model_references/statistics/blip", 404),
                               (RISK + "?limit=x", 422)):
            answer = get(proxy.ports[0], target)
            assert (answer.status, fetched(answer)) == (status, ("MISS", str(status)))


def test_a_stale_answer_gets_no_new_lifetime(make_daemon, put_in_front):
    """Data older than ttl are passed on, and asked for again each time."""
    daemon = make_daemon(hydration="enabled = false interval = 10 ttl = 100 stale_ttl = 1000 stale_if_error = 5000").start()
    daemon.move_clock(500)
    proxy = put_in_front(daemon)
    for _ in range(2):
        answer = get(proxy.ports[0], RISK)
        assert (answer.status, fetched(answer)) == (200, ("MISS", "200"))
        assert int(answer.headers["age"]) >= 500
    daemon.move_clock(5000)
    answer = get(proxy.ports[0], RISK)
    assert (answer.status, fetched(answer)) == (503, ("MISS", "503"))
    assert "retry-after" in answer.headers


def test_nothing_is_kept_longer_than_it_is_fresh(make_daemon, put_in_front):
    """nginx ignores Age, but knows X-Accel-Expires: else it would keep this for another 100 seconds."""
    daemon = make_daemon(hydration="enabled = false interval = 10 ttl = 100 stale_ttl = 1000 stale_if_error = 5000").start()
    daemon.move_clock(90)
    port = put_in_front(daemon).ports[0]
    assert fetched(get(port, RISK)) == ("MISS", "200")
    assert fetched(get(port, RISK)) == ("HIT", None)

    def asked_again():
        answer = get(port, RISK)
        return answer.headers["x-cache"] != "HIT" and answer

    again = wait_for(asked_again, "the end of freshness")
    assert again.headers["x-upstream"] in ("200", "304")
    assert "x-accel-expires" not in again.headers  # which is for nginx alone


def test_what_is_kept_for_one_is_good_for_scripts_too(make_daemon, put_in_front):
    """With `*` the first client, who sent no Origin, locks nobody out."""
    daemon = make_daemon(settings='http { cors = { "*" } }').start()
    proxy = put_in_front(daemon)
    for fields, cache in (({}, "MISS"), ({"Origin": "https://app.example"}, "HIT"),
                          ({"Origin": "https://app.example", "Cookie": "a=b"}, "HIT")):
        answer = get(proxy.ports[0], RISK, fields)
        assert (answer.status, answer.headers["x-cache"]) == (200, cache)
        assert answer.headers["access-control-allow-origin"] == "*"
