"""Documents of upstreams that the sample data does not have: many models, and names that mean harm."""
import json
import pathlib
import random
import shutil

from conftest import DEMO

CATEGORY = "image_generation"
BASELINES = ("stable_diffusion_1", "stable_diffusion_xl", "flux_1", "stable_diffusion_2_768")
SYLLABLES = ("am", "ber", "can", "vas", "bir", "ch", "mir", "ror", "co", "balt", "vis", "ta", "glow", "fern", "lu", "mo")

# Each in the place of a model's name; what a person is to see of it, if it is not all of it.
HOSTILE = {
    "<script>alert('name')</script>": None,
    "<img src=x onerror=alert(1)>": None,
    "\"><svg onload=alert(2)>": None,
    "' onmouseover='alert(3)": None,
    "javascript:alert(4)": None,
    "{{constructor.constructor('alert(5)')()}}": None,
    "=HYPERLINK(\"http://evil.example\",\"free\")": None,
    "@SUM(1+1)*cmd|' /C calc'!A0": None,
    "[click](javascript:alert(6)) `code` **bold** |": None,
    "../../admin?x=1&y=2#/help": None,
    "%3Cscript%3E%00%2F": None,
    "safe\u202egpj.exe": r"safe\S+gpj\.exe",
    "a\u00adnd\U000e0041ra\u3164": r"a\\u00adnd\\ue0041ra\\u3164",
    "\u0646\u0645\u0648\u0630\u062c \u0639\u0631\u0628\u064a 1.5": None,
    "\u2066isolate without an end": r"\S*isolate without an end",
    "line one\nline two\ttab": r"line one\W.*line two",
    "  blanks   around  ": "blanks +around",
    "emoji \U0001f600 and \u00e9\u0301\u0301\u0301\u0301": "emoji",
    "constructor": None,
    "__proto__": None,
    "toString": None,
    "n" * 300: "n{20}",
    ".": None,
    "..": None,
    "long words that may be broken " * 10 + "end": "long words",
}


def write(directory, reference, used, workers):
    """used: name -> (day, month, total); workers: name -> how many. Other categories are as in the sample data."""
    shutil.copytree(DEMO, directory)
    (directory / (CATEGORY + ".json")).write_text(json.dumps(reference))
    (directory / "stats_image.json").write_text(json.dumps({
        period: {name: counts[i] for name, counts in used.items() if counts[i]}
        for i, period in enumerate(("day", "month", "total"))}))
    (directory / "status_image.json").write_text(json.dumps([
        {"name": name, "count": count, "performance": 1000000.0 + count, "queued": 0.0, "jobs": 0, "eta": 0, "type": "image"}
        for name, count in workers.items() if count]))
    return directory


def record(name, baseline, **members):
    return dict({
        "record_type": CATEGORY, "name": name, "description": "Invented: " + name, "version": "1", "baseline": baseline,
        "tags": ["invented"], "nsfw": False, "style": "generalist", "size_on_disk_bytes": 2000000000,
        "config": {"download": [{"file_name": "model.safetensors", "sha256sum": "0" * 64,
                                 "file_url": "https://huggingface.co/invented/resolve/main/model.safetensors"}]}}, **members)


def many(directory, models, seed=1):
    """That many image models, of which a quarter is little used, and a quarter has no workers."""
    rolled = random.Random(seed)
    reference, used, workers = {}, {}, {}
    for number in range(models):
        name = "%s %d" % ("".join(rolled.choices(SYLLABLES, k=rolled.randint(2, 5))).title(), number)
        reference[name] = record(name, rolled.choice(BASELINES), nsfw=rolled.random() < 0.1,
                                 size_on_disk_bytes=rolled.randint(1, 12) * 10**9)
        month = 0 if rolled.random() < 0.25 else int(rolled.paretovariate(0.8) * 20)
        used[name] = (month // 30, month, month * rolled.randint(2, 20))
        workers[name] = 0 if rolled.random() < 0.25 else rolled.randint(1, 9)
    return write(pathlib.Path(directory), reference, used, workers)


def hostile(directory):
    """Models of harmful names, whose other texts mean harm too; none has workers, and each is used a little."""
    attack = "<script>alert('text')</script>\u202e"
    reference = {}
    for name in HOSTILE:
        download = {"file_name": attack, "file_url": "https://xn--p1ai.example/<script>alert(7)</script>", "sha256sum": "0" * 64}
        reference[name] = record(name, attack, description=attack, tags=[attack, "a" * 300], version=attack,
                                 config={"download": [download]})
    used = {name: (0, 1, 1) for name in HOSTILE}
    used["<b>not listed</b>"] = (5, 50, 500)
    return write(pathlib.Path(directory), reference, used, {"<b>not listed</b>": 2})
