"""The recorded answers of the reference, where the recordings are present."""
import pytest

from conftest import SHARED, check_recorded_answers, file_categories
from stub_upstream import StubUpstream

CASES = sorted(path.parent for path in SHARED.glob("cases/*/expected.jsonl.gz"))
pytestmark = [pytest.mark.skipif(not CASES, reason="no recorded cases on this machine"),
              pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)]


def test_recorded_answers_from_files(make_daemon, case):
    daemon = make_daemon(file_categories(case / "reference"), "file://%s/horde" % case).start()
    check_recorded_answers(daemon, case)


def test_recorded_answers_over_http(make_daemon, case, tmp_path):
    """test_legacy.py has the third kind of source."""
    for source in [*(case / "reference").glob("*.json"), *(case / "horde").glob("*.json")]:
        (tmp_path / source.name).symlink_to(source)
    with StubUpstream(tmp_path) as stub:
        names = ("image_generation", "text_generation")
        daemon = make_daemon({name: [stub.reference(name)] for name in names}, stub.horde).start()
        check_recorded_answers(daemon, case)
