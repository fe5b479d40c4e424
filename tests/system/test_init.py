"""The init script, run for real by start-stop-daemon on a private configuration."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest

from conftest import SOURCE
from ctl import PROGRAM
from daemon import BINARY, PATIENCE, WRAPPER, process_alive, wait_for

LSB = pathlib.Path("/lib/lsb/init-functions")
pytestmark = [
    pytest.mark.skipif(shutil.which("start-stop-daemon") is None, reason="start-stop-daemon is missing (Debian: dpkg)"),
    pytest.mark.skipif(not LSB.exists(), reason="%s is missing (Debian: sysvinit-utils)" % LSB),
    pytest.mark.skipif(os.geteuid() != 0, reason="a service is started by root"),
    pytest.mark.skipif(bool(WRAPPER), reason="the running program would be the wrapper"),
]

RISK = "/model_references/statistics/%s/deletion-risk"
DONE, FAILED, USAGE, NOT_ROOT, UNCONFIGURED, NOT_RUNNING = 0, 1, 2, 4, 6, 7
RUNNING, DEAD_PIDFILE, STOPPED, UNKNOWN = 0, 1, 3, 4


class Service:
    """A copy of the script whose defaults file is the test's own."""

    def __init__(self, daemon):
        self.daemon = daemon
        directory = daemon.directory
        self.config = daemon.config
        self.config.write_text(self.config.read_text().replace(
            'target = "stderr"', 'target = "%s"' % daemon.log_path))
        self.good = self.config.read_text()
        self.defaults = directory / "default"
        self.script = directory / "init"
        text = (SOURCE / "etc/init.d/hydratord").read_text()
        assert text.count("/etc/default/hydratord") == 2
        self.script.write_text(text.replace("/etc/default/hydratord", str(self.defaults)))
        self.write_defaults(DAEMON=BINARY)

    def write_defaults(self, **values):
        values = dict(CONFIG=self.config, CTL=PROGRAM, HYDRATORD_PIDFILE=self.daemon.pidfile, MAX_FILES=1000, **values)
        self.defaults.write_text("".join("%s='%s'\n" % pair for pair in values.items()))

    def call(self, *actions, **kwargs):
        # Into a file: a daemon that is started must not keep a pipe of ours open.
        with open(self.daemon.directory / "output", "w+") as output:
            result = subprocess.run(["sh", str(self.script), *actions], env=self.daemon.env, check=False,
                                    stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                    timeout=2 * PATIENCE, **kwargs)
            output.seek(0)
            self.output = output.read()
        return result.returncode

    def must(self, action, code=DONE):
        assert self.call(action) == code, self.output + self.daemon.log()
        return self.output

    def pid(self):
        return int(self.daemon.pidfile.read_text())

    def serves(self):
        self.daemon.port = int(re.findall(r"listening on 127\.0\.0\.1:(\d+)", self.daemon.log())[-1])
        return self.daemon.answers()


@pytest.fixture
def service(make_daemon):
    service = Service(make_daemon())
    yield service
    service.write_defaults(DAEMON=BINARY)
    service.must("stop")
    assert not pathlib.Path("/dev/shm" + service.daemon.segment).exists()
    service.daemon.check_log()


def test_start_and_stop_may_be_repeated(service):
    service.must("status", STOPPED)
    service.must("stop")
    service.must("start")
    pid = service.pid()
    wait_for(service.serves, "an answer")
    assert str(pid) in service.must("status", RUNNING)
    service.must("start")
    assert service.pid() == pid and process_alive(pid)
    service.must("stop")
    # A sanitizer looks for leaks when everything is said and done, the pid file included.
    wait_for(lambda: not process_alive(pid), "its end")
    assert not service.daemon.pidfile.exists()
    service.must("status", STOPPED)
    service.must("stop")


def test_the_defaults_arrive(service):
    configured = service.daemon.pidfile
    service.daemon.pidfile = service.daemon.directory / "another.pid"
    service.write_defaults(DAEMON=BINARY, HYDRATORD_READERS=2)
    service.must("start")
    assert service.daemon.pidfile.exists() and not configured.exists()
    limits = pathlib.Path("/proc/%d/limits" % service.pid()).read_text()
    assert re.search(r"Max open files +1000 ", limits)
    wait_for(lambda: service.daemon.child("reader 1"), "a second reader")
    service.must("stop")


def test_restart_is_another_process(service):
    service.must("restart")
    first = service.pid()
    service.must("restart")
    assert service.pid() != first and not process_alive(first)
    wait_for(service.serves, "an answer")
    service.must("try-restart")
    service.must("stop")
    service.must("try-restart")
    service.must("status", STOPPED)


def listen_for_good(service):
    """On an address that the next daemon has as well."""
    service.daemon.port = service.daemon.hold_port()
    service.good = re.sub(r"(listen = .*127\.0\.0\.1):\d+", r"\1:%d" % service.daemon.port, service.good)
    service.config.write_text(service.good)


@pytest.mark.parametrize("slow", (False, True))
def test_a_restart_refuses_nobody(service, slow):
    listen_for_good(service)
    if slow:
        service.good += "supervisor { drain_timeout = 10 }\n"
        service.config.write_text(service.good)
    service.must("start")
    for name in service.daemon.categories():
        wait_for(lambda name=name: service.daemon.get(RISK % name).status == 200, "data")
    waits, end = [], threading.Event()

    def probe():
        while not end.is_set():
            began = time.monotonic()
            assert service.daemon.get("/heartbeat").status == 200
            waits.append(time.monotonic() - began)
            end.wait(0.01 if slow else 0)  # that takes ten seconds, and others test beside

    with socket.socket() as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        if slow:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", service.daemon.port))
            client.sendall(200 * ("GET %s HTTP/1.1\r\nHost: test\r\n\r\n" % RISK % "text_generation").encode())
        probing = pool.submit(probe)
        began = time.monotonic()
        try:
            for _ in range(1 if slow else 5):
                pid = service.pid()
                service.must("restart")
                assert service.pid() != pid and not process_alive(pid)
        finally:
            took = time.monotonic() - began
            end.set()
        probing.result(PATIENCE)
    print("%.1f s, the longest wait %.1f s of %d" % (took, max(waits), len(waits)))
    assert max(waits) < (6 if slow else 20)
    assert not slow or took > 6, "nobody was slow"


def test_a_restart_with_another_address_gives_the_old_one_up(service):
    listen_for_good(service)
    service.must("start")
    before = service.daemon.port
    listen_for_good(service)
    service.must("restart")
    assert service.daemon.answers()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", before))


def test_a_restart_with_any_address_in_the_place_of_one(service):
    listen_for_good(service)
    one = service.good
    service.must("start")
    for text in (one.replace("127.0.0.1:%d" % service.daemon.port, "*:%d" % service.daemon.port), one):
        service.config.write_text(text)
        service.must("restart")
        assert service.daemon.answers()


@pytest.mark.parametrize("action", ("restart", "try-restart", "reload", "force-reload"))
def test_a_bad_file_touches_nothing(service, action):
    service.must("start")
    pid = service.pid()
    heard = service.daemon.log().count("HUP")
    service.config.write_text(service.good + "nonsense = 1\n")
    output = service.must(action, UNCONFIGURED)
    assert "nonsense" in output and "%s:" % service.config in output
    assert output.startswith("%s is wrong: " % service.config)
    assert service.pid() == pid and process_alive(pid)
    assert wait_for(service.serves, "an answer")
    assert service.daemon.log().count("HUP") == heard


def test_start_with_a_bad_file_says_what_is_wrong(service):
    service.config.write_text(service.good + "nonsense = 1\n")
    assert "nonsense" in service.must("start", UNCONFIGURED)
    service.must("status", STOPPED)


@pytest.mark.parametrize("action", ("reload", "force-reload"))
def test_reload_uses_the_new_file(service, action):
    service.must("start")
    pid = service.pid()
    service.config.write_text(service.good.replace("readers = 1", "readers = 2"))
    service.must(action)
    assert service.pid() == pid and process_alive(pid)
    # When it returns, they are ready.
    assert service.daemon.child("reader 1")


@pytest.mark.parametrize("action", ("reload", "force-reload"))
def test_a_reload_that_the_supervisor_refuses_fails_with_the_reason(service, action):
    service.must("start")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = "127.0.0.1:%d" % other.getsockname()[1]
        service.config.write_text(service.good.replace("127.0.0.1:0", address))
        output = service.must(action, FAILED)
    assert "cannot listen on %s: Address already in use" % address in output
    service.config.write_text(service.good)
    service.must(action)


def test_force_refresh_runs_a_cycle_of_every_category(service):
    service.must("start")

    def cycles():
        return [len(re.findall("hydrated %s: " % name, service.daemon.log()))
                for name in service.daemon.categories()]

    wait_for(lambda: all(cycles()), "the first fill")
    before = cycles()
    service.must("force-refresh")
    wait_for(lambda: all(now > then for now, then in zip(cycles(), before)), "a cycle of each")


def test_rotate_opens_the_log_anew(service):
    service.must("rotate")  # is down: no failure of logrotate's
    service.must("start")
    wait_for(service.serves, "an answer")
    service.daemon.log_path.rename(service.daemon.directory / "log.1")
    service.must("rotate")
    wait_for(service.daemon.log_path.exists, "a new log")


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is missing (Debian: logrotate)")
def test_logrotate_rotates_it(service):
    directory = service.daemon.directory
    log = directory / "logs" / "hydratord.log"
    log.parent.mkdir(mode=0o755)
    service.config.write_text(service.good.replace(str(service.daemon.log_path), str(log)))
    service.script.chmod(0o755)
    rules = (SOURCE / "etc/logrotate.d/hydratord").read_text()
    assert "/var/log/hydratord/" in rules and "/etc/init.d/hydratord" in rules
    (directory / "rules").write_text(rules.replace("/var/log/hydratord", str(log.parent)).replace(
        "/etc/init.d/hydratord", str(service.script)))
    service.must("start")
    wait_for(lambda: "serving" in log.read_text(), "the log")
    result = subprocess.run(["logrotate", "--force", "--state", str(directory / "rotated"),
                             str(directory / "rules")], env=service.daemon.env, check=False,
                            capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    assert "serving" in (log.parent / "hydratord.log.1").read_text()
    wait_for(log.exists, "a new log")
    service.must("force-refresh")
    wait_for(lambda: "refresh" in log.read_text(), "a line in the new log")


@pytest.mark.parametrize("action", ("reload", "force-reload", "force-refresh"))
def test_what_needs_a_running_daemon_says_so(service, action):
    # On a line of its own: no other message has begun one.
    assert re.match(r"hydratord is not running\b", service.must(action, NOT_RUNNING)), service.output


def test_a_stale_pidfile_is_no_obstacle(service):
    service.must("start")
    pid = service.pid()
    segment = pathlib.Path("/dev/shm" + service.daemon.segment)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not process_alive(pid), "its end")
    service.must("status", DEAD_PIDFILE)
    service.must("reload", NOT_RUNNING)
    service.must("start")
    assert service.pid() != pid
    wait_for(service.serves, "an answer")

    pid = service.pid()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not process_alive(pid), "its end")
    service.must("stop")
    service.must("status", STOPPED)
    segment.unlink()


@pytest.mark.parametrize("action", ("stop", "reload", "force-refresh", "restart", "rotate", "start"))
def test_a_foreign_pid_is_left_alone(service, action):
    with subprocess.Popen(["sleep", "1000"]) as sleep:
        try:
            service.daemon.pidfile.write_text("%d" % sleep.pid)
            service.must("status", DEAD_PIDFILE)
            code = NOT_RUNNING if action in ("reload", "force-refresh") else DONE
            service.must(action, code)
            assert sleep.poll() is None
            if action in ("start", "restart"):
                assert service.pid() != sleep.pid
                service.must("status", RUNNING)
            elif action == "stop":
                service.must("status", STOPPED)
        finally:
            sleep.kill()


def test_a_replaced_program_is_still_found(service):
    """As after an upgrade: the running one's file is gone."""
    program = service.daemon.directory / "hydratord"
    shutil.copy(BINARY, program)
    service.write_defaults(DAEMON=program)
    service.must("start")
    pid = service.pid()
    shutil.copy(BINARY, "%s.new" % program)
    os.rename("%s.new" % program, program)
    service.must("restart")
    assert service.pid() != pid and not process_alive(pid)
    service.must("stop")


def test_a_pidfile_that_another_program_locks_stays(service):
    program = service.daemon.directory / "hydratord"
    shutil.copy(BINARY, program)
    service.must("start")
    pid = service.pid()
    service.write_defaults(DAEMON=program)
    assert "locked" in service.must("stop", FAILED)
    assert process_alive(pid) and service.daemon.pidfile.exists()


def test_what_it_cannot_do(service):
    assert service.call() == USAGE
    assert service.call("start", "now") == USAGE
    assert "force-refresh" in service.must("dance", USAGE)
    service.write_defaults(DAEMON="/nonexistent/hydratord")
    assert "not installed" in service.must("start")
    assert "not installed" in service.must("stop")
    service.must("status", UNKNOWN)


def test_only_root_may(service):
    with open(service.script) as script:
        result = subprocess.run(["sh", "-s", "stop"], stdin=script, user="nobody", cwd="/", check=False,
                                capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == NOT_ROOT, result.stderr
    assert "root" in result.stdout + result.stderr


def status_for_nobody(service, pidfile):
    text = service.script.read_text().replace("/run/hydratord/hydratord.pid", str(pidfile))
    result = subprocess.run(["sh", "-s", "status"], input=text, user="nobody", cwd="/", check=False,
                            capture_output=True, text=True, timeout=PATIENCE)
    return result.returncode


def test_everybody_may_ask_for_the_status(service):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        service.daemon.pidfile = pathlib.Path(directory) / "pid"
        service.write_defaults(DAEMON=BINARY)
        assert status_for_nobody(service, service.daemon.pidfile) != RUNNING
        service.must("start")
        assert status_for_nobody(service, service.daemon.pidfile) == RUNNING
        service.must("stop")
        service.daemon.pidfile.write_text("%d" % os.getpid())
        os.chmod(service.daemon.pidfile, 0o644)
        assert status_for_nobody(service, service.daemon.pidfile) != RUNNING
        service.daemon.pidfile.unlink()
