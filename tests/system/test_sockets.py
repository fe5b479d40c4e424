"""Bytes on sockets: what clients do wrong, slowly, or by the thousand."""
import contextlib
import os
import pathlib
import re
import resource
import select
import signal
import socket
import struct
import time

import pytest

from daemon import PATIENCE, WRAPPER, sleeps, wait_for

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
HEARTBEAT = b"GET /heartbeat HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /heartbeat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def connect(daemon, receive_buffer=None):
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", daemon.port))
    return sock


def read_all(sock):
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(1 << 20):
            received += chunk
    return bytes(received)


def exchange(daemon, *pieces):
    """Sends the pieces one by one and reads until the daemon closes."""
    with connect(daemon) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            sock.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.002)
        return read_all(sock)


def answers(received):
    """[(status, fields, body)] of whole answers that lie one behind the other."""
    found = []
    while received:
        head, received = received.split(b"\r\n\r\n", 1)
        status = int(re.match(rb"HTTP/1\.1 (\d{3}) ", head).group(1))
        fields = {name.lower(): value for name, value in re.findall(r"^([\w-]+): (.*?)\r?$", head.decode(), re.M)}
        length = int(fields.get("content-length", 0))
        assert len(received) >= length, "cut off"
        found.append((status, fields, received[:length]))
        received = received[length:]
    return found


def statuses(received):
    return [status for status, _, _ in answers(received)]


def head(*fields, target="/heartbeat", method="GET", version="1.1", host=True):
    lines = ["%s %s HTTP/%s" % (method, target, version)] + ["Host: x"] * host + list(fields)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def readable(sock):
    return bool(select.select([sock], [], [], 0)[0])


def ticks(pid):
    """CPU time of a process, seconds."""
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rests(pid):
    """Whether it has had nothing to do for half a second."""
    before = ticks(pid)
    time.sleep(0.5)
    return sleeps(pid) and ticks(pid) == before


# Heads, whole and in pieces

def test_a_head_byte_by_byte(demo):
    request = head("A: b", "Connection: close")
    assert statuses(exchange(demo, *[request[i:i + 1] for i in range(len(request))])) == [200]


def test_a_head_cut_at_every_place(demo):
    request = b"\r\n" + head("A: b") + LAST
    for at in range(1, len(request)):
        assert statuses(exchange(demo, request[:at], request[at:])) == [200, 200], at


@pytest.mark.parametrize("step", (1, 255, 1448, 4096, 16384, 65535))
def test_the_largest_head_in_pieces(make_daemon, step):
    daemon = make_daemon(settings='http { max_head = "64K" head_timeout = 600 }').start()
    fields = ["F%d: %s" % (i, "x" * 1000) for i in range(60)]
    request = head("Connection: close", *fields)
    fields.append("G: " + "x" * (65536 - len(request) - len("G: \r\n")))
    request = head("Connection: close", *fields)
    assert len(request) == 65536
    if step == 1:  # the last bytes one by one: the whole would take minutes
        pieces = [request[:-300]] + [request[i:i + 1] for i in range(65236, 65536)]
    else:
        pieces = [request[i:i + step] for i in range(0, len(request), step)]
    assert statuses(exchange(daemon, *pieces)) == [200]
    longer = request.replace(b"\r\nG: ", b"\r\nG: x")
    assert statuses(exchange(daemon, longer)) == [431]


@pytest.mark.parametrize("fields,status", (
    (["A: b"] * 62, 200), (["A: b"] * 63, 431), (["A: b"] * 1000, 431),
    (["N" * 15000 + ": v"], 200), (["N" * 17000 + ": v"], 431), (["A:"], 200), (["A: \t b \t "], 200),
    (["A: caf\xe9 \xff\x80"], 200), (["A: a\0b"], 400), (["A: a\x7fb"], 400), (["A: a\x01b"], 400), (["A: a\rb"], 400),
    (["A\xe9: b"], 400), (["A\0: b"], 400), ([": b"], 400), (["A b: c"], 400), (["A"], 400), (["\tA: b"], 400),
    (["A: b\r\n\tc"], 400), (["Host: x"], 400), (["Host: y"], 400), (["hOST: x"], 400)),
    ids=lambda value: repr(value)[:40])
def test_fields(demo, fields, status):
    assert statuses(exchange(demo, head("Connection: close", *fields))) == [status]


@pytest.mark.parametrize("host,status", (
    ("Host: example.org:80", 200), ("Host: [::1]:80", 200), ("Host:", 200), ("Host: a b", 400), ("Host: a/b", 400),
    ("Host: a@b", 400), ("Host: a, b", 400), ("Host: \xe9", 400), ("Host: a\"", 400), ("hOsT: x", 200)))
def test_hosts(demo, host, status):
    assert statuses(exchange(demo, head(host, "Connection: close", host=False))) == [status]


@pytest.mark.parametrize("line,status", (
    ("GET http://example.org/heartbeat HTTP/1.1", 200), ("GET HTTP://u.example:1/api/heartbeat?x HTTP/1.1", 200),
    ("GET https://example.org HTTP/1.1", 200), ("GET http://example.org?x=/y HTTP/1.1", 200),
    ("GET http:///heartbeat HTTP/1.1", 400), ("GET http://u@h/heartbeat HTTP/1.1", 400),
    ("GET ftp://example.org/ HTTP/1.1", 400), ("GET * HTTP/1.1", 400), ("HEAD * HTTP/1.1", 400),
    ("OPTIONS * HTTP/1.1", 204), ("OPTIONS /heartbeat HTTP/1.1", 204), ("OPTIONS ** HTTP/1.1", 400),
    ("CONNECT example.org:80 HTTP/1.1", 400), ("TRACE /heartbeat HTTP/1.1", 405), ("get /heartbeat HTTP/1.1", 501),
    ("GET /heartbeat HTTP/1.1 ", 400), (" GET /heartbeat HTTP/1.1", 400), ("GET\t/heartbeat\tHTTP/1.1", 400),
    ("GET /heartbeat", 400), ("GET /heartbeat http/1.1", 400), ("GET /heartbeat HTTP/1.10", 400),
    ("GET /heartbeat HTTP/0.9", 505), ("GET /heartbeat HTTP/3.0", 505), ("M" * 33 + " / HTTP/1.1", 400),
    ("GET /caf\xe9 HTTP/1.1", 400), ("GET /\x7f HTTP/1.1", 400), ("GET /heartbeat#top HTTP/1.1", 200)), ids=repr)
def test_request_lines(demo, line, status):
    request = (line + "\r\nHost: x\r\nConnection: close\r\n\r\n").encode("latin-1")
    if line.startswith("HEAD"):
        assert exchange(demo, request).startswith(b"HTTP/1.1 %d " % status)
    else:
        assert statuses(exchange(demo, request)) == [status]


@pytest.mark.parametrize("target,status", (
    ("/%68eartbeat", 200), ("/%48eartbeat", 404), ("/heartbeat%00", 404), ("/heartbeat%2F", 307),
    ("/heartbeat%", 404), ("/heartbeat%2", 404), ("/heartbeat%zz", 404), ("/heartbeat%3Fx", 404), ("/./heartbeat", 404),
    ("/x/../heartbeat", 404), ("/%2e%2e/etc/passwd", 404), ("/%61pi/heartbeat", 200),
    (STATISTICS.replace("image", "%69mage"), 200), (STATISTICS + "%2Fdeletion-risk", 200), (STATISTICS + "%20", 422),
    (STATISTICS + "+", 422), ("/model_references/statistics/%ff%fe", 422), (RISK + "?limit=%31", 200),
    (RISK + "?%6cimit=1", 200), (RISK + "?limit=+1+", 200), (RISK + "?limit=%2B1", 200), (RISK + "?limit=1%00", 422),
    (RISK + "?limit=1;offset=x", 422), (RISK + "?limit=x&limit=2", 200), (RISK + "?limit=2&limit=x", 422),
    (RISK + "?&&=&=x&limit", 422), (RISK + "?&&=&=x", 200), (RISK + "?Limit=x", 200), (RISK + "?limit=%D9%A1", 422),
    (RISK + "?preset=%ff", 400), (RISK + "?", 200), (RISK + "??limit=0", 200), (RISK + "?x=\\\"<>{}|^`", 200)))
def test_percent_encoding(demo, target, status):
    assert statuses(exchange(demo, head("Connection: close", target=target))) == [status]


# Bodies, expectations, ends

@pytest.mark.parametrize("fields,status", (
    (["Expect: 100-continue"], 200), (["Expect: 100-continue", "Content-Length: 5"], 413),
    (["Content-Length: 0"], 200), (["Content-Length: 00"], 200), (["Content-Length: +0"], 400),
    (["Content-Length: 0, 0"], 400), (["Content-Length: 1" + "0" * 40], 413), (["Content-Length:"], 400),
    (["Transfer-Encoding: chunked"], 413), (["Transfer-Encoding: gzip, chunked"], 400),
    (["Transfer-Encoding: identity"], 400), (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400),
    (["Transfer-Encoding: chunked", "Content-Length: 3"], 400)), ids=repr)
def test_bodies(demo, fields, status):
    """Nobody gets a 100, and what follows a refused head is never taken for a request."""
    received = exchange(demo, head("Connection: close", *fields) + (b"" if status == 200 else HEARTBEAT))
    assert statuses(received) == [status]


@pytest.mark.parametrize("method", ("POST", "PUT", "PATCH", "DELETE"))
def test_a_body_of_another_method_ends_the_connection(demo, method):
    got = answers(exchange(demo, head("Content-Length: 38", method=method) + HEARTBEAT))
    assert [status for status, _, _ in got] == [405]
    assert got[0][1]["connection"] == "close"


@pytest.mark.parametrize("version,fields,kept", (
    ("1.1", (), True), ("1.1", ("Connection: close",), False), ("1.1", ("Connection: x, CLOSE ,y",), False),
    ("1.1", ("Connection: keep-alive, close",), False), ("1.1", ("Connection: x", "Connection: close"), False),
    ("1.1", ("Connection: closed",), True), ("1.1", ("Connection: ,,",), True), ("1.0", (), False),
    ("1.0", ("Connection: keep-alive",), True), ("1.0", ("Connection: foo,Keep-Alive",), True),
    ("1.0", ("Connection: keep-alive, close",), False)))
def test_who_keeps_the_connection(demo, version, fields, kept):
    got = answers(exchange(demo, head(*fields, version=version) + LAST))
    assert len(got) == (2 if kept else 1)
    assert got[-1][1]["connection"] == "close"
    if kept and version == "1.0":
        assert got[0][1]["connection"] == "keep-alive"


def test_http_1_0_needs_no_host(demo):
    assert statuses(exchange(demo, head(version="1.0", host=False))) == [200]


def test_a_range_is_passed_over(demo):
    (status, _, body), = answers(exchange(demo, head("Range: bytes=0-9", "Connection: close", target=RISK)))
    assert status == 200 and body == demo.get(RISK).body


# Pipelines and halves

@pytest.mark.parametrize("target,count", (
    ("/heartbeat", 1000), (RISK + "?limit=5", 1000), (RISK, 100), ("/nothing", 1000)))
def test_a_pipeline_with_a_slow_reader(demo, target, count):
    with connect(demo, receive_buffer=4096) as sock:
        data = head(target=target) * (count - 1) + head("Connection: close", target=target)
        sock.setblocking(False)
        received = bytearray()
        sent = 0
        deadline = time.monotonic() + PATIENCE
        turn = 0
        while time.monotonic() < deadline:
            turn += 1
            with contextlib.suppress(BlockingIOError):
                sent += sock.send(data[sent:sent + 9973])
            if turn % 50 == 0 and turn < 1000:
                time.sleep(0.002)
            with contextlib.suppress(BlockingIOError):
                chunk = sock.recv(65536)
                if not chunk:
                    break
                received += chunk
    got = answers(bytes(received))
    assert len(got) == count
    assert len({body for _, _, body in got}) == 1


def test_a_half_closed_client_gets_its_answers(demo):
    for data in (HEARTBEAT, HEARTBEAT * 100, head(target=RISK) * 20):
        with connect(demo) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            assert statuses(read_all(sock)) == [200] * data.count(b"GET ")


def test_a_client_that_closes_in_the_middle(demo):
    """With and without a reset; the daemon goes on."""
    for abort in (False, True):
        for data in (b"", b"GET", HEARTBEAT[:-2], head(target=RISK) * 50):
            sock = connect(demo)
            if abort:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(data)
            sock.close()
    assert demo.get("/heartbeat").status == 200


# Deadlines: they are measured on the daemon's clock, which a test moves

def wait_for_tick(daemon):
    """A reader looks at the clock, and at its connections, once a second: then its Date is another one."""
    def date():
        return daemon.get("/livez").headers["date"]

    before = date()
    wait_for(lambda: date() != before, "a tick")


def closed_at_once(sock):
    """What came, if the other side has closed or closes within moments."""
    sock.settimeout(PATIENCE)
    return read_all(sock)


def test_dripping_does_not_extend_the_deadline_of_a_head(make_daemon):
    daemon = make_daemon(settings="http { head_timeout = 3 idle_timeout = 60 }").start()
    for before in (b"", HEARTBEAT):
        with connect(daemon) as sock:
            sock.sendall(before + b"GET /heartbeat HTTP/1.1\r\nHost: x\r\n")
            start = time.monotonic()
            with contextlib.suppress(OSError):
                while time.monotonic() < start + PATIENCE:
                    sock.sendall(b"A: b\r\n")
                    time.sleep(0.1)
                    if readable(sock) and b" 408 " in sock.recv(65536, socket.MSG_PEEK):
                        break
            took = time.monotonic() - start
            assert 2.5 < took < PATIENCE, took
            assert statuses(closed_at_once(sock)) == [200] * bool(before) + [408]


def test_an_idle_connection_is_closed_without_a_word(make_daemon):
    daemon = make_daemon(settings="http { idle_timeout = 100 head_timeout = 600 }").start()
    with connect(daemon) as used, connect(daemon) as kept:
        used.sendall(HEARTBEAT)
        assert statuses(used.recv(65536)) == [200]
        daemon.move_clock(60)
        wait_for_tick(daemon)
        kept.sendall(HEARTBEAT)
        assert statuses(kept.recv(65536)) == [200]
        daemon.move_clock(60)
        assert closed_at_once(used) == b""
        kept.sendall(LAST)
        assert statuses(read_all(kept)) == [200]


def test_a_silent_connection_is_closed_after_the_head_timeout(make_daemon):
    daemon = make_daemon(settings="http { head_timeout = 100 idle_timeout = 1000 }").start()
    with connect(daemon) as sock:
        assert daemon.get("/heartbeat").status == 200
        daemon.move_clock(120)
        assert closed_at_once(sock) == b""


def test_clients_that_do_not_read_are_cut_off_and_readers_are_not(make_daemon):
    """Also a reader so slow that its socket never becomes writable before the deadline."""
    daemon = make_daemon(settings="http { write_timeout = 100 max_connections = 64 }").start()
    stalled = [connect(daemon, receive_buffer=4096) for _ in range(40)]
    for sock in stalled:
        sock.sendall(head(target=RISK) * 400)
    slow = connect(daemon, receive_buffer=4096)
    slow.sendall(head(target=RISK) * 400 + LAST)
    wait_for(lambda: rests(daemon.child("reader 0")), "the buffers of the kernel to be full")
    assert daemon.get(RISK).status == 200
    received = b""
    for _ in range(2):
        for _ in range(40):
            received += slow.recv(65536)
        wait_for_tick(daemon)
        daemon.move_clock(60)
        wait_for_tick(daemon)
    for sock in stalled:
        got = read_all(sock)
        assert got.count(b"HTTP/1.1 200") < 400
        sock.close()
    assert statuses(received + read_all(slow)) == [200] * 401
    slow.close()
    assert daemon.get(RISK).status == 200


# Too many

def test_no_descriptors_left_pauses_and_does_not_spin(make_daemon):
    daemon = make_daemon(settings="http { max_connections = 1000 }").start()
    reader = daemon.child("reader 0")
    used = len(list(pathlib.Path("/proc/%d/fd" % reader).iterdir()))
    limits = resource.prlimit(reader, resource.RLIMIT_NOFILE)
    resource.prlimit(reader, resource.RLIMIT_NOFILE, (used + 10, limits[1]))
    held = []
    for _ in range(40):
        held.append(connect(daemon))
        held[-1].sendall(HEARTBEAT)
    wait_for(lambda: "pausing" in daemon.log(), "the pause")
    before = ticks(reader)
    time.sleep(5)
    assert ticks(reader) - before < 0.5
    # Not once a second: connections of the start may have made room once or twice since.
    assert daemon.log().count("pausing") <= 3
    served = [sock for sock in held if readable(sock)]
    assert 0 < len(served) < 20
    for sock in served:
        sock.sendall(LAST)
        assert set(statuses(read_all(sock))) == {200}
        sock.close()
        held.remove(sock)
    while held:
        sock = held.pop(0)
        assert statuses(sock.recv(65536)) == [200]
        sock.close()
    wait_for(lambda: daemon.get("/heartbeat").status == 200, "an answer")


def test_ten_times_too_many_connections(make_daemon):
    daemon = make_daemon(settings="http { max_connections = 20 }").start()
    socks = [connect(daemon) for _ in range(200)]
    for sock in socks:
        with contextlib.suppress(OSError):
            sock.sendall(LAST)
    got = []
    for sock in socks:
        got += statuses(read_all(sock))
        sock.close()
    assert set(got) <= {200, 503} and got.count(200) >= 20 and len(got) == 200
    wait_for(lambda: daemon.get("/heartbeat").status == 200, "an answer")


# Start

def test_requests_right_after_the_start_are_answered(make_daemon):
    """From the first moment on at which a connection is taken by the kernel."""
    for i in range(2 if WRAPPER else 10):
        daemon = make_daemon(readers=1 + i % 3).spawn()
        wait_for(daemon.find_port, "the listening port")
        start = time.monotonic()
        assert set(statuses(exchange(daemon, LAST))) == {200}
        assert time.monotonic() - start < PATIENCE / 2
        daemon.stop(signal.SIGTERM)
