"""/dashboard: one document that is what its policy says, and on which addresses it is."""
import base64
import hashlib
import http.client
import re

import pytest

from codings import DECODE
from daemon import PATIENCE, wait_for
from proxy import get
from test_reload import hup, refusals, reloads

PAGE = "/dashboard"
ROOM = 70 * 1024  # bytes of it in brotli: what a slow line carries in a second or two
POLICY = ("default-src 'none'; script-src %s; style-src %s; connect-src 'self'; img-src data:; base-uri 'none'; "
          "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'")


def source(text):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def only(pattern, text):
    found = re.findall(pattern, text, re.S)
    assert len(found) == 1, "%d of %s" % (len(found), pattern)
    return found[0]


def scripts(text):
    """That of others, and ours."""
    return [only(r"<script>(.*?)</script>", text), only(r'<script type="module">(.*?)</script>', text)]


@pytest.fixture(scope="module")
def page(demo):
    answer = demo.get(PAGE)
    assert answer.status == 200
    return answer


def test_the_policy_names_what_is_there(page):
    text = page.body.decode()
    style = only(r"<style>(.*?)</style>", text)
    assert page.headers["content-security-policy"] == POLICY % (" ".join(map(source, scripts(text))), source(style))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


def test_it_needs_nothing_from_elsewhere_and_nothing_that_is_forbidden(page):
    text = page.body.decode()
    document = text.replace(only(r"<style>(.*?)</style>", text), "")
    for script in scripts(text):
        document = document.replace(script, "")
        assert not re.search(r"^\s*(import|export)\b", script, re.M), "a module is left that is not joined"
        assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write)\b", script)
    assert not re.search(r"<[^>]*\s(on\w+|style|src)=", document)
    assert re.findall(r'<link [^>]*href="([^"]*)"', document) == ["data:,"]
    assert "copyright (c) 2025 Leon Sorokin, MIT licence" in document, "a licence demands its notice"


@pytest.mark.parametrize("coding", sorted(DECODE))
def test_encodings(demo, page, coding):
    answer = demo.get(PAGE, headers={"Accept-Encoding": coding})
    assert answer.headers["content-encoding"] == coding
    assert DECODE[coding](answer.body) == page.body
    assert answer.headers["etag"] == page.headers["etag"]
    assert answer.headers["vary"] == "Accept-Encoding"


def test_it_is_small(demo, page):
    size = len(demo.get(PAGE, headers={"Accept-Encoding": "br"}).body)
    print("/dashboard: %d bytes in br of %d" % (size, len(page.body)))
    assert size <= ROOM


def test_no_encoding_is_left(demo):
    assert demo.get(PAGE, headers={"Accept-Encoding": "identity;q=0, x"}).status == 406


def test_it_is_asked_for_again(demo, page):
    assert page.headers["cache-control"] == "no-cache"
    again = demo.get(PAGE, headers={"If-None-Match": page.headers["etag"], "Accept-Encoding": "br"})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == page.headers["etag"]
    assert again.headers["content-security-policy"] == page.headers["content-security-policy"]
    assert demo.get(PAGE, headers={"If-None-Match": '"other"'}).status == 200


def test_methods_and_paths(demo, page):
    head = demo.get(PAGE, "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(page.body)))
    assert demo.get(PAGE, "POST").status == 405
    assert demo.get(PAGE, "OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS"
    assert demo.get("/api" + PAGE).body == page.body
    moved = demo.get("/api" + PAGE + "/")
    assert (moved.status, moved.headers["location"]) == (307, "/api" + PAGE)
    assert demo.get(PAGE + "/page.css").status == 404


# Its addresses.


def port_of(daemon):
    return int(re.findall(r"the dashboard on 127\.0\.0\.1:(\d+)", daemon.log())[-1])


def check_own_address(daemon):
    """It is at that address, with all else, and not at those of listen."""
    port = port_of(daemon)
    assert port != daemon.port
    assert get(port, PAGE).status == get(port, "/api" + PAGE).status == 200
    for target in ("/heartbeat", "/readyz", "/model_references/statistics/image_generation"):
        assert get(port, target).status == get(daemon.port, target).status == 200
    for target in (PAGE, "/api" + PAGE):
        answer = get(daemon.port, target)
        assert (answer.status, answer.json()) == (404, {"detail": "Not Found"})


def test_an_address_of_its_own(make_daemon):
    daemon = make_daemon(settings='http { dashboard_listen = { "127.0.0.1:0" } }').start()
    check_own_address(daemon)


def test_an_address_by_the_environment(make_daemon):
    daemon = make_daemon(env={"HYDRATORD_HTTP_DASHBOARD_LISTEN": '["127.0.0.1:0"]'}).start()
    check_own_address(daemon)
    assert 'dashboard_listen = { "127.0.0.1:0" }' in daemon.run("-T", "-c", str(daemon.config)).stdout


def test_streams_reach_its_address(make_daemon):
    """One server has both kinds of sockets, so that a change is sent to all who listen."""
    daemon = make_daemon(settings='http { dashboard_listen = { "127.0.0.1:0" } }',
                         hydration="interval = 1").start()
    streams = []
    for port in (daemon.port, port_of(daemon)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/events")
        streams.append((connection, connection.getresponse()))
    for connection, stream in streams:
        while not stream.readline().startswith(b"event: snapshot"):
            pass
        connection.close()


def test_nowhere(make_daemon):
    daemon = make_daemon(settings='http { dashboard_listen = { "none" } }').start()
    assert get(daemon.port, PAGE).status == 404
    assert "the dashboard on" not in daemon.log()


@pytest.mark.parametrize("value,trouble", (
    ('{ "none", "127.0.0.1:1" }', '"none" goes with no address'), ('{ "nowhere" }', "host:port")))
def test_what_is_no_list_of_addresses(make_daemon, value, trouble):
    daemon = make_daemon(settings="http { dashboard_listen = %s }" % value)
    refused = daemon.run("-t", "-c", str(daemon.config))
    assert refused.returncode != 0
    assert "dashboard_listen" in refused.stderr and trouble in refused.stderr


def test_an_address_of_listen_is_not_taken(make_daemon):
    daemon = make_daemon()
    text, port = daemon.config.read_text(), daemon.hold_port()
    daemon.config.write_text(text.replace('"127.0.0.1:0"', '"127.0.0.1:%d"' % port)
                             + 'http { dashboard_listen = { "127.0.0.1:%d" } }\n' % port)
    daemon.spawn()
    assert daemon.process.wait(PATIENCE) != 0
    assert "is served by listen" in daemon.log()
    daemon.process = None


def test_a_reload_adds_moves_and_removes_it(make_daemon):
    daemon = make_daemon().start()
    plain, before = daemon.config.read_text(), refusals(daemon)
    assert get(daemon.port, PAGE).status == 200

    def reload(settings):
        daemon.config.write_text(plain + settings)
        hup(daemon, lambda daemon: reloads(daemon) + refusals(daemon), "the reload to " + settings)
        assert refusals(daemon) == before, daemon.log()[-2000:]

    reload('http { dashboard_listen = { "127.0.0.1:%d" } }\n' % daemon.hold_port())
    wait_for(lambda: get(daemon.port, PAGE).status == 404, "the new readers alone")
    check_own_address(daemon)
    former = port_of(daemon)
    reload('http { dashboard_listen = { "none" } }\n')
    wait_for(lambda: refused(former), "the former address to be given up")
    assert get(daemon.port, PAGE).status == 404
    reload("")
    wait_for(lambda: get(daemon.port, PAGE).status == 200, "the new readers alone")


def refused(port):
    try:
        get(port, "/heartbeat")
    except OSError:
        return True
    return False
