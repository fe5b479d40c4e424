"""Ten minutes of an outage under systemd: wherever an operator looks, its cause is named."""
import json
import types

import pytest

from daemon import wait_for
from machine import METRICS_PORT, PATIENCE
from prometheus import Prometheus, needs_prometheus
from test_under_systemd import forget, journal

KIND = "systemd"
CLOCK = "/etc/hydratord-clock"
DROP_IN = "/etc/systemd/system/hydratord.service.d/clock.conf"
CAUSE = "HTTP status 500"


def status_of(machine):
    return machine.ask("systemctl show -P StatusText hydratord")


@pytest.fixture(scope="module")
def outage(booted, tmp_path_factory):
    """The machine when one document has been refused for ten minutes, and who watches it."""
    machine = booted.machine
    booted.configure()
    machine.run("mkdir -p $(dirname %s) && head -c 8 /dev/zero >%s" % (DROP_IN, CLOCK))
    machine.write(DROP_IN, "[Service]\nEnvironment=HYDRATORD_TEST_CLOCK=%s\n" % CLOCK)
    machine.run("systemctl daemon-reload && systemctl start hydratord")
    wait_for(booted.has_data, "data", PATIENCE)
    wait_for(lambda: status_of(machine) == "2 categories served", "the status", PATIENCE)
    forget(machine)
    booted.upstream.mode("text_generation", "500")
    machine.run("systemctl kill -s USR1 --kill-who=main hydratord")
    wait_for(lambda: "not refreshed" in status_of(machine), "the outage", PATIENCE)
    later = "".join("\\%03o" % byte for byte in (610 * 10**9).to_bytes(8, "little"))
    machine.run("printf '%s' | dd of=%s conv=notrunc status=none" % (later, CLOCK))
    wait_for(lambda: any("has not been well" in line for line in journal(machine, "-p warning")),
             "the reminder", PATIENCE)
    yield booted
    machine.run("systemctl stop hydratord; rm %s; systemctl daemon-reload" % DROP_IN)


def test_the_status(outage):
    assert status_of(outage.machine).startswith("1 of 2 categories not refreshed: text_generation (reference: %s" % CAUSE)


def test_the_journal(outage):
    first, *_, last = [line for line in journal(outage.machine, "-p warning") if "text_generation" in line]
    for line in first, last:
        assert "reference" in line and CAUSE in line, line


def test_readyz(outage):
    answer = outage.machine.get("/readyz?verbose")
    assert answer.status == 200  # what there is is served
    blamed = [category["category"] for category in answer.json()["categories"]
              if CAUSE in json.dumps(category)]
    assert blamed == ["text_generation"]


def test_the_metrics(outage):
    prefix = "cache_hydrator_"
    state = prefix + 'document_state{category="%s",document="reference",state="not_fetched"}'
    assert outage.machine.metric(state % "text_generation") == 1
    assert outage.machine.metric(state % "image_generation") == 0
    host = outage.upstream.horde.rpartition("/")[0]
    assert outage.machine.metric('%supstream_requests_total{host="%s",code="500"}' % (prefix, host)) > 0


@needs_prometheus
def test_the_alert(outage, tmp_path):
    told = types.SimpleNamespace(log=lambda: "metrics on 127.0.0.1:%d" % METRICS_PORT)
    machine, watcher = outage.machine, Prometheus(tmp_path / "prometheus", told)
    machine.in_network(watcher.__enter__)
    try:
        def found():
            firing = machine.in_network(watcher.firing)
            return [(name, labels.get("category"), labels.get("document"))
                    for name, all_labels in firing.items() for labels in all_labels]
        wait_for(found, "an alert", PATIENCE)
        assert ("HydratordDocumentMissing", "text_generation", "reference") in found()
    finally:
        watcher.__exit__()
