"""Clients that do not read cost no more memory than http.body_memory says."""
import http.client
import itertools
import json
import os
import pathlib
import re
import socket

from conftest import DEMO, file_categories
from daemon import PATIENCE, wait_for

WITH_STATS = "/model_references/statistics/image_generation/with-stats"
MIB = 1024 * 1024
BUDGET = MIB
PIECE = 64 * 1024  # of an answer that is made while it is sent


def documents(directory):
    """The sample data with so many long names that a body does not fit into the buffers of a socket."""
    directory.mkdir()
    for path in DEMO.glob("*.json"):
        (directory / path.name).write_bytes(path.read_bytes())
    models = json.loads((DEMO / "image_generation.json").read_text())
    one = next(iter(models.values()))
    names = ["model %d %s" % (i, "x" * 1900) for i in range(3000)]
    (directory / "image_generation.json").write_text(json.dumps({name: dict(one, name=name) for name in names}))
    return directory


def metric(daemon, name):
    port = int(re.search(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log()).group(1))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return float(re.search(r"^cache_hydrator_%s (\S+)$" % name, text, re.M).group(1))


def answers_in_memory(pid):
    """Sizes of the memory files that a reader has made for answers."""
    found = []
    for link in pathlib.Path("/proc/%d/fd" % pid).iterdir():
        try:
            if os.readlink(link).startswith("/memfd:answer"):
                found.append(link.stat().st_size)
        except FileNotFoundError:
            pass
    return found


def targets():
    """Every order of every form: no two of them are one answer to the daemon."""
    return ["%s?sort_by=%s&sort_desc=%s&include_workers=%s&include_backend_variations=%s" % ((WITH_STATS,) + choice)
            for choice in itertools.product(("name", "worker_count", "usage_total", "usage_month"),
                                            *3 * [("false", "true")])]


def test_clients_that_do_not_read_pin_no_more_than_the_budget(make_daemon, tmp_path, figure):
    directory = documents(tmp_path / "many")
    daemon = make_daemon(
        file_categories(directory, ("image_generation",)), "file://%s" % directory,
        settings='http { body_memory = "%d" metrics_listen = { "127.0.0.1:0" } }' % BUDGET,
        env={"HYDRATORD_SEGMENT_CAPACITY": "256M"}).start()
    reader = daemon.child("reader 0")
    body = len(daemon.get(targets()[0]).body)
    held = []
    for target in targets():
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(PATIENCE)
        sock.connect(("127.0.0.1", daemon.port))
        sock.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target).encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 200")
        held.append(sock)
    pinned = wait_for(lambda: metric(daemon, "http_pinned_bytes"), "the gauge")
    kept = sum(answers_in_memory(reader))
    figure("%d clients that do not read %.1f MB each: %.1f MB pinned, %.1f MB of answers in memory, %d cut off"
           % (len(held), body / 1e6, pinned / 1e6, kept / 1e6, metric(daemon, "http_dropped_clients_total")))
    assert body > 4 * MIB
    assert pinned <= BUDGET + 2 * PIECE  # a client that waits keeps a piece, not its answer
    assert kept < body
    assert metric(daemon, "http_dropped_clients_total") > 0
    wait_for(lambda: "slow clients were cut off" in daemon.log(), "the line that says so, once a second")
    assert daemon.get(WITH_STATS).status == 200
    for sock in held:
        sock.close()
    wait_for(lambda: metric(daemon, "http_pinned_bytes") == 0, "the memory to be free")
