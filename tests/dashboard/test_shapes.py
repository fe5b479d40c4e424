"""Answers that are not hydratord's, or not of this version: said in words, and the view keeps what it had."""
import copy
import json
import re
import time

import pytest

from daemon import wait_for

STATISTICS = "/model_references/statistics/image_generation"
MODEL = "model/image_generation/Glass%20Frame"
# Route -> where it is asked for, the view that asks, and a text of it that stays.
ROUTES = {
    "readyz": ("/readyz?verbose", "overview", "Other categories"),
    "cycles": (STATISTICS + "/cycles", "overview", "never older"),
    "columns": (STATISTICS + "/columns", "models/image_generation", "Lantern Sketch v2"),
    "history": (STATISTICS + "/history?limit=2", "models/image_generation", "Lantern Sketch v2"),
    "changes": (STATISTICS + "/changes?limit=2", "changes/image_generation", "Nimbus Study"),
    "models": (STATISTICS + "/models/Glass%20Frame?explain=true", MODEL, "Used this month"),
    "unlisted": (STATISTICS + "/unlisted", "unlisted/image_generation", "Tidepool Study"),
    "statistics": (STATISTICS, "statistics/image_generation", "Baselines"),
}
# Of views that have data already. History is not asked for again.
KEPT = sorted(set(ROUTES) - {"history"})
JSON = {"Content-Type": "application/json"}
PAGE = {"Content-Type": "text/html"}, b"<!doctype html><title>Log in</title><form></form>"
SAID = re.compile("not an answer of hydratord|broke off")


def shapes(good):
    """(name, answer) of whoever else may answer in the place of a good one."""
    yield "a page", (200, *PAGE)
    yield "a login", (302, {"Location": "/login"}, b"")
    yield "a login elsewhere", (302, {"Location": "http://localhost:1/login"}, b"")
    yield "nothing", (200, JSON, b"")
    yield "cut", (200, JSON, good[:-20])
    yield "broken off", (200, JSON, good[:-20], len(good))
    for text in "{}", "null", "[]", '"text"', "7":
        yield text, (200, JSON, text.encode())


def come_back(page, between):
    """Something was published, and much time has passed."""
    by = time.monotonic_ns()

    def publish(health):
        for category in health["categories"]:
            category["generation"] += by

    between.edits["readyz"] = publish
    page.script("""
        const now = Date.now;
        Date.now = () => now() + 400000;
        document.dispatchEvent(new Event("resume"));""")


@pytest.mark.parametrize("route", KEPT)
def test_what_is_there_stays(page, between, demo, route):
    path, address, text = ROUTES[route]
    page.expect("net::ERR_")  # what broke off
    page.open(address)
    page.shows(text)
    page.settled()
    some = 4 if route == "readyz" else 1  # it is asked for again after ten seconds
    for name, answer in list(shapes(demo.get(path).body))[::some]:
        between.instead[route] = answer
        wait_for(lambda: come_back(page, between) or SAID.search(page.text()), name)
        assert text in page.text() and "mistake" not in page.text(), name
        assert page.too_wide() == [], name
        assert page.problems() == [], name
        del between.instead[route]
        wait_for(lambda: come_back(page, between) or not SAID.search(page.text()), "the end of " + name)


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_what_never_came_is_said(page, between, demo, route):
    path, address, _ = ROUTES[route]
    for name, answer in list(shapes(demo.get(path).body))[::6]:
        between.instead[route] = answer
        page.open(address)
        page.shows(SAID)
        assert "mistake" not in page.text() and page.problems() == [], name


# Members.

OTHER = "object", "list", "number", "text"


def parts_of(value, path=()):
    """The paths of all members, the outer ones first; of a list, in its first entry."""
    for key in value if isinstance(value, dict) else range(min(1, len(value))) if isinstance(value, list) else ():
        yield path + (key,)
        yield from parts_of(value[key], path + (key,))


def change(value, path, kind):
    """Gives one member another form; False if it has that, or is not there."""
    *outer, last = path
    try:
        for key in outer:
            value = value[key]
        old = value[last]
    except (KeyError, IndexError, TypeError):
        return False
    if not isinstance(value, (dict, list)):
        return False
    if kind == "missing":
        del value[last]
        return True
    value[last] = {"null": None, "object": {}, "list": [None], "number": -1e300,
                   "text": str(old) if isinstance(old, (int, float)) else "'\u202e"}[kind]
    return value[last] != old


def changes_of(good, kinds):
    """(path, kind, what comes of it) of each member, and of each kind."""
    for path in parts_of(good):
        for kind in kinds:
            changed = copy.deepcopy(good)
            if change(changed, path, kind):
                yield path, kind, changed


@pytest.mark.parametrize("kinds", [("null",), ("missing",), OTHER], ids=["null", "missing", "other"])
@pytest.mark.parametrize("route", sorted(ROUTES))
def test_what_is_let_through_is_drawn(call, page, between, demo, route, kinds):
    """Each member is refused, or the views can do without it: with all of those changed at once none fails."""
    path, address, _ = ROUTES[route]
    good = demo.json(path)

    def wrong(answers):
        return call("shapes.js", "(m, of, answers) => answers.map(each => m.misshapen(of, each) ?? '')",
                    path.partition("?")[0], answers)

    assert wrong([good]) == [""]
    changes = list(changes_of(good, kinds))
    let = [(part, kind) for (part, kind, _), said in zip(changes, wrong([changed for *_, changed in changes])) if not said]
    assert len(let) < len(changes)
    outer = {part[:end] for part, _ in let for end in range(1, len(part))}
    both = {"the inner": [each for each in let if each[0] not in outer], "the outer": let}
    spoilt = {name: copy.deepcopy(good) for name in both}
    for name, each in both.items():
        for part, kind in each:
            change(spoilt[name], part, kind)
    assert wrong(list(spoilt.values())) == ["", ""]
    for name, answer in spoilt.items():
        between.instead[route] = (200, JSON, json.dumps(answer).encode())
        for view in {address, MODEL if route in ("readyz", "changes") else address}:
            page.open(view, base=between.dashboard)
            page.settled()
            assert "mistake" not in page.text() and not SAID.search(page.text()), both[name]
            assert page.problems() == [], both[name]


# What the service may answer, by its own description.

ASKED_FOR = {"categories", "explanation"}  # by ?verbose and ?explain=true


def sample(schema, schemas, kind):
    """"least" of what a schema allows: no member that may be missing, and null instead of any that may be null; "nulls":
    the same, but for nulls instead of objects of a schema of their own; or the "most"."""
    least = kind != "most"
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas, kind)
    either = schema.get("oneOf") or schema.get("anyOf")
    kinds = schema.get("type", [])
    if either:
        null, = [each for each in either if each.get("type") == "null"] or [None]
        return None if kind == "least" and null else sample([each for each in either if each is not null][0], schemas, kind)
    if isinstance(kinds, str):
        kinds = [kinds]
    if kinds == ["null"] or least and "null" in kinds:
        return None
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "object" in kinds:
        names = [name for name in schema.get("properties", {})
                 if not least or name in schema.get("required", []) or name in ASKED_FOR]
        made = {name: sample(schema["properties"][name], schemas, kind) for name in names}
        if isinstance(schema.get("additionalProperties"), dict):
            made["any"] = sample(schema["additionalProperties"], schemas, kind)
        return made
    if "array" in kinds:
        return [sample(schema["items"], schemas, kind)]
    if "string" in kinds:
        return "2026-11-30" if schema.get("format") == "date" else "text"
    return {"boolean": True, "integer": 1, "number": 1.5}[kinds[0]]


@pytest.mark.parametrize("kind", ["least", "nulls", "most"])
def test_whatever_the_service_may_answer_is_taken(call, demo, kind):
    described = demo.json("/openapi.json")
    for path, methods in described["paths"].items():
        answer = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json")
        if answer:
            made = sample(answer["schema"], described["components"]["schemas"], kind)
            wrong = call("shapes.js", "(m, of, answer) => m.misshapen(of, answer) ?? ''",
                         re.sub(r"\{\w+\}", "x", path), made)
            assert wrong == "", (path, wrong, made)
