"""What the reference's frontend asks, of a daemon with the configuration that is shipped.

Replaced in that are only its sources, by invented documents, and where it listens and keeps what it has.
"""
import itertools
import json
import re

import pytest

from conftest import DEMO, SHARED, SOURCE

OPENAPI = SHARED / "current" / "reference-openapi.json"
STATISTICS = "/model_references/statistics/"
CATEGORIES = (
    "blip", "clip", "codeformer", "controlnet", "controlnet_annotator", "esrgan", "gfpgan", "safety_checker",
    "image_generation", "text_generation", "video_generation", "audio_generation", "miscellaneous", "lora", "ti")
ANALYSED = ("image_generation", "text_generation")
PRESETS = (None, "deletion_candidates", "zero_usage", "no_workers", "missing_data", "host_issues", "critical",
           "low_usage")
ORIGIN = "https://models.example"


def put(text, option, value):
    """Sets the first option of that name in the file, whether it is commented there or not."""
    changed, count = re.subn(r"^(\s*)#?%s = [^\n]*?(?=[ \t]*(#[^\n]*)?$)" % re.escape(option),
                             lambda found: "%s%s = %s" % (found.group(1), option, value), text, count=1, flags=re.M)
    assert count == 1, option
    return changed


def shipped(daemon):
    text = (SOURCE / "etc" / "hydratord.conf").read_text()
    for option, value in (("listen", '{ "127.0.0.1:0" }'), ("metrics_listen", '{ "127.0.0.1:0" }'), ("user", '""'),
                          ("pidfile", '"%s"' % daemon.pidfile), ("state_dir", '"%s"' % daemon.state),
                          ("name", '"%s"' % daemon.segment), ("target", '"stderr"'), ("level", '"debug"'),
                          ("url", '"file://%s"' % DEMO)):
        text = put(text, option, value)
    text, count = re.subn(r'^category "(\w+)" \{\s*reference = \{.*?\}',
                          lambda found: 'category "%s" {\n\treference = { "file://%s/%s.json" }' % (
                              found.group(1), DEMO, found.group(1)), text, flags=re.M | re.S)
    assert count == len(CATEGORIES)
    assert "https://" not in re.sub("#.*", "", text)
    return text


@pytest.fixture
def daemon(make_daemon):
    daemon = make_daemon(env={"HORDE_MODEL_REFERENCE_CORS_ALLOWED_ORIGINS": json.dumps([ORIGIN])})
    daemon.config.write_text(shipped(daemon))
    return daemon.start()


@pytest.fixture
def schemas():
    if not OPENAPI.exists():
        return None
    from reference_schema import ReferenceSchemas
    return ReferenceSchemas(OPENAPI)


def query(**parameters):
    return "?" + "&".join("%s=%s" % item for item in parameters.items() if item[1] is not None)


def requests():
    """As its generated client writes them: booleans spelled out, what is undefined left out."""
    yield "/replicate_mode"
    for name in CATEGORIES:
        yield STATISTICS + name
        for group in ("false", "true"):
            yield STATISTICS + name + query(group_text_models=group, offset=0)
    for name, variations in itertools.product(ANALYSED, ("false", "true")):
        for workers in ("false", "true"):
            yield STATISTICS + name + "/with-stats" + query(include_workers=workers,
                                                            include_backend_variations=variations)
        yield STATISTICS + name + "/with-stats" + query(min_worker_count=1, include_backend_variations=variations)
        yield STATISTICS + name + "/with-stats" + query(include_backend_variations=variations, include_workers="true")
    for name, view in itertools.product(ANALYSED, ("/deletion-risk", "/audit")):
        yield STATISTICS + name + view
        for group, variations, preset in itertools.product(("false", "true"), ("false", "true"), PRESETS):
            yield STATISTICS + name + view + query(group_text_models=group, include_backend_variations=variations,
                                                   preset=preset, offset=0)


def test_everything_is_answered(daemon, schemas):
    asked = list(requests())
    for prefix, target in itertools.product(("", "/api"), asked):
        answer = daemon.get(prefix + target, headers={"Origin": ORIGIN, "Accept": "application/json"})
        assert answer.status == 200, (target, answer.status, answer.body[:300])
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.json()
        if schemas is not None:
            assert schemas.check(target.replace("/audit", "/deletion-risk"), 200, answer.json()), target
    for target in asked:
        if "/audit" in target:
            risk = daemon.get(target.replace("/audit", "/deletion-risk"))
            assert daemon.get(target).body == risk.body
    assert daemon.json("/replicate_mode")["writable"] is False


def test_preflights_of_a_browser(daemon):
    """apikey is what the frontend sends where it writes; its other fields need no leave."""
    for target in ("/replicate_mode", STATISTICS + "blip", STATISTICS + "text_generation/deletion-risk?offset=0"):
        answer = daemon.get(target, "OPTIONS", {"Origin": ORIGIN, "Access-Control-Request-Method": "GET",
                                                "Access-Control-Request-Headers": "apikey"})
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-headers"].split(", ").count("apikey") == 1


def test_a_parameter_without_a_value(daemon):
    """As the reference: no boolean, but an empty preset is none."""
    path = STATISTICS + "text_generation/deletion-risk"
    answer = daemon.get(path + "?group_text_models&include_backend_variations&preset&offset=0")
    assert answer.status == 422
    found = answer.json()["detail"]
    assert [item["loc"][1] for item in found] == ["group_text_models", "include_backend_variations"]
    assert all((item["type"], item["input"]) == ("bool_parsing", "") for item in found)
    assert daemon.json(path + "?preset&offset=0") == daemon.json(path)
