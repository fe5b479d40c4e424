"""Names of models are bytes of strangers: whatever they are, a terminal obeys none, and programs get them whole."""
import json
import re
import unicodedata

import pytest
from ctl import PROGRAM, check_form, ctl
from daemon import wait_for
from screen import Terminal
from test_csv_markdown import write

CATEGORY = "image_generation"
HOSTILE = [
    "\x1b[2J\x1b[Hgone", "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1bP+q\x1b\\", "\x9b31mred", "\x9d0;t\x9c",
    "\u202ereversed", "\u2066isolate\u2069", "\u2028line", "\u2029", "a\nb", "a\r\nfake\tcell", "\x08\x08\x08", "\x0e",
    "\x7f", "a\x00b", "-flag", "--json", "e\u0301" * 20, "\u200b", "模型" * 30, "x" * 300, "ж" * 300, "=cmd|' /C calc'!A0",
    "|", "`", "\\", '"', "' OR 1=1", "%s%n%x", "$(reboot)", ";reboot", "../../etc/passwd",
]
COMMANDS = [
    ["models", CATEGORY], ["models", CATEGORY, "--csv"], ["models", CATEGORY, "--markdown"],
    ["models", CATEGORY, "--csv", "--columns", "name,flags"], ["changes", CATEGORY],
    ["models", CATEGORY, "--json"], ["models", CATEGORY, "--format", "keyvalue"],
    ["dump", CATEGORY, "deletion-risk"], ["dump", CATEGORY, "with-stats"],
]
ONE = [["model", CATEGORY], ["model", CATEGORY, "--explain"], ["history", CATEGORY]]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One whose models were others before, so that there are changes of such names."""
    from daemon import Daemon
    documents = tmp_path_factory.mktemp("documents")
    write(documents, HOSTILE[::2] + ["Plain"], [])
    made = Daemon(tmp_path_factory.mktemp("strangers"),
                  {CATEGORY: ["file://%s/%s.json" % (documents, CATEGORY)]}, "file://%s" % documents,
                  settings="history { settle = 0 }", hydration="interval = 1").start()
    write(documents, HOSTILE + ["Plain"], [])
    wait_for(lambda: made.json("/model_references/statistics/%s/deletion-risk" % CATEGORY)["total_count"] ==
             len(HOSTILE) + 1, "all models")
    wait_for(lambda: made.json("/model_references/statistics/%s/changes" % CATEGORY)["total_count"] > 0, "changes")
    yield made
    assert made.stop() == 0


def check_raw(raw, arguments):
    """Nothing but lines of characters that are seen: the terminal's driver makes CR LF of a line's end."""
    text = raw.decode()
    bad = [c for c in text if unicodedata.category(c) in ("Cc", "Zl", "Zp") and c not in "\r\n" or
           unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")]
    assert not bad, (arguments, bad)
    assert not re.search(r"\r(?!\r*\n)", text), "nothing goes back to the beginning of a line"


def on_terminal(daemon, arguments):
    terminal = Terminal([PROGRAM, "-c", str(daemon.config), *arguments], columns=80, rows=24,
                        env=dict(daemon.env, NO_COLOR="1"))
    try:
        status = terminal.end()
        return status, terminal.raw
    finally:
        terminal.close()


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_terminal_obeys_no_name_of_a_list(daemon, arguments):
    status, raw = on_terminal(daemon, arguments)
    assert status == 0
    check_raw(raw, arguments)


@pytest.mark.parametrize("arguments", ONE, ids=" ".join)
def test_a_terminal_obeys_no_name_of_one_model(daemon, arguments):
    for name in HOSTILE:
        if "\0" in name:
            continue
        status, raw = on_terminal(daemon, [*arguments, "--", name])
        assert status == 0, name
        check_raw(raw, arguments)
    status, raw = on_terminal(daemon, [*arguments, "--", "\x1b[2Jx\u202e"])
    assert status == 1
    check_raw(raw, arguments)


def test_programs_get_names_whole(daemon):
    names = [row["name"] for row in daemon.json("/model_references/statistics/%s/deletion-risk" % CATEGORY)["models"]]
    said = ctl(daemon, "models", CATEGORY, "--json")
    assert [model["name"] for model in said.json()["models"]] == names
    for name in names:
        if "\0" not in name:
            assert ctl(daemon, "model", CATEGORY, "--json", "--", name).json()["name"] == name


def test_every_value_is_one_line(daemon):
    said = ctl(daemon, "models", CATEGORY, "--format", "keyvalue")
    assert all(re.match(r"[a-z_.0-9]+=", line) for line in said.out.split("\n")[:-1])
    said = ctl(daemon, "models", CATEGORY)
    assert len(said.out.split("\n")) == 1 + len(HOSTILE) + 1 + 1
    assert {line.count("\t") for line in said.out.split("\n")[:-1]} == {said.out.split("\n")[0].count("\t")}


def test_changes_have_names_whole(daemon):
    said = json.loads(ctl(daemon, "changes", CATEGORY, "--json").out)
    check_form(said)
    names = {change["model"] for change in said["changes"]}
    assert names & set(HOSTILE) and names <= set(HOSTILE) | {None, "Plain"}
