"""hydratorctl status, why, --nagios: of a daemon that is well, and of each thing that can be wrong with it."""
import fcntl
import functools
import http.server
import os
import pathlib
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading

import pytest

from conftest import DEMO, SOURCE
from ctl import PROGRAM, SCHEMA, check_form, ctl
from daemon import PATIENCE, WRAPPER, Daemon, process_alive, wait_for

SOURCES = {name: ["file://%s/%s.json" % (DEMO, name)] for name in ("image_generation", "text_generation")}
ESCAPE = "\033["


def status(daemon, *arguments, **kwargs):
    said = ctl(daemon, "status", "--json", *arguments, **kwargs)
    document = said.json()
    assert document["exit"] == said.rc, said
    return document


def kinds(document):
    return [finding["kind"] for finding in document["findings"]]


def wait_for_kind(daemon, kind):
    return wait_for(lambda: next((d for d in [status(daemon)] if kind in kinds(d)), None), kind)


def screen(daemon, columns, lines, *arguments, env=None):
    """What a command prints on a terminal of that size, and its exit status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {**daemon.env, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})}
    process = subprocess.Popen([PROGRAM, "-c", str(daemon.config), *arguments], env=environment,
                               stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    return process.wait(PATIENCE), text.decode().replace("\r\n", "\n")


@pytest.fixture
def well(make_daemon):
    """A daemon that is well, also by its first beats."""
    daemon = make_daemon(SOURCES, readers=2).start()
    wait_for(lambda: ctl(daemon, "status").rc == 0, "a daemon that is well")
    return daemon


def test_all_is_well(well):
    document = status(well)
    assert document["verdict"] == "fresh" and document["findings"] == []
    assert document["text"].startswith("all is well: 2 categories served")
    assert document["daemon"]["pid"] == well.process.pid and document["daemon"]["alive"]
    assert document["configuration"]["path"] == str(well.config) and document["configuration"]["file"] == "same"
    assert document["readers"]["ready"] == 2 and document["readers"]["requests"] > 0
    assert [c["category"] for c in document["categories"]] == list(SOURCES)
    for category in document["categories"]:
        answer = well.get("/model_references/statistics/" + category["category"])
        assert abs(int(answer.headers["Age"]) - category["age"]) <= 2
        assert category["state"] == "fresh" and category["models"] > 0 and category["bytes"] > 0
        assert category["required"] and category["next"] > 0 and category["refused"] == []
        assert [d["state"] for d in category["documents"]] == ["good"] * 4
    roles = [p["role"] for p in document["processes"]]
    assert sorted(roles) == ["hydrator"] * 2 + ["reader"] * 2 + ["supervisor"]
    for process in document["processes"]:
        assert process_alive(process["pid"]) and process["state"] == "ready" and not process["hangs"]
        assert process["heartbeat_age"] < 30 and process["memory"] > 0 and process["restarts"] == 0
    why = ctl(well, "why", "--json").json()
    assert why["verdict"] == "fresh" and why["kind"] is None
    nagios = ctl(well, "status", "--nagios")
    assert nagios.rc == 0 and nagios.out.count("\n") == 1
    assert re.fullmatch(r"HYDRATORD OK - all is well: .* \| 'age_image_generation'=\d+s;300;86400;0 .*\n", nagios.out)


def test_forms(well):
    document = status(well)
    values = ctl(well, "status", "--format", "keyvalue").values()
    assert values["verdict"] == "fresh" and values["categories.n"] == "2" and values["processes.n"] == "5"
    assert values["categories.0.category"] == document["categories"][0]["category"]
    assert values["processes.0.pid"] == str(document["processes"][0]["pid"])
    # Options stand anywhere.
    check_form(ctl(well, "--json", "status").json())
    check_form(ctl(well, "status", "--format=json").json())
    # Off a terminal: no colour, and no padding.
    said = ctl(well, "status", env={"TERM": "xterm"})
    assert said.rc == 0 and ESCAPE not in said.out and "  " not in said.out
    heads = [line for line in said.out.splitlines() if line.startswith(("CATEGORY\t", "PROCESS\t"))]
    assert len(heads) == 2


def test_the_form_knows_every_finding():
    kinds_of_source = re.findall(r'^\tX\(\w+, "(\w+)"\)', (SOURCE / "src/ctl/judge.h").read_text(), re.M)
    assert len(kinds_of_source) > 20 and set(kinds_of_source) == set(SCHEMA["$defs"]["finding_kind"]["enum"])


def test_wrong_command_lines(well):
    for arguments in (["nothing"], ["status", "--nothing"], ["status", "more"], ["why", "more"], [], ["--format", "x"],
                      ["status", "--format"], ["status", "-n"], ["warnings", "--limit", "0"]):
        said = ctl(well, *arguments)
        assert said.rc == 64 and said.out == "" and "hydratorctl" in said.err, arguments
    for arguments in (["-h"], ["-V"], ["status", "-h"], ["status", "-V"], ["status", "--help"]):
        said = ctl(well, *arguments)
        assert said.rc == 0 and said.out and said.err == "", arguments


@pytest.mark.skipif(WRAPPER != "", reason="a process that valgrind runs is larger than a column")
def test_screens(well):
    rc, small = screen(well, 80, 24, "status", env={"NO_COLOR": "1"})
    assert rc == 0 and ESCAPE not in small
    lines = small.splitlines()
    # A path is not broken: it is to be copied.
    assert max(len(line) for line in lines if str(well.config) not in line) <= 80, small
    assert len(lines) < 24, small
    for word in ("fresh", "daemon", "config", "readers", "requests/s", "CATEGORY", "text_generation", "PROCESS",
                 "hydrator text_generation", "reader 1", "supervisor"):
        assert word in small, word
    rc, large = screen(well, 160, 50, "status", env={"NO_COLOR": "1"})
    assert rc == 0 and max(map(len, large.splitlines())) <= 160
    for word in ("COMPUTE", "SKIPPED", "HISTORY", "GENERATION", "LAST DEATH"):
        assert word in large, word
    rc, coloured = screen(well, 80, 24, "status")
    assert rc == 0 and "\033[32mfresh\033[0m" in coloured
    assert "all is well" in re.sub(r"\033\[[0-9;]*m", "", coloured).splitlines()[0]
    rc, dumb = screen(well, 80, 24, "status", env={"TERM": "dumb"})
    assert rc == 0 and ESCAPE not in dumb


@pytest.mark.skipif(WRAPPER != "", reason="a process that valgrind runs is larger than a column")
def test_a_low_screen(make_daemon):
    """Fifteen categories: what is ready is counted, what is not has its line."""
    sources = {path.stem: ["file://%s" % path] for path in sorted(DEMO.glob("*.json"))
               if not re.match(r"stat|workers", path.stem)}
    assert len(sources) == 15
    daemon = make_daemon(sources).start()
    wait_for(lambda: ctl(daemon, "status").rc == 0, "a daemon that is well")
    rc, text = screen(daemon, 80, 24, "status", env={"NO_COLOR": "1"})
    assert rc == 0 and len(text.splitlines()) < 24, text
    assert "and 16 that are ready" in text and "supervisor" in text and "hydrator blip" not in text
    assert "and 15 that are well" in text
    pid = daemon.kill_child("hydrator lora")
    wait_for(lambda: kinds(status(daemon)) == ["restarted"], "the death")
    rc, text = screen(daemon, 80, 24, "status", env={"NO_COLOR": "1"})
    assert rc == 1 and re.search(r"^hydrator lora +%d " % pid, text, re.M) and "and 15 that are ready" in text, text
    rc, text = screen(daemon, 80, 36, "status", env={"NO_COLOR": "1"})
    assert "that are ready" in text and "that are well" not in text and re.search(r"^blip +fresh", text, re.M), text
    rc, text = screen(daemon, 80, 60, "status", env={"NO_COLOR": "1"})
    assert "hydrator blip" in text and "that are ready" not in text and "that are well" not in text
    assert len(status(daemon)["processes"]) == 17


def stopped(daemon, pid, kind):
    """What is said of a process while it is stopped."""
    os.kill(pid, signal.SIGSTOP)
    try:
        return wait_for_kind(daemon, kind), ctl(daemon, "why"), ctl(daemon, "status", "--nagios")
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_supervisor_that_is_stopped(well):
    document, why, nagios = stopped(well, well.process.pid, "supervisor_hangs")
    assert document["exit"] == 1 and document["findings"][0]["kind"] == "supervisor_hangs"
    assert "kill -CONT %d" % well.process.pid in why.out and why.rc == 1
    assert nagios.rc == 1 and nagios.out.startswith("HYDRATORD WARNING - supervisor")
    assert wait_for(lambda: ctl(well, "status").rc == 0, "its recovery")


def test_a_hydrator_that_is_stopped(well):
    pid = well.child("hydrator image_generation")
    document, why, _ = stopped(well, pid, "process_hangs")
    assert document["exit"] == 1 and "hydrator image_generation (pid %d)" % pid in document["text"]
    assert "kill -CONT %d" % pid in why.out
    process = next(p for p in document["processes"] if p["pid"] == pid)
    assert process["hangs"] and process["state"] == "ready"


def test_readers_that_are_stopped(well):
    pids = well.readers()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        document = wait_for_kind(well, "no_reader")
        assert document["exit"] == 2
        assert ctl(well, "status", "--nagios").rc == 2
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_daemon_that_was_killed(well):
    well.expect_dirty = True
    pid = well.process.pid
    well.process.kill()
    well.process.wait()
    document = wait_for_kind(well, "not_running")
    assert document["exit"] == 3 and document["verdict"] == "not running" and kinds(document) == ["not_running"]
    assert "pid %d" % pid in document["text"] and not document["daemon"]["alive"]
    # What it had published is still to be seen.
    assert [c["models"] > 0 for c in document["categories"]] == [True, True]
    said = ctl(well, "status", "--nagios")
    assert said.rc == 2 and said.out.startswith("HYDRATORD CRITICAL - hydratord is not running")
    assert ctl(well, "why").rc == 3


def test_a_daemon_that_was_stopped(well):
    assert well.stop() == 0
    for arguments in (["status"], ["why"], ["warnings"]):
        said = ctl(well, *arguments)
        assert said.rc == 3 and said.out == "" and "not running" in said.err
    assert status(well)["verdict"] == "not running"
    assert ctl(well, "status", "--nagios").rc == 2


@pytest.fixture
def copy(well):
    """A name of a segment that a test may do anything to, with what the daemon's holds."""
    path = pathlib.Path("/dev/shm" + well.segment + "-copy")
    shutil.copyfile("/dev/shm" + well.segment, path)
    yield path
    path.unlink()


def test_another_layout(well, copy):
    with open(copy, "r+b") as file:
        file.write(b"HYDRATORD-SHM07\0")
    said = ctl(well, "-n", "/" + copy.name, "status")
    assert said.rc == 2 and "HYDRATORD-SHM07" in said.err
    assert re.search(r"this program reads HYDRATORD-SHM\d\d", said.err)
    assert ctl(well, "-n", "/" + copy.name, "status", "--nagios").rc == 3


def test_what_is_no_segment(well, copy):
    for damage in (b"", b"HYDRATORD", copy.read_bytes()[:5000], os.urandom(100000)):
        copy.write_bytes(damage)
        for command in ("status", "why", "warnings"):
            said = ctl(well, "-n", copy.name, command)
            assert said.rc == 2 and "damaged" in said.err, said


def test_random_damage(well, copy):
    """Whatever is in it, what it says is in form, and nothing crashes."""
    whole = copy.read_bytes()
    chance = random.Random(12)
    # Behind the page of the header, in front of the snapshots.
    spots = range(4096, struct.unpack_from("Q", whole, 72)[0], 8)
    for i in range(30):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 30, 3000))):
            at = chance.choice(spots)
            damaged[at:at + 8] = chance.choice((bytes(8), b"\xff" * 8, b"\x1b]0;xy\x07\xc2", chance.randbytes(8),
                                                (1 << 63).to_bytes(8, "little")))
        copy.write_bytes(damaged)
        with open(copy, "rb") as held:
            if i % 4 != 0:  # as a living supervisor holds it
                fcntl.flock(held, fcntl.LOCK_EX)
            for command in ("status", "why", "warnings"):
                said = ctl(well, "-n", copy.name, command, "--json")
                assert said.rc in (0, 1, 2, 3) and said.err == "", said
                check_form(said.json())
                assert ESCAPE not in said.out
                assert ESCAPE not in ctl(well, "-n", copy.name, command).out


def test_what_cannot_be_printed(well):
    with open("/dev/full", "wb") as full:
        process = subprocess.run([PROGRAM, "-c", str(well.config), "status"], env=well.env, stdout=full,
                                 stderr=subprocess.PIPE, text=True, check=False)
    assert process.returncode == 74 and "No space left on device" in process.stderr


def test_names(well):
    assert status(well, "-n", well.segment.lstrip("/"))["verdict"] == "fresh"
    for name in ("", "/", "/../tmp/x", "a/b", "..", "x" * 300):
        said = ctl(well, "-n", name, "status")
        assert said.rc == 64 and "segment.name" in said.err, name


def test_a_segment_of_nobody(well, copy):
    """As a dead daemon leaves it: nobody holds its lock, whatever its pid is now."""
    assert status(well, "-n", "/" + copy.name)["verdict"] == "not running"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_no_right(well):
    away = {"HYDRATORD_TEST_CLOCK": None}  # which a stranger may not read either
    stranger = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for command in ("status", "why"):
        said = ctl(well, "-n", well.segment, command, starter=stranger, env=away)
        assert said.rc == 4 and "no right" in said.err and "group root" in said.err, said
    assert ctl(well, "-n", well.segment, "status", "--nagios", starter=stranger, env=away).rc == 3


def test_a_configuration_that_cannot_be_read(well):
    """It is no reason not to look, once the name is known."""
    text = well.config.read_text()
    well.config.write_text(text + "nonsense {\n")
    said = ctl(well, "-n", well.segment, "status", "--json")
    document = said.json()
    assert kinds(document) == ["file_broken"] and document["exit"] == 1
    assert document["configuration"]["file"] == "broken" and "brace" in document["text"]
    well.config.write_text(text + "# more\n")
    document = status(well)
    assert kinds(document) == ["file_changed"] and document["exit"] == 0
    assert document["configuration"]["file"] == "changed"
    well.config.write_text(text)
    assert kinds(status(well)) == []


def test_a_reload_that_was_refused(well):
    text = well.config.read_text()
    well.config.write_text(text + 'readers = "many"\n')
    well.send(signal.SIGHUP)
    document = wait_for(lambda: next((d for d in [ctl(well, "-n", well.segment, "status", "--json").json()]
                                      if "reload_refused" in kinds(d)), None), "the refusal")
    assert document["exit"] == 1 and document["configuration"]["reload"] == "refused"
    assert "readers" in document["configuration"]["reload_text"]
    well.config.write_text(text)
    well.reload()
    wait_for(lambda: ctl(well, "status").rc == 0, "the reload")
    assert status(well)["configuration"]["reload"] == "done"


def test_refreshes_that_fail(make_daemon, documents):
    sources = {"image_generation": ["file://%s/image_generation.json" % documents]}
    daemon = make_daemon(sources, horde="file://%s" % documents).start()
    wait_for(lambda: ctl(daemon, "status").rc == 0, "a daemon that is well")
    (documents / "stats_image.json").unlink()
    daemon.send(signal.SIGUSR1)
    document = wait_for_kind(daemon, "failing")
    assert document["exit"] == 1
    assert document["text"].startswith("image_generation is not refreshed"), document["text"]
    assert "stats: " in document["text"] and "No such file" in document["text"]
    assert "hydratorctl refresh image_generation" in document["findings"][0]["advice"]
    category = document["categories"][0]
    assert category["cause"] and category["failing_since"] and category["result"] in ("partial", "failed")
    stats = next(d for d in category["documents"] if d["document"] == "stats")
    assert stats["state"] == "not_fetched" and "No such file" in stats["error"]["text"]
    warnings = ctl(daemon, "warnings", "--json").json()["warnings"]
    assert any("stats" in w["text"] and w["process"] == "hydrator image_generation" for w in warnings)
    # Ages pass.
    for seconds, kind, rc in ((400, "stale", 1), (4000, "old", 1), (90000, "nothing_served", 2)):
        daemon.move_clock(seconds)
        # For a moment all hearts are as old as the clock made them.
        wait_for(lambda: kinds(status(daemon))[:1] == [kind] and ctl(daemon, "why").rc == rc, kind)


def test_a_category_without_answers(make_daemon):
    sources = dict(SOURCES, image_generation=["file:///nonexistent/image.json"])
    daemon = make_daemon(sources).start(wait=False)
    wait_for(lambda: daemon.get("/model_references/statistics/text_generation").status == 200, "the rest")
    document = wait_for_kind(daemon, "empty")
    assert document["exit"] == 2 and daemon.get("/readyz").status == 503
    assert "image_generation is empty: reference: " in document["text"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def upstream():
    """An HTTP server of the sample documents: its address, and how to end it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(DEMO)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_upstream(make_daemon, upstream):
    origin = "http://127.0.0.1:%d" % upstream.server_address[1]
    daemon = make_daemon({"image_generation": [origin + "/image_generation.json"]}).start()
    wait_for(lambda: ctl(daemon, "status").rc == 0, "a daemon that is well")
    [host] = status(daemon)["upstreams"]
    assert host["host"] == origin and host["breaker"] == "closed" and host["rest"] is None
    assert host["last"] == "200" and host["requests"] == 1 and host["failed"] == 0 and host["took"] > 0
    upstream.shutdown()
    upstream.server_close()
    daemon.send(signal.SIGUSR1)
    document = wait_for_kind(daemon, "failing")
    assert document["exit"] == 1 and origin in document["text"], document["text"]
    [host] = document["upstreams"]
    assert host["last"] == "none" and host["failed"] > 0


def test_redis_that_is_away(make_daemon):
    port = Daemon.hold_port()
    daemon = make_daemon(SOURCES, settings='redis { url = "redis://127.0.0.1:%d" name = "here" }' % port)
    daemon.start(wait=False)
    document = wait_for_kind(daemon, "redis")
    redis = next(f for f in document["findings"] if f["kind"] == "redis")
    assert "Redis does not answer" in redis["text"] and "refuse" in redis["text"], redis
    assert document["fleet"]["up"] is False and document["fleet"]["leading"] == 0
    # The other hydrator may still have to ask. One that waits for redis.patience calls itself a follower.
    without = ({"alone"}, {"follower"}, {"alone", "follower"})
    wait_for(lambda: {c["fleet"] and c["fleet"]["role"] for c in status(daemon)["categories"]} in without, "their roles")
    rc, text = screen(daemon, 80, 24, "status", env={"NO_COLOR": "1"})
    assert "Redis up no" in text and rc in (1, 2)


def test_a_document_that_has_shrunk(make_daemon, documents):
    sources = {"image_generation": ["file://%s/image_generation.json" % documents]}
    daemon = make_daemon(sources, horde="file://%s" % documents).start()
    wait_for(lambda: ctl(daemon, "status").rc == 0, "a daemon that is well")
    (documents / "image_generation.json").write_text("{}")
    daemon.send(signal.SIGUSR1)
    document = wait_for_kind(daemon, "gate")
    assert document["categories"][0]["refused"] == ["reference"] and document["exit"] == 1
    gate = next(f for f in document["findings"] if f["kind"] == "gate")
    assert "hydratorctl refresh --accept-smaller image_generation" in gate["advice"]


def test_a_process_that_dies(well):
    well.kill_child("hydrator text_generation")
    document = wait_for_kind(well, "restarted")
    assert document["exit"] == 1 and "hydrator text_generation died 1 time" in document["text"]
    process = next(p for p in document["processes"] if p["process"] == "hydrator text_generation")
    assert process["deaths"]["signal"] == 1 and process["last_death"]


def test_a_name_that_was_removed(well):
    well.expect_dirty = True
    os.unlink("/dev/shm" + well.segment)
    said = ctl(well, "status")
    assert said.rc == 1 and "runs (pid %d)" % well.process.pid in said.err


def counted(daemon):
    """What the daemon's own requests do not change."""
    text = daemon.get("/metrics").body.decode()
    return {line for line in text.splitlines() if re.match(
        r"cache_hydrator_(refresh_total|snapshots|process_restarts|config_reloads|http_connections_total)", line)}


def processor_time(pids):
    ticks = 0
    for pid in pids:
        fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def test_attaching_costs_the_daemon_nothing(well, figure):
    """A thousand looks: no process of it is woken for one."""
    calls = 100 if WRAPPER or well.has_sanitizer() else 1000  # such a tool takes a fifth of a second to start
    pids = well.session_members(well.process.pid)
    before = ctl(well, "status", "--json").json()
    began = processor_time(pids)
    script = "for i in $(seq %d); do %s -c %s status --json >/dev/null || exit 1; done" % (
        calls, PROGRAM, well.config)
    subprocess.run(["sh", "-c", script], env=well.env, check=True, timeout=PATIENCE * 5)
    took = processor_time(pids) - began
    after = ctl(well, "status", "--json").json()
    figure("%d calls of hydratorctl status: %.2f s of the daemon's processor time" % (calls, took))
    for key in ("requests", "sent", "connections"):
        assert before["readers"][key] == after["readers"][key], key
    assert [c["generation"] for c in before["categories"]] == [c["generation"] for c in after["categories"]]
    uptime = after["daemon"]["uptime"] - before["daemon"]["uptime"]
    # Its own beats and looks at itself, five processes: a percent of the time at most.
    assert took <= 0.1 + 0.02 * uptime, (took, uptime)
