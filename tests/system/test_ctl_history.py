"""hydratorctl history: the series of the answer, as a chart that fits."""
import pathlib
import subprocess

import pytest
from conftest import DEMO, file_categories
from ctl import PROGRAM, ctl
from daemon import BINARY, Daemon, wait_for
from screen import Terminal

HISTORY = "/model_references/statistics/image_generation/history"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One with months of history."""
    made = Daemon(tmp_path_factory.mktemp("history"), file_categories(DEMO), "file://%s" % DEMO)
    made.state.mkdir()
    program = pathlib.Path(BINARY).parents[1] / "tests" / "tools" / "demo_history"
    if not program.exists():
        pytest.skip("tests/tools/demo_history is missing (make check makes it)")
    subprocess.run([program, DEMO, made.state], check=True, timeout=120)
    made.start()
    wait_for(lambda: made.get(HISTORY).status == 200, "the history")
    yield made
    assert made.stop() == 0


def history(daemon, name):
    said = ctl(daemon, "history", "image_generation", "--json", "--", name)
    assert said.rc == 0, said
    return said.json()


def test_the_series_are_those_of_the_answer(daemon):
    answer = daemon.json(HISTORY)
    gone = [row for row in answer["models"] if not row["present"]]
    assert gone, "the sample data has a model that has gone"
    for row in answer["models"][:3] + gone:
        said = history(daemon, row["name"])
        assert [day["date"] for day in said["days"]] == answer["dates"][row["from"]:]
        assert [day["usage"] for day in said["days"]] == row["usage"]
        assert [day["workers"] for day in said["days"]] == row["workers"]
        assert said["present"] == row["present"] and said["resets"] == row["resets"]


def test_the_changes_are_those_of_the_model(daemon):
    changes = daemon.json("/model_references/statistics/image_generation/changes")["changes"]
    name = next(change["model"] for change in changes if change["kind"] == "renamed")
    mine = [change["id"] for change in changes if name in (change["model"], change["former"])]
    assert [change["id"] for change in history(daemon, name)["changes"]] == mine


def chart(lines, title):
    """The lines of a chart behind its title."""
    at = next(i for i, line in enumerate(lines) if line.startswith(title))
    found = []
    for line in lines[at + 1:]:
        if "|" not in line:
            break
        found.append(line.split("|", 1)[1])
    return found


@pytest.mark.parametrize("columns", [40, 80, 160])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_the_chart_fits_and_is_as_high_as_its_largest_day(daemon, columns, locale):
    name = daemon.json(HISTORY)["models"][0]["name"]
    said = ctl(daemon, "history", "image_generation", name, env={"COLUMNS": str(columns), "LC_ALL": locale})
    assert said.rc == 0
    lines = said.out.splitlines()
    usage, workers = chart(lines, "Usage"), chart(lines, "Workers")
    assert len(usage) == 8 and len(workers) == 4
    assert max(map(len, usage)) <= columns - 4
    full = "#" if locale == "C" else "█"
    assert full in usage[0] and full in workers[0], "the largest reaches the top"
    assert all(ord(c) < 128 for c in "".join(usage)) == (locale == "C")
    known = [day["usage"] for day in history(daemon, name)["days"]]
    most = max(range(len(known)), key=lambda i: known[i] or 0)
    scale = len(usage[-1]) / len(known)
    assert usage[0].index(full) <= most * scale < usage[0].rindex(full) + 1 + scale
    dates = [day["date"] for day in history(daemon, name)["days"]]
    assert any(dates[0] in line and dates[-1] in line for line in lines)


def test_a_change_has_its_letter_below_its_day(daemon):
    changes = daemon.json("/model_references/statistics/image_generation/changes")["changes"]
    name = next(change["model"] for change in changes if change["kind"] == "appeared")
    said = ctl(daemon, "history", "image_generation", name, env={"COLUMNS": "160", "LC_ALL": "C"})
    lines = said.out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Workers, "))
    marks = lines[at + 5]
    assert marks.strip().startswith(("a", "*"))
    assert any(line.startswith("a ") and name in line for line in lines)


def test_on_a_terminal(daemon):
    name = daemon.json(HISTORY)["models"][0]["name"]
    terminal = Terminal([PROGRAM, "-c", str(daemon.config), "history", "image_generation", name],
                        columns=80, rows=60, env=daemon.env)
    try:
        assert terminal.end() == 0
        assert "█" in terminal.text() and not terminal.screen.unknown
    finally:
        terminal.close()


def test_a_name_that_never_was(daemon):
    said = ctl(daemon, "history", "image_generation", "Never Was")
    assert said.rc == 1 and "closest: " in said.err and not said.out


def test_no_history_is_kept(make_daemon):
    made = make_daemon(settings="history { enabled = false }").start()
    name = made.json("/model_references/statistics/image_generation/deletion-risk?limit=1")["models"][0]["name"]
    said = ctl(made, "history", "image_generation", name)
    assert said.rc == 2 and "history.enabled" in said.err and not said.out


@pytest.mark.parametrize("arguments", [(), ("image_generation",), ("image_generation", "a", "b")])
def test_what_is_refused(daemon, arguments):
    assert ctl(daemon, "history", *arguments).rc == 64
