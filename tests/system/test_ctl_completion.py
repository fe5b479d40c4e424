"""What bash completes behind hydratorctl: etc/bash-completion/hydratorctl."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import SOURCE
from ctl import PROGRAM, ctl

SCRIPT = SOURCE / "etc" / "bash-completion" / "hydratorctl"
# Without the package bash-completion: the words are those that bash would have made of the line.
ASK = """
set -u
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_hydratorctl
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""

if shutil.which("bash") is None:
    pytest.skip("bash is missing (Debian: bash)", allow_module_level=True)


def complete(*words, env=None):
    answer = subprocess.run(["bash", "-c", ASK, "bash", SCRIPT, PROGRAM, *words], env=env, capture_output=True,
                            text=True, timeout=60, check=True)
    assert answer.stderr == ""
    return answer.stdout.splitlines()


def listed():
    """Commands as hydratorctl -h lists them, each with its usage."""
    text = subprocess.run([PROGRAM, "-h"], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^  ([a-z]+)(?: (.*))?$", text.partition("commands:\n")[2], re.M))


def test_every_command_and_option():
    commands = listed()
    assert complete("") == list(commands)
    assert complete("re") == [name for name in commands if name.startswith("re")]
    for name, usage in commands.items():
        offered = complete(name, "--")
        for option in re.findall(r"--[a-z-]+", usage):
            assert option in offered, (name, option)
        assert set(offered) - {"--json", "--format"} == set(re.findall(r"--[a-z-]+", usage)), name


def test_values():
    assert complete("status", "--format", "") == ["table", "json", "keyvalue"]
    assert complete("--format", "j") == ["json"]
    assert complete("dump", "blip", "--encoding", "") == ["identity", "gzip", "br", "zstd"]
    assert complete("loglevel", "d") == ["debug"]
    assert complete("status", "--limit", "") == []
    assert complete("dump", "blip", "stat") == ["statistics", "statistics-grouped"]


def test_what_the_daemon_has(demo):
    common = ("-c", str(demo.config))
    categories = ["image_generation", "text_generation"]
    for command in ("models", "model", "history", "changes", "cycles", "dump", "refresh"):
        assert complete(*common, command, "", env=demo.env) == categories, command
    assert complete(*common, "refresh", "text_generation", "i", env=demo.env) == categories[:1]
    assert complete("models", *common, "t", env=demo.env) == categories[1:]
    names = [row["name"] for row in ctl(demo, "models", "image_generation", "--json").json()["models"]]
    blank = next(name for name in sorted(names) if " " in name)
    row = ctl(demo, "models", "image_generation", "--json", "--limit", "1").json()["models"][0]
    assert complete("models", "--sort", "") == complete("models", "--columns", "") == list(row)
    offered = complete(*common, "model", "image_generation", blank[:3], env=demo.env)
    assert blank.replace(" ", "\\ ") in offered, offered


def test_no_daemon(tmp_path):
    env = dict(os.environ)
    assert complete("-n", "/hydratord-nothing", "models", "", env=env) == []

