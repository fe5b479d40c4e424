"""Short runs of a fleet under load, of which ./dev fleet makes long ones."""
import os
import subprocess

import pytest

from conftest import SOURCE
from daemon import BINARY
from fleet import skip_under_valgrind
from proxy import tool

pytestmark = skip_under_valgrind


@pytest.mark.parametrize("words", ["10 3", "storm 20"], ids=["leaders-killed", "storm"])
def test_a_short_run(figure, words):
    tool("redis-server", "redis-server")
    run = subprocess.run([SOURCE / "tests" / "stress" / "fleet.sh", *words.split()], capture_output=True, text=True,
                         env=dict(os.environ, HYDRATORD_BINARY=BINARY, srcdir=str(SOURCE), HYDRATORD_FLEET_SLACK="2"), check=False)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-4000:]
    for line in run.stdout.splitlines():
        figure("fleet run: " + line)
