"""Lists to paste: CSV and Markdown say what the JSON says, whatever models are called."""
import csv
import html.parser
import io
import json
import random
import re
import shutil
import subprocess

import pytest

from conftest import DEMO
from daemon import wait_for

BASE = "/model_references/statistics/image_generation/"
LISTS = {"deletion-risk": "models", "history": "models", "changes": "changes", "unlisted": "models"}
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'", "'=1", " =1", "\uff1d1", "a,b", "a;b", 'a"b', '"',
           "a|b", "a\\|b", "a\\\\|b", "\\", "a\\", "|", "||", "`", "``", "`a`|`", "a`|b", "<img src=x onerror=y>",
           "<b>|</b>", "</code>|", "@somebody", "|@somebody", "[a](https://example.org)", "![a](b)|", "#1", "&#124;",
           "a&lt;|b", "https://example.org", "www.example.org|", "|https://example.org", "a@example.org|", "**a**|",
           "~~a~~|", "a\nb", "a\r\nb|c", "\n| x | y |\n", "--|--", "\u202ea", "\u2028", "a\u0000b", " ", "  a  ", "-",
           "| - |", "ж", "模型|", "a\x7fb", "$a$|", ":smile:|", "a_b_c|d_e_f", "1e5", "0123", "true", "null"]
ALPHABET = "|\\`<>&;,'\"@#[]()!*_~=+-:. \t\r\naé模\u0000"


def names():
    dice = random.Random(7)
    made = {"".join(dice.choice(ALPHABET) for _ in range(dice.randint(1, 9))) for _ in range(300)}
    return HOSTILE + sorted(made - set(HOSTILE))


def write(directory, models, unlisted):
    record = next(iter(json.loads((DEMO / "image_generation.json").read_text()).values()))
    records = {name: {**record, "name": name} for name in models}
    status = [{"performance": 1, "queued": 3, "jobs": 0, "eta": 0, "type": "image", "name": name, "count": 2}
              for name in unlisted]
    for file, document in (("image_generation", records), ("status_image", status), ("workers", []),
                           ("stats_image", {period: {} for period in ("day", "month", "total")})):
        new = directory / (file + ".new")
        new.write_text(json.dumps(document))
        new.rename(directory / (file + ".json"))


@pytest.fixture
def daemon(tmp_path, make_daemon):
    """One whose models were others before, so that there are changes of such names."""
    documents = tmp_path / "documents"
    documents.mkdir()
    every = names()
    write(documents, every[::2], every[1::2])
    daemon = make_daemon({"image_generation": ["file://%s/image_generation.json" % documents]},
                         "file://%s" % documents, hydration="interval = 1",
                         settings="history { settle = 0 }").start()
    write(documents, every[::3], [name for i, name in enumerate(every) if i % 3])
    wait_for(lambda: daemon.json(BASE + "changes")["total_count"] > 0, "changes")
    return daemon


def both(daemon, path, format):
    """The text and the JSON of a list."""
    whole, text = daemon.of_one_snapshot(BASE + path, BASE + path + "?format=" + format)
    return text.body.decode(), whole.json()


def of_cell(cell):
    """The text of a cell of CSV."""
    return cell[1:] if cell.startswith("'") else cell


def of_value(value):
    return {None: "", True: "true", False: "false"}.get(value, value) if not isinstance(value, (int, float)) \
        or isinstance(value, bool) else repr(value)


def flat(row):
    """A row of JSON under the names of the columns of CSV."""
    flags = row.get("deletion_risk_flags", {})
    sides = {key + "_" + side: value for side in ("before", "after") for key, value in (row.get(side) or {}).items()}
    return {**row, **flags, **sides}


def is_time(column):
    return column in ("at", "since", "first_seen", "last_seen") or column.endswith("_since")


@pytest.mark.parametrize("path,key", LISTS.items())
def test_csv_reads_back_as_the_json(daemon, path, key):
    text, whole = both(daemon, path, "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == len(whole[key]) > 100
    compared = set()
    for row, said in zip(rows, map(flat, whole[key])):
        assert None not in row and None not in row.values(), "as many cells as columns"
        for column, cell in row.items():
            if column in said and not is_time(column):
                assert of_cell(cell) == of_value(said[column]), (column, said)
                compared.add(column)
            assert not re.match(r"\s*[=+@\uff1d\t\r]|\s*-\D", cell), "no formula"
    assert len(compared) >= 3 and ("name" in compared or "model" in compared)


@pytest.mark.parametrize("path,key", LISTS.items())
def test_markdown_has_a_row_for_each(daemon, path, key):
    """By the rule of the extension alone: a bar that no backslash escapes ends a cell."""
    text, whole = both(daemon, path, "markdown")
    table = text.split("\n\n")[0].split("\n")
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in table]
    assert len(table) == 2 + len(whole[key])
    assert set(cells) == {cells[0]}


class Table(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


@pytest.mark.parametrize("path,key", LISTS.items())
def test_markdown_renders_as_names(daemon, path, key):
    """GitHub's own renderer sees names where there are names, and nothing that acts."""
    renderer = shutil.which("cmark-gfm")
    if renderer is None:
        pytest.skip("cmark-gfm is missing (Debian: cmark-gfm)")
    text, whole = both(daemon, path, "markdown")
    page = subprocess.run([renderer, "-e", "table", "-e", "autolink", "-e", "strikethrough", "--unsafe"],
                          input=text.encode(), capture_output=True, check=True, timeout=60).stdout.decode()
    table = Table()
    table.feed(page)
    assert table.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code", "strong", "p"}, table.tags
    column = 1 if path == "changes" else 0
    head, *rows = table.rows
    assert [len(row) for row in rows] == [len(head)] * len(rows)
    said = [row.get("name", row.get("model")) for row in whole[key]]
    shown = [row[column] for row in rows]
    for name, cell in zip(said, shown):
        # A renderer may trim a cell, and what follows the last row belongs to none.
        assert cell.strip() == re.sub(r"[\x00-\x1f\x7f]", " ", name or "–").strip()
