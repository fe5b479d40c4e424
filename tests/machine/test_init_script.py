"""The init script under a real sysvinit: restarts, and reloads that are refused."""
import socket
import time

import pytest

from daemon import wait_for
from machine import PATIENCE, PORT
from prober import Prober, slow_client

KIND = "sysvinit"
OTHER = 19830


@pytest.fixture
def running(service):
    machine = service.machine
    machine.run("id hydratord 2>/dev/null || adduser --quiet --system --group "
                "--home /var/lib/hydratord --no-create-home hydratord")
    service.configure("supervisor { drain_timeout = 10 }\n")
    machine.run("service hydratord start")
    wait_for(service.has_data, "data", PATIENCE)
    yield machine
    machine.run("service hydratord stop")


def test_restarts_refuse_nobody(running):
    with Prober(running) as prober:
        for _ in range(10):
            running.run("service hydratord restart")
        answered = len(prober.waits)
        wait_for(lambda: len(prober.waits) > answered + 20, "answers after it")
    print("10 restarts: %d answered, %d refused, the longest wait %.2f s" % (
        len(prober.waits), len(prober.failures), max(prober.waits)))
    assert not prober.failures, prober.failures[:3]


def test_one_slow_client_keeps_nobody_waiting(running):
    with running.in_network(slow_client), Prober(running) as prober:
        began = time.monotonic()
        running.run("service hydratord restart")
        took = time.monotonic() - began
    print("a restart with a slow client took %.1f s: %d others answered, %d refused, the longest wait %.2f s" % (
        took, len(prober.waits), len(prober.failures), max(prober.waits)))
    assert took > 6, "nobody was slow"
    assert not prober.failures, prober.failures[:3]
    assert max(prober.waits) < 6


def test_a_refused_reload_fails_with_the_reason(running):
    with running.in_network(lambda: socket.create_server(("127.0.0.1", OTHER))):
        running.replace("/etc/hydratord.conf", '#listen = { "127.0.0.1:%d" }' % PORT,
                        'listen = { "127.0.0.1:%d" }' % OTHER)
        result = running.run("service hydratord reload", 1)
        assert "cannot listen on 127.0.0.1:%d: Address already in use" % OTHER in result.stdout + result.stderr
    assert running.serves()
    running.run("service hydratord reload")
    assert running.get("/heartbeat", OTHER).status == 200
