"""hydratorctl dump: the bytes of answers, of a daemon that answers and of one that does not."""
import os
import signal

import pytest
from codings import DECODE
from ctl import PROGRAM, ctl
from daemon import wait_for
from screen import Terminal

BASE = "/model_references/statistics/"
VIEWS = {
    "deletion-risk": "/deletion-risk",
    "deletion-risk-grouped": "/deletion-risk?group_text_models=true",
    "deletion-risk-variations": "/deletion-risk?include_backend_variations=true",
    "statistics": "",
    "statistics-grouped": "?group_text_models=true",
    "with-stats": "/with-stats",
}
CATEGORIES = ["image_generation", "text_generation"]


def dump(daemon, *arguments):
    said = ctl(daemon, "dump", *arguments, text=False)
    assert said.rc == 0, said
    return said.out


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_the_answer_byte_for_byte(demo, category, view):
    answer = demo.get(BASE + category + VIEWS[view]).body
    assert dump(demo, category, view) == answer
    assert dump(demo, category, view, "--encoding", "identity") == answer
    for encoding, decode in DECODE.items():
        assert decode(dump(demo, category, view, "--encoding", encoding)) == answer


@pytest.mark.parametrize("encoding", DECODE)
def test_the_form_that_is_published_is_the_one_that_is_sent(make_daemon, encoding):
    daemon = make_daemon().start()
    target = BASE + "text_generation/deletion-risk"

    def same():
        sent = daemon.get(target, headers={"Accept-Encoding": encoding})
        return sent.headers["Content-Encoding"] == encoding and sent.body == dump(
            daemon, "text_generation", "deletion-risk", "--encoding", encoding)

    assert not same(), "nobody has asked for it before"
    daemon.send(signal.SIGUSR1)  # the next cycle makes what was asked for
    wait_for(same, "the same bytes")


def test_of_a_dead_daemon(make_daemon):
    daemon = make_daemon().start()
    answers = {view: daemon.get(BASE + "text_generation" + path).body for view, path in VIEWS.items()}
    daemon.expect_dirty = True
    daemon.stop(9)
    for view, answer in answers.items():
        said = ctl(daemon, "dump", "text_generation", view, text=False)
        assert said.rc == 0 and said.out == answer
        assert b"the daemon is dead" in said.err


def test_what_is_old_says_so(make_daemon):
    daemon = make_daemon(hydration="enabled = false").start()
    said = ctl(daemon, "dump", "text_generation", "statistics")
    assert said.rc == 0 and said.err == ""
    daemon.move_clock(1000)
    said = ctl(daemon, "models", "text_generation")
    assert said.rc == 0 and "text_generation is stale: its documents are 16 min" in said.err
    daemon.move_clock(100000)
    said = ctl(daemon, "dump", "text_generation", "statistics")
    assert daemon.get(BASE + "text_generation").status == 503
    assert said.rc == 0 and said.out and "is expired" in said.err


@pytest.mark.parametrize("command", [
    ("models", "image_generation"), ("model", "image_generation", "Dusk Study", "--explain"),
    ("history", "image_generation", "Dusk Study"), ("changes", "image_generation", "--json"),
    ("dump", "image_generation", "with-stats")], ids=" ".join)
def test_of_a_daemon_that_stands_still(make_daemon, command):
    """Nobody of it is asked, and nobody of it holds anything up."""
    daemon = make_daemon().start()
    wait_for(lambda: daemon.get(BASE + "image_generation/history").status == 200, "the history")
    members = daemon.session_members(daemon.process.pid)
    for pid in members:
        os.kill(pid, signal.SIGSTOP)
    try:
        said = ctl(daemon, *command)
        assert said.rc == 0 and said.out, said
    finally:
        for pid in members:
            os.kill(pid, signal.SIGCONT)


def test_what_is_not_there(make_daemon, tmp_path):
    (tmp_path / "blip.json").write_text('{"a":{"name":"a"}}')
    daemon = make_daemon({"blip": ["file://%s/blip.json" % tmp_path]}).start()
    answer = daemon.get(BASE + "blip").body
    assert dump(daemon, "blip", "statistics") == dump(daemon, "blip", "statistics-grouped") == answer
    said = ctl(daemon, "dump", "blip", "deletion-risk")
    assert said.rc == 2 and "no deletion risk" in said.err and not said.out


@pytest.mark.parametrize("arguments,words", [
    (("text_generation",), "needs a category and a view"),
    (("text_generation", "audit"), "deletion-risk, deletion-risk-grouped"),
    (("text_generation", "statistics", "--encoding", "deflate"), "gzip, br and zstd"),
    (("text_generation", "statistics", "--json"), "no format"),
])
def test_what_is_refused(demo, arguments, words):
    said = ctl(demo, "dump", *arguments)
    assert said.rc == 64 and words in said.err and not said.out, said


def test_no_compressed_bytes_on_a_terminal(demo):
    terminal = Terminal([PROGRAM, "-c", str(demo.config), "dump", "text_generation", "statistics", "--encoding", "br"],
                        env=demo.env)
    try:
        assert terminal.end() == 64
        assert "not for a terminal" in terminal.text()
    finally:
        terminal.close()
