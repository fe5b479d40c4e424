"""/columns says of every model what deletion-risk says, and /cycles what hydratorctl cycles says."""
import calendar
import json
import random
import signal
import time

import pytest

from conftest import CASES, DEMO, case_categories, file_categories
from ctl import ctl
from daemon import wait_for
from stub_upstream import StubUpstream

STATISTICS = "/model_references/statistics/%s_generation/"
QUERIES = ("", "?group_text_models=true", "?include_backend_variations=1",
           "?group_text_models=1&include_backend_variations=true")
PLAIN = {"workers": "worker_count", "usage_day": "usage_day", "usage_month": "usage_month",
         "usage_total": "usage_total", "risk_score": "risk_score", "name": "name"}
DAY = 86400
BUDGET = 60  # bytes a model


def row_of(answer, i):
    """The model as deletion-risk has it, of what there is."""
    columns = answer["columns"]
    row = {name: columns[column][i] for column, name in PLAIN.items()}
    baseline, flags, marks = columns["baseline"][i], columns["flags"][i], columns["marks"][i]
    assert flags >> len(answer["flags"]) == 0 and marks in range(8) and -1 <= baseline < len(answer["baselines"])
    row["baseline"] = answer["baselines"][baseline] if baseline >= 0 else None
    row["deletion_risk_flags"] = {flag: bool(flags >> k & 1) for k, flag in enumerate(answer["flags"])}
    row["is_critical"], row["has_warning"], row["nsfw"] = bool(marks & 1), bool(marks & 2), bool(marks & 4)
    return row


def hold(daemon, kind, query):
    base = STATISTICS % kind
    risk, said, history = daemon.of_one_snapshot(base + "deletion-risk" + query, base + "columns" + query,
                                                 base + "history")
    assert said.status == 200, said.body
    risk, answer = risk.json(), said.json()
    columns, models = answer["columns"], risk["models"]
    for key in ("category", "category_total_month_usage", "total_count"):
        assert answer[key] == risk[key]
    assert {len(column) for column in columns.values() if column is not None} == {len(models)}
    for i, model in enumerate(models):
        row = row_of(answer, i)
        model["baseline"] = model["baseline"] or None  # "" is none
        assert row == {key: model[key] for key in row}
        size = columns["size_gb"][i] if columns["size_gb"] is not None else None
        assert size == model["size_gb"] or abs(size - model["size_gb"]) <= 0.005 + 1e-9
    check_days(answer, models, history.json()["models"] if history.status == 200 else None,
               kind == "text" and "group" in query)
    return answer


def check_days(answer, models, history, groups):
    known = history is not None and not groups
    assert answer["history"] == known
    since = {row["name"]: row["at_risk_since"] for row in history} if known else {}
    days = [since[model["name"]] // DAY if model["at_risk"] and since.get(model["name"]) else None for model in models]
    first = min([day for day in days if day is not None], default=None)
    assert answer["first_day"] == first
    found = answer["columns"]["at_risk_since"]
    assert found == (None if first is None else [None if day is None else day - first for day in days])


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("kind", ("image", "text"))
def test_the_values_are_those_of_deletion_risk(demo, kind, query):
    wait_for(lambda: demo.get(STATISTICS % kind + "history").status == 200, "the history")
    assert len(hold(demo, kind, query)["columns"]["name"]) > 10


@pytest.mark.skipif(not CASES, reason="no recorded cases on this machine")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_of_recorded_documents(make_daemon, case):
    daemon = make_daemon(case_categories(case), "file://%s/horde" % case).start()
    for kind in ("image", "text"):
        for query in QUERIES:
            if daemon.get(STATISTICS % kind + "deletion-risk").status == 200:
                hold(daemon, kind, query)
            else:
                assert daemon.get(STATISTICS % kind + "columns" + query).status in (404, 503)


def test_without_a_history(make_daemon):
    daemon = make_daemon(settings="history { enabled = false }").start()
    assert hold(daemon, "image", "")["columns"]["at_risk_since"] is None


def test_days_go_on(make_daemon):
    daemon = make_daemon(settings="history { settle = 0 }").start()
    wait_for(lambda: daemon.get(STATISTICS % "image" + "history").status == 200, "the history")
    before = hold(daemon, "image", "")
    daemon.move_clock(3 * DAY)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: daemon.get(STATISTICS % "image" + "columns").status == 200, "an answer that is fresh again")
    assert hold(daemon, "image", "") == before


def test_validators(make_daemon):
    """An unchanged refresh changes neither; nothing of the time is in it."""
    daemon = make_daemon().start()
    for kind in ("image", "text"):
        for query in QUERIES[:3]:
            target = STATISTICS % kind + "columns" + query
            answer = daemon.get(target)
            tag, date = answer.headers["etag"], answer.headers["last-modified"]
            assert daemon.get(target, headers={"If-None-Match": tag}).status == 304
            assert daemon.get(target, headers={"If-Modified-Since": date}).status == 304
            assert daemon.get(target, headers={"If-Match": '"x"'}).status == 412
            head = daemon.get(target, "HEAD")
            assert int(head.headers["content-length"]) == len(answer.body) and head.body == b""
            assert head.headers["surrogate-key"] == kind + "_generation"

    def seen():
        return [daemon.get(STATISTICS % "text" + "columns" + query).headers for query in QUERIES]

    def generations():
        return [entry["generation"] for entry in daemon.json("/readyz?verbose")["categories"]]

    before, was = seen(), generations()
    daemon.move_clock(100)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: min(generations()) > max(was), "a refresh of both")
    for old, new in zip(before, seen()):
        assert (old["etag"], old["last-modified"]) == (new["etag"], new["last-modified"])
        assert int(new["age"]) < 100


def test_hostile_names_are_data(make_daemon, documents):
    record = next(iter(json.loads((DEMO / "image_generation.json").read_text()).values()))
    names = ["<script>alert(1)</script>", 'a"b\\', "\u202eevil", "line\nfeed\ttab", "=1+1", "x" * 300, "\U0001f980", "é"]
    (documents / "image_generation.json").write_text(json.dumps({n: {**record, "name": n} for n in names}))
    daemon = make_daemon(file_categories(documents, ["image_generation"]), "file://%s" % documents).start()
    assert sorted(hold(daemon, "image", "")["columns"]["name"]) == sorted(names)


def test_a_model_takes_few_bytes(make_daemon, tmp_path, figure):
    """Names as long as those of the text models of a recorded day, figures as wide."""
    dice = random.Random(17)
    makers = ["Lantern", "open-quill", "NorthernMill", "greyheron", "Otter-Works", "saltmarsh-ai", "BrookAndSons"]
    kinds = ["Instruct", "Chat-v2.1", "Storyteller", "Uncensored-v3", "Preview-0412", "Mix-Extended", "Base"]
    record = json.loads((DEMO / "text_generation.json").read_text())["quill-labs/Quill-4B"]
    names = []
    while len(names) < 700:
        name = "%s/%s-%dB-%s" % (dice.choice(makers), "".join(dice.choice("aeiouklmnrst") for _ in range(dice.randint(2, 8))),
                                 dice.choice((3, 7, 8, 13, 24, 70)), dice.choice(kinds))
        names += [name] if name not in names else []
    assert 28 < sum(map(len, names)) / len(names) < 32
    (tmp_path / "text_generation.json").write_text(json.dumps({
        name: {**record, "name": name, "baseline": "family-%d" % dice.randrange(50)} for name in names}))
    used = dice.sample(names, 150)
    stats = {"day": {n: dice.randrange(500) for n in used}, "month": {n: dice.randrange(30000) for n in used},
             "total": {n: dice.randrange(400000) for n in names[::2]}}
    for name, document in (("status_text", []), ("stats_text", stats), ("workers", [])):
        (tmp_path / (name + ".json")).write_text(json.dumps(document))
    daemon = make_daemon(file_categories(tmp_path, ["text_generation"]), "file://%s" % tmp_path).start()
    for query in QUERIES[:3]:
        body = daemon.get(STATISTICS % "text" + "columns" + query).body
        n = len(json.loads(body)["columns"]["name"])
        each = (len(body) - body.index(b'"columns":{')) / n
        figure("columns%s: %.1f bytes a model, and %d of a head" % (query, each, body.index(b'"columns":{')))
        assert n > 100 and each <= BUDGET


def cycles(daemon, category):
    answer = daemon.get("/model_references/statistics/%s/cycles" % category)
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
    said = answer.json()
    columns = said.pop("cycles")
    assert len({len(column) for column in columns.values()}) == 1
    return said, [dict(zip(columns, values)) for values in zip(*columns.values())]


def test_cycles_are_those_of_the_ring(make_daemon):
    """Also before the first good one, and of every category that is configured."""
    categories = {**file_categories(DEMO), "blip": ["file:///nonexistent.json"]}
    daemon = make_daemon(categories).start(wait=False)

    def told(category):
        return ctl(daemon, "cycles", category, "--json", "--limit", "1440").json()["cycles"]

    for category in categories:
        wait_for(lambda name=category: told(name), "a cycle of " + category)
    daemon.send(signal.SIGUSR1)
    for category in categories:
        wait_for(lambda name=category: len(told(name)) > 1, "two cycles of " + category)
        wait_for(lambda name=category: [c["number"] for c in told(name)] == [c["number"] for c in cycles(daemon, name)[1]],
                 "the same cycles of " + category)
        said, rows = cycles(daemon, category)
        expected = {entry["number"]: entry for entry in told(category)}
        assert said["category"] == category and said["ring_since"] == rows[0]["begun"] <= said["now"]
        for row in rows:
            entry = expected[row["number"]]
            for key in ("result", "more", "models", "at_risk", "critical"):
                assert row[key] == entry[key]
            assert row["begun"] == calendar.timegm(time.strptime(entry["begun"], "%Y-%m-%dT%H:%M:%SZ"))
            assert (row["input_age"] is None) == (entry["input_age"] is None) == (entry["generation"] is None)
            assert row["input_age"] is None or 0 <= entry["input_age"] - row["input_age"] < 1
            took = sum(entry[phase] for phase in ("fetch", "compute", "publish", "encode"))
            assert abs(row["took_ms"] - 1000 * took) <= 4
    assert {row["models"] for row in cycles(daemon, "blip")[1]} == {None}
    assert daemon.get("/model_references/statistics/blip").status in (404, 503)
    assert daemon.get("/model_references/statistics/lora/cycles").status == 404


def test_cycles_are_of_a_day_and_one_before(make_daemon):
    daemon = make_daemon(hydration="enabled = false").start()

    def numbers():
        return [row["number"] for row in cycles(daemon, "image_generation")[1]]

    def refresh(seconds):
        last = numbers()[-1]
        daemon.move_clock(seconds)
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: numbers()[-1] > last, "another cycle")

    wait_for(numbers, "the first cycle")
    first = cycles(daemon, "image_generation")[0]["ring_since"]
    refresh(2 * DAY)
    assert numbers() == [1, 2]
    refresh(DAY // 2)
    assert numbers() == [1, 2, 3]
    refresh(DAY)
    assert numbers() == [3, 4] and cycles(daemon, "image_generation")[0]["ring_since"] == first


def test_the_daemon_is_told_with_its_categories(make_daemon):
    daemon = make_daemon().start()
    said = daemon.json("/readyz?verbose")
    assert list(said) == ["status", "version", "now", "started", "hydration", "hosts", "categories"]
    assert said["started"] <= said["now"] and said["hosts"] == []  # of files
    status = ctl(daemon, "status", "--json").json()
    assert said["version"] == status["daemon"]["version"]
    options = {entry["option"]: entry["value"] for entry in ctl(daemon, "config", "--json").json()["options"]}
    assert said["hydration"] == {name: int(options["hydration." + name])
                                 for name in ("interval", "ttl", "stale_ttl", "stale_if_error")}
    assert list(daemon.json("/readyz")) == ["status"]


def test_hosts_are_told(make_daemon):
    with StubUpstream(DEMO) as stub:
        daemon = make_daemon({"image_generation": [stub.reference("image_generation")]}, stub.horde).start()
        host, = daemon.json("/readyz?verbose")["hosts"]
        assert host == {"host": "http://127.0.0.1:%d" % stub.port, "state": "closed", "failures": 0, "retry_at": None}
        stub.mode("image_generation", "429:1000")
        daemon.send(signal.SIGUSR1)
        host = wait_for(lambda: [h for h in daemon.json("/readyz?verbose")["hosts"] if h["retry_at"]], "a host that waits")[0]
        assert host["state"] == "closed" and 0 < host["retry_at"] - daemon.json("/readyz?verbose")["now"] <= 1000
