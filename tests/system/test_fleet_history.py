"""The changes of a fleet are its leader's, and who leads next goes on with them."""
from fleet import CATEGORY, STATISTICS, Documents, make_fleet, skip_under_valgrind
from daemon import wait_for

__all__ = ["make_fleet"]
pytestmark = skip_under_valgrind
CHANGES = STATISTICS + "/changes"
HISTORY = STATISTICS + "/history"


class Flapping(Documents):
    """Every other set has no descriptions."""

    def mark(self, name, text):
        text = super().mark(name, text)
        return text.replace(b'"description"', b'"what_it_was"') if self.count(name) % 2 else text


def changes(member):
    answer = member.get(CHANGES)
    return answer.json()["changes"] if answer.status == 200 else []


def ids(member):
    return [each["id"] for each in changes(member)]


def first_seen(member):
    return {row["name"]: row["first_seen"] for row in member.get(HISTORY).json()["models"]}


def test_changes_go_on_under_another_leader(make_fleet):
    fleet = make_fleet(size=3, interval=2, settings="history { settle = 0 sample_interval = 1 }",
                       documents=Flapping).start()
    wait_for(lambda: all(ids(member) for member in fleet.members), "changes on every machine")
    wait_for(lambda: fleet.same_answers(CHANGES) and fleet.same_answers(HISTORY), "the leader's everywhere")
    leader = fleet.leader()
    others = fleet.followers()
    before, seen = ids(others[0]), first_seen(others[0])
    leader.daemon.stop()
    wait_for(lambda: fleet.holder() not in ("", leader.name), "another leader")
    wait_for(lambda: all(ids(member)[:1] > before[:1] for member in others), "a change that the new leader noticed")
    for member in others:
        now = ids(member)
        assert now == sorted(set(now), reverse=True)
        assert set(before) <= set(now), "the changes of the former leader"
    assert {name: at for name, at in first_seen(others[0]).items() if name in seen}.keys() == seen.keys()
    assert CATEGORY in others[0].get(CHANGES).headers["Surrogate-Key"]
