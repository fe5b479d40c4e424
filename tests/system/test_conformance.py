"""The recorded answers of the reference, where the recordings are present."""
import pytest

from conftest import CASES, case_categories, check_recorded_answers
from stub_upstream import StubUpstream

pytestmark = [pytest.mark.skipif(not CASES, reason="no recorded cases on this machine"),
              pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)]


def test_recorded_answers_from_files(make_daemon, case):
    daemon = make_daemon(case_categories(case), "file://%s/horde" % case).start()
    check_recorded_answers(daemon, case)


def test_recorded_answers_over_http(make_daemon, case, tmp_path):
    """test_legacy.py has the third kind of source."""
    for source in [*(case / "reference").glob("*.json"), *(case / "horde").glob("*.json")]:
        (tmp_path / source.name).symlink_to(source)
    with StubUpstream(tmp_path) as stub:
        daemon = make_daemon({name: [stub.reference(name)] for name in case_categories(case)}, stub.horde).start()
        check_recorded_answers(daemon, case)
