"""The systemd unit: checked by systemd's own tools, its commands run by the test, and the
protocols with the service manager spoken to the real daemon."""
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from conftest import DEMO, SOURCE
from ctl import PROGRAM
from daemon import BINARY, PATIENCE, WRAPPER, Daemon, wait_for
from stub_upstream import StubUpstream

UNITS = SOURCE / "etc" / "systemd"
needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None,
                                   reason="systemd-analyze is missing (Debian: systemd)")
no_wrapper = pytest.mark.skipif(bool(WRAPPER), reason="the wrapper's pid would be the daemon's")


def unit_lines(unit, key):
    lines = (UNITS / unit).read_text().splitlines()
    return [line.split("=", 1)[1] for line in lines if line.startswith(key + "=")]


@pytest.fixture
def units(tmp_path):
    """Copies whose program exists on this machine."""
    for name in ("hydratord.service", "hydratord.socket"):
        text = (UNITS / name).read_text()
        (tmp_path / name).write_text(text.replace("/usr/sbin/hydratord", os.path.abspath(BINARY)).replace(
            "/usr/bin/hydratorctl", os.path.abspath(PROGRAM)))
    return tmp_path


def test_one_process_that_is_killed_for_memory_is_one_process():
    """The default, stop, ends all readers for one hydrator; tests/machine has the kernel do it."""
    assert unit_lines("hydratord.service", "OOMPolicy") == ["continue"]


@needs_analyze
def test_systemd_has_nothing_to_say_about_the_units(units):
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", str(units / "hydratord.service"),
                             str(units / "hydratord.socket")], check=False,
                            capture_output=True, text=True, timeout=PATIENCE)
    if "Failed to initialize manager" in result.stderr:
        pytest.skip(result.stderr.strip())
    # Units of this machine are drawn in and have complaints of their own.
    ours = [line for line in result.stderr.splitlines() if "hydratord" in line]
    assert not ours, result.stderr


@needs_analyze
def test_the_unit_is_hardened(units):
    result = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager",
                             str(units / "hydratord.service")], check=False,
                            capture_output=True, text=True, timeout=PATIENCE)
    if "unrecognized option" in result.stderr:
        pytest.skip("this systemd-analyze cannot do it offline")
    score = float(re.search(r"Overall exposure level for hydratord.service: ([0-9.]+)",
                            result.stdout).group(1))
    print("exposure", score)
    assert score <= 1.5, result.stdout


def calls_of(name):
    """What a name of SystemCallFilter stands for."""
    if not name.startswith("@"):
        return {name}
    out = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True)
    return {call for line in out.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#")
            for call in calls_of(line.strip())}


@needs_analyze
def test_the_unit_allows_what_children_need_and_what_their_walls_are_made_of():
    allowed = set()
    for line in unit_lines("hydratord.service", "SystemCallFilter"):
        calls = {call for name in line.lstrip("~").split() for call in calls_of(name)}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    lists = (UNITS.parents[1] / "src" / "proc" / "sandbox.c").read_text()
    needed = set(re.findall(r"CALL(?:_IF2?)?\((\w+)", lists)) - {"name"}
    assert len(needed) > 90
    walls = {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
    assert not (needed | walls) - allowed


def test_every_hardening_line_has_a_reason():
    """Each stands below a comment, alone or in a group of its kind."""
    text = (UNITS / "hydratord.service").read_text()
    section = text.split("# Hardening.", 1)[1].split("[Install]")[0]
    group = re.split(r"\n(?=#)", section)
    assert len(group) > 10
    assert not re.search(r"\n\n\w", section), "a line without a comment above it"


class Manager:
    """What the daemon sees of systemd: a socket for its messages, and an environment."""

    def __init__(self, directory, abstract=False):
        name = "%s/notify" % directory
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if abstract:
            name = "@hydratord-test-%d" % os.getpid()
        self.socket.bind(name.replace("@", "\0", 1))
        self.socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": name}
        self.heard = []
        self.kept = {}  # name -> descriptor, for the next process

    def hear(self):
        try:
            while True:
                message, fds, _, _ = socket.recv_fds(self.socket, 4096, 4)
                self.heard.append(message.decode())
                self.keep(dict(line.split("=", 1) for line in self.heard[-1].split("\n")), fds)
        except BlockingIOError:
            return self.heard

    def keep(self, fields, fds):
        name = fields.get("FDNAME")
        if "FDSTOREREMOVE" in fields and name in self.kept:
            os.close(self.kept.pop(name))
        for fd in fds:
            assert fields["FDSTORE"] == "1" and name not in self.kept and ":" not in name
            self.kept[name] = fd

    def close(self):
        self.hear()
        self.socket.close()
        for fd in self.kept.values():
            os.close(fd)

    def said(self, word):
        return any(word in message.split("\n") for message in self.hear())

    def forget(self):
        self.hear()
        self.heard = []


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.close()


class Unit:
    """The unit's commands, run as systemd would, on the daemon's own files."""

    def __init__(self, daemon, manager):
        self.daemon = daemon
        self.environment = dict(daemon.env, **manager.environment, CONFIG=str(daemon.config),
                                HYDRATORD_PIDFILE=str(daemon.pidfile))

    def command(self, line):
        line = re.sub(r"^[-+!@:]*", "", line).replace("/usr/sbin/hydratord", BINARY).replace(
            "/usr/bin/hydratorctl", PROGRAM)
        words = [word.replace("${CONFIG}", str(self.daemon.config)) for word in shlex.split(line)]
        if self.daemon.process:
            words = [word.replace("${MAINPID}", str(self.daemon.process.pid)) for word in words]
        return words

    def start(self):
        for line in unit_lines("hydratord.service", "ExecStartPre"):
            assert subprocess.run(self.command(line), env=self.environment, check=False,
                                  timeout=PATIENCE).returncode == 0
        (line,) = unit_lines("hydratord.service", "ExecStart")
        with open(self.daemon.log_path, "ab") as log:
            self.daemon.process = subprocess.Popen(self.command(line), env=self.environment,
                                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                   start_new_session=True)
        wait_for(self.daemon.find_port, "the listening port")
        wait_for(self.daemon.answers, "an answer")

    def reload(self, stderr=subprocess.PIPE):
        (line,) = unit_lines("hydratord.service", "ExecReload")
        return subprocess.run(self.command(line), env=self.environment, check=False, stdout=subprocess.PIPE,
                              stderr=stderr, text=True, timeout=2 * PATIENCE)


@pytest.fixture
def unit(make_daemon, manager):
    return Unit(make_daemon(), manager)


def must_speak(unit, manager):
    wait_for(lambda: "serving" in unit.daemon.log(), "the end of the start")
    wait_for(lambda: manager.said("READY=1"), "READY=1")


def test_the_units_commands_start_and_stop_it(unit):
    unit.start()
    assert unit.daemon.pidfile.exists()
    (mode,) = unit_lines("hydratord.service", "KillMode")
    assert mode == "mixed"  # so TERM goes to the supervisor only, as here
    assert unit.daemon.stop() == 0


def test_a_reload_of_a_bad_file_fails_and_is_never_heard_of(unit):
    unit.start()
    good = unit.daemon.config.read_text()
    unit.daemon.config.write_text(good + "nonsense = 1\n")
    result = unit.reload()
    assert result.returncode == 1 and "nonsense" in result.stderr
    assert unit.daemon.process.poll() is None and unit.daemon.answers()
    assert "reload asked for" not in unit.daemon.log()
    unit.daemon.config.write_text(good)
    assert unit.reload().returncode == 0
    # When it returns, it is over.
    assert unit.daemon.log().count("reload asked for") == 1
    assert unit.daemon.log().count(" serving image_generation") == 2


def test_a_reload_that_the_supervisor_refuses_fails_with_the_reason(unit):
    unit.start()
    good = unit.daemon.config.read_text()
    with listening() as other:
        unit.daemon.config.write_text(good.replace("127.0.0.1:0", address_of(other)))
        result = unit.reload()
        reason = "cannot listen on %s: Address already in use" % address_of(other)
    assert result.returncode == 1
    assert reason in result.stderr
    assert "not reloaded, the old configuration stays in use" in result.stderr
    assert unit.daemon.answers()


@no_wrapper
@pytest.mark.parametrize("own", (True, False))
def test_the_journal_has_the_reason_of_a_refused_reload_once(unit, own, tmp_path):
    """ExecReload writes where the supervisor does; who asks from another unit does not."""
    unit.start()
    good = unit.daemon.config.read_text()
    with open(tmp_path / "journal", "w+") as journal:
        status = os.fstat(journal.fileno())
        unit.environment["JOURNAL_STREAM"] = "%d:%d" % (status.st_dev, status.st_ino)
        if own:
            unit.environment["MAINPID"] = str(unit.daemon.process.pid)
        with listening() as other:
            unit.daemon.config.write_text(good.replace("127.0.0.1:0", address_of(other)))
            result = unit.reload(journal)
        journal.seek(0)
        lines = journal.read().splitlines()
    assert result.returncode == 1
    reason = "not reloaded, the old configuration stays in use: cannot listen on"
    assert unit.daemon.log().count(reason) == 1
    assert lines == [] if own else len(lines) == 1 and lines[0].startswith("<3>hydratorctl: " + reason)


@no_wrapper
def test_it_says_when_it_is_ready_and_when_it_stops(unit, manager):
    unit.start()
    must_speak(unit, manager)
    assert not manager.said("STOPPING=1")
    assert unit.daemon.stop() == 0
    assert manager.said("STOPPING=1")
    assert sum("READY=1" in message for message in manager.heard) == 1


def status_of(manager):
    """The last line that the manager was told."""
    lines = [line for message in manager.hear() for line in message.split("\n")
             if line.startswith("STATUS=")]
    return lines[-1].split("=", 1)[1] if lines else None


@no_wrapper
def test_the_status_is_that_of_the_categories(make_daemon, manager):
    with StubUpstream(DEMO) as stub:
        stub.mode("text_generation", "500")
        daemon = make_daemon({name: [stub.reference(name)] for name in ("image_generation", "text_generation")},
                             stub.horde, hydration='interval = 60 ttl = 100 stale_ttl = 200 stale_if_error = 300')
        unit = Unit(daemon, manager)
        unit.start()
        wait_for(lambda: (status_of(manager) or "") == "1 of 2 categories empty: text_generation (reference: "
                 "HTTP status 500 (%s))" % stub.url,
                 "the state of the other one")
        stub.mode("text_generation", "ok")
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: status_of(manager) == "2 categories served", "the end of the trouble")
        said = len(manager.heard)
        with listening() as other:
            good = daemon.config.read_text()
            daemon.config.write_text(good.replace("127.0.0.1:0", address_of(other)))
            assert unit.reload().returncode == 1
        wait_for(lambda: "the last reload was refused: cannot listen on" in status_of(manager), "the refusal")
        daemon.config.write_text(good)
        assert unit.reload().returncode == 0
        assert status_of(manager) == "2 categories served"
        assert sum("STATUS=" in message for message in manager.heard[said:]) < 10, "it is said when it changes"
        for name in ("text_generation", "*"):
            stub.mode(name, "500")
        daemon.move_clock(250)
        wait_for(lambda: status_of(manager).startswith("2 of 2 categories old: image"), "their age")
        daemon.move_clock(100)
        wait_for(lambda: status_of(manager).startswith("2 of 2 categories expired: image"), "their end")
    assert daemon.stop() == 0
    assert status_of(manager).startswith("stopping")


@no_wrapper
def test_ready_means_that_a_connection_is_answered(make_daemon, tmp_path):
    manager = Manager(tmp_path, abstract=True)
    daemon = make_daemon()
    unit = Unit(daemon, manager)
    unit.start()
    must_speak(unit, manager)
    assert daemon.get("/heartbeat").status == 200
    manager.close()


@no_wrapper
@pytest.mark.parametrize("good", (True, False))
def test_a_reload_is_announced_and_ends(unit, manager, good):
    unit.start()
    must_speak(unit, manager)
    manager.forget()
    if not good:
        unit.daemon.config.write_text(unit.daemon.config.read_text() + "nonsense = 1\n")
    unit.daemon.send(signal.SIGHUP)
    wait_for(lambda: manager.said("RELOADING=1"), "RELOADING=1")
    (message,) = [text for text in manager.heard if "RELOADING=1" in text]
    assert re.search(r"^MONOTONIC_USEC=\d+$", message, re.M)
    wait_for(lambda: manager.said("READY=1"), "READY=1 after the reload")
    assert unit.daemon.answers()


@no_wrapper
def test_the_watchdog_is_fed(unit, manager):
    unit.environment["WATCHDOG_USEC"] = "200000"
    unit.start()
    must_speak(unit, manager)
    for _ in range(3):
        manager.forget()
        wait_for(lambda: manager.said("WATCHDOG=1"), "a ping")


@no_wrapper
def test_the_watchdog_is_not_fed_by_a_daemon_that_hangs(unit, manager):
    """A stopped supervisor: systemd hears nothing, and would act."""
    unit.environment["WATCHDOG_USEC"] = "200000"
    unit.start()
    must_speak(unit, manager)
    wait_for(lambda: manager.said("WATCHDOG=1"), "a ping")
    unit.daemon.send(signal.SIGSTOP)
    wait_for(lambda: pathlib.Path("/proc/%d/stat" % unit.daemon.process.pid).read_text()
             .rsplit(")", 1)[1].split()[0] == "T", "the stop")
    manager.forget()
    with pytest.raises(AssertionError):
        wait_for(lambda: manager.said("WATCHDOG=1"), "a ping", 1)
    unit.daemon.send(signal.SIGCONT)
    wait_for(lambda: manager.said("WATCHDOG=1"), "a ping")


@no_wrapper
def test_children_speak_to_no_manager(unit, manager):
    """The variables are gone from what children see; titles overwrite them as well."""
    unit.start()
    must_speak(unit, manager)
    for role in ("reader 0", "hydrator image_generation"):
        pid = wait_for(lambda role=role: unit.daemon.child(role), role)
        assert b"NOTIFY_SOCKET" not in pathlib.Path("/proc/%d/environ" % pid).read_bytes()


# systemd's side of socket activation: descriptors from 3 on, and the pid of the program,
# which the launcher becomes by exec.
LAUNCHER = """
import os, sys
passed = [int(n) for n in sys.argv[1].split(",")]
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(passed)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i, inheritable=True)
os.closerange(3 + len(high), 300)
os.environ["LISTEN_FDS"] = str(len(high))
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDNAMES"] = sys.argv[2] or ":".join(["hydratord.socket"] * len(high))
os.execv(sys.argv[3], sys.argv[3:])
"""


def listening(address="127.0.0.1", family=socket.AF_INET, both=False):
    listener = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
    listener.bind((address, 0))
    listener.listen(64)
    return listener


def launch(daemon, listeners, listen):
    """Starts the daemon, configured for addresses, with sockets passed."""
    daemon.config.write_text(daemon.config.read_text().replace(
        'listen = { "127.0.0.1:0" }', "listen = { %s }" % ", ".join('"%s"' % a for a in listen)))
    launch_with(daemon, [listener.fileno() for listener in listeners], "", daemon.env)


def launch_with(daemon, fds, names, environment):
    with open(daemon.log_path, "ab") as log:
        daemon.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, ",".join(map(str, fds)), names, os.path.abspath(BINARY), "-f",
             "-c", str(daemon.config)], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, pass_fds=fds)


def must_adopt(daemon):
    wait_for(lambda: "serving" in daemon.log() or daemon.process.poll() is not None, "the start")
    assert daemon.process.poll() is None, daemon.log()


def address_of(listener):
    return "127.0.0.1:%d" % listener.getsockname()[1]


def ask(port):
    """A connection that waits in the queue with its request."""
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(b"GET /heartbeat HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    return client


def is_answered(client):
    with client:
        answer = b""
        while chunk := client.recv(4096):
            answer += chunk
    return answer.startswith(b"HTTP/1.1 200 ")


@no_wrapper
def test_connections_from_before_the_start_are_answered(make_daemon):
    daemon = make_daemon()
    with listening() as listener:
        port = listener.getsockname()[1]
        clients = [ask(port) for _ in range(20)]
        launch(daemon, [listener], [address_of(listener)])
        must_adopt(daemon)
        assert all(is_answered(client) for client in clients)
        assert "listening on 127.0.0.1:%d" % port in daemon.log()


@no_wrapper
def test_a_restart_refuses_nobody(make_daemon):
    """The manager holds the socket while the daemon is down."""
    daemon = make_daemon()
    with listening() as listener:
        port = listener.getsockname()[1]
        launch(daemon, [listener], [address_of(listener)])
        must_adopt(daemon)
        assert is_answered(ask(port))
        assert daemon.stop() == 0
        clients = [ask(port) for _ in range(20)]
        launch(daemon, [listener], [address_of(listener)])
        assert all(is_answered(client) for client in clients)


@no_wrapper
def test_what_was_not_passed_is_bound(make_daemon):
    daemon = make_daemon()
    with listening() as listener:
        launch(daemon, [listener], [address_of(listener), "127.0.0.1:0"])
        must_adopt(daemon)
        ports = {int(port) for port in re.findall(r"listening on 127\.0\.0\.1:(\d+)", daemon.log())}
        assert len(ports) == 2 and listener.getsockname()[1] in ports
        assert all(is_answered(ask(port)) for port in ports)


@no_wrapper
def test_a_socket_of_both_families_serves_every_address(make_daemon):
    """ListenStream=PORT in a socket unit, "*:PORT" in the configuration."""
    daemon = make_daemon()
    try:
        listener = listening("::", socket.AF_INET6, both=True)
    except OSError:
        pytest.skip("no IPv6")
    with listener:
        port = listener.getsockname()[1]
        launch(daemon, [listener], ["*:%d" % port])
        must_adopt(daemon)
        assert is_answered(ask(port))


@no_wrapper
def test_a_socket_that_is_not_configured_is_named(make_daemon):
    daemon = make_daemon()
    with listening() as wanted, listening() as other:
        launch(daemon, [wanted, other], [address_of(wanted)])
        must_adopt(daemon)
        wait_for(lambda: re.search("warning: .*%s" % address_of(other), daemon.log()), "the warning")
        assert is_answered(ask(wanted.getsockname()[1]))
        assert not re.search("warning: .*%s" % address_of(wanted), daemon.log())


@no_wrapper
def test_the_socket_unit_is_the_sample_configurations_address():
    """Both as they are shipped fit together."""
    (address,) = unit_lines("hydratord.socket", "ListenStream")
    assert '#listen = { "%s" }' % address in (SOURCE / "etc/hydratord.conf").read_text()


def free_address():
    return "127.0.0.1:%d" % Daemon.hold_port()


def listen_on(daemon, *addresses):
    text, found = re.subn(r"listen = \{ [^}]* \}", "listen = { %s }" % ", ".join('"%s"' % a for a in addresses),
                          daemon.config.read_text(), count=1)
    assert found
    daemon.config.write_text(text)


def start_again(unit, manager):
    """As systemd does after a restart: with what it kept."""
    manager.hear()
    names, fds = zip(*manager.kept.items())
    launch_with(unit.daemon, list(fds), ":".join(names), unit.environment)


def is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def kept_addresses(manager):
    manager.hear()
    return sorted("127.0.0.1:%d" % socket.socket(fileno=os.dup(fd)).getsockname()[1]
                  for name, fd in manager.kept.items() if name.startswith("listen-"))


@no_wrapper
def test_a_restart_keeps_the_sockets(unit, manager):
    daemon = unit.daemon
    unit.start()
    address = "127.0.0.1:%d" % daemon.port
    wait_for(lambda: kept_addresses(manager) == [address], "the sockets")
    assert set(manager.kept) <= {"listen-" + address.replace(":", "_"), "tries"}
    listen_on(daemon, address)
    for _ in range(3):
        assert daemon.stop() == 0
        clients = [ask(daemon.port) for _ in range(20)]
        start_again(unit, manager)
        assert all(is_answered(client) for client in clients)
    assert kept_addresses(manager) == [address]
    assert "the service manager holds" not in daemon.log()


@no_wrapper
def test_a_socket_that_is_not_listened_on_any_more_is_forgotten(unit, manager):
    daemon = unit.daemon
    one, two, three = (free_address() for _ in range(3))
    listen_on(daemon, one, two)
    unit.start()
    wait_for(lambda: kept_addresses(manager) == sorted([one, two]), "both sockets")
    listen_on(daemon, two, three)
    assert unit.reload().returncode == 0
    assert kept_addresses(manager) == sorted([two, three])
    port = int(one.split(":")[1])
    wait_for(lambda: is_free(port), "the former readers to close it")
    assert daemon.stop() == 0
    listen_on(daemon, three)
    start_again(unit, manager)
    wait_for(lambda: kept_addresses(manager) == [three], "what is left")
    assert is_answered(ask(int(three.split(":")[1])))


@no_wrapper
def test_one_slow_client_keeps_nobody_waiting_at_a_restart(make_daemon, manager):
    daemon = make_daemon(readers=2, settings="supervisor { drain_timeout = 12 }")
    unit = Unit(daemon, manager)
    listen_on(daemon, free_address())
    unit.start()
    for name in daemon.categories():
        wait_for(lambda name=name: daemon.get("/model_references/statistics/%s/deletion-risk" % name).status == 200,
                 "data")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", daemon.port))
    request = b"GET /model_references/statistics/text_generation/deletion-risk HTTP/1.1\r\nHost: test\r\n\r\n"
    slow.sendall(200 * request)
    waits, end = [], threading.Event()

    def probe():
        while not end.is_set():
            began = time.monotonic()
            assert is_answered(ask(daemon.port))
            waits.append(time.monotonic() - began)
            end.wait(0.01)  # it takes ten seconds, and others test beside

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        probing = pool.submit(probe)
        began = time.monotonic()
        daemon.send(signal.SIGTERM)
        daemon.process.wait(PATIENCE)
        took = time.monotonic() - began
        start_again(unit, manager)
        wait_for(lambda: daemon.log().count("serving image_generation") == 2, "the next one")
        end.set()
        probing.result(PATIENCE)
    slow.close()
    print("stopped in %.1f s, the longest wait %.1f s of %d" % (took, max(waits), len(waits)))
    assert took > 8, "nobody was slow"
    assert max(waits) < 6
    assert "clients are served until the former ones have left" in daemon.log()


@no_wrapper
def test_a_start_that_fails_again_and_again_is_tried_less_often(unit, manager):
    daemon = unit.daemon
    with listening() as other:
        listen_on(daemon, address_of(other))
        delays = []
        for turn in range(4):
            began = time.monotonic()
            if turn == 0:
                result = subprocess.run([BINARY, "-f", "-c", daemon.config], env=unit.environment, check=False,
                                        capture_output=True, timeout=PATIENCE)
                assert result.returncode == 75
            else:
                start_again(unit, manager)
                assert daemon.process.wait(PATIENCE) == 75
                daemon.process = None
            delays.append(time.monotonic() - began)
            manager.hear()
        assert delays[1] > 1 and delays[2] > 2 and delays[3] > 4, delays
        assert "tried again in 4 s: cannot listen on" in status_of(manager)
        # A stop ends the wait.
        start_again(unit, manager)
        wait_for(lambda: manager.said("STATUS=" + (status_of(manager) or "")) and "in 8 s" in status_of(manager), "it")
        assert daemon.stop() == 75
    start_again(unit, manager)
    wait_for(lambda: "serving" in daemon.log(), "its start")
    assert daemon.stop() == 0
    wait_for(lambda: manager.hear() and "tries" not in manager.kept, "the end of the count")


def tries(manager):
    """What is counted there: failures and crashes, and whether a process is up."""
    manager.hear()
    if "tries" not in manager.kept:
        return 0, False
    text = pathlib.Path("/proc/self/fdinfo/%d" % manager.kept["tries"]).read_text()
    count = int(re.search(r"eventfd-count:\s*([0-9a-f]+)", text).group(1), 16)
    return count & 0xffffffff, bool(count >> 32)


def crash(unit, manager, starts):
    """The one that serves after so many starts."""
    wait_for(lambda: unit.daemon.log().count("serving image_generation") == starts, "start %d" % starts)
    wait_for(lambda: tries(manager)[1], "it to be up")
    unit.daemon.process.kill()
    unit.daemon.process.wait(PATIENCE)


def put_off(daemon):
    return re.findall(r"has crashed, and so did others: this start is put off for (\d+) s", daemon.log())


@no_wrapper
def test_a_supervisor_that_crashes_again_and_again_starts_less_often(unit, manager):
    daemon = unit.daemon
    unit.start()
    for starts in 1, 2, 3:
        crash(unit, manager, starts)
        start_again(unit, manager)
    began = time.monotonic()
    crash(unit, manager, 4)
    assert time.monotonic() - began > 1  # the third delay is two seconds
    assert put_off(daemon) == ["1", "2"]
    assert "starts in 2 s: the last ones have crashed" in str(manager.heard)
    # A stop ends the wait; it is neither a crash nor a failure.
    start_again(unit, manager)
    wait_for(lambda: put_off(daemon) == ["1", "2", "4"], "the wait")
    daemon.expect_dirty = True  # nobody has taken the dead one's segment over
    assert daemon.stop() == 0
    assert kept_addresses(manager) == [], "clients would wait"
    wait_for(lambda: manager.hear() and "tries" not in manager.kept, "the end of the count")


@no_wrapper
def test_a_crash_after_a_minute_is_the_first_one(unit, manager):
    unit.start()
    for starts in 1, 2, 3:
        wait_for(lambda: unit.daemon.log().count("serving image_generation") == starts, "start %d" % starts)
        wait_for(lambda: tries(manager) == (min(starts - 1, 1), True), "it to be up")
        unit.daemon.move_clock(61)
        wait_for(lambda: tries(manager) == (0, True), "a minute of health")
        crash(unit, manager, starts)
        start_again(unit, manager)
    wait_for(lambda: unit.daemon.log().count("serving image_generation") == 4, "the last start")
    assert put_off(unit.daemon) == []
