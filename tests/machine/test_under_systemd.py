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


def test_what_is_killed_comes_back_with_its_answers(started):
    """The supervisor by systemd, another process by the supervisor."""
    machine = started.machine
    before = machine.ask("systemctl show -P MainPID hydratord")
    machine.run("kill -KILL $(pgrep -f '^hydratord: reader 0')")
    wait_for(lambda: machine.ask("pgrep -fc '^hydratord: reader'") == "2", "a successor", PATIENCE)
    assert machine.ask("systemctl show -P MainPID hydratord") == before
    started.upstream.mode("*", "500")
    machine.run("kill -KILL " + before)
    wait_for(lambda: machine.ask("systemctl show -P MainPID hydratord") not in ("0", before)
             and machine.serves(), "another one", PATIENCE)
    assert started.has_data()


def test_an_upgrade_keeps_the_main_process(started):
    machine = started.machine
    before = machine.ask("systemctl show -P MainPID hydratord")
    old = machine.ask("hydratord -V | sed -n '1s/hydratord //p'")
    new = "9" + old[1:]
    machine.run("LC_ALL=C sed 's/%s/%s/g' /usr/sbin/hydratord >/usr/sbin/next && chmod 755 /usr/sbin/next && "
                "cp /usr/sbin/hydratord /root/former && mv /usr/sbin/next /usr/sbin/hydratord" % (old, new))
    assert new in machine.ask("hydratorctl upgrade")
    assert machine.ask("systemctl show -P MainPID hydratord") == before
    assert machine.ask("systemctl show -P NRestarts hydratord") == "0"
    wait_for(lambda: machine.ask("systemctl is-active hydratord") == "active", "the end of the reload", PATIENCE)
    assert started.has_data()
    machine.run("mv /root/former /usr/sbin/hydratord && hydratorctl upgrade")
    assert machine.ask("systemctl show -P MainPID hydratord") == before


def test_it_comes_with_the_machine_and_has_its_answers(started):
    """The upstream is not there any more."""
    machine = started.machine
    machine.run("systemctl enable hydratord")
    machine.reboot()
    assert machine.ask("systemctl is-active hydratord") == "active"
    assert started.has_data()
    machine.run("systemctl disable hydratord")


def forget(machine):
    """What the journal has so far."""
    machine.run("journalctl --sync --rotate && journalctl --quiet --vacuum-time=1us")


def journal(machine, *arguments):
    """The lines of the unit."""
    machine.run("journalctl --sync")
    return machine.ask("journalctl -u hydratord -o cat --quiet %s" % " ".join(arguments)).splitlines()


def test_why_it_does_not_start_is_an_error_that_stands_there_once(service):
    machine = service.machine
    forget(machine)
    service.configure("nonsense = 1\n")
    machine.run("systemctl start hydratord", 1)
    (line,) = [line for line in journal(machine, "-p err") if "nonsense" in line]
    assert line.startswith("/etc/hydratord.conf:")
    machine.run("systemctl reset-failed hydratord")


def test_what_a_start_meets_later_is_an_error_that_stands_there_once(service):
    machine = service.machine
    forget(machine)
    machine.replace(service.config, "#listen = { ", 'listen = { "127.0.0.1:%d", ' % service.upstream.port)
    machine.run("systemctl start hydratord", None)
    machine.run("systemctl stop hydratord")
    # However often it was tried by then.
    tried = journal(machine, "--grep 'Main process exited'")
    lines = [line for line in journal(machine, "-p err") if "Address already in use" in line]
    assert lines and len(lines) == len(tried), lines + tried


def test_a_reload_that_is_refused_is_an_error(started):
    machine = started.machine
    forget(machine)
    machine.replace(started.config, "#listen = { ", 'listen = { "127.0.0.1:%d", ' % started.upstream.port)
    assert machine.run("systemctl reload hydratord", None).returncode != 0
    assert any("not reloaded" in line and "Address already in use" in line
               for line in journal(machine, "-p err"))
    assert machine.serves()


def test_lines_have_the_process_that_wrote_them_and_its_level(started):
    machine = started.machine
    line = machine.ask("journalctl -b -u hydratord -o json --output-fields=_PID,PRIORITY,MESSAGE "
                       "--grep 'hydrated image_generation' -n 1")
    assert '"PRIORITY":"6"' in line
    assert '"_PID":"%s"' % machine.ask("systemctl show -P MainPID hydratord") not in line


def test_without_a_log_daemon_standard_error_is_the_journal(service):
    """As where a unit may not see /dev/log."""
    machine = service.machine
    machine.run("mkdir -p /run/systemd/system/hydratord.service.d")
    machine.write("/run/systemd/system/hydratord.service.d/log.conf",
                  "[Service]\nInaccessiblePaths=/run/systemd/journal/dev-log\n")
    try:
        machine.run("systemctl daemon-reload && systemctl start hydratord")
        line = machine.ask("journalctl -b _PID=$(systemctl show -P MainPID hydratord) -o json "
                           "--grep 'serving image_generation' -n 1")
        assert '"_TRANSPORT":"stdout"' in line and '"PRIORITY":"6"' in line, line
    finally:
        machine.run("systemctl stop hydratord; rm -r /run/systemd/system/hydratord.service.d; "
                    "systemctl daemon-reload")


def test_a_network_that_does_not_come_up_holds_nothing_up(service):
    """A boot whose network-online.target is waited for: answers are on disk."""
    machine = service.machine
    machine.write("/run/systemd/system/slow.service", """[Unit]
Before=network-online.target
[Service]
Type=oneshot
ExecStart=sleep 1000
""")
    machine.run("systemctl daemon-reload && systemctl start --no-block slow network-online.target")
    try:
        assert "activating" in machine.ask("systemctl is-active slow")
        machine.run("timeout 30 systemctl start hydratord")
        assert machine.serves()
    finally:
        machine.run("systemctl stop slow hydratord; rm /run/systemd/system/slow.service; "
                    "systemctl daemon-reload")


def test_everybody_may_read_the_pid(started):
    machine = started.machine
    pid = machine.ask("setpriv --reuid nobody --clear-groups cat /run/hydratord/hydratord.pid")
    assert pid == machine.ask("systemctl show -P MainPID hydratord")


def test_one_process_that_is_out_of_memory_is_one_process(started):
    """What systemd knows of it; no kernel here kills for that."""
    assert started.machine.ask("systemctl show -P OOMPolicy hydratord") == "continue"
