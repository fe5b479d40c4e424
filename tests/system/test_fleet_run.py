"""A short run of the fleet whose leaders are killed under load; ./dev fleet makes the long one."""
import os
import subprocess

from conftest import SOURCE
from daemon import BINARY
from fleet import skip_under_valgrind
from proxy import tool

pytestmark = skip_under_valgrind


def test_a_short_run(figure):
    tool("redis-server", "redis-server")
    run = subprocess.run([SOURCE / "tests" / "stress" / "fleet.sh", "10", "3"], capture_output=True, text=True,
                         env=dict(os.environ, HYDRATORD_BINARY=BINARY, srcdir=str(SOURCE)), check=False)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-4000:]
    for line in run.stdout.splitlines():
        figure("fleet run: " + line)
