"""hydratorctl models: the figures of the answer, chosen, sorted and written in every format."""
import csv
import io

import pytest
from ctl import PROGRAM, ctl
from screen import Terminal


IMAGES = "/model_references/statistics/image_generation/deletion-risk"
TEXT = "/model_references/statistics/text_generation/deletion-risk"
SAME = {"critical": "is_critical", "warning": "has_warning"}


def models(daemon, *arguments):
    said = ctl(daemon, "models", *arguments, "--json")
    assert said.rc == 0, said
    return said.json()


def flags(row):
    return [flag for flag, is_set in row["deletion_risk_flags"].items() if is_set]


@pytest.mark.parametrize("category,path", [("image_generation", IMAGES), ("text_generation", TEXT)])
def test_the_figures_are_those_of_the_answer(demo, category, path):
    said, answer = models(demo, category), demo.json(path)
    assert said["total"] == said["matching"] == len(said["models"]) == answer["total_count"]
    for model, row in zip(said["models"], answer["models"]):
        for key, value in model.items():
            if key not in ("flags", "at_risk_since"):
                assert value == row[SAME.get(key, key)], (key, model["name"])
        assert model["flags"] == flags(row)
        assert (model["at_risk_since"] is not None) <= row["at_risk"]


@pytest.mark.parametrize("preset", ["deletion_candidates", "zero_usage", "no_workers", "missing_data", "host_issues",
                                    "critical", "low_usage"])
def test_a_preset_has_the_models_of_the_answer(demo, preset):
    said = models(demo, "image_generation", "--preset", preset)
    names = [row["name"] for row in demo.json(IMAGES + "?preset=" + preset)["models"]]
    assert [model["name"] for model in said["models"]] == names
    assert said["matching"] == len(names) < said["total"]


def test_every_column_sorts_both_ways_and_null_stands_last(demo):
    whole = models(demo, "image_generation")["models"]
    for key in whole[0]:
        up = models(demo, "image_generation", "--sort=" + key)["models"]
        down = models(demo, "image_generation", "--sort=-" + key)["models"]
        assert models(demo, "image_generation", "--sort", "-" + key)["models"] == down, "-n and -c are none of ours"
        assert {model["name"] for model in up} == {model["name"] for model in whole}
        values = [model[key] for model in up if model[key] is not None]
        values = [len(value) if key == "flags" else value.lower() if isinstance(value, str) else value
                  for value in values]
        assert values == sorted(values), key
        assert all(model[key] is None for model in up[len(values):]), key
        assert all(model[key] is None for model in down[len(values):]), key
        assert [model[key] for model in down[:len(values)]][0] == up[len(values) - 1][key] or key == "flags"
    for key in ("usage_month", "size_gb"):
        at = [model["name"] for model in whole]
        again = models(demo, "image_generation", "--sort=-" + key)["models"]
        pairs = [(model[key] is None, -(model[key] or 0), at.index(model["name"])) for model in again]
        assert pairs == sorted(pairs), "equal ones keep the order of the answer"


def test_columns_and_a_limit(demo):
    said = models(demo, "image_generation", "--limit", "3", "--columns", "name,usage_mon,flags")
    assert [list(model) for model in said["models"]] == [["name", "usage_month", "flags"]] * 3
    assert said["matching"] == 40
    out = ctl(demo, "models", "image_generation", "--columns", "usage_total,name", "--limit", "1").out
    first = demo.json(IMAGES + "?limit=1")["models"][0]
    assert out == "TOTAL\tNAME\n%d\t%s\n" % (first["usage_total"], first["name"])
    values = ctl(demo, "models", "image_generation", "--format", "keyvalue", "--limit", "1").values()
    assert values["models.0.name"] == first["name"] and values["models.n"] == "1"


@pytest.mark.parametrize("format", ["csv", "markdown"])
@pytest.mark.parametrize("preset", [None, "critical"])
def test_a_list_is_the_answer_byte_for_byte(demo, format, preset):
    chosen = ("--preset", preset) if preset else ()
    said = ctl(demo, "models", "image_generation", "--" + format, *chosen, text=False)
    query = "?format=%s%s" % (format, "&preset=" + preset if preset else "")
    assert said.rc == 0 and said.out == demo.get(IMAGES + query).body
    page = ctl(demo, "models", "image_generation", "--" + format, "--limit", "2", *chosen, text=False)
    assert page.out == demo.get(IMAGES + query + "&limit=2").body


def test_a_list_is_sorted_and_cut_as_everything_else(demo):
    rows = list(csv.DictReader(io.StringIO(ctl(demo, "models", "image_generation", "--csv", "--sort=size_gb").out)))
    assert [row["name"] for row in rows] == [
        model["name"] for model in models(demo, "image_generation", "--sort=size_gb")["models"]]
    chosen = "name,size_gb,flags,critical,at_risk_since"
    rows = list(csv.DictReader(io.StringIO(ctl(demo, "models", "image_generation", "--csv", "--columns", chosen).out)))
    for row, model in zip(rows, models(demo, "image_generation", "--columns", chosen)["models"]):
        assert row["name"] == model["name"] and row["size_gb"] == ("" if model["size_gb"] is None
                                                                  else repr(model["size_gb"]))
        assert row["flags"].split() == model["flags"] and row["critical"] == str(model["critical"]).lower()
        assert row["at_risk_since"] == (model["at_risk_since"] or "")
    table = ctl(demo, "models", "image_generation", "--markdown", "--columns", "name,usage_day").out.splitlines()
    assert table[:2] == ["| name | usage_day |", "|---|--:|"] and len(table) == 42


@pytest.mark.parametrize("arguments,words", [
    ((), "needs one category"),
    (("image_generation", "text_generation"), "needs one category"),
    (("image_generation", "--preset", "all"), "deletion_candidates, zero_usage"),
    (("image_generation", "--sort", "usage"), "usage_day, usage_month"),
    (("image_generation", "--columns", "name,"), "no column, or several"),
    (("image_generation", "--columns", "name," * 40 + "name"), "more than there are"),
    (("image_generation", "--limit", "0"), "too small"),
    (("image_generation", "--csv", "--json"), "one format"),
    (("video_generation",), "image_generation, text_generation"),
])
def test_what_is_refused(demo, arguments, words):
    said = ctl(demo, "models", *arguments)
    assert said.rc == 64 and words in said.err and not said.out, said


def test_a_category_without_deletion_risk(make_daemon, tmp_path):
    (tmp_path / "blip.json").write_text('{"a":{"name":"a"}}')
    daemon = make_daemon({"blip": ["file://%s/blip.json" % tmp_path]}).start()
    said = ctl(daemon, "models", "blip")
    assert said.rc == 2 and "no deletion risk" in said.err and not said.out


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_names_are_read_on_a_screen_of_any_width(demo, columns):
    terminal = Terminal([PROGRAM, "-c", str(demo.config), "models", "image_generation", "--preset", "no_workers"],
                        columns=columns, rows=50, env=demo.env)
    try:
        assert terminal.end() == 0
        lines = [line for line in terminal.text().splitlines() if line]
        names = [model["name"] for model in models(demo, "image_generation", "--preset", "no_workers")["models"]]
        assert len(lines) == 1 + len(names), "no line is broken"
        room = {40: 5, 80: 14, 160: 30}[columns]
        assert all(line.startswith(name[:room].rstrip()) for line, name in zip(lines[1:], names))
    finally:
        terminal.close()
