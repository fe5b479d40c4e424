"""Orders to a running daemon, their results, and those that come to nothing."""
import concurrent.futures
import ctypes
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile

import pytest

from conftest import DEMO, file_categories
from ctl import PROGRAM, ctl
from daemon import PATIENCE, WRAPPER, process_alive, wait_for
from stub_upstream import StubUpstream

IMAGE, TEXT = "image_generation", "text_generation"
NEVER = "interval = 3000 ttl = 3600 jitter = 0"  # only when asked
ACCEPT, REFRESH, LOGLEVEL = 1, 2, 4  # codes of src/shm/order.h
libc = ctypes.CDLL(None, use_errno=True)


def queue(pid, value):
    """sigqueue(3) of an order. Returns whether it was taken."""
    if libc.sigqueue(pid, signal.SIGRTMIN, ctypes.c_void_p(value & 0xffffffff)) == 0:
        return True
    assert ctypes.get_errno() == 11, os.strerror(ctypes.get_errno())
    return False


def order(daemon, code, argument, wrong=0):
    """The value of an order for the segment of a daemon, whose tag may be made wrong."""
    with open("/dev/shm" + daemon.segment, "rb") as segment:
        epoch = struct.unpack_from("=Q", segment.read(88), 80)[0]
    return (epoch + wrong) % 4093 << 20 | code << 16 | argument


@pytest.fixture
def daemon(make_daemon):
    # A history that is read late is new content of its own.
    return make_daemon(file_categories(DEMO), hydration=NEVER, settings="history { enabled = false }").start()


def hydrated(daemon, category):
    return daemon.log().count("hydrated %s: " % category)


def set_level(daemon, level):
    text = daemon.config.read_text()
    daemon.config.write_text(re.sub(r'level = "\w+"', 'level = "%s"' % level, text))


def test_a_refresh_waits_and_says_what_came_of_it(daemon):
    before = hydrated(daemon, IMAGE), hydrated(daemon, TEXT)
    said = ctl(daemon, "refresh", TEXT)
    assert said.rc == 0 and not said.err and re.fullmatch(TEXT + r": unchanged, \d+ models, .*\n", said.out), said
    assert (hydrated(daemon, IMAGE), hydrated(daemon, TEXT)) == (before[0], before[1] + 1)
    said = ctl(daemon, "refresh")
    assert said.rc == 0 and sorted(re.findall(r"^(\w+): ", said.out, re.M)) == [IMAGE, TEXT], said
    told = ctl(daemon, "refresh", "--json", IMAGE, IMAGE).json()["categories"]
    assert [(entry["category"], entry["outcome"]) for entry in told] == [(IMAGE, "refreshed")]
    assert ctl(daemon, "--format", "keyvalue", "refresh", IMAGE).values()["categories.0.outcome"] == "refreshed"


def test_a_signal_without_a_value_still_means_all(daemon):
    before = hydrated(daemon, IMAGE), hydrated(daemon, TEXT)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: hydrated(daemon, IMAGE) > before[0] and hydrated(daemon, TEXT) > before[1], "both")


def test_a_refresh_that_fails_says_why(make_daemon, documents):
    with StubUpstream(documents) as upstream:
        daemon = make_daemon({IMAGE: [upstream.reference(IMAGE)], TEXT: [upstream.reference(TEXT)]}, upstream.horde,
                             hydration=NEVER).start()
        upstream.mode(IMAGE, "404")
        said = ctl(daemon, "refresh")
        assert said.rc == 1 and TEXT + ": " in said.out, said
        assert re.search("hydratorctl: %s: not refreshed: .*HTTP status 404" % IMAGE, said.err), said
        told = {entry["category"]: entry["outcome"] for entry in ctl(daemon, "refresh", "--json").json()["categories"]}
        assert told == {IMAGE: "not_refreshed", TEXT: "refreshed"}
        assert daemon.stop() == 0


def test_what_is_no_order_is_a_wrong_command_line(daemon):
    for line in (["refresh", "nonsense"], ["refresh", "--yes"], ["refresh", "--accept-smaller"], ["reload", "now"],
                 ["stop", "--later"], ["reopen", "x"], ["loglevel"], ["loglevel", "loud"], ["loglevel", "debug", "0"],
                 ["loglevel", "debug", "16384"], ["loglevel", "debug", "1", "2"], ["config", IMAGE]):
        said = ctl(daemon, *line)
        assert said.rc == 64 and said.err and not said.out, (line, said)
    said = ctl(daemon, "refresh", "no\x1b[31m")
    assert "no?[31m; there is %s, %s" % (IMAGE, TEXT) in said.err, said


def ask_on_terminal(daemon, answer, *arguments):
    """Runs a command on a terminal and answers its question. Returns its status and all that was said."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(PROGRAM, [PROGRAM, "-c", str(daemon.config), *arguments], daemon.env)
    said, answered = b"", False
    while select.select([terminal], [], [], PATIENCE)[0]:
        try:
            said += os.read(terminal, 4096)
        except OSError:  # it has left the terminal
            break
        if not answered and b"[y/N] " in said:
            os.write(terminal, answer)
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


def test_somebody_who_can_be_asked_is_asked(make_daemon, documents):
    with StubUpstream(documents) as upstream:
        daemon = make_daemon({IMAGE: [upstream.reference(IMAGE)]}, upstream.horde, hydration=NEVER).start()
        assert ask_on_terminal(daemon, b"y\n", "refresh", "--accept-smaller")[0] == 1, "nothing is refused"
        models = (documents / (IMAGE + ".json"))
        models.write_text("{}")
        said = ctl(daemon, "refresh", IMAGE)
        assert said.rc == 1 and "implausible" in said.err, said
        for answer in (b"n\n", b"\n", b"\x04"):
            status, told = ask_on_terminal(daemon, answer, "refresh", "--accept-smaller")
            assert status == 1 and "reference has shrunk from 40 to 0" in told and "nothing is accepted" in told, told
        assert daemon.json("/readyz?verbose")["categories"][0]["gate"]["refused"] == ["reference"]
        status, told = ask_on_terminal(daemon, b"y\n", "refresh", "--accept-smaller")
        assert status == 0 and "reference is accepted with 0 models, down from 40" in told, told
        assert daemon.stop() == 0


def test_a_comparison_changes_nothing(daemon):
    assert ctl(daemon, "reload", "--diff").rc == 0
    loaded = daemon.log().count("reload asked for")
    text = daemon.config.read_text()
    daemon.config.write_text('user = "nobody"\n' + text.replace("readers = 1", "readers = 2").replace(
        'category "%s"' % TEXT, 'category "lora"'))
    said = ctl(daemon, "reload", "--diff", "--json")
    changes = {change["option"]: change for change in said.json()["changes"]}
    assert said.rc == 1 and set(changes) == {"user", "readers", "category.%s.reference" % TEXT,
                                             "category.lora.reference", "http.ready_categories"}, said
    assert changes["readers"] == {"option": "readers", "running": "1", "file": "2", "takes": "a reload"}
    assert changes["user"]["takes"] == "a restart"
    assert changes["category.lora.reference"]["running"] is None
    assert changes["category.%s.reference" % TEXT]["file"] is None
    daemon.config.write_text(text + "nonsense = 1\n")
    said = ctl(daemon, "reload", "--diff")
    assert said.rc == 1 and "nonsense" in said.err and not said.out, said
    assert daemon.log().count("reload asked for") == loaded
    daemon.config.write_text(text)


def test_by_its_name_alone_a_daemon_has_its_own_file(daemon):
    """Not the default one, which is another daemon's, or not there."""
    def by_name(*arguments):
        return subprocess.run([PROGRAM, "-n", daemon.segment, *arguments], env=daemon.env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE, check=False)

    text = daemon.config.read_text()
    said = by_name("reload", "--diff")
    assert said.returncode == 0 and not said.stderr, said
    daemon.config.write_text(text.replace("readers = 1", "readers = 2"))
    said = by_name("reload", "--diff", "--json")
    assert said.returncode == 1 and [change["option"] for change in json.loads(said.stdout)["changes"]] == ["readers"]
    daemon.config.write_text(text)
    said = by_name("reload")
    assert said.returncode == 0 and not said.stderr, said


def test_a_secret_that_changed_is_told_without_it(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER,
                         settings='redis { url = "redis://:s3cret@127.0.0.1:1" }').start(wait=False)
    assert ctl(daemon, "reload", "--diff").out == ""
    daemon.config.write_text(daemon.config.read_text().replace("s3cret", "0ther"))
    said = ctl(daemon, "reload", "--diff")
    assert said.rc == 0 and "a comment, or a secret" in said.out and "0ther" not in said.out, said
    assert ctl(daemon, "reload", "--diff", "--json").json()["file_differs"] is True


def test_what_the_environment_sets_is_not_compared(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER, env={"HYDRATORD_READERS": "2"}).start()
    del daemon.env["HYDRATORD_READERS"]
    said = ctl(daemon, "reload", "--diff")
    assert said.rc == 0 and "environment sets is not compared" in said.out, said
    assert ctl(daemon, "reload", "--diff", env={"HYDRATORD_READERS": "3"}).rc == 0, "that is another process's"
    daemon.config.write_text(daemon.config.read_text() + 'log { format = "${OF_THIS_SHELL:-json}" }\n')
    changes = ctl(daemon, "reload", "--diff", "--json", env={"OF_THIS_SHELL": "text"}).json()["changes"]
    assert not changes, "what the file names is what it is here"
    assert [change["option"] for change in ctl(daemon, "reload", "--diff", "--json").json()["changes"]] == ["log.format"]


def test_what_is_a_mistake_here_may_be_none_there(make_daemon):
    """A category that only the daemon's environment has: whoever reloads from a shell has it not."""
    daemon = make_daemon({}, hydration=NEVER, env={
        "HYDRATORD_CATEGORY_IMAGE_GENERATION_REFERENCE": '["file://%s/%s.json"]' % (DEMO, IMAGE)}).start()
    del daemon.env["HYDRATORD_CATEGORY_IMAGE_GENERATION_REFERENCE"]
    said = ctl(daemon, "reload", "-n", daemon.segment)
    assert said.rc == 0, said
    daemon.config.write_text(daemon.config.read_text() + "nonsense = 1\n")
    said = ctl(daemon, "reload", "-n", daemon.segment)
    assert said.rc == 1 and "stays in use: " in said.err and "nonsense" in said.err, said


def test_the_configuration_in_use(daemon):
    options = {option["option"]: option for option in ctl(daemon, "config", "--json").json()["options"]}
    assert options["readers"] == {"option": "readers", "value": "1", "default": "2", "reloadable": True,
                                  "source": "%s:3" % daemon.config}
    assert options["segment.name"]["reloadable"] is False
    assert options["http.idle_timeout"]["source"] == "default"
    changed = ctl(daemon, "config", "--changed", "--json").json()
    assert {"readers", "listen"} < {option["option"] for option in changed["options"]} < set(options)
    assert changed["file_differs"] is False
    daemon.config.write_text(daemon.config.read_text().replace("readers = 1", "readers = 2"))
    said = ctl(daemon, "config")
    assert re.search(r"^readers\t1\t2\t", said.out, re.M) and "not the one that was loaded" in said.out, said
    assert ctl(daemon, "reload").rc == 0
    assert re.search(r"^readers\t2\t2\t", ctl(daemon, "config").out, re.M)


def test_a_password_is_in_no_segment(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER,
                         settings='redis { url = "redis://:s3cret@127.0.0.1:1" }').start(wait=False)
    assert '"redis://***@127.0.0.1:1"' in ctl(daemon, "config").out
    with open("/dev/shm" + daemon.segment, "rb") as segment:
        assert b"s3cret" not in segment.read()


def test_the_level_is_every_process_s_and_ends_by_itself(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER)
    set_level(daemon, "info")
    daemon.start()
    assert ctl(daemon, "loglevel", "warning").rc == 0
    seen = hydrated(daemon, IMAGE)
    assert ctl(daemon, "refresh", IMAGE).rc == 0
    assert hydrated(daemon, IMAGE) == seen, "the hydrator has not heard of it"
    assert "asks for a refresh" not in daemon.log()
    # The last word counts, for as long as it said.
    said = ctl(daemon, "loglevel", "info", "100")
    assert said.rc == 0 and "info for 100 s" in said.out, said
    assert ctl(daemon, "refresh", IMAGE).rc == 0
    wait_for(lambda: hydrated(daemon, IMAGE) == seen + 1, "a line of the hydrator")
    assert ctl(daemon, "loglevel", "error", "100").rc == 0
    daemon.move_clock(101)
    wait_for(lambda: "the log's level is info again" in daemon.log(), "the end")
    assert ctl(daemon, "refresh", IMAGE).rc == 0
    wait_for(lambda: hydrated(daemon, IMAGE) == seen + 2, "a line of the hydrator")


def test_a_process_that_comes_later_has_the_level_and_a_reload_ends_it(make_daemon):
    daemon = make_daemon(file_categories(DEMO, [IMAGE]), hydration=NEVER)
    set_level(daemon, "info")
    daemon.start()
    assert ctl(daemon, "loglevel", "warning").rc == 0
    os.kill(daemon.child("hydrator " + IMAGE), signal.SIGKILL)
    seen = hydrated(daemon, IMAGE)
    assert ctl(daemon, "refresh", IMAGE).rc == 0
    assert hydrated(daemon, IMAGE) == seen
    # A reload that is refused changes nothing.
    good = daemon.config.read_text()
    daemon.config.write_text(good + "nonsense = 1\n")
    daemon.send(signal.SIGHUP)
    wait_for(lambda: "not reloaded" in daemon.log(), "the refusal")
    assert ctl(daemon, "refresh", IMAGE).rc == 3, "nobody knows where it is"
    assert ctl(daemon, "refresh", IMAGE, "-n", daemon.segment).rc == 0
    assert hydrated(daemon, IMAGE) == seen
    daemon.config.write_text(good)
    assert ctl(daemon, "reload").rc == 0
    assert ctl(daemon, "refresh", IMAGE).rc == 0
    wait_for(lambda: hydrated(daemon, IMAGE) > seen, "a line of the hydrator")


def test_logs_are_reopened_when_it_says_so(make_daemon, tmp_path):
    directory = tmp_path / "logs"
    directory.mkdir()
    log = directory / "hydratord.log"
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER)
    daemon.config.write_text(daemon.config.read_text().replace('"stderr"', '"%s"' % log))
    daemon.log_path = log
    daemon.start()
    log.rename(directory / "old")
    assert ctl(daemon, "reopen").out == ""
    assert log.exists()
    assert ctl(daemon, "refresh", IMAGE).rc == 0
    wait_for(lambda: hydrated(daemon, IMAGE), "a line in the new file")
    log.rename(directory / "older")
    log.mkdir()
    said = ctl(daemon, "reopen", "--json")
    assert said.rc == 1 and "still writing to the old file" in said.err, said
    assert said.json()["outcome"] == "refused"
    log.rmdir()
    assert ctl(daemon, "reopen").rc == 0


def test_a_stop_waits_for_the_end(daemon):
    assert ctl(daemon, "reload").out == "", "a cron job is silent"
    status, said = ask_on_terminal(daemon, b"", "reload")
    assert status == 0 and said.strip() == "reloaded", said
    status, said = ask_on_terminal(daemon, b"", "stop")
    assert status == 0 and said.strip() == "pid %d has stopped" % daemon.process.pid, said
    assert not process_alive(daemon.process.pid)
    assert daemon.stop() == 0
    for line in (["stop"], ["refresh"], ["reload"], ["reopen"], ["loglevel", "debug"], ["config"]):
        said = ctl(daemon, *line)
        assert said.rc == 3 and said.err, (line, said)


def test_a_stop_that_waits_for_nobody(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER, settings="supervisor { drain_timeout = 3600 }").start()
    # An answer that its client does not take.
    connection = daemon.connect()
    connection.connect()
    for _ in range(400):
        connection.sock.sendall(b"GET /model_references/statistics/%s/with-stats HTTP/1.1\r\nHost: a\r\n\r\n"
                                % IMAGE.encode())
        if not select.select([], [connection.sock], [], 0)[1]:
            break
    assert ctl(daemon, "stop", "--now", "--json").json()["pid"] == daemon.process.pid
    connection.close()
    assert daemon.stop() == 0


def test_ten_thousand_orders_cost_time_and_nothing_else(daemon):
    pid, taken, refused = daemon.process.pid, 0, 0
    values = [order(daemon, REFRESH, 3), order(daemon, LOGLEVEL, 2 << 14), order(daemon, REFRESH, 3, wrong=1), 0]
    former = daemon.readers()
    daemon.send(signal.SIGSTOP)
    while taken < 10000 and refused == 0:
        taken += queue(pid, values[taken % 4])
        refused += not queue(pid, values[taken % 4])
    daemon.send(signal.SIGCONT)
    while taken < 10000:
        taken += queue(pid, values[taken % 4])
    said = ctl(daemon, "refresh")
    assert said.rc == 0, said
    assert daemon.get("/model_references/statistics/" + IMAGE).status == 200
    assert daemon.readers() == former, "who was well was replaced"
    lines = r"asks for a refresh|is none, or for another|ordered by pid|(\d+) more orders within a second"

    def all_counted():
        return sum(int(number or 1) for number in re.findall(lines, daemon.log())) >= 5 * taken // 4
    wait_for(all_counted, "a count of all: an order for two categories counts twice")
    assert len(re.findall(lines, daemon.log())) < 1000


def test_a_queue_that_is_full_is_said(daemon):
    if WRAPPER:
        pytest.skip("the wrapper takes signals itself")
    value = order(daemon, REFRESH, 1)
    daemon.send(signal.SIGSTOP)
    subprocess.run(["prlimit", "--sigpending=8", "--pid", str(daemon.process.pid)], check=True)
    while queue(daemon.process.pid, value):
        pass
    said = ctl(daemon, "refresh")
    daemon.send(signal.SIGCONT)
    assert said.rc == 1 and "too many orders to read" in said.err, said


def test_an_order_for_another_segment_is_refused(daemon):
    before = hydrated(daemon, IMAGE), hydrated(daemon, TEXT)
    for value in (order(daemon, REFRESH, 3, wrong=1), order(daemon, ACCEPT, 3, wrong=-1), order(daemon, REFRESH, 0),
                  order(daemon, REFRESH, 4), order(daemon, 0, 3), order(daemon, 15, 3), 0, 0xffffffff):
        assert queue(daemon.process.pid, value)
    wait_for(lambda: daemon.log().count("is none, or for another configuration") == 8, "the refusals")
    assert (hydrated(daemon, IMAGE), hydrated(daemon, TEXT)) == before


def test_tools_at_once_each_hear_of_their_own(daemon):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda category: (category, ctl(daemon, "refresh", category)), 4 * [IMAGE, TEXT]))
    for category, one in said:
        assert one.rc == 0 and one.out.startswith(category + ": ") and one.out.count("\n") == 1, one


def test_an_order_that_a_reload_overtakes_is_given_again(daemon):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        reloads = pool.submit(lambda: [ctl(daemon, "reload").rc for _ in range(8)])
        said = []
        while not reloads.done():
            said.append(ctl(daemon, "refresh", IMAGE))
            said.append(ctl(daemon, "loglevel", "debug"))
    assert reloads.result() == 8 * [0]
    assert [one for one in said if one.rc != 0 and "another order came after" not in one.err] == []


def test_who_dies_while_it_is_waited_for(daemon):
    daemon.expect_dirty = True
    daemon.send(signal.SIGSTOP)
    asked = [subprocess.Popen([PROGRAM, "-c", str(daemon.config), *line], env=daemon.env, stderr=subprocess.PIPE,
                              text=True) for line in (["refresh"], ["reload"], ["reopen"], ["loglevel", "debug"])]
    wait_for(lambda: all(waits(process.pid) for process in asked), "all to wait")
    assert asked[0].stderr.readline() == "hydratorctl: pid %d was stopped by a signal: kill -CONT %d lets it go on\n" % (
        2 * (daemon.process.pid,))
    daemon.send(signal.SIGKILL)
    for process in asked:
        said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 3 and "stopped" in said, said
    wait_for(lambda: ctl(daemon, "refresh").rc == 3, "the segment that is left to be nobody's")
    assert daemon.start().stop() == 0


def waits(pid):
    """Whether a tool holds the daemon, and has sent what it had to."""
    try:
        links = [os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)]
        with open("/proc/%d/wchan" % pid, encoding="ascii") as wchan:
            return "anon_inode:[pidfd]" in links and "poll" in wchan.read()
    except OSError:
        return False


def test_who_may_not_order_is_told_so(make_daemon):
    if os.geteuid() != 0:
        pytest.skip("another user is needed")
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER)
    with tempfile.TemporaryDirectory() as everybodys:
        os.chmod(everybodys, 0o755)
        daemon.config.write_text(daemon.config.read_text().replace(
            str(daemon.pidfile), "%s/hydratord.pid" % everybodys))
        daemon.start()
        os.chmod("/dev/shm" + daemon.segment, 0o644)
        environment = {key: value for key, value in daemon.env.items() if key != "HYDRATORD_TEST_CLOCK"}
        for file in (PROGRAM, daemon.config):
            shutil.copy(file, everybodys)
        for line in (["refresh"], ["reload"], ["reopen"], ["loglevel", "debug"], ["stop"], ["stop", "--now"]):
            said = subprocess.run(["./hydratorctl", "-c", "hydratord.conf", *line], cwd=everybodys, env=environment,
                                  user="nobody", check=False, capture_output=True, text=True, timeout=PATIENCE)
            assert said.returncode == 4 and "only its user and root may" in said.stderr, (line, said)
        assert daemon.stop() == 0


def test_by_its_segment_alone(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER).start()
    other = daemon.directory / "other.conf"
    other.write_text(daemon.config.read_text().replace(daemon.segment, "/nobody-s").replace(
        str(daemon.pidfile), str(daemon.directory / "none.pid")))

    def told(*line):
        return subprocess.run([PROGRAM, "-c", str(other), "-n", daemon.segment, *line], env=daemon.env, check=False,
                              capture_output=True, text=True, timeout=PATIENCE)
    assert told("refresh", IMAGE).returncode == 0
    assert told("loglevel", "info").returncode == 0
    # A pid file of nobody's is no obstacle.
    other.write_text(other.read_text().replace("/nobody-s", daemon.segment))
    assert told("refresh", IMAGE).returncode == 0
    assert told("stop").returncode == 0
    assert daemon.stop() == 0
    assert told("refresh").returncode == 3


@pytest.fixture
def bystander():
    """A process that nobody has any orders for."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process
        assert process.poll() is None, "it has got an order of the daemon's"
        process.kill()


ORDERS = [["stop"], ["stop", "--now"], ["refresh"], ["reload"], ["reopen"], ["loglevel", "debug"], ["upgrade"]]


@pytest.mark.parametrize("line", ORDERS, ids=" ".join)
def test_a_forged_header_leads_no_order_to_another_process(daemon, bystander, line):
    daemon.pidfile.rename(daemon.directory / "elsewhere.pid")
    own = open("/dev/shm" + daemon.segment, "r+b", buffering=0)
    with own:
        own.seek(144)  # struct segment_header.supervisor
        own.write(struct.pack("=I", bystander.pid))
        said = ctl(daemon, *line)
        assert said.rc == 1 and "gets no order" in said.err, said
        own.seek(144)
        own.write(struct.pack("=I", daemon.process.pid))
    (daemon.directory / "elsewhere.pid").rename(daemon.pidfile)
    assert daemon.stop() == 0


@pytest.mark.parametrize("line", ORDERS, ids=" ".join)
def test_a_strangers_lock_on_a_pid_file_left_behind_leads_no_order_astray(make_daemon, bystander, line):
    """A killed daemon's file can be locked by whoever may read it, when its pid is another process's."""
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER)
    daemon.pidfile.write_text(str(bystander.pid))
    with open(daemon.pidfile, "rb") as stranger:
        fcntl.flock(stranger, fcntl.LOCK_EX)
        said = ctl(daemon, *line)
        assert said.rc == 3, said


def test_a_forged_option_makes_no_wait_absurd(daemon):
    """So many seconds are no number of nanoseconds."""
    with open("/dev/shm" + daemon.segment, "r+b", buffering=0) as segment:
        known = b"supervisor.drain_timeout\t30\t"
        at = segment.read(4 << 20).index(known)
        segment.seek(at)
        segment.write(known.replace(b"30", b"9G"))
    daemon.send(signal.SIGSTOP)
    tool = subprocess.Popen([PROGRAM, "-c", str(daemon.config), "stop"], env=daemon.env, text=True,
                            stderr=subprocess.PIPE)
    said = tool.stderr.readline()
    daemon.send(signal.SIGCONT)
    assert "was stopped by a signal" in said
    assert tool.wait(PATIENCE) == 0
    tool.stderr.close()
    assert daemon.stop() == 0


def test_a_refresh_that_finds_no_room_says_so_once(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER)
    daemon.config.write_text(daemon.config.read_text().replace('capacity = "8M"', 'capacity = "64K" max = "64K"'))
    daemon.start(wait=False)
    said = ctl(daemon, "refresh", IMAGE)
    assert said.rc == 1 and "does not fit" in said.err and said.err.count("not refreshed") == 1, said


def test_a_link_under_the_name_is_told(make_daemon):
    daemon = make_daemon(file_categories(DEMO), hydration=NEVER)
    link = "/dev/shm" + daemon.segment
    os.symlink("/etc/passwd", link)
    try:
        for line in ORDERS + [["status"], ["verify"]]:
            said = ctl(daemon, *line)
            assert said.rc == 2 and "is a symbolic link, which is not followed" in said.err, said
        daemon.start()
        assert not os.path.islink(link) and ctl(daemon, "status").rc == 0
        assert daemon.stop() == 0
    finally:
        if os.path.islink(link):
            os.unlink(link)
