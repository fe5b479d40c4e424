"""The view of one model: why it is flagged, since when, what became of it, and what would change that."""
import re
import urllib.parse

import pytest
from selenium.webdriver.common.keys import Keys

from browser import DESKTOP, NARROW, PHONE
from conftest import DEMO, categories_of, dashboard_of, replace
from daemon import Daemon, wait_for

CORRECTIONS = 'analysis { corrections = { "parameter-buckets", "never-used" } }'
RISKY, USED, GONE = "Nimbus Study", "quill-labs/Quill-7B", "Zephyr Lantern"
HOSTILE = ["<script>console.error('ran')</script>", "<img src=x onerror=console.error('ran')>", "=1+1|cmd", "`code` @here [a](//b)",
           "evil\u202egpj.exe", "line\nbreak", "שלום עולם", "a/b?c#d%2Fe&f", "long " + "W" * 300, "'\"><svg onload=console.error('ran')>"]


def address(name, category="image_generation"):
    return "model/%s/%s" % (category, urllib.parse.quote(name, safe=""))


def answer(daemon, name, category="image_generation", query=""):
    return daemon.json("/model_references/statistics/%s/models/%s%s" % (category, urllib.parse.quote(name, safe=""), query))


def shown(number):
    return "{:,}".format(number)


def test_says_why_since_when_and_what_happened(demo_page, demo):
    assert demo_page.open(address(RISKY)) == RISKY
    risk = answer(demo, RISKY)["deletion_risk"]
    assert risk["at_risk"] and not risk["is_critical"]
    demo_page.shows(re.compile(r"At risk\s+since \d{4}-\d\d-\d\d \(\d+\sdays\)"))
    demo_page.by_role("heading", "Why it is flagged", level=2)
    reasons = answer(demo, RISKY, query="?explain=true")["explanation"]
    for text in [reason["text"] for reason in reasons if reason["set"]]:
        demo_page.shows(text[0].upper() + text[1:])
    demo_page.click("DisclosureTriangle", re.compile("what would change that$"))
    demo_page.shows("“no workers” is not set; both would make it so")
    demo_page.shows(re.compile(r"usage, \d+\ss old"))
    for words in "never used", "little used", "not hold: what would change that", "reason added", "workers 5 → 2", "1\u00a0file on huggingface.co":
        demo_page.shows(words)
    assert demo_page.driver.title == RISKY + " · hydratord"
    demo_page.screenshot("model")


def test_figures_are_those_of_the_answer(demo_page, demo):
    demo_page.open(address(USED, "text_generation"))
    found = answer(demo, USED, "text_generation")
    demo_page.shows("Not at risk")
    for number in (found["deletion_risk"]["usage_" + period] for period in ("day", "month", "total")):
        demo_page.shows(shown(number))
    workers = demo_page.by_role("region", "Workers that serve it")
    for worker in found["with_stats"]["worker_summaries"].values():
        assert worker["name"] in workers.text and worker["performance"] in workers.text
    backends = demo_page.by_role("region", "Backends")
    for one in found["with_stats"]["backend_variations"].values():
        assert one["variant_name"] in backends.text and shown(one["usage_total"]) in backends.text


def test_days_are_in_the_address(demo_page):
    demo_page.open(address(RISKY))
    days = demo_page.click("button", "30\u00a0days")
    wait_for(lambda: demo_page.url.endswith("?days=30"), "the address")
    assert demo_page.focus() == days
    link = demo_page.url
    demo_page.click("button", "90\u00a0days")
    wait_for(lambda: "days" not in demo_page.url, "the default to leave the address")
    demo_page.driver.get("about:blank")
    demo_page.driver.get(link)
    assert demo_page.by_role("button", "30\u00a0days").get_attribute("aria-pressed") == "true"
    demo_page.shows(re.compile(r"uses in 30\sdays"))


def test_chart_is_read_by_keys_and_as_a_table(demo_page, demo):
    demo_page.open(address(USED, "text_generation"))
    found = answer(demo, USED, "text_generation")
    usage = found["history"]["usage"]
    chart = demo_page.by_role("slider", re.compile("^Used in a day"))
    assert re.search(r"uses in 90\sdays", chart.get_attribute("aria-valuetext"))
    for key, place in ((Keys.ARROW_LEFT, -1), (Keys.ARROW_LEFT, -2), (Keys.HOME, 0), (Keys.PAGE_UP, 7), (Keys.END, -1)):
        chart.send_keys(key)
        said = chart.get_attribute("aria-valuetext")
        assert found["dates"][place] in said and shown(usage[place]) in said
        demo_page.shows(said)
    chart.send_keys(Keys.ESCAPE)
    assert re.search(r"uses in 90\sdays", chart.get_attribute("aria-valuetext"))
    demo_page.click("DisclosureTriangle", "As a table")
    rows = demo_page.by_role("table", "Used in a day").text.splitlines()[2:]
    # A day that has ended since, at midnight UTC, is not "so far" any more.
    assert rows[0].removesuffix(", so far") == "%s %s" % (found["dates"][-1], shown(usage[-1]))
    assert rows[1] == "%s %s" % (found["dates"][-2], shown(usage[-2])) and len(rows) == 90


def test_copies_a_paragraph_that_says_why(demo_page, demo):
    demo_page.driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    demo_page.open(address(RISKY))
    demo_page.click("button", "Copy as Markdown")
    demo_page.shows("Copied")
    text = demo_page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert text.startswith("`%s` (Image generation, `stable_diffusion_1`, " % RISKY)
    assert "Why: not used today (used 0 times in the day; 1 would be enough), not used this month (" in text
    assert re.search(r"little used \(usage 0 in the month is 0 % of \d+, against [^)]*\); \d+ would be enough\)\. Used 0 times today", text)
    assert text.endswith("<%s>\n" % demo_page.url) and "\u00a0" not in text


def test_a_model_that_is_not_there_names_those_that_are_close(demo_page):
    demo_page.expect()
    demo_page.open(address("Nimbus Studi"))
    demo_page.shows("There is no model of this name")
    demo_page.click("link", RISKY)
    demo_page.shows("Why it is flagged")
    assert demo_page.heading() == RISKY


def test_a_model_that_has_gone_has_its_history(demo_page):
    demo_page.expect()
    demo_page.open(address(GONE))
    demo_page.shows(re.compile(r"Gone\s+since \d{4}-\d\d-\d\d"))
    demo_page.by_role("slider", re.compile("^Used in a day"))
    demo_page.shows("disappeared")


def test_without_a_history_it_says_so(page, tmp_path):
    daemon = Daemon(tmp_path, categories_of(DEMO), "file://%s" % DEMO, settings="history { enabled = false } " + CORRECTIONS).start()
    page.expect()
    page.open(address(RISKY), dashboard_of(daemon))
    page.shows("No history is kept here")
    page.shows("never used")
    assert page.find_all("slider") == []
    assert daemon.stop() == 0


def test_a_refresh_leaves_the_focus_and_what_is_open(copied, page):
    copied.start()
    page.open(address(RISKY), dashboard_of(copied))
    page.click("DisclosureTriangle", re.compile("what would change that$"))
    page.shows("files on several hosts")
    chart = page.by_role("slider", re.compile("^Used in a day"))
    replace(copied.data / "stats_image.json", lambda stats: stats["day"].update({RISKY: 4321}))
    page.shows(re.compile(r"Used today\s+4,321"))
    assert "what would change that" in page.focus().text
    page.shows("files on several hosts")
    assert page.by_role("slider", re.compile("^Used in a day")) == chart


def test_names_of_attackers_are_texts(copied, page):
    replace(copied.data / "image_generation.json", lambda models: [
        models.update({name: dict(models[RISKY], name=name, baseline=name)}) for name in HOSTILE])
    copied.start()
    known = [model["name"] for model in copied.json("/model_references/statistics/image_generation/deletion-risk")["models"]]
    page.size(*NARROW)
    page.open("help", dashboard_of(copied))
    for name in HOSTILE:
        assert name in known
        page.go(address(name))
        page.shows("Why it is flagged")
        assert page.heading() == name.replace("\u202e", "\\u202e").replace("\n", "\\u000a")
        assert page.script("return document.querySelectorAll('main script, main img, main svg[onload]').length") == 0
        assert page.too_wide() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe(demo_page, axe_source, scheme, size):
    demo_page.media(prefers_color_scheme=scheme)
    demo_page.size(*size)
    demo_page.open("help")
    for name, category in (RISKY, "image_generation"), (USED, "text_generation"):
        demo_page.go(address(name, category))
        assert demo_page.heading() == name
        demo_page.by_role("slider", re.compile("^Workers"))
        demo_page.script("document.querySelectorAll('details').forEach(each => each.open = true)")
        demo_page.shows("critical")
        assert demo_page.axe(axe_source) == []
        assert demo_page.too_wide() == []
    demo_page.screenshot("model-%s-%d" % (scheme, size[0]))


def test_leads_to_its_neighbours_in_the_list_it_was_opened_from(demo_page):
    demo_page.open("models/image_generation?preset=critical")
    table = demo_page.by_role("table")
    names = wait_for(lambda: [name for name in demo_page.names("link", within=table) if name], "rows")
    assert len(names) > 2
    link = demo_page.url
    demo_page.click("link", names[1], within=table)
    demo_page.shows("2 of %d" % len(names))
    demo_page.click("link", "Next")
    demo_page.shows("3 of %d" % len(names))
    assert demo_page.heading() == names[2]
    demo_page.click("link", "Previous")
    demo_page.click("link", "Previous")
    demo_page.shows("1 of %d" % len(names))
    demo_page.absent("link", "Previous")
    demo_page.click("link", "1 of %d" % len(names))
    demo_page.by_role("heading", re.compile("^Models"), level=1)
    assert demo_page.url == link


def test_a_model_that_goes_while_it_is_looked_at(copied, page):
    page.expect()
    copied.start()
    page.open(address(RISKY), dashboard_of(copied))
    page.by_role("button", "Copy as Markdown")
    replace(copied.data / "image_generation.json", lambda models: models.pop(RISKY))
    page.shows(re.compile(r"Gone\s+since"))
    page.absent("button", "Copy as Markdown")
    page.absent("heading", "Why it is flagged")
