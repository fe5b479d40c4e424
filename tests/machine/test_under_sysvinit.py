"""Under sysvinit as process 1: the init script's verbs, and what goes wrong with each."""
import re

import pytest

from daemon import wait_for
from machine import PATIENCE, PORT

KIND = "sysvinit"
DONE, FAILED, USAGE, NOT_ROOT, UNCONFIGURED, NOT_RUNNING = 0, 1, 2, 4, 6, 7
RUNNING, DEAD_PIDFILE, STOPPED = 0, 1, 3
PIDFILE = "/run/hydratord/hydratord.pid"
AS_NOBODY = "setpriv --reuid nobody --clear-groups "


@pytest.fixture
def stopped(service):
    service.machine.run("id hydratord 2>/dev/null || adduser --quiet --system --group "
                        "--home /var/lib/hydratord --no-create-home hydratord")
    yield service
    service.configure()
    service.machine.run("service hydratord stop")
    assert service.machine.ask("ls /dev/shm /run/hydratord") == "/dev/shm:\n\n/run/hydratord:"


@pytest.fixture
def started(stopped):
    stopped.machine.run("service hydratord start")
    wait_for(stopped.has_data, "data", PATIENCE)
    return stopped


def said(machine, line, status):
    """What a terminal would show, line by line."""
    return machine.run("(%s) 2>&1" % line, status).stdout.splitlines()


def verb(machine, action, status=DONE):
    return said(machine, "/etc/init.d/hydratord " + action, status)


def test_it_starts_serves_and_stops(started):
    machine = started.machine
    assert machine.get("/readyz").status == 200
    pid = machine.read(PIDFILE).strip()
    assert pid in verb(machine, "status", RUNNING)[0]
    verb(machine, "start")
    assert machine.read(PIDFILE).strip() == pid
    verb(machine, "stop")
    assert not machine.serves()
    verb(machine, "stop")
    verb(machine, "status", STOPPED)


def test_everybody_may_ask_whether_it_runs(started):
    machine = started.machine
    assert "is running" in said(machine, AS_NOBODY + "/etc/init.d/hydratord status", RUNNING)[0]
    verb(machine, "stop")
    said(machine, AS_NOBODY + "/etc/init.d/hydratord status", STOPPED)


def test_what_it_cannot_do(stopped):
    machine = stopped.machine
    verb(machine, "dance", USAGE)
    verb(machine, "", USAGE)
    said(machine, AS_NOBODY + "/etc/init.d/hydratord start", NOT_ROOT)
    for action in ("reload", "force-reload", "force-refresh"):
        verb(machine, action, NOT_RUNNING)
    verb(machine, "rotate")
    verb(machine, "try-restart")
    verb(machine, "status", STOPPED)


def test_a_restart_is_another_process(started):
    machine = started.machine
    pid = machine.read(PIDFILE)
    for action in ("restart", "try-restart"):
        verb(machine, action)
        assert machine.read(PIDFILE) != pid
        pid = machine.read(PIDFILE)
        assert started.has_data()  # of the last run


def test_a_reload_takes_the_new_file(started):
    machine = started.machine
    pid = machine.read(PIDFILE)
    machine.replace(started.config, "#listen = { ", 'listen = { "127.0.0.1:19833", ')
    assert verb(machine, "reload") == ["Reloading cache of AI Horde answers: hydratord."]
    assert machine.get("/heartbeat", 19833).status == 200
    assert machine.read(PIDFILE) == pid


@pytest.mark.parametrize("action", ("start", "reload", "restart"))
def test_a_bad_file_is_named_once_and_touches_nothing(started, action):
    machine = started.machine
    if action == "start":
        verb(machine, "stop")
    started.configure("nonsense = 1\n")
    lines = verb(machine, action, UNCONFIGURED)
    assert sum("nonsense" in line for line in lines) == 1, lines
    assert any(re.match(r"/etc/hydratord\.conf:\d+: .*nonsense", line) for line in lines), lines
    assert machine.serves() == (action != "start")


@pytest.mark.parametrize("action", ("start", "reload"))
def test_an_address_in_use_is_named_once_on_a_line_of_its_own(started, action):
    machine = started.machine
    if action == "start":
        verb(machine, "stop")
    machine.replace(started.config, "#listen = { ", 'listen = { "127.0.0.1:%d", ' % started.upstream.port)
    lines = verb(machine, action, FAILED)
    (line,) = [line for line in lines if "Address already in use" in line]
    assert line.startswith("hydratorctl: " if action == "reload" else "hydratord: ")
    assert lines[-1].endswith(" failed!"), lines
    assert machine.serves() == (action == "reload")


def test_what_was_killed_can_be_started(started):
    machine = started.machine
    machine.run("kill -KILL $(cat %s)" % PIDFILE)
    wait_for(lambda: machine.run("pgrep -x hydratord", None).returncode == 1, "the end of its children", PATIENCE)
    verb(machine, "status", DEAD_PIDFILE)
    verb(machine, "start")
    assert machine.serves()


def test_it_says_so_when_no_log_daemon_hears_it(stopped):
    machine = stopped.machine
    machine.run("service rsyslog stop")
    lines = verb(machine, "start")
    assert any(line.startswith("hydratord: warning: nobody listens at /dev/log") for line in lines), lines
    machine.run("service rsyslog start")
    verb(machine, "force-refresh")
    wait_for(lambda: "refresh asked for" in machine.ask("cat /var/log/syslog"), "a line in the log", PATIENCE)
    verb(machine, "stop")
    assert verb(machine, "start") == ["Starting cache of AI Horde answers: hydratord."]


def test_log_files_are_rotated(started):
    machine = started.machine
    machine.run("install -d -m 755 /var/log/hydratord")
    machine.replace(started.config, '#access_log = ""', 'access_log = "/var/log/hydratord/access.log"')
    verb(machine, "reload")
    assert machine.get("/heartbeat").status == 200
    wait_for(lambda: "heartbeat" in machine.ask("cat /var/log/hydratord/access.log"), "a line", PATIENCE)
    assert said(machine, "logrotate --force /etc/logrotate.d/hydratord", 0) == []
    assert "heartbeat" in machine.read("/var/log/hydratord/access.log.1")
    wait_for(lambda: machine.get("/livez").status == 200
             and "livez" in machine.ask("cat /var/log/hydratord/access.log"), "a line in the new file", PATIENCE)


def test_after_it_was_removed_logrotate_is_silent(stopped):
    """As a package leaves it: the script is there and not executable, or gone as well."""
    machine = stopped.machine
    machine.run("install -d /var/log/hydratord && mv /etc/init.d/hydratord /etc/init.d/hydratord.away")
    try:
        for script in ("touch /etc/init.d/hydratord", "rm /etc/init.d/hydratord"):
            machine.run(script + " && echo line >>/var/log/hydratord/old.log")
            assert said(machine, "logrotate --force /etc/logrotate.d/hydratord", 0) == []
    finally:
        machine.run("mv /etc/init.d/hydratord.away /etc/init.d/hydratord")


def test_it_comes_with_the_machine_and_has_its_answers(started):
    """The upstream is not there any more."""
    machine = started.machine
    machine.run("update-rc.d hydratord defaults")
    machine.reboot()
    assert started.has_data()
    assert "restored" in machine.read("/var/log/syslog")
    assert machine.ask("ss -Hltn sport = :%d" % PORT)
    machine.run("update-rc.d hydratord remove")
