"""Where we answer otherwise than the reference: doc/differences.md names these tests."""
import json

import pytest

from conftest import file_categories
from daemon import wait_for

RISK = "/model_references/statistics/%s/deletion-risk"
STATISTICS = "/model_references/statistics/%s"


def image(name, **fields):
    return dict({"name": name, "baseline": "stable_diffusion_1", "nsfw": False, "description": "d",
                 "config": {"download": [{"file_name": "f", "file_url": "https://huggingface.co/x"}]}}, **fields)


def text(name, **fields):
    return dict({"name": name, "parameters": 7000000000, "baseline": "b", "description": "d"}, **fields)


def status(name, kind, count=1, **fields):
    return dict({"name": name, "type": kind, "performance": 1.0, "queued": 0, "jobs": 0, "eta": 0,
                 "count": count}, **fields)


class World:
    """Documents in a directory and a daemon over them."""

    def __init__(self, make_daemon, directory):
        self.make_daemon = make_daemon
        self.directory = directory
        self.put("image_generation", {"A": image("A")})
        self.put("text_generation", {"a/Foo-7B": text("a/Foo-7B")})
        for kind in ("image", "text"):
            self.put("status_" + kind, [])
            self.put("stats_" + kind, {"day": {}, "month": {}, "total": {}})

    def put(self, name, document):
        raw = document if isinstance(document, str) else json.dumps(document)
        (self.directory / (name + ".json")).write_text(raw)

    def start(self, names=("image_generation", "text_generation"), **kwargs):
        return self.make_daemon(file_categories(self.directory, names),
                                "file://%s" % self.directory, **kwargs).start()


@pytest.fixture
def world(make_daemon, tmp_path):
    return World(make_daemon, tmp_path)


def names(answer):
    return [model["name"] for model in answer["models"]]


def by_name(answer):
    return {model["name"]: model for model in answer["models"]}


def test_an_invalid_record_is_skipped_named_and_counted(world):
    world.put("image_generation", {"A": image("A"), "B": image("B", nsfw=None), "C": image("C", style="sdxl"),
                                   "D": image("D")})
    daemon = world.start()
    assert names(daemon.json(RISK % "image_generation")) == ["A", "D"]
    assert daemon.json(STATISTICS % "image_generation")["total_models"] == 4
    for name in ("B", "C"):
        assert any("warning" in line and '"%s"' % name in line for line in daemon.log().splitlines())


@pytest.mark.parametrize("category", ("image_generation", "text_generation"))
def test_without_a_valid_record_there_are_statistics(world, category):
    world.put(category, {"A": {"renamed": "A", "nsfw": True}, "B": 1})
    daemon = world.start()
    statistics = daemon.json(STATISTICS % category)
    assert (statistics["total_models"], statistics["nsfw_count"]) == (2, 1)
    for target in RISK % category, RISK % category + "?preset=critical", STATISTICS % category + "/with-stats":
        answer = daemon.get(target)
        assert (answer.status, answer.json()) == (503, {"detail": "None of the category's records is valid"})
        assert int(answer.headers["retry-after"]) > 0


def test_an_unparsable_url_in_statistics_is_passed_over(world):
    world.put("image_generation", {"A": image("A"), "B": image("B", config={
        "download": [{"file_name": "f", "file_url": "https://[oops/x"}]})})
    answer = world.start().json(STATISTICS % "image_generation")
    assert answer["download_stats"]["total_download_entries"] == 2
    assert answer["download_stats"]["hosts"] == {"huggingface.co": 1}


def test_a_percentage_sum_ends_at_100(world):
    models = ["Foo-%dB" % n for n in range(1, 7)]
    world.put("text_generation", {name: text(name) for name in models})
    world.put("stats_text", {"day": {}, "month": {"Foo-1B": 100}, "total": {}})
    answer = world.start().json(RISK % "text_generation" + "?group_text_models=true")
    assert answer["models"][0]["usage_percentage_of_category"] == 100.0


def test_the_percentage_of_a_tag_ends_at_100(world):
    world.put("blip", {"A": {"tags": ["x", "x", "y"]}, "B": {"tags": ["x"]}})
    answer = world.start(names=("blip",)).json(STATISTICS % "blip")
    assert answer["top_tags"] == [{"tag": "x", "count": 3, "percentage": 100.0},
                                  {"tag": "y", "count": 1, "percentage": 50.0}]


def test_an_integer_beyond_64_bits_spoils_its_own_record_or_entry(world):
    raw = json.dumps({"A": image("A"), "B": image("B", size_on_disk_bytes=2**63)})
    world.put("image_generation", raw)
    world.put("stats_image", {"day": {}, "month": {"A": 5, "B": 10**20}, "total": {"A": 7}})
    answer = world.start().json(RISK % "image_generation")
    assert names(answer) == ["A"]
    assert answer["models"][0]["usage_month"] == 5


def test_odd_values_that_python_accepts_do_no_harm(world):
    world.put("image_generation", '{"A": %s, "B": %s}' % (
        json.dumps(image("A")), json.dumps(image("B", description="\ud800"))))
    world.put("status_image", "[%s, %s]" % (
        json.dumps(status("A", "image", 2, performance=float("nan"))), json.dumps(status("B", "image"))))
    answer = by_name(world.start().json(RISK % "image_generation"))
    assert answer["A"]["worker_count"] == 2 and answer["B"]["has_description"]


def test_a_bad_element_of_status_is_left_out(world):
    world.put("status_image", [status("A", "image", 3), status("A", "video", 9), {"name": "A"}, 5])
    assert world.start().json(RISK % "image_generation")["models"][0]["worker_count"] == 3


def test_a_negative_number_is_left_out(world):
    world.put("stats_image", {"day": {"A": -1}, "month": {"A": 3}, "total": {"A": 4}})
    model = world.start().json(RISK % "image_generation")["models"][0]
    assert (model["usage_day"], model["usage_month"]) == (0, 3)


def test_an_empty_category_has_statistics_of_nothing(world):
    """And no models; one that was never fetched has neither, and one that is not configured is not found."""
    empty = ("image_generation", "text_generation", "blip")
    for name in empty:
        world.put(name, {})
    daemon = world.make_daemon(file_categories(world.directory, (*empty, "lora")), "file://%s" % world.directory)
    daemon.start(wait=False)
    for name in empty:
        wait_for(lambda target=STATISTICS % name: daemon.get(target).status == 200, name)
        for query in "", "?group_text_models=true":
            answer = daemon.json(STATISTICS % name + query)
            assert isinstance(answer.pop("computed_at"), int)
            assert answer == {
                "category": name, "total_models": 0, "returned_models": 0, "offset": 0, "limit": None,
                "nsfw_count": 0, "baseline_distribution": {}, "download_stats": {
                    "total_models_with_downloads": 0, "total_download_entries": 0, "total_size_bytes": 0,
                    "models_with_size_info": 0, "average_size_bytes": 0.0, "hosts": {}},
                "top_tags": [], "top_styles": [], "parameter_buckets": [], "models_without_param_info": 0,
                "models_with_trigger_words": 0, "models_with_inpainting": 0, "models_with_requirements": 0,
                "models_with_showcases": 0}
        assert daemon.json(STATISTICS % name + "?limit=3&offset=2")["limit"] == 3
    for name in empty[:2]:
        answer = daemon.get(RISK % name)
        assert (answer.status, answer.json()) == (
            404, {"detail": "Category '%s' not found or has no models" % name})
    assert daemon.get(STATISTICS % "lora").status == 503
    assert daemon.get(STATISTICS % "ti").status == 404


def test_any_category_has_statistics(world):
    world.put("lora", {"x": {"nsfw": True}, "y": 5})
    answer = world.start(names=("lora", "text_generation")).json(STATISTICS % "lora")
    assert (answer["category"], answer["total_models"], answer["nsfw_count"]) == ("lora", 2, 1)


def usage_of(world, corrections):
    world.put("text_generation", {"a/Foo-7B": text("a/Foo-7B"), "a/Foo-70B": text("a/Foo-70B"),
                                  "b/Never": text("b/Never")})
    world.put("stats_text", {"day": {"koboldcpp/Foo-7B": 1}, "month": {"koboldcpp/Foo-7B-Q4_K_M": 100},
                             "total": {"aphrodite/a/Foo-7B": 500}})
    daemon = world.start(settings="analysis { corrections = { %s } }" % corrections)
    return daemon


def test_without_corrections_a_family_shares_its_usage(world):
    models = by_name(usage_of(world, "").json(RISK % "text_generation"))
    assert [models[name]["usage_month"] for name in ("a/Foo-7B", "a/Foo-70B")] == [100, 100]
    assert models["b/Never"]["deletion_risk_flags"]["zero_usage_month"] is False
    assert models["b/Never"]["deletion_risk_flags"]["low_usage"] is False


def test_correction_never_used(world):
    models = by_name(usage_of(world, '"never-used"').json(RISK % "text_generation"))
    flags = models["b/Never"]["deletion_risk_flags"]
    assert [flags["zero_usage_" + period] for period in ("day", "month", "total")] == [True] * 3
    assert flags["low_usage"] is True


def test_correction_never_used_makes_images_critical(world):
    plain = world.start().json(RISK % "image_generation")["models"][0]
    assert plain["is_critical"] is False
    mended = world.start(settings='analysis { corrections = { "never-used" } }')
    assert mended.json(RISK % "image_generation")["models"][0]["is_critical"] is True


def test_correction_exact_usage(world):
    models = by_name(usage_of(world, '"exact-usage"').json(RISK % "text_generation"))
    assert models["a/Foo-7B"]["usage_month"] == 100
    assert models["a/Foo-7B"]["usage_total"] == 500
    assert models["a/Foo-70B"]["usage_month"] == 0


def test_correction_parameter_buckets(world):
    assert usage_of(world, "").json(STATISTICS % "text_generation")["parameter_buckets"] == []
    answer = usage_of(world, '"parameter-buckets"').json(STATISTICS % "text_generation")
    assert [(bucket["bucket_label"], bucket["count"]) for bucket in answer["parameter_buckets"]] == [("6B-9B", 3)]
    assert answer["models_without_param_info"] == 0
