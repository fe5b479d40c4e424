"""The socket unit under a real systemd, as doc/operations.md has it."""
import pathlib
import re
import threading
import time

import pytest

from daemon import wait_for
from machine import PATIENCE, PORT

KIND = "systemd"
OPERATIONS = pathlib.Path(__file__).resolve().parents[2] / "doc" / "operations.md"
BOTH = "hydratord.socket hydratord"


def documented():
    """The commands at the head of the section, line by line."""
    section = OPERATIONS.read_text().split("### Socket activation (optional)\n", 1)[1]
    return re.match(r"\n((?:    .+\n)+)", section).group(1).split("\n    ")


def states(machine):
    return machine.ask("systemctl is-active " + BOTH).split()


@pytest.fixture
def activated(service):
    """As documented, from a service that runs."""
    machine = service.machine
    machine.run("systemctl daemon-reload && systemctl start hydratord")
    for line in documented():
        machine.run(line.strip())
    assert states(machine) == ["active", "active"]
    wait_for(service.has_data, "data", PATIENCE)
    yield machine
    machine.run("systemctl stop %s; systemctl disable hydratord.socket; "
                "rm -rf /etc/systemd/system/hydratord.socket.d; systemctl daemon-reload" % BOTH)


def test_a_socket_of_an_active_service_is_refused(service):
    """Why the documented order is as it is."""
    machine = service.machine
    machine.run("systemctl start hydratord")
    assert machine.run("systemctl start hydratord.socket", None).returncode != 0
    assert "already active, refusing" in machine.ask("journalctl -b -u hydratord.socket")
    machine.run("systemctl stop hydratord")


def test_as_documented_it_is_on(activated):
    assert "hydratord.socket" in activated.ask("systemctl status hydratord")
    assert activated.ask("systemctl is-enabled hydratord.socket") == "enabled"


def test_a_restart_refuses_nobody(activated):
    refused, answered = [], 0
    stop = threading.Thread(target=activated.run, args=("systemctl restart hydratord",))
    stop.start()
    while stop.is_alive() or answered < 20:
        try:
            assert activated.get("/heartbeat").status == 200
            answered += 1
        except OSError as error:
            refused.append(error)
        time.sleep(0.005)
    stop.join()
    assert not refused, "%d refused, %d answered: %s" % (len(refused), answered, refused[0])


def test_a_stop_of_the_service_alone_is_undone_by_the_next_client(activated):
    activated.run("systemctl stop hydratord")
    assert states(activated) == ["active", "inactive"]
    assert activated.get("/heartbeat").status == 200
    assert states(activated) == ["active", "active"]


def test_a_stop_of_both_stays(activated):
    activated.run("systemctl stop " + BOTH)
    assert not activated.serves()
    assert states(activated) == ["inactive", "inactive"]


def test_a_change_of_the_address_takes_a_stop_and_a_start(activated):
    other = 19830
    activated.run("mkdir -p /etc/systemd/system/hydratord.socket.d")
    activated.write("/etc/systemd/system/hydratord.socket.d/override.conf",
                    "[Socket]\nListenStream=\nListenStream=127.0.0.1:%d\n" % other)
    activated.replace("/etc/hydratord.conf", '#listen = { "127.0.0.1:%d" }' % PORT,
                      'listen = { "127.0.0.1:%d" }' % other)
    activated.run("systemctl daemon-reload")
    activated.run("systemctl stop " + BOTH)
    activated.run("systemctl start " + BOTH)
    assert activated.get("/heartbeat", other).status == 200
    assert not activated.serves()
    assert "nobody answers there" not in activated.ask(
        "journalctl -b -u hydratord _PID=$(systemctl show -P MainPID hydratord)")


def test_it_can_be_done_without_again(activated):
    activated.run("systemctl disable --now hydratord.socket")
    assert activated.get("/heartbeat").status == 200
    activated.run("systemctl restart hydratord")
    assert activated.get("/heartbeat").status == 200
    assert states(activated) == ["inactive", "active"]


def test_after_a_boot_it_is_there(activated):
    activated.run("systemctl enable hydratord")
    activated.reboot()
    assert states(activated) == ["active", "active"]
    assert activated.get("/heartbeat").status == 200
    activated.run("systemctl disable hydratord")
