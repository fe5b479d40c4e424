"""Under systemd as process 1."""
import pytest

from daemon import wait_for
from machine import PATIENCE

KIND = "systemd"


@pytest.fixture
def started(service):
    service.machine.run("systemctl daemon-reload && systemctl reset-failed && systemctl start hydratord")
    wait_for(service.has_data, "data", PATIENCE)
    yield service
    service.machine.run("systemctl stop hydratord.socket hydratord")


def test_it_starts_serves_and_stops(started):
    machine = started.machine
    assert machine.ask("systemctl is-active hydratord") == "active"
    assert machine.get("/readyz").status == 200
    machine.run("systemctl stop hydratord")
    assert not machine.serves()
    assert machine.ask("ls /dev/shm /run/hydratord") == "/dev/shm:"
