"""Every live answer is as the reference's own OpenAPI document describes it."""
import gzip
import json

import pytest

from conftest import CASES, DEMO, SHARED, case_categories, file_categories
from reference_schema import ReferenceSchemas

PATH = SHARED / "current" / "reference-openapi.json"
pytestmark = pytest.mark.skipif(not PATH.exists(), reason="the reference's OpenAPI document is not on this machine")
STATISTICS = "/model_references/statistics/"
PRESETS = ("deletion_candidates", "zero_usage", "no_workers", "missing_data", "host_issues", "critical", "low_usage")


@pytest.fixture(scope="module")
def schemas():
    return ReferenceSchemas(PATH)


def targets(categories):
    yield from ("/", "/heartbeat", "/replicate_mode", STATISTICS + "no_category", STATISTICS + "no_category/with-stats")
    for path in (STATISTICS + category for category in categories):
        yield from (path, path + "?group_text_models=true&offset=0", path + "?limit=3&offset=2", path + "?limit=0",
                    path + "/deletion-risk?limit=x&offset=-1", path + "/with-stats", path + "/with-stats?sort_desc=x")
    for path in (STATISTICS + "image_generation/", STATISTICS + "text_generation/"):
        yield from ("/api" + path + "deletion-risk", path + "deletion-risk?include_backend_variations=true",
                    path + "deletion-risk?group_text_models=true&offset=1&limit=7",
                    path + "with-stats?include_workers=true&include_backend_variations=true",
                    path + "with-stats?min_worker_count=1&sort_by=worker_count")
        for preset in PRESETS:
            yield path + "deletion-risk?limit=20&preset=" + preset


def check_all(daemon, schemas, wanted):
    for target in wanted:
        answer = daemon.get(target)
        checked = schemas.check(target, answer.status, answer.json())
        assert checked or answer.status not in (200, 422), "%s: %d is not described" % (target, answer.status)


def test_the_demo(make_daemon, schemas):
    categories = [name for name in schemas.categories if (DEMO / (name + ".json")).exists()]
    daemon = make_daemon(file_categories(DEMO, categories)).start()
    check_all(daemon, schemas, targets(schemas.categories))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_documents(make_daemon, schemas, case):
    daemon = make_daemon(case_categories(case), "file://%s/horde" % case).start()
    with gzip.open(case / "expected.jsonl.gz", "rt", encoding="utf-8") as lines:
        recorded = [json.loads(line)["target"] for line in lines]
    check_all(daemon, schemas, dict.fromkeys([*recorded, *targets(case_categories(case))]))


def test_another_answer_is_noticed(demo, schemas):
    target = STATISTICS + "image_generation/deletion-risk"
    answer = demo.json(target)
    assert schemas.check(target, 200, answer)
    answer["models"][3]["usage_trend"]["day_to_month_ratio"] = "0.5"
    with pytest.raises(AssertionError, match=r"deletion-risk: .*\['models', 3, 'usage_trend', 'day_to_month_ratio'\]"):
        schemas.check(target, 200, answer)
