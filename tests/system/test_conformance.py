"""The recorded answers of the reference, where the recordings are present."""
import subprocess
import sys

import pytest

from conftest import SHARED, file_categories

CASES = sorted(path.parent for path in SHARED.glob("cases/*/expected.jsonl.gz"))


@pytest.mark.skipif(not CASES, reason="no recorded cases on this machine")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_answers(make_daemon, case):
    daemon = make_daemon(file_categories(case / "reference"), "file://%s/horde" % case).start()
    judge = subprocess.run(
        [sys.executable, SHARED / "conformance" / "check.py", "http://127.0.0.1:%d" % daemon.port,
         case / "expected.jsonl.gz"],
        capture_output=True, text=True, check=False)
    assert judge.returncode == 0, judge.stdout[-4000:] + judge.stderr
    assert judge.stdout.strip().endswith(" 0 failed")
