"""Changes, unlisted names, statistics and the help."""
import re
import signal
import urllib.request

import pytest
from selenium.webdriver.common.keys import Keys

from browser import DESKTOP, NARROW
from conftest import DEMO, categories_of, dashboard_of, file_categories, invent_history, replace
from daemon import Daemon, wait_for

HOSTILE = ["<script>console.error('ran')</script>", "<img src=x onerror=console.error('ran')>", "=1+1|cmd", "evil\u202egpj.exe",
           "line\nbreak", "שלום עולם", "W" * 300]
RISK = "image_generation", "text_generation"


def changes_of(daemon, category):
    return daemon.json("/model_references/statistics/%s/changes" % category)["changes"]


def entries(page):
    return page.script("return document.querySelectorAll('.changes-day > li').length")


def has_been_read(page, text):
    """Whether what a live region says to a screen reader contains the text."""
    return page.script("return document.getElementById('announce').textContent.includes(arguments[0])", text)


def is_within_window(page, element):
    return page.script("const r = arguments[0].getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight", element)


# Changes.


def test_changes_are_filtered_by_kind_reason_and_name(demo_page, demo):
    rows = [row for category in RISK for row in changes_of(demo, category)]
    demo_page.open("changes")
    demo_page.shows("%d\u00a0changes" % len(rows))
    renamed = [row for row in rows if row["kind"] == "renamed"]
    demo_page.click("button", "renamed %d" % len(renamed))
    demo_page.shows("%d of %d\u00a0changes" % (len(renamed), len(rows)))
    for row in renamed:
        demo_page.shows("formerly " + row["former"])
    assert demo_page.url.endswith("#/changes?kinds=renamed")
    demo_page.click("button", re.compile("^renamed"))
    demo_page.shows(re.compile(r"^%d\schanges" % len(rows), re.M))

    unserved = [row for row in rows if row["flag"] == "no_active_workers"]
    demo_page.by_role("combobox", "Reason").send_keys("no workers")
    demo_page.shows("%d of %d\u00a0changes" % (len(unserved), len(rows)))
    name = unserved[0]["model"]
    demo_page.type("searchbox", "Model", name.upper())
    found = [row for row in unserved if row["model"] == name]
    demo_page.shows("%d of %d\u00a0changes" % (len(found), len(rows)))
    text, link = demo_page.by_role("main").text, demo_page.url
    demo_page.driver.get("about:blank")
    demo_page.driver.get(link)
    demo_page.shows("%d of %d\u00a0changes" % (len(found), len(rows)))
    assert demo_page.by_role("main").text.splitlines()[3:] == text.splitlines()[3:]

    demo_page.type("searchbox", "Model", "no such model")
    demo_page.shows("None of %d\u00a0changes is about the reason “no workers” and has “no such model” in the name" % len(rows))
    demo_page.click("button", "Show all changes")
    demo_page.shows(re.compile(r"^%d\schanges" % len(rows), re.M))
    assert demo_page.url.endswith("#/changes") and demo_page.focus().get_attribute("type") == "search"


def test_a_change_has_its_figures_and_leads_to_its_model(demo_page, demo):
    row = next(row for row in changes_of(demo, "image_generation") if row["kind"] == "at_risk")
    demo_page.open("changes/image_generation/%d" % row["id"])
    entry = demo_page.script("return document.querySelector('[aria-current=true]')")
    for word, key in ("usage this month", "usage_month"), ("workers", "workers"), ("reasons", "risk_score"):
        if row["before"][key] != row["after"][key]:
            assert "{} {:,} → {:,}".format(word, row["before"][key], row["after"][key]) in entry.text
    demo_page.click("link", row["model"], within=entry)
    wait_for(lambda: demo_page.heading() == row["model"], "the model")


def test_a_change_has_a_link_to_itself(demo_page, demo):
    row = changes_of(demo, "text_generation")[-1]
    demo_page.open("changes/text_generation/%d" % row["id"])
    entry = wait_for(lambda: demo_page.script("return document.querySelector('[aria-current=true]')"), "the change")
    wait_for(lambda: is_within_window(demo_page, entry), "it to be scrolled to")
    assert row["model"] in entry.text
    other = demo_page.script("return document.querySelector('.changes-day a[title]')")
    target = other.get_attribute("href").partition("#")[2]
    demo_page.script("arguments[0].click()", other)
    wait_for(lambda: demo_page.url.endswith(target), "the address")
    entry = demo_page.script("return document.querySelector('[aria-current=true]')")
    wait_for(lambda: is_within_window(demo_page, entry), "the other one to be scrolled to")
    demo_page.go("changes/text_generation/12345")
    demo_page.shows("The change of this link is not kept any more")


def test_older_changes_are_shown_when_asked_for(demo_page, demo):
    demo_page.open("changes")
    demo_page.by_role("button", "Show older changes")
    before = entries(demo_page)
    demo_page.click("button", "Show older changes")
    wait_for(lambda: entries(demo_page) > before, "more of them")


def test_new_changes_come_by_themselves_and_move_nothing(copied, page):
    invent_history(copied)
    copied.start()
    page.open("changes", dashboard_of(copied))
    page.shows("Live")
    page.shows(re.compile(r"\d+\schanges"))
    known = [row["name"] for row in copied.json("/model_references/statistics/image_generation/deletion-risk")["models"]]
    first, *others = known[-3:]
    replace(copied.data / "image_generation.json", lambda models: models.pop(first))
    page.shows(re.compile(r"Today.*\s+[\d:]+\s+%s Image generation\s+disappeared" % re.escape(first)))
    assert page.find_all("button", re.compile("new change")) == []

    page.script("scrollTo(0, document.querySelector('.changes-list').getBoundingClientRect().top + scrollY + 200)")
    before = page.script("return [scrollY, document.querySelector('.changes-list').innerText]")
    replace(copied.data / "image_generation.json", lambda models: [models.pop(name) for name in others])
    button = page.by_role("button", "Show 2\u00a0new changes")
    assert page.script("return [scrollY, document.querySelector('.changes-list').innerText]") == before
    wait_for(lambda: has_been_read(page, "2\u00a0new changes"), "it to be said")
    button.click()
    for name in others:
        page.shows(name)
    assert page.script("return scrollY") == 0 and page.focus().tag_name == "h1"
    page.absent("button", re.compile("new change"))


def test_changes_that_come_at_once_are_drawn_together(page, demo):
    """A refresh tells of up to 200 in each category, and drawing takes its time."""
    wrapper = page.cdp("Page.addScriptToEvaluateOnNewDocument", source="""
        window.EventSource = class extends EventSource { constructor(...given) { super(...given); window.stream = this; } };""")
    try:
        page.of(dashboard_of(demo)).open("changes/image_generation")
    finally:
        page.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=wrapper["identifier"])
    before = len(changes_of(demo, "image_generation"))
    page.shows(re.compile(r"^%d\schanges" % before, re.M))
    page.script("""
        window.drawn = 0;
        new MutationObserver(records => { drawn += records.length; }).observe(document.querySelector(".changes-list"), {childList: true});
        const at = Math.floor(Date.now() / 1000);
        for (let i = 0; i < 200; i++) {
            stream.dispatchEvent(new MessageEvent("change", {lastEventId: "flood-" + i, data: JSON.stringify(
                {category: "image_generation", id: 4e12 + i, kind: "appeared", model: "flood " + i, flag: null, former: null, count: null, at, since: at, before: null, after: null})}));
        }""")
    page.shows(re.compile(r"^%d\schanges" % (before + 200), re.M))
    assert page.script("return drawn") <= 2


def test_without_a_history_there_are_no_changes(make_daemon, page):
    daemon = make_daemon(settings="history { enabled = false }").start()
    page.expect()
    page.open("changes", dashboard_of(daemon))
    page.shows("No history is kept here")


# Unlisted names.


@pytest.fixture
def unlisted(copied, page):
    """A page whose daemon reports names of attackers, with 1, 2, 3, ... workers."""
    replace(copied.data / "status_text.json", lambda status: status.extend(
        dict(status[0], name=name, count=i + 1, queued=100 - i) for i, name in enumerate(HOSTILE)))
    replace(copied.data / "stats_text.json", lambda stats: [
        stats[period].update({name: i + 1 for i, name in enumerate(HOSTILE)}) for period in ("day", "month", "total")])
    copied.start()
    page.open("unlisted/text_generation", dashboard_of(copied))
    page.shows("%d\u00a0names" % len(HOSTILE))
    return page


def column(page, i):
    return page.script("return [...document.querySelectorAll('tbody tr')].map(row => row.cells[arguments[0]].innerText)", i)


def test_unlisted_names_are_sorted_and_searched(unlisted, copied):
    answer = copied.json("/model_references/statistics/text_generation/unlisted")["models"]
    assert column(unlisted, 1) == [str(row["worker_count"]) for row in answer] == ["7", "6", "5", "4", "3", "2", "1"]
    assert column(unlisted, 0)[3] == "evil\\u202egpj.exe"
    unlisted.click("button", "Queued")
    wait_for(lambda: column(unlisted, 2)[0] == "100", "the longest queue")
    assert column(unlisted, 2) == sorted(column(unlisted, 2), key=float, reverse=True)
    assert unlisted.url.endswith("?sort=-queued")
    unlisted.click("button", "Queued")
    wait_for(lambda: column(unlisted, 2)[-1] == "100", "the shortest queue")
    assert unlisted.by_role("columnheader", "Queued").get_attribute("aria-sort") == "ascending"
    unlisted.press("/")
    unlisted.press("EVIL")
    unlisted.shows("1 of %d\u00a0names" % len(HOSTILE))
    assert unlisted.url.endswith("?sort=queued&q=EVIL")
    unlisted.type("searchbox", "Name", "nobody")
    unlisted.shows("None of %d\u00a0names has “nobody” in it" % len(HOSTILE))
    unlisted.click("button", "Show all names")
    unlisted.shows(re.compile(r"^%d\snames" % len(HOSTILE), re.M))


def test_unlisted_names_are_taken_away(unlisted, copied):
    unlisted.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    unlisted.type("searchbox", "Name", "script")
    unlisted.shows("1 of %d\u00a0names" % len(HOSTILE))
    unlisted.click("button", "Copy as Markdown")
    unlisted.shows("Copied")
    text = unlisted.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert text.splitlines()[2:] == ["| `%s` | 1 | 100 | 1 | 1 | 1 |" % HOSTILE[0]]
    for name, kind in ("CSV file of all", "text/csv"), ("Markdown file of all", "text/markdown"):
        link = unlisted.by_role("link", name)
        with urllib.request.urlopen(link.get_attribute("href")) as answer:
            assert answer.headers["Content-Type"].startswith(kind)


def test_names_of_attackers_are_texts(unlisted):
    for size in DESKTOP, NARROW:
        unlisted.size(*size)
        assert unlisted.too_wide() == []
    assert unlisted.script("return document.querySelectorAll('main script, main img').length") == 0


# Statistics.


def test_statistics_are_those_of_the_answer(demo_page, demo):
    demo_page.open("help")
    for category in categories_of(DEMO):
        if category == "ti":
            continue
        answer = demo.json("/model_references/statistics/" + category)
        demo_page.go("statistics/" + category)
        demo_page.shows("Counted from the model reference")
        assert re.search(r"Models\n%d\n" % answer["total_models"], demo_page.text())
        wanted = {"Baselines": [[row["baseline"], row["count"]] for row in answer["baseline_distribution"].values()],
                  "Hosts": [[host, n] for host, n in answer["download_stats"]["hosts"].items()],
                  "Tags": [[row["tag"], row["count"]] for row in answer["top_tags"]],
                  "Styles": [[row["tag"], row["count"]] for row in answer["top_styles"]]}
        for name, rows in wanted.items():
            assert bool(rows) == bool(demo_page.find_all("table", name)), (category, name)
            if rows:
                found = demo_page.script("return [...arguments[0].tBodies].flatMap(body => [...body.rows]).map("
                                         "row => [row.cells[0].innerText, Number(row.cells[1].innerText)])",
                                         demo_page.by_role("table", name))
                assert found == rows, category


def test_bars_are_as_long_as_their_numbers(demo_page, demo):
    answer = demo.json("/model_references/statistics/image_generation")
    counts = [row["count"] for row in answer["top_tags"]]
    demo_page.open("statistics/image_generation")
    table = demo_page.by_role("table", "Tags")
    widths = demo_page.script("return [...arguments[0].querySelectorAll('.bar > div')].map(bar => bar.offsetWidth / "
                              "bar.parentElement.querySelector('div').parentElement.offsetWidth)", table)
    assert len(widths) == len(counts)
    for width, count in zip(widths, counts):
        assert abs(width / widths[0] - count / counts[0]) < 0.05


def test_text_models_are_counted_by_families(demo_page, demo):
    path = "/model_references/statistics/text_generation"
    plain, grouped = demo.json(path)["total_models"], demo.json(path + "?group_text_models=true")["total_models"]
    assert grouped < plain
    demo_page.open("statistics/text_generation")
    demo_page.shows(re.compile(r"Models\n%d\n" % plain))
    demo_page.click("checkbox", "One entry for each model family")
    demo_page.shows(re.compile(r"Model families\n%d\n" % grouped))
    assert demo_page.url.endswith("?grouped=1")
    demo_page.open("statistics/text_generation?grouped=1")
    demo_page.shows(re.compile(r"Model families\n%d\n" % grouped))


def test_a_category_without_models_or_data_says_so(make_daemon, page, tmp_path):
    daemon = make_daemon({**file_categories(DEMO), "ti": ["file://%s/ti.json" % DEMO],
                          "lora": ["file://%s/missing.json" % tmp_path]}).start(wait=False)
    wait_for(lambda: daemon.get("/model_references/statistics/ti").status == 200, "the first refreshes")
    page.expect()
    page.open("statistics/ti", dashboard_of(daemon))
    page.shows("The model reference has no models of this category.")
    page.go("statistics/lora")
    page.shows("No data to show")
    (tmp_path / "new.json").write_text((DEMO / "lora.json").read_text())
    (tmp_path / "new.json").rename(tmp_path / "missing.json")
    daemon.send(signal.SIGUSR1)
    page.shows("Counted from the model reference")


def test_a_category_without_risk_has_neither_changes_nor_unlisted_names(demo_page):
    for view in "changes/clip", "unlisted/clip":
        demo_page.open(view)
        demo_page.shows("There is no deletion risk of this category")
    demo_page.click("link", "Its statistics")
    demo_page.shows("Counted from the model reference")


# Help.


def test_the_help_explains_each_word(demo_page, demo):
    demo_page.open("help")
    text = demo_page.text()
    for word in ("not used today", "files on another host", "Deletion candidates", "Stale for errors", "At risk since", "reason gone"):
        assert word in text
    hydration = demo.json("/readyz?verbose")["hydration"]
    demo_page.shows(re.compile(r"ttl \(here %d\s*(s|min)\)" % (hydration["ttl"] if hydration["ttl"] < 120 else hydration["ttl"] // 60)))
    for name, title in ("states", "States and ages"), ("keys", "Keys"):
        demo_page.click("link", title)
        heading = demo_page.by_role("heading", title)
        wait_for(lambda: is_within_window(demo_page, heading), "the section")
        assert demo_page.url.endswith("#/help/" + name)
        wait_for(lambda: demo_page.focus() == heading, "the focus")


def test_keys_are_explained_and_do_what_is_said(demo_page):
    demo_page.open("changes")
    demo_page.press("?")
    dialog = demo_page.by_role("dialog", "Keys")
    for words in "search in this view", "unlisted names", "mark the row":
        assert words in dialog.text
    demo_page.press(Keys.ESCAPE)
    demo_page.absent("dialog")
    for key, title in ("u", "Unlisted names"), ("s", "Statistics"), ("h", "Help"), ("c", "Changes"):
        demo_page.press("g", key)
        wait_for(lambda: demo_page.heading().startswith(title), title)
