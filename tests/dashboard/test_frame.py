"""What stands around every view: keys, themes, the category, the way back; and the page's own modules."""
import csv
import io
import json
import re

import pytest
from selenium.webdriver.common.keys import Keys

from conftest import DEMO, categories_of
from daemon import Daemon, wait_for
from test_csv_markdown import HOSTILE, names


def at(page, end):
    wait_for(lambda: page.url.endswith(end), "%s, at %s" % (end, page.url))


def test_keys(demo_page):
    demo_page.open()
    for key, view, heading in (("m", "models", "Models"), ("c", "changes", "Changes"), ("u", "unlisted", "Unlisted"),
                               ("s", "statistics", "Statistics"), ("o", "overview", "Overview")):
        demo_page.press("g", key)
        wait_for(lambda: "#/" + view in demo_page.url, view)
        wait_for(lambda: demo_page.focus().tag_name == "h1" and heading in demo_page.focus().text, "the focus")
    demo_page.press("g", "c")
    demo_page.by_role("searchbox")
    demo_page.press("/")
    wait_for(lambda: demo_page.focus().get_attribute("data-search") is not None, "the search")
    demo_page.press("g", "o")
    assert demo_page.focus().get_attribute("value") == "go", "who types is let be"


def test_help_is_a_dialog(demo_page):
    demo_page.open()
    demo_page.press("?")
    dialog = demo_page.by_role("dialog", "Keys")
    assert "search" in dialog.text
    demo_page.press("?")
    assert len(demo_page.find_all("dialog")) == 1
    demo_page.press(Keys.ESCAPE)
    demo_page.absent("dialog")
    demo_page.click("button", "Keys and help")
    demo_page.click("link", "Help", within=demo_page.by_role("dialog"))
    demo_page.absent("dialog")
    assert demo_page.by_role("heading", "Help", level=1)


def test_a_theme_stays_until_another_is_chosen(demo_page):
    def ground():
        return demo_page.script("return getComputedStyle(document.documentElement).backgroundColor")

    demo_page.media(prefers_color_scheme="light")
    demo_page.open()
    light = ground()
    demo_page.by_role("combobox", "Theme").send_keys("Dark")
    wait_for(lambda: ground() != light, "the dark")
    dark = ground()
    demo_page.open()
    assert ground() == dark
    demo_page.by_role("combobox", "Theme").send_keys("Auto")
    wait_for(lambda: ground() == light, "the system's")
    demo_page.media(prefers_color_scheme="dark")
    wait_for(lambda: ground() == dark, "the system's")


def test_the_category_is_kept(demo_page):
    demo_page.open("statistics/clip")
    demo_page.by_role("combobox", "Category").send_keys("Text gen")
    at(demo_page, "#/statistics/text_generation")
    demo_page.click("link", "Models")
    at(demo_page, "#/models/text_generation")
    demo_page.go("changes")
    assert "All categories" in demo_page.by_role("combobox", "Category").text


def test_who_comes_back_stands_where_he_was(demo_page):
    demo_page.open("changes")
    demo_page.shows("appeared")
    wait_for(lambda: demo_page.script("return document.documentElement.scrollHeight") > 3000, "changes")
    demo_page.script("scrollTo(0, 1200)")
    demo_page.script("return new Promise(done => setTimeout(done, 400))")
    demo_page.go("help")
    assert demo_page.script("return scrollY") == 0
    demo_page.driver.back()
    at(demo_page, "#/changes")
    wait_for(lambda: demo_page.script("return scrollY") == 1200, "the place")


def test_a_page_that_is_older_than_its_daemon(page, between):
    page.open("help")
    page.shows("data come from")
    between.edits["readyz"] = lambda health: health.update(version="9.9.9~git1")
    page.script("document.dispatchEvent(new Event('resume'))")
    page.click("button", "Load the newer page")
    page.shows(re.compile(r"^hydratord\s*9\.9\.9$", re.M))
    page.absent("button", "Load the newer page")
    at(page, "#/help")


def test_no_such_view(demo_page):
    assert demo_page.open("nonsense/%zz") == "Not found"
    demo_page.click("link", "Overview")
    demo_page.by_role("heading", "Overview", level=1)


def test_the_content_is_one_key_away(demo_page):
    demo_page.open("help")
    demo_page.press(Keys.TAB)
    assert demo_page.focus().text == "To the content"
    demo_page.press(Keys.ENTER)
    wait_for(lambda: demo_page.focus().tag_name == "h1", "the content")
    at(demo_page, "#/help")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A daemon whose models are called what attackers would call them."""
    directory = tmp_path_factory.mktemp("hostile")
    record = next(iter(json.loads((DEMO / "image_generation.json").read_text()).values()))
    (directory / "image_generation.json").write_text(json.dumps(
        {name: {**record, "name": name} for name in names() + ["ж" * 200, "a" * 254 + "é", "a" * 255 + "é"]}))
    for name in "status_image", "stats_image", "workers":
        (directory / (name + ".json")).write_text((DEMO / (name + ".json")).read_text())
    daemon = Daemon(directory / "run", categories_of(directory), "file://%s" % directory).start()
    yield daemon
    assert daemon.stop() == 0


LIST = "/model_references/statistics/image_generation/deletion-risk"


def test_csv_is_escaped_as_the_daemon_does(call, hostile):
    every = [row["name"] for row in hostile.json(LIST)["models"]]
    assert set(HOSTILE) & set(every)
    ours = call("export.js", "(m, rows) => m.toCsv([{name: 'name', value: row => row}], rows)", every)
    theirs = hostile.get(LIST + "?format=csv").body.decode()
    first = [row[0] for row in csv.reader(io.StringIO(theirs, newline=""))]
    assert [row[0] for row in csv.reader(io.StringIO(ours, newline=""))] == first
    assert call("export.js", "(m) => m.toCsv([{name: 'n', value: row => row}], [-1.5, null, true])") == "n\r\n-1.5\r\n\r\ntrue\r\n"


def test_markdown_is_escaped_as_the_daemon_does(call, hostile):
    every = [row["name"] for row in hostile.json(LIST)["models"]]
    theirs = hostile.get(LIST + "?format=markdown").body.decode()
    for name, cell in zip(every, call("export.js", "(m, rows) => rows.map(m.markdownName)", every)):
        assert "| %s |" % cell in theirs, (name, cell)


HISTORY = """(m, now, old, cycles) => {
    const made = m.ageHistory({ring_since: cycles.begun[0], cycles}, {ttl: 60, stale_ttl: 600, stale_if_error: 3600}, now, old);
    return {rows: made.rows, words: made.words, failed: made.failed.length, sentence: m.ageSentence(made)};
}"""


def cycles(*rows):
    return {"number": list(range(1, len(rows) + 1)), "begun": [row[0] for row in rows], "took_ms": [0] * len(rows),
            "result": [row[1] for row in rows], "input_age": [row[2] for row in rows]}


@pytest.mark.parametrize("rows, now, old, expected", [
    # Two minutes between two publications, and one of a table's rows is a minute.
    ([(1000, "published", 0), (1120, "unchanged", 0)], 1180, 60, [None] * 6 + [0, 60, 120, 60]),
    # What failed made nothing young, and one old document of two not all that the other would be.
    ([(1000, "published", 0), (1060, "failed", None), (1120, "partial", 120)], 1180, 180, [None] * 6 + [0, 60, 120, 180]),
    ([(1000, "published", 30), (1120, "partial", 45)], 1180, 105, [None] * 6 + [30, 90, 150, 105]),
    ([(1000, "published", 4), (1120, "adopted", 124)], 1180, 184, [None] * 6 + [4, 64, 124, 184]),
    # What is known of now is younger than what was published last by the cycles that are known, or none is.
    ([(1000, "published", 0)], 1180, 30, [None] * 6 + [0, 60, 120, 150]),
    ([(1000, "failed", None)], 1600, 200, [None] * 6 + [20, 80, 140, 200]),
    ([(1000, "failed", None)], 1600, None, [None] * 10),
])
def test_ages_of_a_day(call, rows, now, old, expected):
    made = call("age-chart.js", HISTORY, now, old, cycles(*rows))
    assert made["rows"] == expected and made["words"] == "10 min"
    if old is None:
        assert made["sentence"] == "Nothing was published in the last 10 min."


def test_a_daemon_that_tells_no_ages_of_inputs(call):
    told = cycles((1000, "published", 0))
    del told["input_age"]
    assert call("age-chart.js", HISTORY, 1180, 60, told)["rows"] == [None] * 8 + [0, 60]


def test_a_whole_day_is_a_day(call):
    every = [(1000 + 300 * i, "published" if i != 100 else "failed", 0 if i != 100 else None) for i in range(290)]
    made = call("age-chart.js", HISTORY, every[-1][0] + 10, 10, cycles(*every))
    assert made["words"] == "24 h" and len(made["rows"]) == 24 and made["failed"] == 1
    assert sorted(set(made["rows"])) == [300, 600]


@pytest.mark.parametrize("seconds, words", [(0, "0 s"), (119.9, "119 s"), (120, "2 min"), (3600, "1 h"), (7199, "119 min"),
                                            (7500, "2 h 5 min"), (172800, "2 days"), (-5, "0 s"), (None, "–")])
def test_ages_in_words(call, seconds, words):
    assert call("words.js", "(m, s) => m.age(s)", seconds).replace("\u00a0", " ") == words
