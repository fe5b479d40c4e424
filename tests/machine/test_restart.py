"""Restarts, reloads and starts that fail, under a real systemd."""
import re
import socket
import time

import pytest

from daemon import wait_for
from machine import PATIENCE, PORT
from prober import Prober, slow_client

KIND = "systemd"
OTHER = 19830


def ask_for(machine, name):
    return machine.ask("systemctl show -P %s hydratord" % name)


def journal(machine):
    return machine.ask("journalctl -b -u hydratord -o cat")


@pytest.fixture
def machine(service):
    """The service, not yet started."""
    service.machine.run("systemctl daemon-reload; systemctl stop hydratord; systemctl reset-failed")
    service.machine.run("journalctl --rotate && journalctl --vacuum-time=1s", None)
    yield service.machine
    service.machine.run("systemctl stop hydratord")


@pytest.fixture
def running(machine, service):
    machine.run("systemctl start hydratord")
    wait_for(service.has_data, "data", PATIENCE)
    return machine


def test_restarts_refuse_nobody(running):
    with Prober(running) as prober:
        for _ in range(10):
            running.run("systemctl restart hydratord")
        answered = len(prober.waits)
        wait_for(lambda: len(prober.waits) > answered + 20, "answers after it")
    print("10 restarts: %d answered, %d refused, the longest wait %.2f s" % (
        len(prober.waits), len(prober.failures), max(prober.waits)))
    assert not prober.failures, prober.failures[:3]


def test_one_slow_client_keeps_nobody_waiting(service, machine):
    service.configure("supervisor { drain_timeout = 10 }\n")
    machine.run("systemctl start hydratord")
    wait_for(service.has_data, "data", PATIENCE)
    client = machine.in_network(slow_client)
    with client, Prober(machine) as prober:
        began = time.monotonic()
        machine.run("systemctl restart hydratord")
        took = time.monotonic() - began
    print("a restart with a slow client took %.1f s: %d others answered, %d refused, the longest wait %.2f s" % (
        took, len(prober.waits), len(prober.failures), max(prober.waits)))
    assert took > 6, "nobody was slow"
    assert not prober.failures, prober.failures[:3]
    assert max(prober.waits) < 6


def test_a_stop_gives_the_sockets_up(running):
    running.run("systemctl stop hydratord")
    assert not running.serves()
    assert running.ask("ss -Hltn 'sport = :%d'" % PORT) == ""


def test_a_change_of_address_at_a_restart_gives_the_old_one_up(running):
    running.replace("/etc/hydratord.conf", '#listen = { "127.0.0.1:%d" }' % PORT,
                    'listen = { "127.0.0.1:%d" }' % OTHER)
    running.run("systemctl restart hydratord")
    assert running.get("/heartbeat", OTHER).status == 200
    assert not running.serves()


def test_a_refused_reload_fails_with_the_reason(running):
    other = running.in_network(lambda: socket.create_server(("127.0.0.1", OTHER)))
    with other:
        running.replace("/etc/hydratord.conf", '#listen = { "127.0.0.1:%d" }' % PORT,
                        'listen = { "127.0.0.1:%d" }' % OTHER)
        assert running.run("systemctl reload hydratord", None).returncode != 0
        reason = "cannot listen on 127.0.0.1:%d: Address already in use" % OTHER
        wait_for(lambda: "not reloaded, the old configuration stays in use: " + reason in journal(running), reason)
        wait_for(lambda: "the last reload was refused: " + reason in ask_for(running, "StatusText"), "the status")
    assert journal(running).count(reason) == 1
    assert running.serves() and ask_for(running, "ActiveState") == "active"
    running.run("systemctl reload hydratord")
    assert running.get("/heartbeat", OTHER).status == 200
    wait_for(lambda: ask_for(running, "StatusText") == "2 categories served", "the status")


def test_the_status_names_what_is_empty(service, machine):
    service.upstream.mode("text_generation", "500")
    machine.run("rm -rf /var/lib/hydratord/*; systemctl start hydratord")
    wait_for(lambda: ask_for(machine, "StatusText").startswith(
        "1 of 2 categories empty: text_generation (reference: HTTP status 500"), "the status")
    service.upstream.mode("text_generation", "ok")
    machine.run("/etc/init.d/hydratord force-refresh")
    wait_for(lambda: ask_for(machine, "StatusText") == "2 categories served", "the status")


def test_what_may_pass_is_tried_less_and_less_often_and_then_starts(machine):
    other = machine.in_network(lambda: socket.create_server(("127.0.0.1", PORT)))
    with other:
        assert machine.run("systemctl start hydratord", None).returncode != 0
        wait_for(lambda: "put off for 4 s" in journal(machine), "the fourth failure", PATIENCE)
    assert re.findall(r"put off for (\d+) s", journal(machine)) == ["1", "2", "4"]
    wait_for(machine.serves, "a start by itself", PATIENCE)
    assert ask_for(machine, "NRestarts") == "4"


def test_a_supervisor_that_crashes_again_and_again_starts_less_often(running):
    put_off = r"has crashed, and so did others: this start is put off for (\d+) s"
    for delays in ([], ["1"], ["1", "2"]):
        process = ask_for(running, "MainPID")
        running.run("kill -KILL " + process)
        wait_for(lambda: ask_for(running, "MainPID") not in (process, "0") and
                 ask_for(running, "ActiveState") == "active" and running.serves(), "a start by itself", PATIENCE)
        assert re.findall(put_off, journal(running)) == delays
    assert ask_for(running, "NRestarts") == "3"
    running.run("systemctl restart hydratord")
    running.run("kill -KILL " + ask_for(running, "MainPID"))
    wait_for(running.serves, "a start by itself", PATIENCE)
    assert re.findall(put_off, journal(running)) == ["1", "2"], "a stop has not ended the count"


@pytest.mark.parametrize("trouble", ("a log", "a key", "a port", "the file"))
def test_what_cannot_heal_is_not_tried_again(service, machine, trouble):
    settings, said = {
        "a log": ("", "cannot open the log /var/log/none/log: No such file or directory"),
        "a key": ('upstream { apikey_file = "/etc/key" }', "apikey_file"),
        "a port": ("", "cannot listen on 127.0.0.1:80: Permission denied: ports below 1024 need "),
        "the file": ("", "Permission denied"),
    }[trouble]
    machine.run("echo 0123456789 >/etc/key; chmod 600 /etc/key")
    service.configure(settings + "\n")
    if trouble == "a log":
        machine.replace("/etc/hydratord.conf", '#target = "auto"', 'target = "/var/log/none/log"')
    if trouble == "a port":
        machine.replace("/etc/hydratord.conf", '#listen = { "127.0.0.1:%d" }' % PORT, 'listen = { "127.0.0.1:80" }')
    if trouble == "the file":
        machine.run("chmod 600 /etc/hydratord.conf")
    try:
        test = machine.run("hydratord -t", None)
        if trouble != "a port":
            assert test.returncode == 78 and "hydratord cannot" in test.stderr, test.stderr
        assert machine.run("systemctl start hydratord", None).returncode != 0
        assert ask_for(machine, "ActiveState") == "failed"
        assert ask_for(machine, "ExecMainStatus") == "78" and ask_for(machine, "NRestarts") == "0"
        wait_for(lambda: said in journal(machine), said)
    finally:
        machine.run("chmod 644 /etc/hydratord.conf; rm -f /etc/key; systemctl reset-failed hydratord", None)
