"""Orders over HTTP: who has the token can ask for a refresh, and nobody for anything else."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import time

import pytest

from conftest import DEMO, file_categories
from ctl import ctl
from daemon import PATIENCE, WRAPPER, Daemon, wait_for
from fleet import CATEGORY, NEVER, make_fleet, skip_under_valgrind
from test_gate import gate, original, part, put, start
from test_metrics import METRICS, fetch, samples
from test_sandbox import USER, common, user_daemon  # noqa: F401 (a fixture)

__all__ = ["common", "make_fleet"]
TOKEN = "an-invented/token.of+43_bytes~for=".replace("=", "-") + "tests=="
WRONG = TOKEN[:-3] + "t=="
PATH = "/admin/refresh/image_generation"
ASKED = "%s: a refresh is asked for over HTTP"
RESULTS = ("accepted", "unauthorized", "limited", "unavailable", "other")


def write_token(directory, token=TOKEN, mode=0o600):
    path = directory / "token"
    path.unlink(missing_ok=True)
    path.touch(mode=mode)
    path.write_text(token + "\n")
    return path


def settings(directory):
    return 'http { admin_listen = { "127.0.0.1:0" } admin_token_file = "%s" access_log = "%s" }\n' % (
        write_token(directory), directory / "access")


@pytest.fixture
def daemon(make_daemon, tmp_path):
    return make_daemon(settings=settings(tmp_path) + METRICS).start()


def port(daemon):
    return int(wait_for(lambda: re.findall(r"orders on 127\.0\.0\.1:(\d+)", daemon.log()), "the address")[-1])


def raw(daemon, data, where=None):
    """All that comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", where or port(daemon)), timeout=PATIENCE) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b"")).decode()


def request(method="POST", path=PATH, token=TOKEN, more=""):
    authorization = "Authorization: Bearer %s\r\n" % token if token is not None else ""
    return ("%s %s HTTP/1.1\r\nHost: x\r\n%s%s\r\n" % (method, path, authorization, more)).encode()


def statuses(text):
    return [int(status) for status in re.findall(r"HTTP/1\.1 (\d+) ", text)]


def ask(daemon, **kwargs):
    answer = raw(daemon, request(**kwargs))
    return statuses(answer)[0], answer


def asked(daemon, category=CATEGORY):
    return daemon.log().count(ASKED % category)


def counted(daemon):
    values = samples(daemon)
    return {result: values['admin_requests_total{result="%s"}' % result] for result in RESULTS}


def refreshes(daemon, category=CATEGORY):
    return samples(daemon)['refresh_total{category="%s",result="published"}' % category]


def done(daemon):
    return daemon.json("/readyz?verbose")["categories"][0]["refresh"]


def test_an_order_refreshes_its_category_and_no_other(daemon):
    before = {category: refreshes(daemon, category) for category in (CATEGORY, "text_generation")}
    status, answer = ask(daemon)
    assert status == 202
    body = json.loads(answer.partition("\r\n\r\n")[2])
    assert body == {"category": CATEGORY, "order": 1, "status": "accepted"}
    wait_for(lambda: refreshes(daemon) == before[CATEGORY] + 1, "the refresh")
    assert refreshes(daemon, "text_generation") == before["text_generation"]
    wait_for(lambda: done(daemon)["done"] >= body["order"], "its end")
    assert done(daemon)["outcome"] == "refreshed" and "40 models" in done(daemon)["text"]
    before = refreshes(daemon)
    daemon.move_clock(2)
    body = json.loads(ask(daemon)[1].partition("\r\n\r\n")[2])
    assert body["order"] == 2
    wait_for(lambda: done(daemon)["done"] >= 2, "the end of the next one")
    assert refreshes(daemon) == before + 1


@pytest.mark.parametrize("data,status,fields", (
    (request(token=None), 401, ('WWW-Authenticate: Bearer realm="hydratord"\r\n',)),
    (request(token=WRONG), 401, ('WWW-Authenticate: Bearer realm="hydratord", error="invalid_token"\r\n',)),
    (request(token=TOKEN[:-1]), 401, ()),
    (request(token=TOKEN + "="), 401, ()),
    (request(token=""), 401, ()),
    (request(token="x" * 5000), 401, ()),
    (request(token=TOKEN.upper()), 401, ()),
    (request(token=None, more="Authorization: Basic %s\r\n" % TOKEN), 401, ()),
    (request(token=None, more="Authorization: %s\r\n" % TOKEN), 401, ()),
    (request(more="Authorization: Bearer %s\r\n" % TOKEN), 401, ()),
    (request(path=PATH + "?access_token=" + TOKEN, token=None), 401, ()),
    (request(token=None, more="authorization: bEARER   %s \r\n" % TOKEN), 202, ()),
    (request(path=PATH + "?x"), 202, ()),
    (request(more="Origin: https://example.org\r\n"), 202, ()),
    (request(more="Content-Length: 0\r\n"), 202, ()),
    (request(path="/admin/refresh/blip"), 404, ()),
    (request(path="/admin/refresh/nothing"), 404, ()),
    (request(path="/admin/refresh/Image_generation"), 404, ()),
    (request(path="/admin/refresh/"), 404, ()),
    (request(path="/admin/refresh"), 404, ()),
    (request(path=PATH + "/"), 404, ()),
    (request(path="/api" + PATH), 404, ()),
    (request(path="/"), 404, ()),
    (request("GET", "/livez"), 404, ()),
    (request("GET", "/metrics"), 404, ()),
    (request("GET", "/model_references/statistics/image_generation"), 404, ()),
    (request("GET"), 405, ("Allow: POST\r\n",)),
    (request("HEAD"), 405, ("Allow: POST\r\n",)),
    (request("PUT"), 405, ("Allow: POST\r\n",)),
    (request("OPTIONS", more="Origin: https://example.org\r\nAccess-Control-Request-Method: POST\r\n"), 405,
     ("Allow: POST\r\n",)),
    (request("OPTIONS", "*"), 404, ()),
    (request("BREW"), 501, ()),
    (b"POST %s HTTP/1.1\r\n\r\n" % PATH.encode(), 400, ())))
def test_each_answer(shared, data, status, fields):
    shared.move_clock(20)  # more than ten of these show no token
    answer = raw(shared, data)
    assert statuses(answer) == [status]
    head, _, body = answer.partition("\r\n\r\n")
    assert "Cache-Control: no-store" in head and "Access-Control" not in head
    for field in fields:
        assert field in head + "\r\n"
    if status == 202:
        assert json.loads(body)["status"] == "accepted"
    elif data.startswith(b"HEAD"):
        assert body == ""
    elif status != 400:
        assert set(json.loads(body)) == {"detail"}
    assert TOKEN not in answer


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """With scripts of all origins allowed, which is for others."""
    directory = tmp_path_factory.mktemp("admin")
    daemon = Daemon(directory, file_categories(DEMO, [CATEGORY]), "file://%s" % DEMO,
                    settings=settings(directory) + 'http { cors = { "*" } }').start()
    yield daemon
    assert daemon.stop() == 0


def test_nowhere_else(make_daemon, tmp_path, daemon):
    """Nor where it is off."""
    off = make_daemon(settings=METRICS).start()
    for path in (PATH, "/api" + PATH):
        for method in ("GET", "POST"):
            for each in (daemon, off):
                assert each.get(path, method, {"Authorization": "Bearer " + TOKEN}).status == 404
    assert fetch(off, PATH, "POST")[0] == fetch(daemon, PATH, "POST")[0] == 404
    assert asked(daemon) == 0 and "orders on" not in off.log()


def test_what_is_configured_by_halves_is_refused(make_daemon, tmp_path):
    def refusal(text):
        daemon = make_daemon(settings=text)
        result = daemon.run("-t", "-c", str(daemon.config))
        assert result.returncode != 0
        return result.stderr

    listen, file = 'admin_listen = { "127.0.0.1:0" }', 'admin_token_file = "%s"'
    path = write_token(tmp_path)
    assert "set http.admin_token_file as well" in refusal("http { %s }" % listen)
    assert "set http.admin_listen as well" in refusal("http { %s }" % file % path)
    both = "http { %s %s }" % (listen, file)
    assert "No such file" in refusal(both % (tmp_path / "missing"))
    for token in ("short", "", "with blanks in the middle", "0123456789abcde"):
        text = refusal(both % write_token(tmp_path, token))
        assert "http.admin_token_file" in text and (token == "" or token not in text.replace(str(tmp_path), ""))
    assert "chmod" in refusal(both % write_token(tmp_path, mode=0o640))
    path = write_token(tmp_path)
    daemon = make_daemon(settings=both % path)
    dump = daemon.run("-T", "-c", str(daemon.config))
    assert dump.returncode == 0 and str(path) in dump.stdout and TOKEN not in dump.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_user_reads_the_token(make_daemon, common):  # noqa: F811
    daemon = user_daemon(make_daemon, common, "", start=False)
    daemon.config.write_text(daemon.config.read_text() + settings(common))
    answer = daemon.run("-f", "-c", str(daemon.config))
    assert answer.returncode != 0
    assert "http.admin_token_file: %s cannot read %s: Permission denied" % (USER, common / "token") in answer.stderr
    shutil.chown(common / "token", USER)
    daemon.start()
    assert ask(daemon)[0] == 202
    daemon.stop()


def test_an_address_is_of_one_kind(make_daemon, tmp_path):
    daemon = make_daemon(settings=settings(tmp_path) + METRICS)
    text = daemon.config.read_text()
    number = daemon.hold_port()
    daemon.config.write_text(text.replace('admin_listen = { "127.0.0.1:0" }', 'admin_listen = { "127.0.0.1:%d" }' % number)
                             .replace('metrics_listen = { "127.0.0.1:0" }', 'metrics_listen = { "127.0.0.1:%d" }' % number))
    daemon.spawn()
    assert daemon.process.wait(PATIENCE) != 0
    assert 'is served by http.metrics_listen' in daemon.log()
    daemon.process = None


def test_a_storm_of_wrong_tokens(daemon, tmp_path):
    found, right = [], 0
    for number in range(40):
        found += statuses(raw(daemon, request(token=WRONG + "%d" % number)))
        if number % 10 == 9:
            right += ask(daemon)[0] == 202
    assert right == 4, "who has the token waits for nobody"
    assert set(found) == {401, 429} and found[:10] == [401] * 10
    answer = raw(daemon, request(token=None) * 3)
    while statuses(answer)[0] != 429:
        answer = raw(daemon, request(token=None) * 3)
    assert statuses(answer) == [429] and "Retry-After: 1\r\n" in answer and "Connection: close\r\n" in answer
    counts = counted(daemon)
    assert counts["accepted"] == 4 and counts["unauthorized"] >= 10 and counts["limited"] >= 1
    assert counts["unavailable"] == counts["other"] == 0
    lines = re.findall(r"(\d+) requests? for http\.admin_listen without the token, the last from 127\.0\.0\.1", daemon.log())
    assert lines == ["1"], "once a minute"
    daemon.move_clock(61)
    ask(daemon, token=WRONG)
    wait_for(lambda: daemon.log().count("http.admin_listen without the token") == 2, "the next line")


def test_no_log_has_a_token(daemon, tmp_path):
    for kwargs in ({}, {"token": WRONG}, {"path": PATH + "?access_token=" + TOKEN, "token": None}):
        raw(daemon, request(**kwargs))
    raw(daemon, request(more="X: " + "x" * 20000 + "\r\n", path=PATH + "?" + WRONG))
    access = pathlib.Path(tmp_path / "access")
    wait_for(lambda: access.read_text().count("/admin/refresh/") == 4, "the lines")
    text = access.read_text()
    assert '"POST %s HTTP/1.1" 202' % PATH in text and '"POST %s" 401' % PATH in text
    for secret in (TOKEN, WRONG):
        assert secret not in text and secret not in daemon.log()


def test_many_orders_are_few_refreshes(daemon):
    """And the last one is not lost."""
    began = time.monotonic()
    answers = statuses(raw(daemon, request() * 30))
    assert answers == [202] * 30
    before = wait_for(lambda: asked(daemon), "the first of them")
    assert before <= time.monotonic() - began + 2
    assert statuses(raw(daemon, request())) == [202]
    daemon.move_clock(2)
    wait_for(lambda: asked(daemon) > before, "one that came later")
    daemon.move_clock(5)
    status, _ = ask(daemon)
    assert status == 202 and asked(daemon, "text_generation") == 0


def test_a_body_is_not_read(daemon):
    for more in ("Content-Length: 5\r\n\r\n12345", "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n",
                 "Expect: 100-continue\r\nContent-Length: 99999999\r\n"):
        with socket.create_connection(("127.0.0.1", port(daemon)), timeout=PATIENCE) as sock:
            sock.sendall(request(more=more) + request())
            answer = b"".join(iter(lambda: sock.recv(65536), b"")).decode()
        assert statuses(answer) == [202] and "Connection: close\r\n" in answer


def test_connections_are_kept(daemon):
    connection = http.client.HTTPConnection("127.0.0.1", port(daemon), timeout=PATIENCE)
    for token, status in ((TOKEN, 202), (WRONG, 401), (TOKEN, 202)):
        connection.request("POST", PATH, headers={"Authorization": "Bearer " + token})
        response = connection.getresponse()
        assert response.status == status and response.read()
    connection.close()


def test_a_reload_reads_the_token_anew(daemon, tmp_path):
    other = TOKEN.replace("invented", "other")
    write_token(tmp_path, other)
    assert ask(daemon)[0] == 202
    held = http.client.HTTPConnection("127.0.0.1", port(daemon), timeout=PATIENCE)
    held.connect()
    where = port(daemon)
    daemon.reload()
    assert port(daemon) == where
    held.close()
    assert [ask(daemon, token=token)[0] for token in (TOKEN, other)] == [401, 202]
    write_token(tmp_path, "short")
    daemon.send(signal.SIGHUP)
    wait_for(lambda: "is no token" in daemon.log(), "the refusal")
    assert [ask(daemon, token=token)[0] for token in (TOKEN, other)] == [401, 202]


def test_a_former_reader_asks_those_that_hydrate_now(daemon):
    held = http.client.HTTPConnection("127.0.0.1", port(daemon), timeout=PATIENCE)
    headers = {"Authorization": "Bearer " + TOKEN}
    held.request("POST", PATH, headers=headers)
    assert held.getresponse().read()
    wait_for(lambda: asked(daemon) == 1, "the first order")
    former = daemon.child("hydrator " + CATEGORY)
    daemon.send(signal.SIGHUP)
    wait_for(lambda: daemon.child("hydrator " + CATEGORY) not in (None, former), "another hydrator")
    wait_for(lambda: "retired, with" in daemon.log(), "the former reader")
    daemon.move_clock(2)
    before = refreshes(daemon)
    held.request("POST", PATH, headers=headers)
    assert held.getresponse().status == 202
    held.close()
    wait_for(lambda: asked(daemon) == 2 and refreshes(daemon) > before, "a refresh")


def test_a_reader_without_the_token_serves_all_else(daemon, tmp_path):
    (tmp_path / "token").unlink()
    daemon.kill_child("reader 0")
    wait_for(daemon.answers, "the reader")
    wait_for(lambda: "orders over HTTP are refused; mend it, then reload" in daemon.log(), "a line")
    status, answer = ask(daemon)
    assert status == 503 and "Retry-After: 1\r\n" in answer
    assert daemon.get("/model_references/statistics/" + CATEGORY).status == 200
    assert ask(daemon, token="")[0] == 503 and asked(daemon) == 0
    assert counted(daemon)["unavailable"] == 2


def test_a_supervisor_that_does_not_read(daemon):
    os.kill(daemon.process.pid, signal.SIGSTOP)
    try:
        found = []
        while 503 not in found:
            found += statuses(raw(daemon, request() * 16))
            assert len(found) < 5000
        assert set(found) == {202, 503}
    finally:
        os.kill(daemon.process.pid, signal.SIGCONT)
    wait_for(lambda: asked(daemon) >= 1, "the order")
    wait_for(lambda: ask(daemon)[0] == 202, "room for another")


@pytest.mark.parametrize("most,limit", ((20, None), (4000, 700)), ids=("all places", "all descriptors"))
def test_a_crowd_of_strangers_keeps_no_operator_out(make_daemon, tmp_path, most, limit):
    """They begin a request and do not end it, so that none of them is idle and gives its place up."""
    daemon = make_daemon(settings=settings(tmp_path) + METRICS
                         + "http { max_connections = %d head_timeout = 3600 }" % most)
    if limit:
        daemon.starter = ["prlimit", "--nofile=%d" % limit]
    daemon.start()
    said = re.findall(r"the hard limit is \d+: each reader keeps (\d+) connections", daemon.log())
    room = int(said[0]) if limit else most
    assert samples(daemon)["http_connections_limit"] == room >= 20
    crowd = []
    while len(crowd) < room + 100:
        crowd.append(socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE))
        crowd[-1].sendall(b"GET ")
    wait_for(lambda: statuses(raw(daemon, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", daemon.port)) == [503], "a full house")
    before = refreshes(daemon)
    assert ask(daemon)[0] == 202
    wait_for(lambda: refreshes(daemon) > before, "the refresh")
    assert samples(daemon)["http_connections"] >= room
    for sock in crowd:
        sock.close()
    wait_for(lambda: daemon.get("/livez").status == 200, "a free place")
    assert done(daemon)["outcome"] == "refreshed"
    assert not re.search(r"cannot be taken|pausing", daemon.log())


def test_an_order_believes_nothing(make_daemon, upstream, tmp_path):
    daemon = start(make_daemon, upstream, settings(tmp_path))
    put(upstream, CATEGORY, part(original(CATEGORY), 2))
    for number in range(5):
        daemon.move_clock(2)
        assert ask(daemon)[0] == 202
        wait_for(lambda: asked(daemon) == number + 1, "the order")
        wait_for(lambda: upstream.count(CATEGORY) == number + 2, "the document")
    wait_for(lambda: gate(daemon)["refused"] == ["reference"], "the gate")
    assert len(daemon.json("/model_references/statistics/%s/deletion-risk" % CATEGORY)["models"]) > 2


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind does not follow an exec")
def test_an_upgrade_forgets_no_order(make_daemon, tmp_path):
    """Nor the address."""
    daemon = make_daemon(settings=settings(tmp_path) + METRICS).start()
    where = port(daemon)
    assert ask(daemon)[0] == 202
    wait_for(lambda: done(daemon)["done"] == 1, "the first order")
    before = daemon.child("hydrator " + CATEGORY)
    assert ask(daemon)[0] == 202  # within a second of the first: it waits
    said = ctl(daemon, "upgrade")
    assert said.rc == 0, said
    wait_for(lambda: daemon.child("hydrator " + CATEGORY) not in (None, before), "another hydrator")
    wait_for(lambda: done(daemon)["done"] == 2, "the second order")
    assert port(daemon) == where and ask(daemon)[0] == 202


@skip_under_valgrind
def test_a_follower_passes_it_on(make_fleet, tmp_path):
    fleet = make_fleet(size=2, interval=NEVER, settings=settings(tmp_path)).start()
    before = fleet.stub.sets()
    assert ask(fleet.followers()[0].daemon)[0] == 202
    wait_for(lambda: fleet.stub.sets() == before + 1, "the leader's refresh")
    fleet.wait_settled(at_least=before + 1)
