"""The access log: both formats, hostile bytes, rotation, and that nobody waits for it."""
import json
import os
import re
import signal
import socket

import pytest

from daemon import PATIENCE, wait_for

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
COMBINED = re.compile(r'(\S+) - - \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000)\] "([^"\\]*(?:\\x[0-9a-f]{2}[^"\\]*)*)" '
                      r'(\d{3}) (\d+|-) "([^"]*)" "([^"]*)"')


def logging_daemon(make_daemon, tmp_path, form="combined", **kwargs):
    path = tmp_path / "access"
    daemon = make_daemon(settings='http { access_log = "%s" access_log_format = "%s" metrics_listen = '
                         '{ "127.0.0.1:0" } }' % (path, form), **kwargs).start()
    return daemon, path


def lines_with(path, mark, count=1):
    """Lines are written once a second."""
    def found():
        text = path.read_text(encoding="ascii")  # of which the last line may be on its way
        lines = [line for line in text[:text.rfind("\n") + 1].splitlines() if mark in line]
        return lines if len(lines) >= count else None

    return wait_for(found, "%d lines with %s" % (count, mark))


def exchange(daemon, data):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=30) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass


def test_off_by_default(demo):
    assert not list(demo.directory.glob("access*"))


def test_combined(make_daemon, tmp_path):
    daemon, path = logging_daemon(make_daemon, tmp_path)
    whole = daemon.get(RISK + "?limit=3&mark", headers={"Referer": "https://r.example/", "User-Agent": "agent/1"})
    daemon.get(RISK + "?mark", "HEAD")
    daemon.get(RISK + "?mark", headers={"If-None-Match": "*"})
    daemon.get("/nothing?mark", "POST")
    found = [COMBINED.fullmatch(line).groups() for line in lines_with(path, "mark", 4)]
    assert [(peer, *rest) for peer, _, *rest in found] == [
        ("127.0.0.1", "GET %s?limit=3&mark HTTP/1.1" % RISK, "200", str(len(whole.body)), "https://r.example/",
         "agent/1"),
        ("127.0.0.1", "HEAD %s?mark HTTP/1.1" % RISK, "200", "-", "-", "-"),
        ("127.0.0.1", "GET %s?mark HTTP/1.1" % RISK, "304", "-", "-", "-"),
        ("127.0.0.1", "POST /nothing?mark HTTP/1.1", "404", "22", "-", "-")]


def test_json(make_daemon, tmp_path):
    daemon, path = logging_daemon(make_daemon, tmp_path, "json")
    whole = daemon.get(STATISTICS + "?mark", headers={"User-Agent": "agent/1"})
    entry = json.loads(lines_with(path, "mark")[0])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
    assert 0 < entry.pop("seconds") < PATIENCE
    assert entry == {"client": "127.0.0.1", "method": "GET", "target": STATISTICS + "?mark", "protocol": "HTTP/1.1",
                     "status": 200, "bytes": len(whole.body), "referer": None, "user_agent": "agent/1"}
    exchange(daemon, b"\x16\x03\x01 no request\r\n\r\n")
    refused = [entry for entry in map(json.loads, lines_with(path, '"status":400')) if entry["status"] == 400]
    assert (refused[0]["method"], refused[0]["target"], refused[0]["protocol"]) == (None, None, None)


TARGET, LONG = "/livez?mark", "/?mark" + "x" * 9000
REFUSED = (  # status; method, target, protocol, agent as far as understood; bytes
    (413, ("GET", TARGET, "HTTP/1.1", "agent/1"),
     "GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: agent/1\r\nContent-Length: 9\r\n\r\n" % TARGET),
    (501, ("BREW", TARGET, "HTTP/1.1", None), "BREW %s HTTP/1.1\r\nHost: x\r\n\r\n" % TARGET),
    (505, ("HEAD", TARGET, "HTTP/2.0", None), "HEAD %s HTTP/2.0\r\nHost: x\r\nUser-Agent: agent/1\r\n\r\n" % TARGET),
    (431, ("GET", TARGET, "HTTP/1.1", "agent/1"),
     "GET %s HTTP/1.1\r\nUser-Agent: agent/1\r\n%s\r\n" % (TARGET, "A: b\r\n" * 64)),
    (431, ("GET", TARGET, "HTTP/1.1", None), "GET %s HTTP/1.1\r\nA: %s" % (TARGET, "x" * 70000)),
    (414, ("GET", LONG, "HTTP/1.1", None), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % LONG),
    (414, ("GET", LONG, None, None), "GET " + LONG))


@pytest.mark.parametrize("form", ("combined", "json"))
def test_what_was_understood_but_refused_is_named(make_daemon, tmp_path, form):
    daemon, path = logging_daemon(make_daemon, tmp_path, form)
    exchange(daemon, b"GET /?mark HTTP/1.1\r\nHost: a:b:c\r\n\r\n")  # it was not
    for _, _, text in REFUSED:
        exchange(daemon, text.encode())
    lines = lines_with(path, "mark", len(REFUSED))
    assert len(lines) == len(REFUSED)
    for line, (status, expected, _) in zip(lines, REFUSED):
        if form == "combined":
            fields = COMBINED.fullmatch(line).groups()
            assert (fields[2], fields[3], fields[6]) == (
                " ".join(filter(None, expected[:3])), str(status), expected[3] or "-")
        else:
            entry = json.loads(line)
            assert tuple(entry[name] for name in ("method", "target", "protocol", "user_agent")) == expected
            assert (entry["status"], entry["seconds"]) == (status, 0)


HOSTILE = b'mark "quoted" \\ back \xff\xc3\x28\xe2\x80\xa8 \t tab'


@pytest.mark.parametrize("form", ("combined", "json"))
def test_hostile_bytes_stay_in_their_place(make_daemon, tmp_path, form):
    daemon, path = logging_daemon(make_daemon, tmp_path, form)
    exchange(daemon, b'GET /"mark\\?"mark HTTP/1.1\r\nHost: x\r\nUser-Agent: ' + HOSTILE + b"\r\nReferer: " + HOSTILE +
             b"\r\n\r\n")
    exchange(daemon, b"GET /livez?end HTTP/1.1\r\nHost: x\r\n\r\n")
    lines_with(path, "end")
    raw = path.read_bytes()
    assert all(byte == 10 or 0x20 <= byte < 0x7f for byte in raw)
    lines = [line for line in raw.decode().splitlines() if "mark" in line]
    assert len(lines) == 1
    if form == "json":
        entry = json.loads(lines[0])
        assert entry["user_agent"].encode("latin-1") == entry["referer"].encode("latin-1") == HOSTILE
        assert entry["target"] == '/"mark\\?"mark'
    else:
        request, agent = (COMBINED.fullmatch(lines[0]).group(n) for n in (3, 7))
        assert unescape(agent) == HOSTILE
        assert unescape(request) == b'GET /"mark\\?"mark HTTP/1.1'


def unescape(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match.group(1), 16)]), text.encode())


def test_rotation(make_daemon, tmp_path):
    daemon, path = logging_daemon(make_daemon, tmp_path, readers=2)
    count = 40
    for i in range(count):
        daemon.get("/livez?before%d." % i)
    path.rename(tmp_path / "access.1")
    daemon.send(signal.SIGUSR2)
    wait_for(path.exists, "the new file")
    wait_for(lambda: daemon.get("/livez?after") and "after" in path.read_text(), "a line in the new file")

    def both():
        return (tmp_path / "access.1").read_text() + path.read_text()

    wait_for(lambda: both().count("before") == count, "all lines")
    for i in range(count):
        assert both().count("?before%d. " % i) == 1
    assert all(COMBINED.fullmatch(line) for line in both().splitlines())


def test_nobody_waits_for_a_full_pipe(make_daemon, tmp_path):
    """Lines that a slow reader of a pipe does not take are dropped and counted, and answers go on."""
    from test_metrics import samples
    path = tmp_path / "access"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        daemon, _ = logging_daemon(make_daemon, tmp_path)
        connection = daemon.connect()
        for i in range(300):
            connection.request("GET", "/livez", headers={"User-Agent": "x" * 2000})
            assert connection.getresponse().read() == b'{"status":"ok"}'
        connection.close()
        wait_for(lambda: samples(daemon)["access_log_dropped_total"] > 0, "dropped lines")
        assert daemon.get(RISK).status == 200
        wait_for(lambda: "lines are dropped" in daemon.log(), "the line about them")
        dropped = samples(daemon)["access_log_dropped_total"]
        taken = b""
        while True:
            try:
                taken += os.read(reader, 1 << 20)
            except BlockingIOError:
                break
        assert 0 < taken.count(b"\n") <= 400 and dropped < 400
    finally:
        os.close(reader)


def test_a_file_that_cannot_be_opened_is_named(make_daemon, tmp_path):
    daemon = make_daemon(settings='http { access_log = "%s/no/such/directory/log" }' % tmp_path).start()
    assert daemon.get("/livez").status == 200
    assert "access log %s/no/such/directory/log: no lines are kept: No such file" % tmp_path in daemon.log()
    (tmp_path / "no" / "such" / "directory").mkdir(parents=True)
    daemon.send(signal.SIGUSR2)
    path = tmp_path / "no/such/directory/log"
    wait_for(path.exists, "the file")
    wait_for(lambda: daemon.get("/livez") and "livez" in path.read_text(), "a line")
