"""What the clients of a reader get that is told to leave: every answer they have asked for."""
import os
import re
import signal
import socket

import pytest

from daemon import PATIENCE, wait_for

TARGET = "/model_references/statistics/image_generation"


def request(target=TARGET, extra="", version="1.1", method="GET"):
    return ("%s %s HTTP/%s\r\nHost: x\r\n%s\r\n" % (method, target, version, extra)).encode()


def dial(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def read_to_end(sock):
    """Everything up to a clean end: a reset raises."""
    received = b""
    while True:
        chunk = sock.recv(65536)
        if not chunk:
            sock.close()
            return received
        received += chunk


def answers(text):
    """(head, body) of each answer, by its Content-Length."""
    found = []
    while text:
        head, rest = text.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"\r\nContent-Length: (\d+)", head).group(1))
        assert len(rest) >= length
        found.append((head, rest[:length]))
        text = rest[length:]
    return found


class Held:
    """The reader is stopped while the client and the daemon's operator act.

    It may find the requests before the order: then no answer says that it is the last."""

    def __init__(self, daemon):
        self.pid = daemon.child("reader 0")

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def wait_stopping(daemon):
    daemon.send(signal.SIGTERM)
    wait_for(lambda: "stopping by SIGTERM" in daemon.log(), "the stop")


def assert_ended(daemon):
    """By itself: another TERM would hurry it."""
    assert daemon.process.wait(PATIENCE) == 0
    assert daemon.stop() == 0


def test_requests_sent_together_are_all_answered(make_daemon):
    daemon = make_daemon().start()
    body = daemon.get(TARGET).body
    sock = dial(daemon.port)
    with Held(daemon):
        sock.sendall(10 * request())
        wait_stopping(daemon)
    found = answers(read_to_end(sock))
    assert [found_body for _, found_body in found] == 10 * [body]
    assert [b"\r\nConnection: close" in head for head, _ in found[:9]] == 9 * [False]
    assert_ended(daemon)


def test_who_has_connected_before_the_stop_is_answered(make_daemon):
    daemon = make_daemon().start()
    with Held(daemon):
        socks = [dial(daemon.port) for _ in range(5)]
        for sock in socks[:3]:
            sock.sendall(request())
        wait_stopping(daemon)
        socks[3].sendall(request(version="1.0", extra="Connection: keep-alive\r\n"))
        socks[4].sendall(request(method="HEAD"))
    for sock in socks[:4]:
        (head, body), = answers(read_to_end(sock))
        assert head.startswith(b"HTTP/1.1 200 ") and body
    head = read_to_end(socks[4])
    assert head.startswith(b"HTTP/1.1 200 ") and head.endswith(b"\r\n\r\n")
    assert_ended(daemon)


def test_half_a_head_is_waited_for_and_nobody_new_is_taken(make_daemon):
    daemon = make_daemon().start()
    idle, half = dial(daemon.port), dial(daemon.port)
    idle.sendall(request("/heartbeat"))
    half.sendall(request("/heartbeat") + b"GET /heart")
    for sock in (idle, half):
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
    wait_stopping(daemon)
    assert read_to_end(idle) == b""

    def refused():
        try:
            dial(daemon.port).close()
        except (ConnectionRefusedError, ConnectionResetError):
            return True
        return False

    wait_for(refused, "the listening socket to be closed by all")
    assert daemon.process.poll() is None
    half.sendall(b"beat HTTP/1.1\r\nHost: x\r\n\r\n")
    (head, body), = answers(read_to_end(half))
    assert b"\r\nConnection: close" in head and body.startswith(b"{")
    assert_ended(daemon)


def test_a_slow_client_is_cut_off_at_the_deadline(make_daemon):
    daemon = make_daemon(settings="supervisor { drain_timeout = 5 } http { head_timeout = 600 }").start()
    sock = dial(daemon.port)
    sock.sendall(request("/heartbeat") + b"GET /heart")
    assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
    wait_stopping(daemon)
    assert_ended(daemon)
    assert "1 connections are closed unfinished" in daemon.log()
    assert "killed" not in daemon.log()
    sock.close()


@pytest.mark.parametrize("extra", ("", "Connection: close\r\n"))
def test_a_scrape_is_finished(make_daemon, extra):
    daemon = make_daemon(settings='http { metrics_listen = { "127.0.0.1:0" } }').start()
    port = int(re.search(r"metrics.* 127\.0\.0\.1:(\d+)", daemon.log()).group(1))
    with Held(daemon):
        sock = dial(port)
        sock.sendall(request("/metrics", extra))
        wait_stopping(daemon)
    (head, body), = answers(read_to_end(sock))
    assert head.startswith(b"HTTP/1.1 200 ") and body.endswith(b"\n")
    assert_ended(daemon)
