"""The table of models: what it shows is what /deletion-risk says, however it is sorted, filtered and taken away."""
import csv
import io
import re

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import DESKTOP, NARROW, PHONE
from conftest import dashboard_of, replace
from daemon import wait_for

IMAGES = "models/image_generation"


def rows_of(daemon, category="image_generation", query=""):
    return daemon.json("/model_references/statistics/%s/deletion-risk%s" % (category, query))["models"]


def by_risk(rows):
    return sorted(rows, key=lambda row: (-row["is_critical"], -row["risk_score"], row["usage_month"], row["usage_total"]))


def names(rows):
    return [row["name"] for row in rows]


def open_table(page, address=IMAGES, base=None):
    page.open(address, base)
    return page.by_role("table", "Models")


def drawn(page):
    """Names of the rows that are in the document."""
    return page.script("return [...document.querySelectorAll('hy-table tbody th .name')].map(name => name.textContent)")


def begins_with(page, wanted):
    wait_for(lambda: drawn(page)[:len(wanted)] == wanted, "the table to begin with %s" % wanted)


def copy_of(page, button):
    page.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.script("navigator.clipboard.writeText('')")
    page.click("button", button)
    return wait_for(lambda: page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])"), "a copy")


def test_the_ten_models_most_worth_deleting(demo_page, demo):
    open_table(demo_page)
    demo_page.click("button", re.compile("^Deletion candidates"))
    candidates = rows_of(demo, query="?preset=deletion_candidates")
    demo_page.shows("%d of 40\u00a0models" % len(candidates))
    demo_page.click("button", "Mark the first ten")
    text = copy_of(demo_page, "Copy Markdown")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert lines[0] == ["Model", "Baseline", "Risk", "Why", "At risk since", "Month", "Total", "Workers"]
    ten = by_risk(candidates)[:10]
    assert [line[0].strip("`") for line in lines[2:]] == names(ten)
    past = {row["name"]: row for row in demo.json("/model_references/statistics/image_generation/history")["models"]}
    for line, row in zip(lines[2:], ten):
        assert line[2] == str(row["risk_score"]) + (", critical" if row["is_critical"] else "")
        assert len(line[3].split(", ")) == row["risk_score"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", line[4]) and past[row["name"]]["at_risk_since"]
        assert line[5:] == [str(row["usage_month"]), str(row["usage_total"]), str(row["worker_count"])]
    demo_page.screenshot("models")


@pytest.mark.parametrize("category, query, mode", [
    ("image_generation", "", ""), ("text_generation", "", ""),
    ("text_generation", "group_text_models=true", "Families"),
    ("text_generation", "include_backend_variations=true", "Exact names")])
def test_presets_say_how_many_there_are(demo_page, demo, category, query, mode):
    open_table(demo_page, "models/" + category)
    if mode:
        demo_page.click("button", mode)
        wait_for(lambda: "mode=" in demo_page.url, "the address")
    begins_with(demo_page, names(by_risk(rows_of(demo, category, "?" + query)))[:1])
    for preset, label in (("deletion_candidates", "Deletion candidates"), ("zero_usage", "Not used this month"),
                          ("no_workers", "No workers"), ("missing_data", "Data missing"), ("host_issues", "Hosts"),
                          ("critical", "Critical"), ("low_usage", "Little used")):
        demo_page.by_role("button", "%s %d" % (label, len(rows_of(demo, category, "?preset=%s&%s" % (preset, query)))))


def test_heads_sort_and_the_address_says_how(demo_page, demo):
    table = open_table(demo_page)
    begins_with(demo_page, names(by_risk(rows_of(demo)))[:5])
    rows = rows_of(demo)
    for head, key in (("Month", lambda row: (row["usage_month"], row["usage_total"])),
                      ("Model", lambda row: row["name"].lower())):
        demo_page.click("button", head, within=table)
        begins_with(demo_page, names(sorted(rows, key=key))[:5])
        assert demo_page.focus().text == head
        demo_page.by_role("columnheader", head, within=table)
        assert demo_page.script("return document.querySelector('[aria-sort]').textContent + document.querySelector('[aria-sort]').ariaSort") == head + "ascending"
    demo_page.click("button", "Model", within=table)
    last_first = names(sorted(rows, key=lambda row: row["name"].lower(), reverse=True))[:5]
    begins_with(demo_page, last_first)
    link = demo_page.url
    assert "sort=-name" in link
    demo_page.driver.get("about:blank")
    demo_page.driver.get(link)
    begins_with(demo_page, last_first)


def test_filters_are_in_the_address_and_can_be_cleared(demo_page, demo):
    open_table(demo_page)
    demo_page.press("/")
    assert demo_page.focus() == demo_page.by_role("searchbox", "Search")
    demo_page.press("v2 ")
    found = [row for row in rows_of(demo) if "v2" in row["name"]]
    demo_page.shows("%d of 40\u00a0models" % len(found))
    demo_page.by_role("combobox", "Workers").send_keys("None")
    found = [row for row in found if row["worker_count"] == 0]
    demo_page.shows("%d of 40\u00a0models" % len(found))
    demo_page.click("DisclosureTriangle", "Reasons")
    demo_page.click("checkbox", "no description")
    found = [row for row in found if not row["has_description"]]
    demo_page.shows("%d of 40\u00a0models" % len(found))
    begins_with(demo_page, names(by_risk(found)))
    demo_page.type("spinbutton", "Risk, at least", "11")
    demo_page.shows("No model matches: name with “v2 ”, without workers, risk at least 11, no description.")
    wait_for(lambda: "score=11" in demo_page.url, "the address")
    link = demo_page.url
    demo_page.driver.get("about:blank")
    demo_page.driver.get(link)
    demo_page.shows("No model matches")
    demo_page.click("button", "Clear filters", within=demo_page.by_role("main"))
    demo_page.shows("40\u00a0models")
    assert "?" not in demo_page.url


def test_a_baseline_is_asked_for_and_so_is_none(demo_page, demo):
    open_table(demo_page, "models/text_generation")
    for choice, wanted in (("llama-3", "llama-3"), ("None", None)):
        Select(demo_page.by_role("combobox", "Baseline")).select_by_visible_text(choice)
        found = [row for row in rows_of(demo, "text_generation") if row["baseline"] == wanted]
        demo_page.shows("%d of 57\u00a0models" % len(found))
        begins_with(demo_page, names(by_risk(found))[:1])
    demo_page.go("models/text_generation?baseline=nobody-has-it")
    demo_page.shows("No model matches: baseline nobody-has-it.")


def test_keys_go_by_rows(demo_page, demo):
    open_table(demo_page)
    ranked = names(by_risk(rows_of(demo)))
    begins_with(demo_page, ranked[:1])
    demo_page.by_role("link", ranked[0]).send_keys(Keys.ARROW_DOWN)
    assert demo_page.focus().text == ranked[1]
    demo_page.press(Keys.END)
    assert demo_page.focus().text == ranked[-1]
    assert len(drawn(demo_page)) < 40
    demo_page.press(Keys.ARROW_UP, " ", Keys.HOME)
    assert demo_page.focus().text == ranked[0]
    demo_page.press(" ", Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    demo_page.focus().send_keys(Keys.SHIFT, " ")
    demo_page.shows("40\u00a0models, 4 marked")
    demo_page.press(Keys.ENTER)
    wait_for(lambda: demo_page.heading() == ranked[2], "the model")
    demo_page.driver.back()
    demo_page.shows("40\u00a0models, 4 marked")
    wait_for(lambda: demo_page.focus().text == ranked[2], "the row that was left")


def test_rows_say_which_of_how_many_they_are(demo_page, demo):
    table = open_table(demo_page)
    begins_with(demo_page, names(by_risk(rows_of(demo)))[:1])
    assert table.get_attribute("aria-rowcount") == "41"
    demo_page.script("document.querySelector('.table-region').scrollTop = 1e6")
    last = names(by_risk(rows_of(demo)))[-1]
    wait_for(lambda: drawn(demo_page)[-1] == last, "the last row")
    assert demo_page.script("return document.querySelector('hy-table tbody:nth-of-type(2) tr:last-child').ariaRowIndex") == "41"


def test_pages_for_who_does_not_want_to_scroll(demo_page, demo):
    open_table(demo_page)
    demo_page.by_role("combobox", "Rows").send_keys("10 a page")
    ranked = names(by_risk(rows_of(demo)))
    wait_for(lambda: drawn(demo_page) == ranked[:10], "the first page")
    demo_page.click("button", "Next")
    wait_for(lambda: drawn(demo_page) == ranked[10:20], "the second page")
    demo_page.shows("Page 2 of 4")
    found = csv.DictReader(io.StringIO(copy_of(demo_page, "Copy CSV")))
    assert [row["name"] for row in found] == ranked[10:20]
    assert "rows=10" in demo_page.url and "page=2" in demo_page.url


def test_csv_has_the_columns_that_are_shown(demo_page, demo):
    open_table(demo_page, IMAGES + "?columns=month,size,nsfw&sort=-size&workers=some")
    rows = [row for row in rows_of(demo) if row["worker_count"]]
    found = list(csv.DictReader(io.StringIO(copy_of(demo_page, "Copy CSV"))))
    assert list(found[0]) == ["name", "usage_month", "size_gb", "nsfw"]
    assert sorted(row["name"] for row in found) == sorted(names(rows))
    sizes = {row["name"]: row["size_gb"] for row in rows}
    assert [float(row["size_gb"]) for row in found if row["size_gb"]] == sorted((size for size in sizes.values() if size), reverse=True)
    assert all(float(row["size_gb"]) == sizes[row["name"]] for row in found if row["size_gb"])


def test_columns_are_chosen(demo_page):
    open_table(demo_page)
    demo_page.click("DisclosureTriangle", "Columns")
    demo_page.click("checkbox", "Share")
    demo_page.click("checkbox", "Baseline")
    wait_for(lambda: demo_page.names("columnheader", demo_page.by_role("table", "Models"))[1:]
             == ["Model", "Risk", "Why", "At risk since", "Month", "Total", "Share", "Workers", "90 days"], "the heads")
    assert "columns=" in demo_page.url


def test_days_of_rows_in_sight_are_drawn(demo_page, demo):
    open_table(demo_page)
    first = by_risk(rows_of(demo))[0]["name"]
    demo_page.by_role("image", "Usage of %s in 90 days" % first)


def test_a_refresh_keeps_the_focus_and_says_what_changed(copied, page):
    copied.start()
    open_table(page, base=dashboard_of(copied))
    ranked = names(by_risk(rows_of(copied)))
    begins_with(page, ranked[:1])
    page.by_role("link", ranked[0]).send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    page.press(" ")
    replace(copied.data / "stats_image.json", lambda stats: stats["month"].update({ranked[0]: 4321}))
    page.shows(re.compile(r"\b1\smodel changed"))
    wait_for(lambda: drawn(page)[0] == ranked[1], "another order")
    assert page.focus().text == ranked[2]
    page.shows("40\u00a0models, 1 marked")


def test_on_a_phone_rows_are_cards_and_filters_behind_a_button(demo_page, demo):
    demo_page.size(*PHONE)
    open_table(demo_page)
    begins_with(demo_page, names(by_risk(rows_of(demo)))[:1])
    assert demo_page.too_wide() == []
    demo_page.screenshot("models-phone")
    demo_page.click("button", "Filters")
    demo_page.by_role("combobox", "Sort by").send_keys("Model, lowest first")
    begins_with(demo_page, sorted(names(rows_of(demo)), key=str.lower)[:2])
    demo_page.size(*NARROW)
    assert demo_page.too_wide() == []


def test_a_category_without_deletion_risk_says_so(demo_page):
    demo_page.open("models/clip")
    demo_page.shows("There is no deletion risk of this category")
    demo_page.by_role("link", "Its statistics")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe(demo_page, axe_source, scheme, size):
    demo_page.media(prefers_color_scheme=scheme)
    demo_page.size(*size)
    open_table(demo_page)
    demo_page.by_role("image", re.compile("^Usage of"))
    assert demo_page.axe(axe_source) == []
    demo_page.go(IMAGES + "?q=nothing&rows=10")
    demo_page.shows("No model matches")
    assert demo_page.axe(axe_source) == []
