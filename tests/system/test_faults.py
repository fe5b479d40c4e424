"""Crash loops, hung and starved processes, a full /dev/shm: what a fault costs, and whom."""
import datetime
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import pytest

from conftest import DEMO, file_categories
from daemon import BINARY, PATIENCE, WRAPPER, Daemon, process_alive, wait_for

STATISTICS = "/model_references/statistics/"
RISK = STATISTICS + "image_generation/deletion-risk"
FIRST_MS, CAP_MS = 20, 30000  # src/supervisor/children.c


def children(daemon):
    """Pids by role of what lives now, from /proc: sooner than the log tells."""
    found = {}
    pid = daemon.process.pid
    for child in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split():
        try:
            title = pathlib.Path("/proc/%s/cmdline" % child).read_bytes().split(b"\0")[0].decode().rstrip()  # libbsd may add a blank
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[title.partition(": ")[2]] = int(child)
    return found


class Murderer:
    """Kills the child of a role whenever there is one."""

    def __init__(self, daemon, role):
        self.daemon, self.role = daemon, role
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.end.wait(0.002):
            pid = children(self.daemon).get(self.role)
            if pid:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.thread.join()


def restarts(daemon, role):
    """The delays, in seconds, after which a role was restarted."""
    return [float(delay) for delay in re.findall(
        r"%s \(pid \d+\) was killed .*; restarting in ([0-9.]+) s" % re.escape(role), daemon.log())]


def refreshes(daemon, category):
    return daemon.log().count(" hydrated %s: " % category)


@pytest.mark.skipif(bool(WRAPPER), reason="under the wrapper processes have no titles")
def test_a_crash_loop_slows_down_while_the_other_category_keeps_its_schedule(make_daemon):
    daemon = make_daemon(hydration="interval = 1 ttl = 2").start()
    before = daemon.json(RISK)
    role = "hydrator image_generation"
    with Murderer(daemon, role):
        wait_for(lambda: len(restarts(daemon, role)) >= 7, "seven restarts")
        done = refreshes(daemon, "text_generation")
        wait_for(lambda: refreshes(daemon, "text_generation") >= done + 3, "the other category's refreshes")
        answer = daemon.get(RISK)
    assert answer.json() == before
    for number, delay in enumerate(restarts(daemon, role)):
        wanted = min(FIRST_MS << number, CAP_MS) / 1000
        assert wanted / 2 - 0.002 <= delay <= wanted + 0.002, restarts(daemon, role)
    assert not restarts(daemon, "hydrator text_generation")
    assert not restarts(daemon, "reader 0")


@pytest.mark.skipif(bool(WRAPPER), reason="measures")
def test_while_a_killed_reader_is_replaced_others_serve(make_daemon):
    """Prints how long a replacement took: from the kill to "accepting" in its log."""
    daemon = make_daemon(readers=3).start()
    took = []
    for number in range(3):
        role = "reader %d" % number
        pid = wait_for(lambda: children(daemon).get(role), role)
        killed = time.time()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not process_alive(pid), "its death: it may take a connection with it")
        served = 0
        while (new := children(daemon).get(role)) in (None, pid):
            assert daemon.get("/heartbeat").status == 200
            served += 1
        found = wait_for(lambda: re.search(r"^(\S+)Z %s\[%d\]: accepting" % (role, new), daemon.log(), re.M),
                         "the replacement")
        ready = datetime.datetime.fromisoformat(found.group(1) + "+00:00").timestamp()
        took.append(ready - killed)
        print("%s: replacement ready after %.0f ms, %d connections served meanwhile" % (
            role, took[-1] * 1000, served))
    assert max(took) < PATIENCE


def test_a_connection_made_while_no_reader_lives_is_answered(make_daemon):
    daemon = make_daemon(readers=1).start()
    os.kill(daemon.child("reader 0"), signal.SIGKILL)
    assert daemon.get(RISK).status == 200


def test_one_of_many_starts_wins(make_daemon):
    daemon = make_daemon()
    starts = [subprocess.Popen([BINARY, "-f", "-c", str(daemon.config)], env=daemon.env, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
              for _ in range(5)]
    try:
        wait_for(lambda: sum(start.poll() is None for start in starts) == 1, "one winner")
        winner = next(start for start in starts if start.poll() is None)
        for start in starts:
            if start is not winner:
                assert start.returncode == 1
                assert "already" in start.stderr.read() or str(winner.pid) in start.stderr.read()
        wait_for(lambda: daemon.pidfile.exists() and daemon.pidfile.read_text(), "the pid file")
        assert int(daemon.pidfile.read_text()) == winner.pid
    finally:
        for start in starts:
            if start.poll() is None:
                start.send_signal(signal.SIGTERM)
            start.wait(PATIENCE)
            start.stderr.close()
    assert winner.returncode == 0


@pytest.mark.skipif(bool(WRAPPER), reason="under the wrapper processes have no titles")
def test_stopped_children_do_not_outlive_a_killed_supervisor(make_daemon):
    daemon = make_daemon(readers=2).start()
    daemon.expect_dirty = True
    session = daemon.process.pid
    for pid in children(daemon).values():
        os.kill(pid, signal.SIGSTOP)
    daemon.process.kill()
    daemon.process.wait()
    wait_for(lambda: not daemon.session_members(session), "the stopped orphans to leave")
    daemon.process = None
    daemon.pidfile.unlink()
    pathlib.Path("/dev/shm" + daemon.segment).unlink()


def test_a_second_term_does_not_wait_for_who_hangs(make_daemon):
    daemon = make_daemon(readers=2).start()
    os.kill(daemon.child("reader 0"), signal.SIGSTOP)
    daemon.send(signal.SIGTERM)
    wait_for(lambda: "stopping by SIGTERM" in daemon.log(), "the stop")
    assert daemon.process.poll() is None
    assert daemon.stop(signal.SIGTERM) == 0
    assert "hurried by SIGTERM" in daemon.log()


def test_an_address_that_is_taken_is_temporary(make_daemon):
    first = make_daemon().start()
    second = make_daemon()
    second.config.write_text(second.config.read_text().replace("127.0.0.1:0", "127.0.0.1:%d" % first.port))
    assert second.run("-f", "-c", str(second.config)).returncode == 75


# A small /dev/shm of its own. As root in a mount namespace; else a user namespace as well.
UNSHARE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
MOUNT = 'mount -t tmpfs -o size="$0" tmpfs /dev/shm && exec "$@"'


def may_mount():
    command = [*UNSHARE, "sh", "-c", MOUNT, "64k", "true"]
    try:
        return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False).returncode == 0
    except FileNotFoundError:
        return False


class SmallShm(Daemon):
    """A daemon that sees `size` of /dev/shm, which nobody else sees."""

    def __init__(self, size, *args, **kwargs):
        self.size = size
        super().__init__(*args, **kwargs)

    def command(self, *arguments):
        return [*UNSHARE, "sh", "-c", MOUNT, self.size, *super().command(*arguments)]

    def shm(self):
        return pathlib.Path("/proc/%d/root/dev/shm" % self.process.pid)

    def fill(self):
        with open(self.shm() / "ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError as error:
                assert "space" in str(error)


small_shm = pytest.mark.skipif(bool(WRAPPER) or not may_mount(), reason="no mount namespace here")


@small_shm
def test_a_small_shm_is_told_before(tmp_path):
    daemon = SmallShm("31M", tmp_path, file_categories(DEMO), "file://%s" % DEMO)
    result = daemon.run("-t", "-c", str(daemon.config))
    assert result.returncode == 0
    assert result.stderr.startswith("hydratord: warning: segment.capacity: up to 32.0 MiB are more than /dev/shm "
                                    "has (31.0 MiB, 31.0 free): ")
    daemon.size = "32M"
    assert daemon.run("-t", "-c", str(daemon.config)).stderr == ""


@small_shm
def test_a_full_shm_is_an_error_message_at_start(tmp_path):
    daemon = SmallShm("4k", tmp_path, file_categories(DEMO), "file://%s" % DEMO)
    result = daemon.run("-f", "-c", str(daemon.config))
    assert result.returncode == 75, result.stderr
    assert "No space left on device" in result.stderr
    assert "/dev/shm" in result.stderr or daemon.segment in result.stderr
    assert not daemon.pidfile.exists()


@small_shm
def test_a_publish_without_room_is_rejected_and_made_good_later(documents, tmp_path):
    daemon = SmallShm("4m", tmp_path / "daemon", file_categories(documents), "file://%s" % documents,
                      settings="gate { min_ratio = 0 }")
    daemon.start()
    try:
        before = daemon.json(RISK)
        daemon.fill()
        image = documents / "image_generation.json"
        image.write_text(image.read_text().replace("Invented", "Changed"))
        (documents / "stats_image.json").write_text('{"day": {}, "month": {}, "total": {}}')
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: "No space left on device" in daemon.log(), "the rejected publish")
        told = [line for line in daemon.log().splitlines() if "No space left" in line]
        assert all("hydrator" in line and "warning" in line for line in told), told
        assert daemon.json(RISK) == before
        (daemon.shm() / "ballast").unlink()
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: daemon.json(RISK) != before, "the refresh")
        assert daemon.child("hydrator image_generation")
        assert not restarts(daemon, "hydrator image_generation")
    finally:
        assert daemon.stop() == 0
