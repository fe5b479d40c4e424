"""What a reader and a hydrator that were taken over can reach: the table of doc/architecture.md."""
import contextlib
import errno
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import struct
import tempfile
import time

import pytest

from conftest import file_categories
from daemon import BINARY, WRAPPER, wait_for
from takeover import POSSIBLE, TakenOver
from test_reload import METRICS, hup, metric, reloads
from test_sandbox import USER, common, in_force  # noqa: F401 (a fixture)

AT_FDCWD = -100
RDONLY, WRONLY, RDWR, CREAT, APPEND = os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_APPEND
PUNCH_HOLE, MADV_REMOVE, FIONBIO = 3, 9, 0x5421
REFUSED = {-errno.EPERM, -errno.EACCES}
DOCUMENT = pathlib.Path(__file__).parents[2] / "doc" / "architecture.md"

pytestmark = pytest.mark.skipif(not POSSIBLE or bool(WRAPPER) or not in_force(),
                                reason="needs root, x86-64, and the filters")


class Victim:
    """A process that is taken over, and what there is around it."""

    def __init__(self, taken, daemon, role, place):
        self.call, self.maps = taken.call, taken.maps
        self.daemon, self.role, self.place = daemon, role, place
        self.supervisor = daemon.process.pid
        self.others = [pid for name, pid in daemon.roles.items() if name != role]
        self.fds = pathlib.Path("/proc/%d/fd" % taken.pid)
        self.segment = [int(fd.name) for fd in self.fds.iterdir() if daemon.is_segment(fd)]
        self.log = next(int(fd.name) for fd in self.fds.iterdir() if os.readlink(fd) == str(daemon.log_path))

    def open(self, path, flags):
        fd = self.call("openat", AT_FDCWD, str(path).encode(), flags, 0o600)
        if fd >= 0:
            self.call("close", fd)
        return fd

    def to_all(self, name, *arguments):
        """The call with each other child's pid for None: refused only if it is so for each."""
        results = {self.call(name, *(pid if a is None else a for a in arguments)) for pid in self.others}
        return max(results, key=lambda r: r not in REFUSED)

    def page(self):
        """Where it may write in the segment."""
        return next(low for low, _, rest in self.maps() if rest.startswith("rw-s") and self.daemon.maps_segment(rest))

    def in_segment(self, name, *arguments):
        """On each descriptor of the segment; one that can only read refuses as well."""
        results = {self.call(name, fd, *arguments) for fd in self.segment}
        return max(-errno.EPERM if r in (-errno.EBADF, -errno.EINVAL) else r for r in results)


def mremap(v):
    # One page onto itself, which does no harm where it is allowed.
    return v.call("mremap", v.page(), 4096, 4096, 0)


def make_writable(v):
    """What it may only read of the segment; a hydrator has no such part."""
    return max((v.call("mprotect", low, 4096, 3) for low, _, rest in v.maps()
                if v.daemon.maps_segment(rest) and rest.startswith("r--")), default=0)


def end_listener(v):
    """Which all readers share; a hydrator has none."""
    sockets = {"socket:[%s]" % line.split()[9] for line in open("/proc/net/tcp") if line.split()[3] == "0A"}
    return max((v.call("shutdown", int(fd.name), socket.SHUT_RD) for fd in v.fds.iterdir()
                if os.readlink(fd) in sockets), default=0)


def map_segment(v):
    results = {v.call("mmap", 0, 4096, 3, 1, fd, 0) for fd in v.segment}
    return max(-errno.EPERM if -4096 < r < 0 and r in REFUSED else r for r in results)


def channel(v):
    """Its end of the socketpair to the supervisor."""
    sockets = {"socket:[%s]" % line.split()[6] for line in open("/proc/net/unix").readlines()[1:]}
    return next(int(fd.name) for fd in v.fds.iterdir() if os.readlink(fd) in sockets)


def message(kind, value=0):
    """struct channel_message of src/proc/channel.h."""
    return struct.pack("=IIQ", kind, 0, value)


HEADER = pathlib.Path(__file__).parents[2] / "src" / "proc" / "channel.h"
KINDS = {name: int(number) for name, number in re.findall(
    r"CHANNEL_(\w+)\s*=\s*(\d+),", HEADER.read_text().split("enum channel_type")[1].split("}")[0])}
READY, ASKED = KINDS["READY"], KINDS["ASKED"]
IOVEC = bytes(16)
LIMIT = struct.pack("QQ", 64, 64)
INTERNET = struct.pack("HHIQ", 2, 0, 0x0100007f, 0)
CALLS = {
    "open `/proc/PID/mem` of the supervisor to append": lambda v: v.open("/proc/%d/mem" % v.supervisor, WRONLY | APPEND),
    "open `/proc/PID/mem` of each other child": lambda v: max(v.open("/proc/%d/mem" % p, RDWR) for p in v.others),
    "open its own `/proc/self/mem`": lambda v: v.open("/proc/self/mem", RDWR),
    "`ptrace` the supervisor": lambda v: v.call("ptrace", 16, v.supervisor, 0, 0),
    "`process_vm_writev` to the supervisor": lambda v: v.call("process_vm_writev", v.supervisor, IOVEC, 1, IOVEC, 1, 0),
    "`process_vm_readv` of each other child": lambda v: v.to_all("process_vm_readv", None, IOVEC, 1, IOVEC, 1, 0),
    "`kill` the supervisor": lambda v: v.call("kill", v.supervisor, 0),
    "`kill` each other child": lambda v: v.to_all("kill", None, 0),
    "`tgkill` each other child": lambda v: v.to_all("tgkill", None, None, 0),
    "`tkill` the supervisor": lambda v: v.call("tkill", v.supervisor, 0),
    "`fcntl` F_SETOWN": lambda v: v.call("fcntl", v.segment[0], 8, v.others[0]),
    "`fcntl` F_SETSIG": lambda v: v.call("fcntl", v.segment[0], 10, signal.SIGKILL),
    "`prlimit64` of the supervisor": lambda v: v.call("prlimit64", v.supervisor, 7, LIMIT, 0),
    "`prlimit64` of each other child": lambda v: v.to_all("prlimit64", None, 7, LIMIT, 0),
    "`setpriority` of each other child": lambda v: v.to_all("setpriority", 0, None, 19),
    "`sched_setscheduler` of each other child": lambda v: v.to_all("sched_setscheduler", None, 0, bytes(4)),
    "`pidfd_open` of each other child": lambda v: v.to_all("pidfd_open", None, 0),
    "`pidfd_getfd`": lambda v: v.call("pidfd_getfd", -1, 0, 0),
    "`process_madvise`": lambda v: v.call("process_madvise", -1, IOVEC, 1, 4, 0),
    "`mremap` its counters over the segment": mremap,
    "`mmap` the segment to write": map_segment,
    "`mprotect` what it may only read of the segment": make_writable,
    "open the segment by its name to write": lambda v: v.open("/dev/shm" + v.daemon.segment, RDWR),
    "grow the segment with `fallocate`": lambda v: v.in_segment("fallocate", 0, 0, 4096),
    "`ftruncate` the segment": lambda v: v.in_segment("ftruncate", v.size),
    "punch a hole in the segment with `fallocate`": lambda v: v.in_segment("fallocate", PUNCH_HOLE, v.size - 4096, 4096),
    "punch a hole in the segment with `madvise`": lambda v: v.call("madvise", v.page(), 4096, MADV_REMOVE),
    "make a file in `/dev/shm`": lambda v: v.open("/dev/shm%s-reach" % v.daemon.segment, RDWR | CREAT),
    "make a file in `state_dir`": lambda v: v.open(v.daemon.state / "reach", RDWR | CREAT),
    "open a file in `state_dir` with O_TRUNC": lambda v: v.open(v.daemon.state / "reach", RDWR | CREAT | os.O_TRUNC),
    "rename a file out of `state_dir`": lambda v: v.call(
        "renameat", AT_FDCWD, str(v.daemon.state / "reach").encode(), AT_FDCWD, str(v.place / "reach").encode()),
    "make a file beside the pid file": lambda v: v.open(v.place / "made", RDWR | CREAT),
    "remove a file beside the pid file": lambda v: v.call("unlinkat", AT_FDCWD, str(v.place / "there").encode(), 0),
    "rename a file beside the pid file": lambda v: v.call(
        "renameat", AT_FDCWD, str(v.place / "there").encode(), AT_FDCWD, str(v.place / "elsewhere").encode()),
    "`linkat`": lambda v: v.call("linkat", AT_FDCWD, str(v.place / "there").encode(), AT_FDCWD,
                                 str(v.daemon.state / "link").encode(), 0),
    "`symlinkat`": lambda v: v.call("symlinkat", b"/etc/passwd", AT_FDCWD, str(v.daemon.state / "symbolic").encode()),
    "`mkdirat` in `state_dir`": lambda v: v.call("mkdirat", AT_FDCWD, str(v.daemon.state / "directory").encode(), 0o700),
    "`fchmodat` in `state_dir`": lambda v: v.call("fchmodat", AT_FDCWD, str(v.daemon.state).encode(), 0o777),
    "write to a log by its name": lambda v: v.open(v.daemon.log_path, WRONLY | APPEND),
    "`ftruncate` a log": lambda v: v.call("ftruncate", v.log, 0),
    "`fcntl` F_SETFL without O_NONBLOCK on a log": lambda v: v.call("fcntl", v.log, 4, APPEND),
    "`ioctl` FIONBIO on a log": lambda v: v.call("ioctl", v.log, FIONBIO, bytes(4)),
    "read a source": lambda v: v.open(v.source, RDONLY),
    "write to a source": lambda v: v.open(v.source, WRONLY),
    "read a file of nobody's business": lambda v: v.open(v.place / "there", RDONLY),
    "read `/etc/passwd`": lambda v: v.open("/etc/passwd", RDONLY),
    "read a file of others in `/run`": lambda v: v.open(v.secret, RDONLY),
    "`openat2`": lambda v: v.call("openat2", AT_FDCWD, b"/etc/passwd", bytes(24), 24),
    "`socket` AF_INET": lambda v: v.call("socket", 2, 1, 0),
    "`socket` AF_PACKET": lambda v: v.call("socket", 17, 3, 0),
    "`socket` AF_NETLINK for the sockets of others": lambda v: v.call("socket", 16, 3, 4),
    "`connect`": lambda v: v.call("connect", v.segment[0], INTERNET, 16),
    "`bind` a port": lambda v: v.call("bind", v.segment[0], INTERNET, 16),
    "`listen`": lambda v: v.call("listen", v.segment[0], 1),
    "`shutdown` the listening socket": end_listener,
    "`write` to the supervisor by its channel": lambda v: v.call("write", channel(v), message(READY), 16),
    "`execve`": lambda v: v.call("execve", b"/nonexistent", 0, 0),
    "`execveat`": lambda v: v.call("execveat", -1, b"", 0, 0, 0x1000),
    "fork (`clone` without CLONE_THREAD)": lambda v: v.call("clone", signal.SIGCHLD, 0, 0, 0, 0),
    "`mmap` to execute, without a file": lambda v: v.call("mmap", 0, 4096, 5, 0x22, -1, 0),
    "`io_uring_setup`": lambda v: v.call("io_uring_setup", 1, bytes(120)),
    "`userfaultfd`": lambda v: v.call("userfaultfd", 1),
    "`bpf`": lambda v: v.call("bpf", 0, bytes(8), 8),
    "`perf_event_open`": lambda v: v.call("perf_event_open", bytes(128), 0, -1, -1, 0),
}


def documented():
    """{call: {role: "refused" or "allowed"}} of the document's table."""
    text = DOCUMENT.read_text().split("### What a process that was taken over can reach")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (refused|allowed).*? \| (refused|allowed).*? \|$", text, re.M)
    return {call: {"reader 0": reader, "hydrator image_generation": hydrator} for call, reader, hydrator in rows}


@pytest.fixture(params=["root", "user"])
def daemon(request, make_daemon, common):  # noqa: F811
    """Started by root with children that become USER, or by USER as the systemd unit does."""
    documents, place = common / "documents", common / "run"
    place.mkdir(mode=0o755)
    (place / "there").write_text("x")
    (place / "log").touch()
    d = make_daemon(file_categories(documents), "file://%s" % documents, readers=2)
    old_state, d.state, d.pidfile, d.log_path = d.state, common / "state", place / "pid", place / "log"
    text = d.config.read_text().replace('"%s"' % old_state, '"%s"' % d.state)
    text = re.sub('pidfile = ".*"', 'pidfile = "%s"' % d.pidfile, text)
    d.config = common / "hydratord.conf"
    d.config.write_text('user = "%s"\n' % USER + text.replace('target = "stderr"', 'target = "%s"' % d.log_path))
    if request.param == "user":
        program = common / "hydratord"
        shutil.copy(BINARY, program)
        for path in (place, *place.iterdir(), *(common / "documents").rglob("*")):
            shutil.chown(path, USER)
        d.state.mkdir()
        shutil.chown(d.state, USER)
        del d.env["HYDRATORD_TEST_CLOCK"]  # in a directory that it cannot enter
        user = pwd.getpwnam(USER)
        d.command = lambda *arguments: ["setpriv", "--reuid=%d" % user.pw_uid, "--regid=%d" % user.pw_gid,
                                        "--clear-groups", str(program), *arguments]
    d.start()
    d.roles = {role: wait_for(lambda role=role: d.child(role), role) for role in
               ("reader 0", "reader 1", "hydrator image_generation", "hydrator text_generation")}
    yield d
    d.stop()  # before the directory that it writes to is removed


@pytest.fixture
def secret():
    """As a container has them, and the services of the machine: everybody may read it."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hydratord-test-", dir="/run"))
    directory.chmod(0o755)
    path = directory / "secret"
    path.write_text("x")
    path.chmod(0o644)
    yield path
    shutil.rmtree(directory)


def test_the_document_names_each_call():
    assert set(documented()) == set(CALLS)


@pytest.mark.parametrize("role", ["reader 0", "hydrator image_generation"])
def test_a_process_that_was_taken_over_reaches_what_the_document_says(
        daemon, common, secret, role, figure):  # noqa: F811
    wait_for(lambda: daemon.get("/readyz").status == 200, "all categories")
    wrong = []
    with TakenOver(daemon.roles[role]) as taken:
        victim = Victim(taken, daemon, role, common / "run")
        victim.size = os.stat("/dev/shm" + daemon.segment).st_size
        victim.secret = secret
        victim.source = file_categories(common / "documents")["image_generation"][0].removeprefix("file://")
        for name, attempt in CALLS.items():
            result = attempt(victim)
            want = documented()[name][role]
            if (result in REFUSED) != (want == "refused"):
                wrong.append("%s: %s, not %s" % (
                    name, errno.errorcode.get(-result, result) if result < 0 else result, want))
    assert not wrong, "\n".join(wrong)
    figure("reach: %d calls tried in %s" % (len(CALLS), role))
    assert {role: daemon.child(role) for role in daemon.roles} == daemon.roles
    assert daemon.get("/model_references/statistics/image_generation/deletion-risk").status == 200


@pytest.mark.parametrize("daemon", ["root"], indirect=True)
def test_what_a_reader_says_refreshes_a_category_now_and_then(daemon, common, figure):  # noqa: F811
    """And does nothing else, whatever it says and how often."""
    wait_for(lambda: daemon.get("/readyz").status == 200, "all categories")
    numbers = (0, 2, 32, 1 << 32, (1 << 64) - 1)
    began, said = time.monotonic(), 0
    with TakenOver(daemon.roles["reader 0"]) as taken:
        victim = Victim(taken, daemon, "reader 0", common / "run")
        fd = channel(victim)

        def say(text):
            return victim.call("write", fd, text, len(text))

        for size in (1, 8, 15, 17, 4096):
            say(bytes(size))
        for kind in (*range(len(KINDS) + 3), (1 << 32) - 1):
            for number in numbers:
                wait_for(lambda: say(message(kind, number)) != -errno.EAGAIN, "room")
        while time.monotonic() < began + 3:
            said += say(message(ASKED, said % 4)) > 0
    took = time.monotonic() - began
    asked = {category: daemon.log().count("%s: a refresh is asked for over HTTP" % category)
             for category in ("image_generation", "text_generation")}
    assert all(1 <= count <= took + 2 for count in asked.values()), (asked, took)
    figure("reach: of %d orders that a reader gave %d were carried out in %.1f s" % (said, sum(asked.values()), took))
    assert {role: daemon.child(role) for role in daemon.roles} == daemon.roles
    assert daemon.process.poll() is None and "stopping" not in daemon.log() and "accept" not in re.sub(
        "accepting", "", daemon.log())
    assert daemon.get("/model_references/statistics/image_generation/deletion-risk").status == 200


def dumpable(daemon):
    """Whose files in /proc belong to its user, so that a process of that user may write to its memory."""
    found = []
    for pid in daemon.session_members(daemon.process.pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            if os.stat("/proc/%d/mem" % pid).st_uid != 0:
                found.append(pid)
    return found


@pytest.mark.parametrize("daemon", ["user"], indirect=True)
def test_none_is_dumpable_whatever_it_is_told(daemon):
    assert len(daemon.session_members(daemon.process.pid)) == 5
    assert not dumpable(daemon)
    daemon.send(signal.SIGUSR2)
    daemon.kill_child("reader 0")
    daemon.kill_child("hydrator image_generation")
    assert not dumpable(daemon)
    good = daemon.config.read_text()
    daemon.config.write_text(good + "supervisor { core_dumps = true }\n")
    daemon.reload()
    wait_for(lambda: len(dumpable(daemon)) == 5, "cores, which an option allows")
    daemon.config.write_text(good)
    daemon.reload()
    wait_for(lambda: not dumpable(daemon), "no cores any more, of the supervisor neither")


# A program under a filter that knows no Landlock, as Linux before 5.13 (landlock_create_ruleset is call 444).
WITHOUT_LANDLOCK = """
import ctypes, os, struct, sys
code = b"".join(struct.pack("HBBI", *line) for line in (
    (0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x50000 | 38), (0x06, 0, 0, 0x7fff0000)))
room = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxQ", 4, ctypes.addressof(room))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_without_landlock_it_goes_on_with_one_line(make_daemon):
    daemon = make_daemon()
    daemon.starter = ["/usr/bin/python3", "-c", WITHOUT_LANDLOCK]
    daemon.start()
    wait_for(lambda: daemon.get("/readyz").status == 200, "all categories")
    daemon.kill_child("hydrator text_generation")
    assert daemon.log().count("hydrators may reach every file of their user: no Landlock") == 1


@pytest.mark.parametrize("word", [b"\xff" * 8, b"\x7f" * 8, bytes(7) + b"\x80", bytes(8)])
def test_whatever_a_hydrator_writes_into_the_segment_ends_nobody_else(make_daemon, word):
    """All that is not a snapshot: latches, counters, hosts, ledgers."""
    daemon = make_daemon(readers=2, settings=METRICS).start()
    wait_for(lambda: daemon.get("/readyz").status == 200, "all categories")
    before = daemon.readers()
    with open("/dev/shm" + daemon.segment, "r+b") as segment:
        header = segment.read(256)
        slots, = struct.unpack_from("=Q", header, 56)  # doc/segment-format.md
        buffers, = struct.unpack_from("=Q", header, 72)
        segment.seek(slots)
        segment.write(word * ((buffers - slots) // 8))
    daemon.move_clock(11)  # what is done every ten seconds as well
    for _ in range(3):
        assert daemon.get("/heartbeat").status == 200
        assert daemon.get("/readyz?verbose").status in (200, 503)
        metric(daemon, "up")
    assert daemon.readers() == before
    hup(daemon, reloads, "the reload")
    wait_for(lambda: daemon.get("/heartbeat").status == 200, "an answer of the successors")
