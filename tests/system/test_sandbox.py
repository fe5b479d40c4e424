"""What the children may do, as the kernel tells it, and that the service needs no more."""
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import struct
import subprocess
import tempfile

import pytest

from conftest import DEMO, file_categories
from daemon import BINARY, WRAPPER, descriptors, wait_for

RISK = "/model_references/statistics/image_generation/deletion-risk"
ROLES = ("hydrator image_generation", "hydrator text_generation", "reader 0", "reader 1")
USER = "nobody"


def in_force():
    """What the binary says it would do: with sanitizers there is no filter."""
    dump = subprocess.run([BINARY, "-T", "-c", "etc/demo.conf"], capture_output=True, text=True, check=False,
                          cwd=DEMO.parents[1], env=dict(os.environ, HYDRATORD_DEMO=str(DEMO),
                                                        HYDRATORD_DEMO_RUN="/nonexistent"))
    assert dump.returncode == 0, dump.stderr
    return "# sandbox: off" not in dump.stdout


needs_filter = pytest.mark.skipif(bool(WRAPPER) or not in_force(), reason="no filter with this build or wrapper")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def status(pid):
    text = pathlib.Path("/proc/%d/status" % pid).read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def threads(pid):
    return [int(task.name) for task in pathlib.Path("/proc/%d/task" % pid).iterdir()]


def children(daemon):
    return {role: wait_for(lambda role=role: daemon.child(role), role) for role in ROLES}


@pytest.fixture
def common():
    """A directory that every user may enter, unlike pytest's, with the documents."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hydratord-test-"))
    shutil.copytree(DEMO, directory / "documents")
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield directory
    shutil.rmtree(directory)


def user_daemon(make_daemon, common, settings="", start=True):
    """One whose children become USER, and log to a file."""
    documents = common / "documents"
    daemon = make_daemon(file_categories(documents), "file://%s" % documents, readers=2)
    text = 'user = "%s"\n%s\n%s' % (USER, daemon.config.read_text(), settings)
    daemon.log_path = common / "log"
    daemon.config.write_text(text.replace('target = "stderr"', 'target = "%s"' % daemon.log_path))
    return daemon.start() if start else daemon


@needs_filter
def test_every_thread_of_every_child_is_under_the_filter(make_daemon):
    daemon = make_daemon(readers=2).start()
    for role, pid in children(daemon).items():
        tasks = threads(pid)
        if role.startswith("reader"):  # a hydrator has a second one while it saves
            assert len(tasks) == 3, role  # the loop, who takes generations, who encodes
        for task in tasks:
            try:
                known = status(task)
            except (FileNotFoundError, ProcessLookupError):  # that save is over
                continue
            assert (known["Seccomp"], known["NoNewPrivs"]) == ("2", "1"), (role, task)
    assert status(daemon.process.pid)["Seccomp"] == "0"


def test_no_child_gains_rights_by_a_program(make_daemon):
    daemon = make_daemon(readers=2, settings="supervisor { sandbox = false }").start()
    for role, pid in children(daemon).items():
        known = status(pid)
        assert known["NoNewPrivs"] == "1", role
        if not WRAPPER:
            assert known["Seccomp"] == "0", role
    wait_for(lambda: daemon.log().count("no sandbox: ") == len(ROLES), "a line of each")
    assert daemon.get(RISK).status == 200


def test_the_dump_says_what_is_in_force(make_daemon):
    daemon = make_daemon(settings="supervisor { sandbox = false }")
    dump = daemon.run("-T", "-c", str(daemon.config)).stdout
    assert re.search(r"^# sandbox: off: (supervisor.sandbox is false|this build )", dump, re.M), dump
    assert re.search(r"^# no_new_privs: on$", dump, re.M)
    assert re.search(r"^# user: who starts it .*, uid %d, gid %d$" % (os.geteuid(), os.getegid()), dump, re.M)
    if WRAPPER:
        return
    daemon = make_daemon()
    dump = daemon.run("-T", "-c", str(daemon.config)).stdout
    if in_force():
        assert re.search(r"^# sandbox of readers: seccomp, ", dump, re.M), dump
        assert re.search(r"^# sandbox of hydrators: seccomp, ", dump, re.M), dump
    else:
        assert "# sandbox: off: this build " in dump


@needs_root
def test_the_dump_says_whom_the_children_become(make_daemon):
    user = pwd.getpwnam(USER)
    daemon = make_daemon(settings='user = "%s"' % USER)
    dump = daemon.run("-T", "-c", str(daemon.config)).stdout
    assert "# user: %s, uid %d, gid %d\n" % (USER, user.pw_uid, user.pw_gid) in dump


def test_a_reader_sees_the_segment_but_cannot_write_to_it(make_daemon):
    daemon = make_daemon(readers=2).start()
    with open("/dev/shm" + daemon.segment, "rb") as segment:
        counters_size, = struct.unpack_from("=I", segment.read(256), 160)  # doc/segment-format.md
    pages = {}
    for role, pid in children(daemon).items():
        maps = pathlib.Path("/proc/%d/maps" % pid).read_text()
        mine = [line.split() for line in maps.splitlines() if daemon.maps_segment(line)]
        writable = [line for line in mine if "w" in line[1]]
        if role.startswith("reader"):
            assert len(writable) == 1, maps
            low, high = (int(x, 16) for x in writable[0][0].split("-"))
            assert high - low == counters_size
            pages[role] = writable[0][2]
            assert any(line[1].startswith("r--") for line in mine)
            assert not [f for f in pathlib.Path("/proc/%d/fd" % pid).iterdir() if opened_to_write(pid, f, daemon)]
    assert len(set(pages.values())) == 2, "two readers share a page"


def opened_to_write(pid, link, daemon):
    try:
        if not daemon.is_segment(link):
            return False
        known = pathlib.Path("/proc/%d/fdinfo/%s" % (pid, link.name)).read_text()
    except FileNotFoundError:  # closed while we looked
        return False
    flags = re.search(r"^flags:\s+(\d+)", known, re.M)
    return int(flags.group(1), 8) & os.O_ACCMODE != os.O_RDONLY


@needs_root
def test_children_become_the_user_and_the_service_works(make_daemon, common):
    user = pwd.getpwnam(USER)
    groups = set(os.getgrouplist(USER, user.pw_gid))
    daemon = user_daemon(make_daemon, common)
    assert daemon.get(RISK).status == 200
    for role, pid in children(daemon).items():
        known = status(pid)
        assert known["Uid"].split() == [str(user.pw_uid)] * 4, role
        assert known["Gid"].split() == [str(user.pw_gid)] * 4, role
        assert {int(g) for g in known["Groups"].split()} == groups, role
        assert int(known["CapEff"], 16) == int(known["CapPrm"], 16) == 0, role
    assert status(daemon.process.pid)["Uid"].split() == ["0"] * 4
    assert daemon.stop() == 0


@needs_root
@pytest.mark.parametrize("cores", ["false", "true"])
def test_others_of_the_user_look_into_a_child_only_where_cores_are_allowed(make_daemon, common, cores):
    daemon = user_daemon(make_daemon, common, "supervisor { core_dumps = %s }" % cores)
    owner = pwd.getpwnam(USER).pw_uid if cores == "true" else 0
    for role, pid in children(daemon).items():
        assert os.stat("/proc/%d/mem" % pid).st_uid == owner, role


@needs_root
def test_logs_are_rotated_by_root_for_children_that_are_not(make_daemon, common):
    access = common / "access"
    daemon = user_daemon(make_daemon, common, 'http { access_log = "%s" }' % access)
    access.rename(common / "access.1")
    daemon.log_path.rename(common / "log.1")
    daemon.send(signal.SIGUSR2)
    wait_for(access.exists, "the new access log")

    def written():
        daemon.get("/rotated")
        return "/rotated" in access.read_text()

    wait_for(written, "a line in the new access log")
    for name in ("log", "log.1"):
        assert "cannot reopen" not in (common / name).read_text()
    assert daemon.stop() == 0


@needs_filter
def test_a_hung_reader_that_is_aborted_dies_of_it(make_daemon):
    daemon = make_daemon(readers=2).start()
    daemon.kill_child("reader 1", signal.SIGABRT)
    assert re.search(r"reader 1 \(pid \d+\) was killed by signal 6 \(Aborted", daemon.log())
    assert daemon.get(RISK).status == 200


@needs_filter
def test_usr2_reopens_logs_under_the_filter(make_daemon, tmp_path):
    log = tmp_path / "log"
    access = tmp_path / "access"
    daemon = make_daemon(settings='http { access_log = "%s" }' % access)
    daemon.config.write_text(daemon.config.read_text().replace('target = "stderr"', 'target = "%s"' % log))
    daemon.log_path = log
    daemon.start()
    pid = daemon.child("reader 0")
    log.rename(tmp_path / "log.1")
    access.rename(tmp_path / "access.1")
    daemon.send(signal.SIGUSR2)

    def reopened():
        links = descriptors(pid)
        return str(log) in links and str(access) in links

    wait_for(reopened, "the reader to open both logs anew")
    assert "cannot reopen" not in daemon.log()


def test_a_reader_may_have_the_descriptors_its_connections_need(make_daemon):
    daemon = make_daemon(settings="http { max_connections = 3000 }").start()
    soft, hard = resource.prlimit(daemon.child("reader 0"), resource.RLIMIT_NOFILE)
    assert soft >= min(hard, 3000 + 1024)
    if not WRAPPER:
        hydrator = daemon.child("hydrator image_generation")
        assert resource.prlimit(hydrator, resource.RLIMIT_NOFILE)[1] <= 256
