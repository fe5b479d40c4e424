"""hydratorctl changes: what happened to models, and what happens from now on, whatever becomes of the daemon."""
import json
import subprocess

import pytest
from ctl import PROGRAM, check_form, ctl
from daemon import wait_for
from test_history import CATEGORY, CHANGES, changes, drop, first_model, make, rewrite, undescribe  # noqa: F401
from test_history import wait_change


def said_changes(daemon, *arguments):
    said = ctl(daemon, "changes", CATEGORY, "--json", *arguments)
    assert said.rc == 0, said
    return said.json()


@pytest.fixture
def daemon(make, documents):  # noqa: F811
    """One where a model lost its description, and another one went."""
    made = make().start()
    wait_for(lambda: made.get(CHANGES).status == 200, "the history")
    first = first_model(made)
    rewrite(documents, undescribe(first))
    wait_change(made, "flag_set", first)
    gone = made.json("/model_references/statistics/%s/deletion-risk" % CATEGORY)["models"][-1]["name"]
    rewrite(documents, drop(gone))
    wait_change(made, "disappeared", gone)
    return made


class Follower:
    """hydratorctl changes --follow: its lines as they come."""

    def __init__(self, daemon, *arguments):
        self.path = daemon.directory / "followed"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen(
                [PROGRAM, "-c", str(daemon.config), "changes", CATEGORY, "--follow", *arguments], env=daemon.env,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def lines(self):
        text = self.path.read_text()
        return text[:text.rfind("\n") + 1].splitlines()

    def documents(self):
        found = [json.loads(line) for line in self.lines() if line.startswith("{")]
        for document in found:
            check_form(document)
        return found

    def wait(self, kind, model):
        return wait_for(lambda: [each for each in self.documents() if (each["kind"], each["model"]) == (kind, model)],
                        "%s of %s" % (kind, model))[0]

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def follow():
    followers = []

    def begin(daemon, *arguments):
        followers.append(Follower(daemon, *arguments))
        return followers[-1]

    yield begin
    for follower in followers:
        follower.end()


def flat(change):
    """A change of the answer or of the tool, but for times, which the tool says in words."""
    return {key: value for key, value in change.items() if key not in ("at", "since", "schema", "category")}


def test_the_changes_are_those_of_the_answer(daemon):
    said, answer = said_changes(daemon), daemon.json(CHANGES)
    assert said["last_id"] == answer["last_id"]
    assert list(map(flat, said["changes"])) == list(map(flat, answer["changes"]))
    assert len(said["changes"]) >= 2


def test_since_kinds_and_limit(daemon):
    whole = changes(daemon)
    oldest = whole[-1]["id"]
    assert [each["id"] for each in said_changes(daemon, "--since", str(oldest))["changes"]] == [
        each["id"] for each in whole[:-1]]
    assert {each["kind"] for each in said_changes(daemon, "--kinds", "flag_set,at_risk")["changes"]} <= {
        "flag_set", "at_risk"}
    assert [each["id"] for each in said_changes(daemon, "--limit", "1")["changes"]] == [whole[0]["id"]]
    said = said_changes(daemon, "--since", str(whole[0]["id"]))
    assert said["changes"] == [] and said["last_id"] == whole[0]["id"]


def test_a_screen(daemon):
    said = ctl(daemon, "changes", CATEGORY, env={"COLUMNS": "160"})
    assert said.rc == 0 and "missing_description" in said.out and "disappeared" in said.out
    assert said.out.splitlines()[0].split() == ["ID", "SINCE", "KIND", "MODEL", "WHAT", "MONTH", "WORKERS"]


def test_what_is_followed_begins_with_the_last_ones_in_their_order(daemon, follow):
    whole = [each["id"] for each in reversed(changes(daemon))]
    follower = follow(daemon, "--json")
    wait_for(lambda: len(follower.documents()) == min(10, len(whole)), "the last changes")
    assert [each["id"] for each in follower.documents()] == whole[-10:]
    since = follow(daemon, "--json", "--since", str(whole[-2]))
    wait_for(lambda: [each["id"] for each in since.documents()] == whole[-1:], "what came since")


def test_it_follows_over_a_reload_a_restart_and_a_death(daemon, documents, follow):  # noqa: F811
    follower = follow(daemon, "--json", "--since", str(daemon.json(CHANGES)["last_id"]))

    def change():
        """Of what the document has: what is served may be what was saved."""
        name = next(iter(json.loads((documents / (CATEGORY + ".json")).read_text())))
        rewrite(documents, drop(name))
        wait_change(daemon, "disappeared", name)
        follower.wait("disappeared", name)

    change()
    daemon.reload()
    change()
    assert daemon.stop() == 0
    wait_for(lambda: any("waiting for it" in line for line in follower.lines()), "a note that nobody is there")
    daemon.log_path.rename(daemon.directory / "log.before")
    daemon.start()
    wait_for(lambda: daemon.get(CHANGES).status == 200, "the history")
    change()
    daemon.expect_dirty = True
    daemon.stop(9)
    daemon.expect_dirty = False
    daemon.start()
    wait_for(lambda: daemon.get(CHANGES).status == 200, "the history")
    change()
    ids = [each["id"] for each in follower.documents()]
    assert ids == sorted(set(ids)), "each once, in their order"
    assert follower.process.poll() is None


def test_a_line_for_people(daemon, follow):
    follower = follow(daemon, "--kinds", "disappeared")
    wait_for(follower.lines, "a line")
    gone = next(each for each in changes(daemon) if each["kind"] == "disappeared")
    line = follower.lines()[0]
    assert " disappeared  " + gone["model"] in line and line.endswith("(%d)" % gone["id"])


def test_a_closed_pipe_ends_it(daemon):
    process = subprocess.Popen("%s -c %s changes %s --follow | head -n 1" % (PROGRAM, daemon.config, CATEGORY),
                               shell=True, env=daemon.env, stdout=subprocess.PIPE, start_new_session=True)
    line = process.stdout.readline()
    assert b"Z " in line
    rewrite(next(daemon.directory.parent.glob("documents")), drop(first_model(daemon)))
    process.communicate(timeout=120)


@pytest.mark.parametrize("arguments,words", [
    ((), "needs one category"),
    ((CATEGORY, "--kinds", "flag_set,none"), "appeared, disappeared"),
    ((CATEGORY, "--since", "-1"), "too small"),
    ((CATEGORY, "--limit", "x"), "invalid"),
    (("video_generation", "--follow"), "image_generation"),
])
def test_what_is_refused(demo, arguments, words):
    said = ctl(demo, "changes", *arguments)
    assert said.rc == 64 and words in said.err, said
