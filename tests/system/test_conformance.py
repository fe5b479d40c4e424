"""The recorded answers of the reference, where the recordings are present."""
import pytest

from conftest import SHARED, check_recorded_answers, file_categories

CASES = sorted(path.parent for path in SHARED.glob("cases/*/expected.jsonl.gz"))


@pytest.mark.skipif(not CASES, reason="no recorded cases on this machine")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_answers(make_daemon, case):
    daemon = make_daemon(file_categories(case / "reference"), "file://%s/horde" % case).start()
    check_recorded_answers(daemon, case)
