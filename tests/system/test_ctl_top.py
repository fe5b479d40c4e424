"""hydratorctl top on a terminal: what it shows, its keys, and what it survives."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess

import pytest
from ctl import PROGRAM, check_form, ctl
from daemon import PATIENCE, process_alive, wait_for
from screen import Terminal

PANES = ("Overview", "Routes", "Processes", "Categories", "Warnings")


@pytest.fixture
def open_top():
    """Makes terminals that top runs on; what it drew is shown if a test fails."""
    made = []

    def open_on(daemon, *arguments, columns=80, rows=24, **kwargs):
        made.append(Terminal([PROGRAM, "-c", str(daemon.config), "top", *arguments], columns, rows,
                             env=daemon.env, **kwargs))
        return made[-1]

    yield open_on
    for terminal in made:
        print(terminal.text())
        terminal.close()


def quit_top(terminal):
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.restored()
    assert terminal.screen.unknown == []


def marked(terminal):
    """The pane whose name is marked."""
    terminal.read()
    screen = terminal.screen
    return "".join(c for c, reverse in zip(screen.cells[5], screen.reverse[5]) if reverse)


@pytest.mark.parametrize("columns,rows", [(80, 24), (160, 50)])
def test_each_pane_fits_the_screen(demo, open_top, columns, rows):
    terminal = open_top(demo, columns=columns, rows=rows)
    terminal.wait(r"image_generation +fresh")
    for number, (pane, head) in enumerate(zip(PANES, ("CATEGORY", "ROUTE", "PROCESS", "CATEGORY", "TIME")), 1):
        terminal.press(str(number))
        wait_for(lambda: marked(terminal) == " %d %s " % (number, pane), pane)
        assert terminal.shows(r"^%s " % head)
        lines = terminal.screen.lines()
        assert len(lines) == rows and all(len(line) <= columns for line in lines)
        assert lines[0].startswith("hydratorctl top") and lines[0].endswith("Z")
        assert lines[-1].startswith("q end")
    quit_top(terminal)


def test_requests_show_as_rates(demo, open_top):
    terminal = open_top(demo)
    terminal.press("2")

    def shown():
        demo.get("/model_references/statistics/image_generation/deletion-risk")
        demo.get("/no-such-path")
        return (terminal.shows(r"^deletion_risk +200 +[1-9][\d.]* ") and
                terminal.shows(r"^unknown +404 +[1-9][\d.]* ") and terminal.shows(r"p50 [\d.]+ (us|ms|s)"))
    wait_for(shown, "rates of both")
    assert terminal.shows(r"^requests/s [1-9]")
    quit_top(terminal)


def test_keys_sort_turn_round_and_explain(demo, open_top):
    terminal = open_top(demo)
    terminal.press("3")
    terminal.wait(r"by role")
    terminal.wait(r"^supervisor .*\n(.*\n)*reader 1 ")
    terminal.press("r")
    terminal.wait(r"by role, turned")
    terminal.wait(r"^reader 1 .*\n(.*\n)*supervisor ")
    terminal.press("s")
    terminal.wait(r"by cpu")
    terminal.press("\t")
    terminal.wait(r"by name")
    terminal.press("\x1b[Z")  # Shift and Tab
    terminal.wait(r"by cpu")
    terminal.press("?")
    terminal.wait(r"another pane")
    terminal.press("\x1b")
    terminal.wait_gone(r"another pane")
    quit_top(terminal)


def clock_of(terminal):
    """The time of the last look. A program that has died leaves it on the screen."""
    assert terminal.process.poll() is None, "top has ended (%s)" % terminal.process.poll()
    return terminal.wait(r"\d\d:\d\d:\d\dZ$").group()


def test_a_pause_holds_the_screen(demo, open_top):
    terminal = open_top(demo)
    terminal.wait(r"image_generation +fresh")
    terminal.press(" ")
    terminal.wait(r"^PAUSED")
    held = clock_of(terminal)
    # Another one that is not held shows that looks would have been taken meanwhile.
    other, seen = open_top(demo), set()
    wait_for(lambda: (seen.add(clock_of(other)), len(seen) > 3)[1], "three looks")
    # A key draws the screen anew, of the same moment.
    for key, text in (("2", "by rate"), ("4", "by name"), ("1", "Overview")):
        terminal.press(key)
        terminal.wait(text)
    assert clock_of(terminal) == held
    terminal.press(" ")
    wait_for(lambda: clock_of(terminal) != held, "the clock to go on")
    quit_top(terminal)


def test_another_size(demo, open_top):
    terminal = open_top(demo)
    terminal.press("4")
    terminal.wait(r"^CATEGORY")
    assert not terminal.shows("MODELS")
    for columns, rows in ((160, 50), (80, 24), (41, 8), (20, 3), (3, 1), (100, 30)):
        terminal.resize(columns, rows)
        wait_for(lambda: terminal.text().strip(), "the screen drawn anew")
    terminal.wait(r"^image_generation +fresh")
    terminal.resize(160, 50)
    terminal.wait(r"MODELS")
    quit_top(terminal)


def test_it_survives_reload_restart_and_death(make_daemon, open_top):
    daemon = make_daemon().start()
    terminal = open_top(daemon)
    terminal.wait(r"image_generation +fresh")
    daemon.reload()
    terminal.wait(r"image_generation +fresh")
    assert daemon.stop() == 0
    terminal.wait(r"^waiting for the daemon: ")
    daemon.start()
    terminal.wait_gone(r"^waiting for the daemon: ")
    terminal.wait(r"pid %d " % daemon.process.pid)
    # Of one that was killed there is what it left.
    daemon.expect_dirty = True
    daemon.process.kill()
    daemon.process.wait()
    terminal.wait(r"it does not run")
    terminal.press("3")
    terminal.wait(r"^PROCESS")
    quit_top(terminal)


def test_it_waits_for_a_daemon_that_was_never_there(make_daemon, open_top):
    daemon = make_daemon()
    terminal = open_top(daemon)
    terminal.wait(r"^waiting for the daemon: ")
    daemon.start()
    terminal.wait(r"image_generation +fresh")
    quit_top(terminal)


def test_a_stopped_daemon_is_looked_at(make_daemon, open_top):
    daemon = make_daemon().start()
    pids = [daemon.process.pid, daemon.child("reader 0")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        terminal = open_top(daemon, columns=160)
        terminal.press("3")
        terminal.wait(r"^supervisor .*hangs .*stopped")
        quit_top(terminal)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(demo, open_top, number):
    terminal = open_top(demo)
    terminal.wait(r"image_generation +fresh")
    terminal.process.send_signal(number)
    assert terminal.end() == -number
    assert terminal.restored()


def test_a_terminal_that_goes_away_ends_it(demo, open_top):
    terminal = open_top(demo)
    terminal.wait(r"image_generation +fresh")
    pid = terminal.process.pid
    os.close(terminal.slave)
    os.close(terminal.master)
    terminal.process.wait(PATIENCE)
    assert not process_alive(pid)
    terminal.master, terminal.slave = os.openpty()  # for close()
    terminal.screen.resize(1, 1)


def test_without_a_terminal(demo):
    said = ctl(demo, "top")
    assert said.rc == 64 and "--batch" in said.err and said.out == ""
    for arguments in (("--count", "1"), ("--json",), ("more",), ("--batch", "--count", "0")):
        assert ctl(demo, "top", *arguments).rc == 64


def test_batch_prints_a_line_a_sample(demo):
    said = ctl(demo, "top", "--batch", "--count", "2", "--json")
    assert said.rc == 0, said
    samples = [json.loads(line) for line in said.out.splitlines()]
    assert len(samples) == 2
    for sample in samples:
        check_form(sample)
        assert [c["category"] for c in sample["categories"]] == ["image_generation", "text_generation"]
    assert [p["process"] for p in samples[1]["processes"]][0] == "supervisor"
    assert all(p["cpu"] is not None for p in samples[1]["processes"])
    assert "Traffic" in ctl(demo, "top", "--batch", "--count", "1").out


def test_batch_on_no_daemon(make_daemon):
    said = ctl(make_daemon(), "top", "--batch")
    assert said.rc == 3 and said.err and said.out == ""


def ran(pid):
    """Nanoseconds of processor time."""
    return int(pathlib.Path("/proc/%d/schedstat" % pid).read_text().split()[0])


def test_it_costs_next_to_nothing(demo, open_top, figure):
    """Its own processor time; of the daemon nothing may change but what it counts of itself."""
    terminal = open_top(demo, columns=160, rows=50)
    terminal.wait(r"image_generation +fresh")
    before, looks = ran(terminal.process.pid), set()
    wait_for(lambda: (looks.add(clock_of(terminal)), len(looks) > 5)[1], "five looks")
    used = (ran(terminal.process.pid) - before) / 1e9 / 5
    figure("top: %.1f ms of processor time a look at 160x50" % (1000 * used))
    assert used < 0.2
    quit_top(terminal)


@pytest.fixture
def copy(demo):
    """The name of a copy of the segment of a daemon at work, to be damaged."""
    path = pathlib.Path("/dev/shm%s-copy" % demo.segment)
    subprocess.run(["cp", "--sparse=always", "/dev/shm" + demo.segment, path], check=True)
    yield path
    path.unlink()


def test_what_is_damaged_while_it_looks(demo, open_top, copy):
    """Any bytes anywhere neither end it nor reach the terminal."""
    terminal = open_top(demo, "-n", "/" + copy.name, columns=160, rows=50)
    terminal.wait(r"it does not run")
    chance, clocks, number = random.Random(20261129), set(), 0
    buffers = int.from_bytes(copy.read_bytes()[72:80], "little")

    def damaged():
        nonlocal number
        number += 1
        with open(copy, "r+b") as file:
            for _ in range(20):
                file.seek(chance.randrange(256, buffers))
                file.write(chance.choice((chance.randbytes(8), b"\x1b[2J\x1b]0;x\x07", b"\xff" * 64)))
        terminal.press("12345"[number % 5])
        clocks.add(clock_of(terminal))
        return len(clocks) > 5
    wait_for(damaged, "looks at damage")
    assert terminal.process.poll() is None
    quit_top(terminal)
    assert not re.search(rb"\x1b\]|\x07", terminal.raw)


def test_memory_that_is_cut_short_ends_it_with_a_line(demo, open_top, copy):
    terminal = open_top(demo, "-n", "/" + copy.name)
    terminal.wait(r"it does not run")
    os.truncate(copy, 4096)
    assert terminal.end() == 2
    assert terminal.restored()
    assert b"cut short" in terminal.raw


@pytest.mark.parametrize("kind", ["dumb", "nonsense"])
def test_a_terminal_that_cannot_be_drawn_on(demo, kind):
    # What ncurses has of a terminal that it does not know it does not give back.
    env = dict(demo.env, ASAN_OPTIONS="detect_leaks=0")
    terminal = Terminal(["env", "TERM=" + kind, PROGRAM, "-c", str(demo.config), "top"], env=env)
    try:
        assert terminal.end() == 64, terminal.raw
        assert b"--batch" in terminal.raw and terminal.restored()
    finally:
        terminal.close()
