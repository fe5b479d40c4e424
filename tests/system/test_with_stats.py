"""Models with what the Horde knows of them: /model_references/statistics/CATEGORY/with-stats."""
import json
import re
import signal
import time
import urllib.request

import pytest

from conftest import DEMO, file_categories
from daemon import wait_for
from stub_upstream import StubUpstream

PATH = "/model_references/statistics/%s/with-stats"
IMAGE = PATH % "image_generation"
TEXT = PATH % "text_generation"
KEYS = ["queued_jobs", "performance", "eta", "queued", "usage_stats", "worker_summaries",
        "backend_variations", "observed_at", "worker_count"]
SUMMARY = ["id", "name", "performance", "online", "trusted", "uptime", "max_length", "max_context_length",
           "bridge_agent", "nsfw"]


def demo_document(name):
    return json.loads((DEMO / (name + ".json")).read_text())


def serving(kind, name):
    """Ids of the sample workers that list a model of that name."""
    return [worker["id"] for worker in demo_document("workers")
            if worker["type"] == kind and name.lower() in [model.lower() for model in worker["models"]]]


def test_every_model_with_every_key_in_order(demo):
    for path in IMAGE, TEXT:
        models = demo.json(path)
        category = path.split("/")[-2]
        assert list(models) == list(demo_document(category))
        for model in models.values():
            assert list(model) == KEYS
            assert model["worker_summaries"] is None and model["backend_variations"] is None


def test_status_and_usage(demo):
    status = {entry["name"]: entry for entry in demo_document("status_image")}
    models = demo.json(IMAGE)
    for name, model in models.items():
        entry = status.get(name)
        if entry is None:
            assert (model["queued_jobs"], model["performance"], model["eta"], model["queued"],
                    model["worker_count"]) == (None, None, None, None, 0), name
        else:
            assert (model["queued_jobs"], model["performance"], model["eta"], model["queued"],
                    model["worker_count"]) == (entry["jobs"], entry["performance"], entry["eta"],
                                               int(entry["queued"]), entry["count"]), name
    assert any(model["usage_stats"] is None for model in models.values())
    assert any(model["usage_stats"] is not None for model in models.values())


def test_workers(demo):
    models = demo.json(IMAGE + "?include_workers=true")
    plain = demo.json(IMAGE)
    workers = {worker["id"]: worker for worker in demo_document("workers")}
    assert len(serving("image", "Amber Canvas v1")) == 3
    for name, model in models.items():
        expected = serving("image", name)
        assert list(model["worker_summaries"] or {}) == expected, name
        for number, summary in (model["worker_summaries"] or {}).items():
            assert list(summary) == SUMMARY
            assert summary == {key: workers[number].get(key) for key in SUMMARY}
        assert model["worker_count"] == (len(expected) or plain[name]["worker_count"])


def test_variations(demo):
    models = demo.json(TEXT + "?include_backend_variations=true")
    quill = models["quill-labs/Quill-1.5B"]["backend_variations"]
    assert set(quill) == {"aphrodite", "koboldcpp"}
    assert quill["koboldcpp"] == {
        "backend": "koboldcpp", "variant_name": "koboldcpp/Quill-1.5B", "worker_count": 1, "performance": 10.0,
        "queued": 0, "queued_jobs": 0, "eta": 0,
        # Of the model and of its GGUF.
        "usage_day": 2068 + 319, "usage_month": 60000 + 9269, "usage_total": 540008 + 83446}
    risk = demo.json("/model_references/statistics/text_generation/deletion-risk?include_backend_variations=1")
    for model in risk["models"]:
        usage = models[model["name"]]["usage_stats"] or {"day": 0, "month": 0, "total": 0}
        assert usage["month"] == model["usage_month"], model["name"]


def test_a_least_number_of_workers(demo):
    """Of the number that is shown, with workers and without."""
    for path in IMAGE, TEXT:
        for more in "", "&include_workers=true":
            everything = demo.json(path + "?" + more[1:])
            for least in 0, -5, -10 ** 30:
                assert demo.json(path + "?min_worker_count=%d%s" % (least, more)) == everything
            for least in 1, 2, 3:
                assert demo.json(path + "?min_worker_count=%d%s" % (least, more)) == {
                    name: model for name, model in everything.items() if model["worker_count"] >= least}
            assert demo.json(path + "?min_worker_count=%d%s" % (10 ** 30, more)) == {}
    some = demo.json(IMAGE + "?min_worker_count=3")
    assert 0 < len(some) < len(demo.json(IMAGE + "?min_worker_count=1")) < len(demo.json(IMAGE))


@pytest.mark.parametrize("key, of", [
    ("usage_month", lambda name, model: (model["usage_stats"] or {"month": 0})["month"]),
    ("usage_total", lambda name, model: (model["usage_stats"] or {"total": 0})["total"]),
    ("worker_count", lambda name, model: model["worker_count"]),
    ("name", lambda name, model: name.lower()),
    ("anything", lambda name, model: 0),
    ("", lambda name, model: 0),
])
def test_sorting_is_stable_in_both_directions(demo, key, of):
    for more in "", "&include_workers=true", "&include_workers=1&include_backend_variations=1":
        models = demo.json(TEXT + "?" + more[1:])
        for reverse, desc in (True, ""), (True, "&sort_desc=true"), (False, "&sort_desc=false"):
            expected = sorted(models, key=lambda name: of(name, models[name]), reverse=reverse)
            found = demo.json(TEXT + "?sort_by=" + key + more + desc)
            assert list(found) == expected, (key, more, desc)
            assert found == models


def test_bad_parameters_come_in_the_order_of_declaration(demo):
    answer = demo.get(PATH % "foo" + "?sort_desc=x&min_worker_count=1.5&sort_by=&include_workers=&limit=x"
                      "&include_backend_variations=2")
    assert answer.status == 422
    assert [item["loc"][1] for item in answer.json()["detail"]] == [
        "model_category_name", "include_workers", "include_backend_variations", "min_worker_count", "sort_desc"]


def test_observed_at_is_when_the_snapshot_was_computed(make_daemon, directory):
    daemon = make_daemon(file_categories(directory), "file://%s" % directory,
                         hydration="interval = 3600 ttl = 7200 stale_ttl = 7300").start()

    def observed():
        answers = [daemon.get(IMAGE + query) for query in ("", "?include_workers=1&sort_by=name", "?min_worker_count=1")]
        (second,) = {model["observed_at"] for answer in answers for model in answer.json().values()}
        return second, [answer.headers["etag"] for answer in answers]

    first, tags = observed()
    assert isinstance(first, int)
    assert daemon.json("/model_references/statistics/image_generation")["computed_at"] == first
    # Seconds later a text is another one, but no number of with-stats.
    wait_for(lambda: time.time() >= first + 2, "another second")
    reference = demo_document("image_generation")
    next(iter(reference.values()))["homepage"] = "https://example.org/"
    (directory / "image_generation.json").write_text(json.dumps(reference))
    wait_for(lambda: '"observed_at":%d,' % first not in daemon.get(IMAGE).body.decode(), "another snapshot")
    second, same = observed()
    assert daemon.json("/model_references/statistics/image_generation")["computed_at"] == second
    assert same == tags


def test_other_categories(demo):
    answer = demo.get(PATH % "blip")
    assert (answer.status, answer.json()) == (400, {
        "detail": "Category 'blip' does not support Horde statistics. "
                  "Only image_generation and text_generation are supported."})
    assert answer.headers["cache-control"] == "no-store"
    assert demo.get(PATH % "image_generation" + "/").status == 307


def test_answers_are_validated(demo):
    tags = set()
    for query in "", "?include_workers=1", "?include_backend_variations=1", "?sort_by=name", "?min_worker_count=1":
        answer = demo.get(IMAGE + query)
        tags.add(answer.headers["etag"])
        again = demo.get(IMAGE + query, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status, again.body) == (304, b"")
        assert int(demo.get(IMAGE + query, method="HEAD").headers["content-length"]) == len(answer.body)
    assert len(tags) == 5


@pytest.fixture
def directory(tmp_path):
    documents = tmp_path / "documents"
    documents.mkdir()
    for file in DEMO.glob("*.json"):
        (documents / file.name).write_bytes(file.read_bytes())
    return documents


def test_an_empty_reference_is_not_found(make_daemon, directory):
    (directory / "image_generation.json").write_text("{}")
    daemon = make_daemon(file_categories(directory)).start()
    answer = daemon.get(IMAGE)
    assert (answer.status, answer.json()) == (404, {"detail": "Category 'image_generation' not found"})


def test_a_new_baseline_is_taken_named_once_and_counted(make_daemon, directory):
    reference = demo_document("image_generation")
    first, second = list(reference)[:2]
    reference[first]["baseline"] = "flux_9\nhydratord: error: forged \x1b[2J"
    reference[second]["baseline"] = "flux_9"
    (directory / "image_generation.json").write_text(json.dumps(reference))
    daemon = make_daemon(file_categories(directory), "file://%s" % directory,
                         settings='http { metrics_listen = { "127.0.0.1:0" } }').start()
    for cycles in 1, 2, 3:
        wait_for(lambda n=cycles: daemon.log().count("hydrated image_generation") >= n, "cycle %d" % cycles)
        (directory / "status_image.json").write_text(
            (directory / "status_image.json").read_text() + " ")
        daemon.send(signal.SIGUSR1)
    assert {first, second} <= set(daemon.json(IMAGE))
    risk = daemon.json("/model_references/statistics/image_generation/deletion-risk")["models"]
    assert {m["baseline"] for m in risk if m["name"] in (first, second)} == {
        reference[first]["baseline"], "flux_9"}
    assert daemon.log().count('image_generation: new baseline "flux_9": its models are taken as they are') == 1
    assert daemon.log().count('new baseline "flux_9?hydratord: error: forged ?[2J"') == 1
    assert "skipped" not in daemon.log().replace("0 skipped", "")
    port = re.search(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log()).group(1)
    with urllib.request.urlopen("http://127.0.0.1:%s/metrics" % port) as metrics:
        assert 'snapshot_new_baselines{category="image_generation"} 2\n' in metrics.read().decode()


def test_an_invalid_worker_is_skipped_named_and_counted(make_daemon, directory):
    workers = demo_document("workers")
    image = [n for n, worker in enumerate(workers) if worker["type"] == "image"]
    bad = {"trusted": None, "max_length": "long", "max_context_length": 0.5, "bridge_agent": ["x"], "nsfw": "maybe"}
    assert len(image) > len(bad) / 2
    for n, (key, value) in enumerate(bad.items()):
        workers.insert(n, dict(workers[-1 - n], id="bad %s" % key, **{key: value}))
    good = [worker["id"] for worker in workers[len(bad):] if worker["models"]]
    (directory / "workers.json").write_text(json.dumps(workers))
    daemon = make_daemon(file_categories(directory), "file://%s" % directory).start()
    found = [id for path in (IMAGE, TEXT) for model in daemon.json(path + "?include_workers=true").values()
             for id in model["worker_summaries"] or ()]
    assert not [id for id in found if id.startswith("bad")]
    assert found and set(found) <= set(good)
    for category in "image_generation", "text_generation":
        for n, (key, why) in enumerate(zip(bad, ("not a boolean", "not an integer of 64 bits",
                                                 "not an integer of 64 bits", "not a string", "not a boolean"))):
            assert "%s: skipped: workers element %d: %s: %s\n" % (category, n, key, why) in daemon.log()


def test_a_performance_that_is_no_number_is_null(make_daemon, directory):
    status = (directory / "status_text.json").read_text()
    (directory / "status_text.json").write_text(status.replace('"performance": 10.0,', '"performance": NaN,', 1))
    daemon = make_daemon(file_categories(directory), "file://%s" % directory).start()
    model = daemon.json(TEXT + "?include_backend_variations=true")["quill-labs/Quill-1.5B"]
    assert model["backend_variations"]["koboldcpp"]["performance"] is None
    assert model["performance"] == 25.0


def test_without_a_workers_file_there_are_no_workers(make_daemon, directory):
    (directory / "workers.json").unlink()
    daemon = make_daemon(file_categories(directory), "file://%s" % directory).start()
    models = daemon.json(IMAGE + "?include_workers=true")
    assert models and not [m for m in models.values() if m["worker_summaries"] is not None]
    cycles = daemon.log().count("hydrated image_generation")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: daemon.log().count("hydrated image_generation") > cycles, "another cycle")
    assert daemon.log().count("image_generation: file://%s/workers.json does not exist" % directory) == 1


def test_a_failing_workers_document_keeps_the_last_snapshot(make_daemon, directory):
    with StubUpstream(directory) as upstream:
        daemon = make_daemon({"image_generation": [upstream.reference("image_generation")]}, upstream.horde).start()
        assert upstream.count("/api/v2/workers?type=image") == 1
        before = daemon.get(IMAGE + "?include_workers=true")
        for mode in "404", "shape":
            upstream.mode("workers", mode)
            seen = daemon.log().count("image_generation: workers is ")
            daemon.send(signal.SIGUSR1)
            wait_for(lambda: daemon.log().count("image_generation: workers is ") > seen, mode)
            after = daemon.get(IMAGE + "?include_workers=true")
            assert (after.status, after.body, after.headers["etag"]) == (200, before.body, before.headers["etag"])
