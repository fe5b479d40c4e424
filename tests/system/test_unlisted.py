"""Names without a model: the list held against the rules of doc/reference.md 4.7, in Python."""
import json
import re

import pytest

from conftest import CASES, case_categories

pytestmark = [pytest.mark.skipif(not CASES, reason="no recorded cases on this machine"),
              pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)]

STATISTICS = "/model_references/statistics/%s/"
PERIODS = ("day", "month", "total")
BACKENDS = ("aphrodite/", "koboldcpp/")
QUANTISATIONS = [re.compile(r"[-_](?:%s)$" % shape, re.IGNORECASE) for shape in (
    "Q[2-8]_K(?:_[SMLH])?", "Q[2-8]_[01]", "Q[2-8]", "GGUF|GGML|GPTQ|AWQ|EXL2", "fp16|fp32|int8|int4")]


def key(name):
    """Whether a name has the prefix of a backend, and its key in the size index without it (3.6)."""
    last = name.lower().rsplit("/", 1)[-1]
    for quantisation in QUANTISATIONS:
        last = quantisation.sub("", last)
    return name.lower().startswith(BACKENDS), last


def usage_of(stats):
    """Lowered names to their usage, each period's with the last place (2.5)."""
    names = {}
    for period in PERIODS:
        places = {}
        for place, (name, n) in enumerate(stats.get(period, {}).items()):
            if place >= places.get(name.lower(), 0):
                places[name.lower()] = place
                entry = names.setdefault(name.lower(), dict.fromkeys(PERIODS, 0))
                entry.update({period: n, "name": name})
    return names


def row(name, element, usage):
    row = {"name": element["name"] if element else name, "worker_count": 0, "queued": None}
    if element:
        row.update(worker_count=int(element["count"]), queued=int(element["queued"]))
    return row | {"usage_" + period: usage[period] for period in PERIODS}


def unlisted(listed, status, stats):
    keys = [key(name) for name in listed]
    of_backends = {last for _, last in keys}
    canonical = {last for prefixed, last in keys if not prefixed}
    elements = {element["name"].lower(): element for element in status}
    usage = usage_of(stats)
    rows = []
    for name in {**usage, **elements}:
        prefixed, last = key(name)
        known = usage.get(name, dict.fromkeys(PERIODS, 0))
        has_workers = int(elements.get(name, {"count": 0})["count"]) > 0
        if last not in (of_backends if prefixed else canonical) and (has_workers or any(known[p] for p in PERIODS)):
            rows.append(row(known.get("name"), elements.get(name), known))
    return sorted(rows, key=lambda row: (-row["usage_month"], row["name"].encode()))


@pytest.mark.parametrize("category, kind", [("image_generation", "image"), ("text_generation", "text")])
def test_unlisted_names_are_those_of_the_rules(make_daemon, case, category, kind):
    reference, status, stats = (json.loads((case / path).read_text()) for path in (
        "reference/%s.json" % category, "horde/status_%s.json" % kind, "horde/stats_%s.json" % kind))
    daemon = make_daemon(case_categories(case), "file://%s/horde" % case).start()
    models = {model["name"] for model in daemon.json(STATISTICS % category + "deletion-risk")["models"]}
    invalid = [key for key, record in reference.items()
               if not isinstance(record, dict) or record.get("name") not in models]
    answer = daemon.get(STATISTICS % category + "unlisted")
    assert answer.json()["models"] == unlisted([*models, *invalid], status, stats)
    assert answer.json()["total_count"] == len(answer.json()["models"]) > 0
