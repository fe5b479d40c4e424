"""Another program in the running daemon's place: `hydratorctl upgrade`."""
import collections
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from ctl import PROGRAM, ctl
from daemon import BINARY, PATIENCE, WRAPPER, descriptors, process_alive, wait_for
from test_dashboard_page import check_own_address, port_of

pytestmark = pytest.mark.skipif(bool(WRAPPER), reason="valgrind does not follow an exec")

# By hand: HYDRATORD_TEST_UPGRADES=100 tests/system/run.sh tests/system/test_upgrade.py
UPGRADES = int(os.environ.get("HYDRATORD_TEST_UPGRADES", "5"))
ANSWER = "/model_references/statistics/image_generation/deletion-risk?limit=3"
# Of the text HYDRATORD-SHMnn, which compilers take apart.
LAYOUT = re.compile(rb"D-SHM\d\d")
OTHER_LAYOUT = b"D-SHM99"


class Program:
    """A file that a daemon is started from: other versions are the same build with another text."""

    def __init__(self, directory):
        self.path = directory / "hydratord"
        self.build = pathlib.Path(BINARY).read_bytes()
        self.own = subprocess.run([BINARY, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
        self.installed = 0
        self.install()

    def put(self, data):
        """As a package does it: the running one keeps its file, which has no name any more."""
        new = self.path.with_suffix(".new")
        new.write_bytes(data)
        new.chmod(0o755)
        new.rename(self.path)

    def install(self, layout=None):
        """Returns the version of what is installed."""
        self.installed += 1
        version = ("9.%d" % self.installed).ljust(len(self.own), "~")
        data = self.build.replace(self.own.encode(), version.encode())
        assert data != self.build
        if layout:
            data = LAYOUT.sub(layout, data)
        self.put(data)
        return version

    def script(self, lines):
        """One that is a script, where $real is the program."""
        real = self.path.with_name("real")
        real.write_bytes(self.build)
        real.chmod(0o755)
        self.put(("#!/bin/sh\nreal='%s'\n%s\n" % (real, lines)).encode())


@pytest.fixture
def world(make_daemon, tmp_path):
    """Makes a daemon that is started from a file of its own: (daemon, program)."""
    program = Program(tmp_path)

    def make(**kwargs):
        daemon = make_daemon(**kwargs)
        daemon.command = lambda *arguments: daemon.starter + [str(program.path), *arguments]
        return daemon, program

    return make


class Load:
    """Clients that ask without a pause, two on one connection each, two on a new one for each request."""

    def __init__(self, daemon):
        self.port = daemon.port
        self.statuses = collections.Counter()
        self.failed = []
        self.over = False
        self.threads = [threading.Thread(target=self.ask, args=(keep,)) for keep in (True, True, False, False)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_for(lambda: sum(self.statuses.values()) > 20, "the first answers")
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()

    def ask(self, keep):
        connection = None
        while not self.over:
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                connection.request("GET", ANSWER)
                answer = connection.getresponse()
                answer.read()
                self.statuses[answer.status] += 1
                if not keep or answer.getheader("Connection") == "close":
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection = None


def version(daemon):
    return ctl(daemon, "status", "--format", "keyvalue").values()["daemon.version"]


def settled(daemon, children):
    """Former processes have left, and all is there that should be."""
    members = daemon.session_members(daemon.process.pid)
    return len(members) == children + 1 and members


def upgrade(daemon):
    said = ctl(daemon, "upgrade")
    assert said.rc == 0, said
    return said


def test_upgrades_under_load(world, figure):
    daemon, program = world(readers=2)
    daemon.start()
    pid, before = daemon.process.pid, len(descriptors(daemon.process.pid))
    environment = len(pathlib.Path("/proc/%d/environ" % pid).read_bytes())
    answer = daemon.get(ANSWER)
    with Load(daemon) as load:
        for _ in range(UPGRADES):
            new = program.install()
            assert new.strip("~") in upgrade(daemon).out
            assert version(daemon) == new
            assert daemon.process.poll() is None
            wait_for(lambda: settled(daemon, 4), "the former processes to leave")
    assert not load.failed and set(load.statuses) == {200}
    wait_for(lambda: len(descriptors(pid)) == before, "as many descriptors as before")
    assert len(pathlib.Path("/proc/%d/environ" % pid).read_bytes()) <= environment + 64
    assert daemon.pidfile.read_text().strip() == str(pid)
    assert daemon.get(ANSWER).timeless() == answer.timeless()
    figure("%d upgrades: %d requests, 0 failed" % (UPGRADES, sum(load.statuses.values())))


def test_counters_and_cycles_go_on(world):
    daemon, program = world()
    daemon.start()

    def asked():
        return ctl(daemon, "status", "--json").json()["readers"]["requests"]

    for _ in range(50):
        daemon.get(ANSWER)
    cycles = len(ctl(daemon, "cycles", "image_generation", "--json").json()["cycles"])
    assert asked() >= 50
    program.install()
    upgrade(daemon)
    assert asked() >= 50
    assert len(ctl(daemon, "cycles", "image_generation", "--json").json()["cycles"]) >= cycles


def test_the_dashboard_keeps_its_address(world):
    daemon, program = world(settings='http { dashboard_listen = { "127.0.0.1:0" } }')
    daemon.start()
    port = port_of(daemon)
    program.install()
    upgrade(daemon)
    assert port_of(daemon) == port
    wait_for(lambda: settled(daemon, 3), "the former processes to leave")
    check_own_address(daemon)


def test_former_readers_are_handed_on(world):
    """One that has a client left is the child of three programs, and what it counts is not lost."""
    daemon, program = world(settings="supervisor { drain_timeout = 600 }")
    daemon.start()
    connection = daemon.connect()
    connection.request("GET", ANSWER)
    connection.getresponse().read()
    reader = daemon.child("reader 0")
    for _ in range(3):
        program.install()
        upgrade(daemon)
        wait_for(lambda: settled(daemon, 4), "all but that one to leave")
    assert process_alive(reader)

    def asked():
        return ctl(daemon, "status", "--json").json()["readers"]["requests"]

    before = asked()
    connection.request("GET", ANSWER)
    answer = connection.getresponse()
    assert answer.status == 200 and answer.getheader("Connection") == "close"
    wait_for(lambda: settled(daemon, 3), "it to leave")
    wait_for(lambda: asked() == before + 1, "its request to be counted once")
    assert daemon.get(ANSWER).status == 200


@pytest.mark.parametrize("spoil, reason", (
    (lambda p: p.script('case $* in *-t*) echo "it dislikes the file" >&2; exit 3;; esac; exec "$real" "$@"'),
     "it dislikes the file"),
    (lambda p: p.script('case $* in *--rehearse*) echo "no library" >&2; exit 127;; esac; exec "$real" "$@"'),
     "no library"),
    (lambda p: p.script('case $* in *--rehearse*) exit 0;; esac; exec "$real" "$@"'),
     "did not say how it went"),
    (lambda p: p.script('kill -SEGV $$'), "SIGSEGV"),
    (lambda p: p.script('yes'), "did not end in time"),
    # It leaves its group for that of its parent's session, which is not killed.
    (lambda p: p.script("exec /usr/bin/python3 -c 'import os, time; os.setpgid(0, os.getsid(0)); time.sleep(1000)'"),
     "did not end in time"),
    (lambda p: p.script('case $* in *--rehearse*) yes | head -c 100000; echo "no library"; exit 1;; esac; '
                        'exec "$real" "$@"'), "no library"),
    (lambda p: p.path.unlink(), "No such file or directory"),
    (lambda p: p.put(b"not a program\n"), "Exec format error"),
    (lambda p: (p.install(), p.path.chmod(0o644)), "Permission denied"),
    (lambda p: (p.install(), p.path.chmod(0o757)), "everybody may write the program"),
), ids=("test", "rehearsal", "silent", "crash", "endless", "group", "flood", "missing", "text", "mode", "everybodys"))
def test_a_program_that_is_not_good_changes_nothing(world, spoil, reason):
    daemon, program = world(settings="supervisor { start_timeout = 1 }")
    daemon.start()
    processes, before = daemon.session_members(daemon.process.pid), len(descriptors(daemon.process.pid))
    old = version(daemon)
    spoil(program)
    said = ctl(daemon, "upgrade", "--json")
    assert said.rc == 1 and reason in said.err, said
    assert said.json()["outcome"] == "refused"
    assert version(daemon) == old and daemon.get(ANSWER).status == 200
    wait_for(lambda: daemon.session_members(daemon.process.pid) == processes, "nobody but the same processes")
    assert len(descriptors(daemon.process.pid)) == before
    new = program.install()
    upgrade(daemon)
    assert version(daemon) == new


def test_a_program_that_warns_a_lot_is_no_worse(world):
    """What counts is the last line of the rehearsal."""
    daemon, program = world()
    daemon.start()
    program.script('case $* in *--rehearse*) yes "an option is old" | head -n 5000 >&2;; esac; exec "$real" "$@"')
    upgrade(daemon)
    assert daemon.get(ANSWER).status == 200


def test_what_does_not_come_up_gives_all_back(world):
    """Addresses are bound by neither trial."""
    daemon, program = world(readers=2)
    daemon.start()
    old, port = version(daemon), daemon.hold_port()
    daemon.held[-1].listen()
    text = daemon.config.read_text()
    for _ in range(3):
        program.install()
        processes = daemon.session_members(daemon.process.pid)
        before = len(descriptors(daemon.process.pid))
        daemon.config.write_text(text.replace("127.0.0.1:0", "127.0.0.1:%d" % port, 1))
        with Load(daemon) as load:
            said = ctl(daemon, "upgrade")
        assert said.rc == 1 and "cannot listen on 127.0.0.1:%d" % port in said.err, said
        assert not load.failed and set(load.statuses) == {200}
        assert version(daemon) == old
        assert daemon.session_members(daemon.process.pid) == processes
        assert len(descriptors(daemon.process.pid)) == before
    daemon.config.write_text(text)
    pid = daemon.kill_child("hydrator text_generation")
    assert process_alive(pid)
    daemon.reload()
    new = program.install()
    upgrade(daemon)
    assert version(daemon) == new


def other_tool(directory):
    """hydratorctl of another layout, as it comes with the program of that."""
    path = directory / "hydratorctl"
    path.write_bytes(LAYOUT.sub(OTHER_LAYOUT, pathlib.Path(PROGRAM).read_bytes()))
    path.chmod(0o755)

    def run(daemon, *arguments):
        return subprocess.run([path, "-c", str(daemon.config), *arguments], env=daemon.env, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)

    return run


def test_another_layout_begins_from_the_state(world, tmp_path):
    daemon, program = world()
    other = other_tool(tmp_path)
    daemon.start()
    answer, before = daemon.get(ANSWER), len(descriptors(daemon.process.pid))
    with Load(daemon) as load:
        new = program.install(layout=OTHER_LAYOUT)
        said = other(daemon, "upgrade")
        assert said.returncode == 0 and new.strip("~") in said.stdout, said
        assert new in other(daemon, "status", "--format", "keyvalue").stdout
        wait_for(lambda: settled(daemon, 3), "the former processes to leave")
        old = program.install()
        upgrade(daemon)
        assert version(daemon) == old
        wait_for(lambda: settled(daemon, 3), "the former processes to leave")
    assert not load.failed and set(load.statuses) == {200}
    assert daemon.get(ANSWER).timeless() == answer.timeless()
    wait_for(lambda: len(descriptors(daemon.process.pid)) == before, "as many descriptors as before")


def test_another_layout_gives_all_back(world):
    daemon, program = world()
    daemon.start()
    old, port, text = version(daemon), daemon.hold_port(), daemon.config.read_text()
    daemon.held[-1].listen()
    inode, readers = os.stat("/dev/shm" + daemon.segment).st_ino, daemon.readers()
    program.install(layout=OTHER_LAYOUT)
    daemon.config.write_text(text.replace("127.0.0.1:0", "127.0.0.1:%d" % port, 1))
    with Load(daemon) as load:
        said = ctl(daemon, "upgrade")
        assert said.rc == 1 and "cannot listen on" in said.err, said
        daemon.config.write_text(text)
        # They were stopped to save, and begin anew.
        wait_for(lambda: settled(daemon, 3), "the hydrators")
        refreshed = ctl(daemon, "refresh")
    assert refreshed.rc == 0, refreshed
    assert not load.failed and set(load.statuses) == {200}
    assert version(daemon) == old
    # In the segment that they had.
    assert os.stat("/dev/shm" + daemon.segment).st_ino == inode and daemon.readers() == readers
    daemon.reload()


def test_another_layout_without_a_state_is_refused(world):
    daemon, program = world(env={"HYDRATORD_STATE_DIR": ""})
    daemon.start()
    old = version(daemon)
    program.install(layout=OTHER_LAYOUT)
    said = ctl(daemon, "upgrade")
    assert said.rc == 1 and "state_dir is empty" in said.err, said
    assert version(daemon) == old and daemon.get(ANSWER).status == 200


def test_a_reload_that_was_asked_for_comes_first(world):
    """Both are signals, and wait as long as the supervisor is stopped."""
    daemon, program = world()
    daemon.start()
    old, former = version(daemon), daemon.readers()
    program.install()
    daemon.send(signal.SIGSTOP)
    wait_for(lambda: state(daemon.process.pid) == "T", "the supervisor to stop")
    daemon.send(signal.SIGHUP)
    tool = subprocess.Popen([PROGRAM, "-c", str(daemon.config), "upgrade"], env=daemon.env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: pending(daemon.process.pid) & 1 << 33, "the order")  # SIGRTMIN of glibc
    daemon.send(signal.SIGCONT)
    _, error = tool.communicate(timeout=PATIENCE)
    assert tool.returncode == 1 and "a reload is under way" in error
    wait_for(lambda: not any(map(process_alive, former)), "the reload")
    assert version(daemon) == old
    upgrade(daemon)
    assert version(daemon) != old


def state(pid):
    return pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0]


def pending(pid):
    """Signals that wait for a process, bits 1 << number - 1."""
    status = pathlib.Path("/proc/%d/status" % pid).read_text()
    return int(re.search(r"ShdPnd:\s*(\w+)", status).group(1), 16)


def test_a_stop_while_a_program_is_tried(world):
    daemon, program = world()
    daemon.start()
    program.script("sleep 1000")
    tool = subprocess.Popen([PROGRAM, "-c", str(daemon.config), "upgrade"], env=daemon.env,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: "asked for by" in daemon.log(), "the trial")
    second = ctl(daemon, "upgrade")
    assert second.rc == 1 and "under way" in second.err
    assert daemon.stop() == 0
    assert tool.wait(PATIENCE) == 3


def test_who_has_died_meanwhile_is_replaced(world):
    """A child that ends while one program becomes the other has no signal for either."""
    daemon, program = world(readers=2)
    daemon.start()
    reader = daemon.child("reader 1")
    program.script('case $* in *--adopt*) kill -9 %d;; esac; exec "$real" "$@"' % reader)
    upgrade(daemon)
    wait_for(lambda: settled(daemon, 4), "the processes")
    assert daemon.get(ANSWER).status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_in_front_as_an_ordinary_user(world):
    """But for the way to the test's directory."""
    daemon, _ = world()
    for path in (daemon.directory, daemon.clock, daemon.config):
        os.chown(path, 65534, 65534)
    daemon.starter = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                      "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    daemon.start()
    program = pathlib.Path(daemon.command()[-1])
    program.unlink()
    missing = ctl(daemon, "upgrade")
    assert missing.rc == 1 and "No such file" in missing.err
    shutil.copy(BINARY, program)
    upgrade(daemon)
    assert daemon.get(ANSWER).status == 200


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root makes namespaces")
def test_as_process_1(world):
    daemon, program = world()
    daemon.starter = ["unshare", "-p", "-f", "--mount-proc", "--kill-child"]
    daemon.start()
    inside = wait_for(lambda: children(daemon.process.pid), "the supervisor")[0]

    def tool(*arguments):
        return subprocess.run(["nsenter", "-t", str(inside), "-p", "-m", PROGRAM, "-c", str(daemon.config),
                               *arguments], env=daemon.env, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)

    new = program.install()
    said = tool("upgrade")
    assert said.returncode == 0, said
    assert children(daemon.process.pid) == [inside]
    assert new in tool("status", "--format", "keyvalue").stdout
    os.kill(inside, signal.SIGTERM)
    assert daemon.process.wait(PATIENCE) == 0


def children(pid):
    return [int(child) for child in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]


def test_a_service_manager_hears_of_it(world, tmp_path):
    """The program that takes over speaks to the same one, which keeps nothing twice."""
    said = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)

        def heard(text):
            with contextlib.suppress(BlockingIOError):
                while True:
                    said.append(manager.recv(4096).decode())
            return any(line.startswith(text) for line in said)

        daemon, program = world(env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"})
        daemon.start()
        wait_for(lambda: heard("READY=1"), "READY")
        kept = [line for line in said if line.startswith("FDSTORE=1")]
        assert kept
        for spoil in (lambda: program.script('case $* in *--adopt*) echo x >"%s";; esac; exec "$real" "$@"'
                                             % daemon.config), program.install):
            text = daemon.config.read_text()
            del said[:]
            spoil()
            ctl(daemon, "upgrade")
            daemon.config.write_text(text)
            wait_for(lambda: heard("READY=1"), "READY")
            assert [line.split("\n")[0] for line in said if line.startswith(("REL", "REA"))] == [
                "RELOADING=1", "READY=1"]
            assert not [line for line in said if line.startswith("FDSTORE")]
            del said[:]
            wait_for(lambda: heard("WATCHDOG=1"), "a ping")
        assert daemon.stop() == 0
        assert heard("STOPPING=1")


def test_what_is_no_handover_is_refused(tmp_path, make_daemon):
    daemon = make_daemon()
    said = daemon.run("-f", "-c", str(daemon.config), "--adopt", "0", stdin=subprocess.DEVNULL)
    assert said.returncode == 1 and "handover" in said.stderr
    with open(daemon.config, encoding="utf-8") as text:
        said = daemon.run("-f", "-c", str(daemon.config), "--adopt", "0", stdin=text)
    assert said.returncode == 1 and "no handover to this process" in said.stderr
