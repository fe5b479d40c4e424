"""tests/tools/compare.py: what it calls equal, different, and not to be asked."""
import json
import socket
import subprocess
import sys
import threading

import pytest

from conftest import DEMO, SOURCE, file_categories
from daemon import PATIENCE

TOOL = SOURCE / "tests" / "tools" / "compare.py"
sys.path.insert(0, str(TOOL.parent))
import compare  # noqa: E402

RISK = "/model_references/statistics/text_generation/deletion-risk"
STATISTICS = "/model_references/statistics/text_generation"
ALL = sorted(path.stem for path in DEMO.glob("*.json") if path.stem in compare.CATEGORIES)


def base(daemon):
    return "http://127.0.0.1:%d" % daemon.port


def run(a, b, *arguments):
    done = subprocess.run([sys.executable, TOOL, a, b, "--pause", "0", *arguments], capture_output=True, text=True,
                          timeout=4 * PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def test_equal_daemons(make_daemon):
    one, other = (make_daemon(file_categories(DEMO, ALL)).start() for _ in range(2))
    other.move_clock(100)
    status, said, complaint = run(base(one), base(other) + "/api/", "--categories", ",".join(ALL))
    assert (status, complaint) == (0, ""), said
    assert said == "%d answers compared, 0 differ\n" % len(list(compare.questions(ALL)))


def test_a_changed_document_is_found_and_named(make_daemon, documents):
    path = documents / "text_generation.json"
    models = json.loads(path.read_text())
    name = list(models)[3]
    models[name]["nsfw"] = not models[name].get("nsfw", False)
    path.write_text(json.dumps(models))
    one, other = (make_daemon(file_categories(directory), "file://%s" % directory).start()
                  for directory in (DEMO, documents))
    status, said, complaint = run(base(one), base(other), "--categories", "image_generation,text_generation")
    assert (status, complaint) == (1, "")
    assert RISK + "\n" in said
    assert ".nsfw: " in said and json.dumps(name) in said
    assert "image_generation" not in said
    assert "fields that differ: nsfw " in said
    status, said, _ = run(base(one), base(other), "--categories", "text_generation",
                          "--ignore", "nsfw,nsfw_count")
    assert status == 0, said


def test_who_does_not_answer(make_daemon, tmp_path):
    daemon = make_daemon(file_categories(DEMO)).start()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = "http://127.0.0.1:%d" % nobody.getsockname()[1]
        for pair in ((base(daemon), dead), (dead, base(daemon))):
            status, said, complaint = run(*pair)
            assert (status, said) == (2, "")
            assert dead in complaint and "refused" in complaint
    for nonsense in ("127.0.0.1:1", "ftp://127.0.0.1", "http://127.0.0.1:x", "http://127.0.0.1?x"):
        status, said, complaint = run(base(daemon), nonsense)
        assert (status, said) == (2, "")
        assert nonsense + " is no base" in complaint
    empty = make_daemon({"blip": ["file://%s/missing.json" % tmp_path]}).start(wait=False)
    status, said, _ = run(base(empty), base(empty), "--categories", "blip")
    assert status == 2
    assert "refused by both with 5xx, so not compared: /model_references/statistics/blip" in said


@pytest.mark.parametrize("says", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"", b"HTTP/1.1 200 OK\r\n\r\n{\x1b[31m}",
                                  b"\x1b[31m nonsense\r\n\r\n"])
def test_an_answer_that_never_ends_is_none(make_daemon, says):
    """And nothing that a service says reaches the terminal as it is."""
    daemon = make_daemon(file_categories(DEMO)).start()
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept, gone = [], threading.Event()

        def serve():
            while not gone.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                connection.sendall(says)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        status, said, complaint = run("http://127.0.0.1:%d" % server.getsockname()[1], base(daemon), "--timeout", "1")
        gone.set()
        socket.create_connection(server.getsockname()).close()
        thread.join(PATIENCE)
    for connection in kept:
        connection.close()
    assert (status, said) == (2, "")
    assert "does not answer /replicate_mode" in complaint and "\x1b" not in complaint


def found(a, b, target=RISK, ignored=()):
    return compare.compare(target, (200, a), (200, b), ignored)


@pytest.mark.parametrize("a, b, target", [
    ({"computed_at": 1}, {"computed_at": 2}, STATISTICS),
    ({"a": {"observed_at": 1}}, {"a": {"observed_at": 2}}, STATISTICS),
    ({"limit": 5, "offset": 2}, {"limit": None, "offset": 0}, STATISTICS + "?limit=5"),
    ({"models": [{"name": "x", "download_hosts": ["a", "b"]}]},
     {"models": [{"name": "x", "download_hosts": ["b", "a"]}]}, RISK),
    ({"backend_variations": [{"backend": "a", "n": 1}, {"backend": "b", "n": 2}]},
     {"backend_variations": [{"backend": "b", "n": 2}, {"backend": "a", "n": 1}]}, RISK),
    ({"x": {"backend_variations": {"a": 1, "b": 2}}}, {"x": {"backend_variations": {"b": 2, "a": 1}}}, RISK),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, RISK),
    (20, 20.0, RISK)])
def test_what_is_passed_over(a, b, target):
    assert found(a, b, target) == []


@pytest.mark.parametrize("a, b, target, place", [
    ({"computed_at": 1}, {"computed_at": 1.5}, STATISTICS, "$.computed_at"),
    ({"computed_at": 1}, {}, STATISTICS, "$.computed_at"),
    ({"limit": 5}, {"limit": None}, RISK + "?limit=5", "$.limit"),
    ({"a": {"limit": 5}}, {"a": {"limit": 6}}, STATISTICS, "$.a.limit"),
    (1, True, RISK, "$"), (None, 0, RISK, "$"), ([], {}, RISK, "$"), ("1", 1, RISK, "$"),
    ([1, 2], [1, 3], RISK, "$[1]"), ([1], [1, 2], RISK, "$"),
    ([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}], RISK, "$"),
    ([{"name": "a", "n": 1}, {"name": "b", "n": 2}], [{"name": "b", "n": 2}], RISK, "$.a"),
    ([{"name": "a", "n": 1}, {"name": "a", "n": 2}], [{"name": "a", "n": 1}, {"name": "a", "n": 3}], RISK, "$[1].n"),
    ({"download_hosts": ["a", "a"]}, {"download_hosts": ["a", "b"]}, RISK, "$.download_hosts[1]"),
    ({"a": 1, "b": 1}, {"b": 1, "a": 1}, STATISTICS + "/with-stats?sort_by=name", "$"),
    ({"a b\x1b": 1}, {"a b\x1b": 2}, RISK, '$["a b\\u001b"]'),
    (("no JSON", "a"), ("no JSON", "b"), RISK, "$"), (("no JSON", "1"), "1", RISK, "$")])
def test_what_is_a_difference(a, b, target, place):
    assert [where for where, _, _ in found(a, b, target)] == [place]


def test_statuses_fields_and_depth():
    assert compare.compare(RISK, (200, 1), (503, 1)) == [("status", "status", "200, then 503")]
    assert found({"a": {"n": 1}, "n": 2}, {"a": {"n": 3}, "n": 4}, ignored=("n",)) == []
    deep = shallow = 1
    for _ in range(5000):
        deep = [deep]
    assert found(deep, deep) == [("$", None, "nested too deeply to be compared")]
    assert found(deep, shallow)[0][0] == "$"


def test_everything_is_asked():
    """All categories, every view of each, and every preset."""
    asked = list(compare.questions(compare.CATEGORIES))
    assert len(asked) == len(set(asked))
    assert len(compare.CATEGORIES) == 15
    for name in compare.CATEGORIES:
        for view in ("", "/deletion-risk", "/with-stats"):
            assert STATISTICS.replace("text_generation", name) + view in asked
    assert all(any("preset=" + preset in target for target in asked) for preset in compare.PRESETS)
