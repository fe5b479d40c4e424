"""Connections are spread evenly over the readers, and a reader that is stuck keeps nobody waiting."""
import os
import signal
import socket
import time

import pytest

from daemon import PATIENCE, descriptors, wait_for

REQUEST = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


def sockets(pid):
    return sum(name.startswith("socket:") for name in descriptors(pid))


@pytest.fixture
def four(make_daemon):
    """A daemon and the pids of its four readers, without connections."""
    daemon = make_daemon(readers=4).start()
    readers = [wait_for(lambda i=i: daemon.child("reader %d" % i), "reader %d" % i) for i in range(4)]
    wait_for(lambda: len({sockets(pid) for pid in readers}) == 1, "the connections of the start to end")
    return daemon, readers


def ask(daemon, sock):
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", daemon.port))
    sock.sendall(REQUEST)
    assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def connect(daemon, n):
    """So many keep-alive connections that have asked, one after the other."""
    opened = [socket.socket() for _ in range(n)]
    for sock in opened:
        ask(daemon, sock)
    return opened


def test_connections_are_spread_evenly(four, figure):
    """Within a quarter of even. A machine that does not let the readers run is given a second chance."""
    daemon, readers = four
    before = [sockets(pid) for pid in readers]
    for _ in range(5):
        opened = connect(daemon, 64)
        spread = [sockets(pid) - n for pid, n in zip(readers, before)]
        for sock in opened:
            sock.close()
        wait_for(lambda: [sockets(pid) for pid in readers] == before, "the connections to end")
        assert sum(spread) == 64
        if 12 <= min(spread) and max(spread) <= 20:
            break
    figure("64 connections over 4 readers: %s" % spread)
    assert 12 <= min(spread) and max(spread) <= 20, spread


def test_readers_that_are_stuck_keep_nobody_waiting(four, figure):
    daemon, readers = four
    for pid in readers[1:]:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        opened = connect(daemon, 40)
        took = time.monotonic() - began
    finally:
        for pid in readers[1:]:
            os.kill(pid, signal.SIGCONT)
    for sock in opened:
        sock.close()
    figure("40 connections beside three stopped readers: %.0f ms each" % (took / 40 * 1000))
    assert took < PATIENCE
