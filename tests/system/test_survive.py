"""Odd starters, odd surroundings: what the supervisor is given, and serves all the same."""
import contextlib
import fcntl
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import urllib.request

import pytest

from conftest import file_categories
from daemon import BINARY, PATIENCE, WRAPPER, Daemon, process_alive, wait_for
from test_reload import RISK, STATISTICS, Asker, hup, refusals, reloads
from test_sandbox import USER, common, needs_root  # noqa: F401


def log_to_a_file(daemon):
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace('target = "stderr"', 'target = "%s"' % daemon.log_path))


def standard_descriptors(pid):
    return [os.readlink("/proc/%d/fd/%d" % (pid, number)) for number in range(3)]


@pytest.mark.parametrize("closing,closed", (("<&- >&- 2>&-", (0, 1, 2)), ("2>&-", (2,))))
def test_standard_descriptors_that_are_closed(make_daemon, closing, closed):
    daemon = make_daemon()
    log_to_a_file(daemon)
    daemon.starter = ["sh", "-c", 'exec "$0" "$@" ' + closing]
    daemon.start()
    pids = [daemon.process.pid, daemon.child("reader 0"), daemon.child("hydrator image_generation")]
    expected = ["/dev/null", str(daemon.log_path), str(daemon.log_path)]
    for number in closed:
        expected[number] = "/dev/null"
    for pid in pids:
        assert standard_descriptors(pid) == expected
    assert daemon.pidfile.read_text() == str(daemon.process.pid)


def test_a_start_in_the_background_with_all_of_them_closed(make_daemon):
    daemon = make_daemon()
    log_to_a_file(daemon)
    daemon.starter = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']
    subprocess.run(daemon.command("-c", str(daemon.config)), env=daemon.env, check=True, timeout=PATIENCE)
    pid = int(daemon.pidfile.read_text())
    try:
        assert "/hydratord.pid" in " ".join(os.readlink(link) for link in pathlib.Path("/proc/%d/fd" % pid).iterdir())
        assert standard_descriptors(pid) == ["/dev/null"] * 3
        second = daemon.run("-f", "-c", str(daemon.config))
        assert second.returncode == 1
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not process_alive(pid), "the end")
    assert "already running as pid %d" % pid in daemon.log()


def test_a_starter_that_ignores_the_death_of_children(make_daemon):
    daemon = make_daemon()
    daemon.starter = ["env", "--ignore-signal=CHLD"]
    daemon.start()
    daemon.kill_child("reader 0")
    wait_for(daemon.answers, "an answer of the successor")
    assert daemon.stop() == 0


def test_the_configuration_is_read_by_its_path_not_by_where_that_led(make_daemon):
    daemon = make_daemon()
    versions = [daemon.directory / name for name in ("v1", "v2")]
    for number, version in enumerate(versions):
        version.mkdir()
        text = daemon.config.read_text()
        (version / "hydratord.conf").write_text(text.replace("readers = 1", "readers = %d" % (number + 1)))
    current = daemon.directory / "current"
    current.symlink_to("v1")
    daemon.config = current / "hydratord.conf"
    daemon.start()
    (daemon.directory / "next").symlink_to("v2")
    (daemon.directory / "next").rename(current)
    hup(daemon, reloads, "the reload")
    assert daemon.log().count(" with 2 readers") == 1


def test_the_configuration_may_be_named_from_where_the_starter_stands(make_daemon):
    daemon = make_daemon()
    daemon.starter = ["env", "--chdir=%s" % daemon.directory]
    text = daemon.config.read_text()
    daemon.config = pathlib.Path("hydratord.conf")
    daemon.categories = lambda: []
    daemon.start(wait=False)
    (daemon.directory / "hydratord.conf").write_text(text.replace("readers = 1", "readers = 2"))
    hup(daemon, reloads, "the reload")
    assert daemon.log().count(" with 2 readers") == 1
    assert daemon.get(STATISTICS).status in (200, 503)


def children(pid):
    """Title -> pid of the living children."""
    found = {}
    for child in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split():
        try:
            title = pathlib.Path("/proc/%s/cmdline" % child).read_text().split("\0")[0].strip()
        except FileNotFoundError:
            continue
        if process_alive(int(child)):
            found[title.replace("hydratord: ", "")] = int(child)
    return found


def lost_lines(port):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=PATIENCE) as answer:
        return int(re.search(r"^cache_hydrator_log_lost_lines_total (\d+)$", answer.read().decode(), re.M).group(1))


def drain(pipe):
    """What a pipe has now."""
    taken = b""
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(pipe, 65536):
            taken += chunk
    return taken


@pytest.mark.skipif(bool(WRAPPER), reason="under valgrind no process has a title")
@pytest.mark.parametrize("target", ("stderr", "file"))
def test_a_log_that_nobody_reads_holds_nobody_up(make_daemon, target):
    metrics = Daemon.hold_port()
    daemon = make_daemon(settings='http { metrics_listen = { "127.0.0.1:%d" } }' % metrics)
    daemon.port = Daemon.hold_port()
    fifo = daemon.directory / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    text = daemon.config.read_text().replace("127.0.0.1:0", "127.0.0.1:%d" % daemon.port)
    if target == "stderr":
        daemon.starter = ["sh", "-c", 'exec "$0" "$@" 2>"%s"' % fifo]
    else:
        text = text.replace('target = "stderr"', 'target = "%s"' % fifo)
    daemon.config.write_text(text)
    daemon.spawn()
    wait_for(daemon.answers, "an answer")
    pid = daemon.process.pid

    def full():
        daemon.send(signal.SIGUSR1)
        return lost_lines(metrics)
    wait_for(full, "lost lines")
    before = wait_for(lambda: children(pid).get("reader 0"), "the reader")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: children(pid).get("reader 0", before) != before, "its successor")
    wait_for(daemon.answers, "an answer of the successor")
    drain(reader)
    wait_for(lambda: full() and b" lines were lost: " in drain(reader), "the line that tells of them")
    assert daemon.stop() == 0
    os.close(reader)


def test_a_fifo_without_a_reader_is_no_log(make_daemon):
    daemon = make_daemon().start()
    fifo = daemon.directory / "fifo"
    os.mkfifo(fifo)
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace('target = "stderr"', 'target = "%s"' % fifo))
    hup(daemon, refusals, "the refusal")
    assert "cannot open the log %s: nobody reads this FIFO" % fifo in daemon.log()
    daemon.kill_child("reader 0")
    other = daemon.run("-f", "-c", str(daemon.config))
    assert other.returncode == 75  # it heals when somebody reads it
    assert "nobody reads this FIFO" in other.stderr


class Addresses:
    """A daemon at fixed ports, under clients that ask all the time, whose addresses are changed."""

    def __init__(self, make_daemon):
        self.port, self.other, self.metrics = (Daemon.hold_port() for _ in range(3))
        self.daemon = make_daemon(settings='http { metrics_listen = { "127.0.0.1:%d" } }' % self.metrics)
        self.daemon.port = self.port
        self.rewrite("listen", "127.0.0.1:%d" % self.port)
        self.daemon.start()
        self.asker = Asker(self.daemon, self.daemon.json(RISK), 1)

    def rewrite(self, option, *items):
        text, found = re.subn(r"\b%s = \{.*?\}" % option, "%s = { %s }" % (
            option, ", ".join('"%s"' % item for item in items)), self.daemon.config.read_text())
        assert found == 1
        self.daemon.config.write_text(text)

    def reload(self, option, *items):
        """Must succeed, and no client may notice."""
        self.rewrite(option, *items)
        before = refusals(self.daemon)
        hup(self.daemon, lambda daemon: reloads(daemon) + refusals(daemon), "the reload to %r" % (items,))
        assert refusals(self.daemon) == before, self.daemon.log()[-2000:]

    def answers_at(self, address, target="/heartbeat"):
        with socket.create_connection(address, timeout=PATIENCE) as sock:
            sock.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % target).encode())
            return sock.recv(100).startswith(b"HTTP/1.1 200")

    def finish(self):
        self.asker.stop()
        assert self.asker.asked and not self.asker.failures
        assert self.daemon.stop() == 0


def test_an_address_that_is_spelled_otherwise(make_daemon):
    world = Addresses(make_daemon)
    specific, name = "127.0.0.1:%d" % world.port, "localhost:%d" % world.port
    for items in ([name], [specific, name], [specific], [name, specific], ["127.1:%d" % world.port]):
        world.reload("listen", *items)
    world.finish()


def test_any_address_takes_over_from_one_and_back(make_daemon):
    world = Addresses(make_daemon)
    specific, any_address = "127.0.0.1:%d" % world.port, "*:%d" % world.port
    for items, elsewhere in (([any_address], True), ([specific], False), ([specific, any_address], True),
                             (["127.0.0.2:%d" % world.port, specific], True), ([any_address], True)):
        world.reload("listen", *items)
        if elsewhere:
            assert world.answers_at(("127.0.0.2", world.port))
        else:
            wait_for(lambda: not connects(("127.0.0.2", world.port)), "the former readers to leave")
    world.finish()


def connects(address):
    try:
        socket.create_connection(address, timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_an_address_moves_between_the_options(make_daemon):
    world = Addresses(make_daemon)
    main, metrics, other = ("127.0.0.1:%d" % port for port in (world.port, world.metrics, world.other))
    world.rewrite("listen", main, metrics)
    world.reload("metrics_listen", other)
    assert world.answers_at(("127.0.0.1", world.other), "/metrics")
    wait_for(lambda: world.answers_at(("127.0.0.1", world.metrics)), "the former readers to leave")
    world.rewrite("listen", main)
    world.reload("metrics_listen", metrics)
    wait_for(lambda: world.answers_at(("127.0.0.1", world.metrics), "/metrics"), "the former readers to leave")
    world.finish()


def test_an_address_of_both_options_is_refused(make_daemon):
    world = Addresses(make_daemon)
    for item in ("127.0.0.1:%d" % world.port, "localhost:%d" % world.port, "*:%d" % world.port):
        world.rewrite("metrics_listen", item)
        hup(world.daemon, refusals, "the refusal")
        assert 'http.metrics_listen "%s": ' % item in world.daemon.log()
        assert "is served by listen at 127.0.0.1:%d" % world.port in world.daemon.log()
    world.finish()


def test_who_listens_elsewhere_is_still_in_the_way(make_daemon):
    world = Addresses(make_daemon)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = "127.0.0.1:%d" % stranger.getsockname()[1]
        for item in (taken, "*" + taken[9:]):
            world.rewrite("listen", "127.0.0.1:%d" % world.port, item)
            hup(world.daemon, refusals, "the refusal")
        assert world.daemon.log().count("Address already in use: stop what listens there") == 2
    world.finish()


def test_a_second_daemon_with_the_same_segment_is_refused(make_daemon):
    daemon, other = make_daemon(readers=2).start(), make_daemon()
    text = other.config.read_text().replace(other.segment, daemon.segment)
    other.config.write_text(text)
    inode = os.stat("/dev/shm" + daemon.segment).st_ino
    refused = other.run("-f", "-c", str(other.config))
    assert refused.returncode == os.EX_TEMPFAIL
    assert "segment %s is that of the hydratord with pid %d:" % (daemon.segment, daemon.process.pid) in refused.stderr
    assert os.stat("/dev/shm" + daemon.segment).st_ino == inode
    hup(daemon, reloads, "the reload")
    assert os.stat("/dev/shm" + daemon.segment).st_ino != inode
    assert daemon.stop() == 0


def oom_score(pid):
    return int(pathlib.Path("/proc/%d/oom_score_adj" % pid).read_text())


def test_the_kernel_takes_a_hydrator_first(make_daemon):
    daemon = make_daemon().start()
    own = oom_score(os.getpid())
    assert oom_score(daemon.process.pid) == own
    assert oom_score(daemon.child("reader 0")) == own
    assert oom_score(daemon.child("hydrator image_generation")) == min(own + 300, 1000)
    if own + 600 <= 1000:
        pathlib.Path("/proc/%d/oom_score_adj" % daemon.process.pid).write_text("%d" % (own + 300))
        assert oom_score(daemon.kill_child("hydrator image_generation")) == own + 600


@needs_root
def test_a_file_of_another_user_that_has_the_name(make_daemon, common):  # noqa: F811
    documents, place, program = common / "documents", common / "run", common / "hydratord"
    place.mkdir()
    shutil.chown(place, USER)
    shutil.copy(BINARY, program)
    daemon = make_daemon(file_categories(documents), "file://%s" % documents)
    text = daemon.config.read_text()
    for name in ("state", "pidfile"):
        text = text.replace(str(getattr(daemon, name)), str(place / name))
        setattr(daemon, name, place / name)
    daemon.config = common / "hydratord.conf"
    daemon.config.write_text(text)
    del daemon.env["HYDRATORD_TEST_CLOCK"]  # in a directory that the user cannot enter
    daemon.starter = ["setpriv", "--reuid=" + USER, "--regid=%d" % pwd.getpwnam(USER).pw_gid, "--clear-groups"]
    daemon.command = lambda *arguments: [*daemon.starter, str(program), *arguments]
    foreign = pathlib.Path("/dev/shm" + daemon.segment)
    foreign.touch(mode=0o666)
    try:
        daemon.start()
        hup(daemon, reloads, "the reload")
        assert daemon.log().count("the name %s cannot be taken" % foreign) == 2
        assert foreign.stat().st_size == 0
    finally:
        foreign.unlink()
    hup(daemon, reloads, "another reload")
    assert foreign.stat().st_size > 0
    assert daemon.stop() == 0
