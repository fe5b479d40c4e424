"""Under sysvinit as process 1."""
import pytest

from daemon import wait_for
from machine import PATIENCE

KIND = "sysvinit"


@pytest.fixture
def started(service):
    service.machine.run("id hydratord 2>/dev/null || adduser --quiet --system --group "
                        "--home /var/lib/hydratord --no-create-home hydratord")
    service.machine.run("service hydratord start")
    wait_for(service.has_data, "data", PATIENCE)
    yield service
    service.machine.run("service hydratord stop")


def test_it_starts_serves_and_stops(started):
    machine = started.machine
    machine.run("service hydratord status")
    assert machine.get("/readyz").status == 200
    machine.run("service hydratord stop")
    machine.run("service hydratord status", 3)
    assert machine.ask("ls /dev/shm /run/hydratord") == "/dev/shm:\n\n/run/hydratord:"
