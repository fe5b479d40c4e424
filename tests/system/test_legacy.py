"""Reference documents in the form in which they lie on GitHub."""
import json
import re
import signal

import pytest

from conftest import SHARED, case_categories, check_recorded_answers
from daemon import wait_for

CASE = SHARED / "current" / "real-1"
RISK = "/model_references/statistics/%s/deletion-risk"
STATISTICS = "/model_references/statistics/%s"

CSV = """name,parameters_bn,display_name,url,baseline,description,style,tags,instruct_format,settings
lab/Heron-7B,7,,,Wader,"A long-legged, ""patient"" model.
It waits.",chat,"story, calm",ChatML,"{""temperature"": 0.7}"
lab/Ibis-13B,13,,,,,,,,
aphrodite/lab/Ibis-13B,13,,,,,,,,
lab/Stork-XB,XB,,,,,,,,
"""
IMAGES = {
    "Tern": {"name": "Tern", "baseline": "stable diffusion 1", "type": "ckpt", "nsfw": False, "style": "anime",
             "description": "Small.", "size_on_disk_bytes": 2147483648,
             "config": {"files": [{"path": "tern.safetensors"}, {"path": "tern.yaml"}],
                        "download": [{"file_name": "tern.safetensors", "file_path": "",
                                      "file_url": "https://files.example/tern.safetensors"}]}},
    "Gull": {"name": "Gull", "baseline": "stable diffusion 9", "type": "ckpt", "style": "baroque"},
}
GARBAGE = {
    "html": "<!DOCTYPE html>\n<title>Sign in, please</title>\n",
    "empty": "",
    "one line": "name,parameters_bn,description\n",
    "byte order mark": "\ufeff" + CSV,
    "no name": CSV.replace("name,", "model,", 1),
    "binary": "\x00\x01\x02name,",
    "not UTF-8": b"name,parameters_bn\nx\xff,7\n",
    "no valid row": "name,parameters_bn\nx,many\n",
    "half JSON": '{"name",name,',
}


@pytest.fixture
def upstream(documents, upstream):
    (documents / "models.csv").write_text(CSV)
    (documents / "stable_diffusion.json").write_text(json.dumps(IMAGES))
    return upstream


def models(daemon, category):
    return {m["name"]: m for m in daemon.json(RISK % category)["models"]}


@pytest.mark.skipif(not (CASE / "legacy").exists(), reason="no recorded case on this machine")
def test_recorded_answers_from_legacy_files_alone(make_daemon):
    sources = case_categories(CASE) | {"image_generation": ["file://%s/legacy/stable_diffusion.json" % CASE],
                                       "text_generation": ["file://%s/legacy/models.csv" % CASE]}
    daemon = make_daemon(sources, "file://%s/horde" % CASE).start()
    check_recorded_answers(daemon, CASE)
    assert "skipped: reference" not in daemon.log()


def test_a_failing_v2_source_gives_way_to_the_legacy_file(make_daemon, upstream):
    sources = {"image_generation": [upstream.reference("image_generation"), upstream.url + "/stable_diffusion.json"],
               "text_generation": [upstream.reference("text_generation"), upstream.url + "/models.csv"]}
    upstream.mode("image_generation", "503")
    upstream.mode("text_generation", "404")
    daemon = make_daemon(sources, upstream.horde).start()
    assert set(models(daemon, "image_generation")) == {"Tern"}
    assert set(models(daemon, "text_generation")) == {"lab/Heron-7B", "lab/Ibis-13B"}
    assert re.search(r"reference: http\S+/v2/text_generation: .*404.*; taken from \S+/models.csv", daemon.log())
    # And back, as soon as the first source answers.
    upstream.mode("text_generation", "ok")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: "lab/Heron-7B" not in models(daemon, "text_generation"), "the first source to be taken")


@pytest.mark.parametrize("fault", ["404", "500", "302", "loop", "html200", "notjson", "empty", "shape", "utf8",
                                   "cut", "reset"])
def test_no_failure_of_the_first_source_stops_the_chain(make_daemon, upstream, fault):
    upstream.mode("text_generation", fault)
    daemon = make_daemon({"text_generation": [upstream.reference("text_generation"), upstream.url + "/models.csv"]},
                         upstream.horde).start()
    assert set(models(daemon, "text_generation")) == {"lab/Heron-7B", "lab/Ibis-13B"}
    assert re.search(r"warning.*reference: http\S+/v2/text_generation: .*; taken from \S+/models.csv", daemon.log())


def test_what_becomes_of_the_records(make_daemon, upstream):
    sources = {"image_generation": [upstream.url + "/stable_diffusion.json"],
               "text_generation": [upstream.url + "/models.csv"]}
    daemon = make_daemon(sources, upstream.horde).start()
    tern = models(daemon, "image_generation")["Tern"]
    assert (tern["baseline"], tern["download_count"]) == ("stable_diffusion_1", 1)
    assert tern["download_hosts"] == ["files.example"]
    assert tern["deletion_risk_flags"]["has_non_preferred_host"]
    assert tern["size_gb"] == 2.0
    heron, ibis = models(daemon, "text_generation").values()
    if heron["name"] != "lab/Heron-7B":
        heron, ibis = ibis, heron
    assert (heron["baseline"], heron["has_description"]) == ("Wader", True)
    assert ibis["deletion_risk_flags"]["missing_baseline"] and ibis["deletion_risk_flags"]["missing_description"]
    assert daemon.json(STATISTICS % "text_generation")["total_models"] == 2
    tags = {t["tag"] for t in daemon.json(STATISTICS % "text_generation")["top_tags"]}
    assert tags == {"story", "calm"}
    assert daemon.json(STATISTICS % "image_generation")["total_models"] == 1
    for line in ('image_generation: skipped: reference record "Gull": style: not a known value',
                 'text_generation: skipped: reference record "lab/Stork-XB": parameters_bn: not a number'):
        assert line in daemon.log()


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_no_document(make_daemon, upstream, garbage):
    file = upstream.directory / "models.csv"
    daemon = make_daemon({"text_generation": [upstream.url + "/models.csv"]}, upstream.horde,
                         hydration="interval = 1000 ttl = 2000").start()
    before = daemon.get(RISK % "text_generation").body
    raw = GARBAGE[garbage]
    file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    daemon.send(signal.SIGUSR1)
    line = wait_for(lambda: re.search(r"text_generation: reference is \d+ s old: .*", daemon.log()), "a complaint").group()
    reasons = {"one line": "CSV without a row", "not UTF-8": "CSV, but not UTF-8",
               "no valid row": "none of its 1 records is valid", "empty": "empty"}
    assert reasons.get(garbage, "not JSON") in line
    assert daemon.get(RISK % "text_generation").body == before


def test_csv_is_a_document_of_text_only(make_daemon, upstream):
    daemon = make_daemon({"image_generation": [upstream.url + "/models.csv"]}, upstream.horde).start(wait=False)
    line = wait_for(lambda: re.search(r"image_generation not refreshed: .*", daemon.log()), "a complaint").group()
    assert "models.csv: not JSON" in line
