"""Changes posted to a webhook that does anything: none is lost, and nobody is held up."""
import json
import os
import signal
import time

import pytest

from conftest import DEMO
from daemon import PATIENCE, wait_for
from fleet import CATEGORY, make_fleet, skip_under_valgrind  # noqa: F401 a fixture
from stub_tls import OPENSSL, Authority
from stub_webhook import SECRET, StubWebhook
from test_metrics import METRICS, samples

SETTINGS = METRICS + ' history { settle = 0 } notify { url_file = "%s" kinds = { %s } %s } %s'
KINDS = '"disappeared", "appeared"'


@pytest.fixture
def hook():
    with StubWebhook() as server:
        yield server


class Watched:
    """A daemon that posts, of a document whose models can go."""

    def __init__(self, directory, make_daemon, url, kinds=KINDS, notify="", settings=""):
        self.url_file = directory / "url"
        self.point_to(url)
        self.document = json.loads((DEMO / "image_generation.json").read_text())
        self.path = directory / "image_generation.json"
        self.write()
        self.daemon = make_daemon({CATEGORY: ["file://%s" % self.path]},
                                  settings=SETTINGS % (self.url_file, kinds, notify, settings))
        self.daemon.start()
        self.wait_known()

    def point_to(self, url):
        """As a secret is rotated: a new file in the place of the old one."""
        new = self.url_file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(url + "\n")
        if os.geteuid() == 0:
            os.chown(new, 0, 0)
        new.replace(self.url_file)

    def write(self):
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.document))
        new.replace(self.path)

    def history(self):
        return self.daemon.json("/readyz?verbose")["categories"][0].get("history", {})

    def notify(self):
        return self.history()["notify"]

    def wait_known(self):
        """The first publication of a history makes no change: it has to be read, and to have had one."""
        wait_for(lambda: self.history()["models"] == len(self.document), "the models in the history")

    def shows(self, rows):
        shown = self.daemon.json("/model_references/statistics/%s/changes" % CATEGORY)["changes"]
        return all(row in shown for row in rows)

    def figure(self, name):
        return samples(self.daemon).get('notify_%s{category="%s"}' % (name, CATEGORY))

    def drop(self, number=1):
        """So many models go; their names."""
        gone = [self.document.popitem()[0] for _ in range(number)]
        self.write()
        self.daemon.send(signal.SIGUSR1)
        return gone

    def wait_error(self, text):
        wait_for(lambda: text in (self.notify()["error"] or ""), text)
        assert "s3cret" not in self.daemon.log()
        assert "s3cret" not in self.daemon.get("/readyz?verbose").body.decode()


@pytest.fixture
def watch(make_daemon, tmp_path):
    def start(url, **kwargs):
        return Watched(tmp_path, make_daemon, url, **kwargs)
    return start


def test_json(hook, watch):
    watched = watch(hook.url)
    gone = watched.drop(3)
    wait_for(lambda: len(hook.changes()) == 3, "three changes")
    path, fields, body = hook.tries[0]
    assert path == SECRET and fields["Content-Type"] == "application/json"
    assert json.loads(body).keys() == {"category", "changes"} and json.loads(body)["category"] == CATEGORY
    assert sorted(row["model"] for row in hook.changes()) == sorted(gone)
    assert hook.changes() == sorted(hook.changes(), key=lambda row: row["id"])
    # They are posted as soon as they are noticed, which may be before they are published.
    wait_for(lambda: watched.shows(hook.changes()), "the same rows")
    wait_for(lambda: watched.figure("posted_total") == 3 and watched.figure("pending") == 0, "the figures")
    assert watched.figure("failures_total") == 0
    assert abs(watched.figure("last_success_timestamp_seconds") - time.time()) < 10 * PATIENCE
    assert watched.notify()["error"] is None
    assert "s3cret" not in watched.daemon.run("-T", "-c", str(watched.daemon.config)).stdout
    assert "s3cret" not in watched.daemon.log()


def test_discord(hook, watch):
    watched = watch(hook.url, notify='format = "discord"')
    gone = watched.drop()
    body = json.loads(hook.wait_tries(1)[0][2])
    assert body.keys() == {"content", "allowed_mentions"} and body["allowed_mentions"] == {"parse": []}
    assert "`%s` disappeared" % gone[0] in body["content"]


def test_kinds(hook, watch):
    watched = watch(hook.url, kinds='"appeared"')
    name, record = watched.document.popitem()
    watched.write()
    watched.daemon.send(signal.SIGUSR1)
    changes = "/model_references/statistics/%s/changes" % CATEGORY
    wait_for(lambda: watched.daemon.json(changes)["total_count"] > 0, "that it is gone")
    watched.document[name] = record
    watched.write()
    watched.daemon.send(signal.SIGUSR1)
    assert hook.wait_model(name) == [name]
    assert [row["kind"] for row in hook.changes()] == ["appeared"]


def test_a_hang_holds_nothing_up(hook, watch):
    hook.mode("hang")
    watched = watch(hook.url)
    gone = watched.drop()
    hook.wait_tries(1)
    more = watched.drop()
    wait_for(lambda: more[0] not in watched.daemon.get(
        "/model_references/statistics/%s/deletion-risk" % CATEGORY).body.decode(), "a cycle meanwhile")
    begun = time.monotonic()
    assert watched.daemon.stop() == 0
    assert time.monotonic() - begun < 25  # less than a request may take
    hook.mode("ok")
    watched.daemon.start()
    assert hook.wait_model(more[0]) == gone + more


@pytest.mark.parametrize("target", ["file:///etc/passwd", "/elsewhere", "http://127.0.0.1:1/"])
def test_redirects_are_not_followed(hook, watch, target):
    hook.mode("redirect:" + (hook.url.replace(SECRET, target) if target.startswith("/") else target))
    watched = watch(hook.url)
    watched.drop()
    watched.wait_error("HTTP status 302, and redirects are not followed")
    assert hook.strays == [] and {path for path, *_ in hook.tries} == {SECRET}


def test_retry_after(hook, watch):
    hook.mode("429:86000")
    watched = watch(hook.url)
    gone = watched.drop()
    watched.wait_error("HTTP status 429")
    hook.mode("ok")
    watched.daemon.move_clock(85000)
    more = watched.drop()
    wait_for(lambda: watched.figure("pending") == 2, "two that wait")
    assert len(hook.tries) == 1
    watched.daemon.move_clock(1100)
    assert hook.wait_model(more[0]) == gone + more


def test_an_error_is_tried_again(hook, watch):
    hook.mode("500")
    watched = watch(hook.url)
    gone = watched.drop()
    watched.wait_error("HTTP status 500")
    hook.mode("ok")
    watched.daemon.move_clock(10)
    assert hook.wait_model(gone[0]) == gone
    assert hook.tries[0][2] == hook.tries[1][2]
    wait_for(lambda: "changes of %s are posted again" % CATEGORY in watched.daemon.log(), "the line")


def test_what_is_refused_is_dropped_and_said(hook, watch):
    hook.mode("400")
    watched = watch(hook.url)
    watched.drop()
    for number in range(1, 4):
        hook.wait_tries(number)
        wait_for(lambda: watched.figure("failures_total") == number, "the refusal")
        watched.daemon.move_clock(3600)
    wait_for(lambda: "1 changes of %s are dropped" % CATEGORY in watched.daemon.log(), "the line")
    hook.mode("ok")
    more = watched.drop()
    assert hook.wait_model(more[0]) == more


def test_what_is_no_answer(hook, watch):
    hook.mode("garbage")
    watched = watch(hook.url)
    gone = watched.drop()
    wait_for(lambda: watched.figure("failures_total") == 1, "a failure")
    hook.mode("endless")
    watched.daemon.move_clock(10)
    assert hook.wait_model(gone[0]) == gone
    wait_for(lambda: watched.figure("posted_total") == 1, "that it was taken")


@pytest.mark.skipif(not OPENSSL, reason="openssl is missing (Debian: openssl)")
def test_tls(watch, tmp_path):
    authority = Authority(tmp_path / "authority")
    with StubWebhook(tls=authority.context("wrong-name")) as other, StubWebhook(tls=authority.context("good")) as hook:
        watched = watch(other.url, settings='upstream { ca_file = "%s" }' % authority.ca_file)
        gone = watched.drop()
        wait_for(lambda: watched.figure("failures_total") == 1, "a failure")
        assert "SSL" in watched.notify()["error"] and other.tries == []
        watched.point_to(hook.url)  # rotated, and the sandbox lets it be read
        watched.daemon.move_clock(10)
        assert hook.wait_model(gone[0]) == gone


def test_a_file_that_others_read(hook, watch):
    watched = watch(hook.url)
    watched.url_file.chmod(0o644)
    gone = watched.drop()
    watched.wait_error("notify.url_file")
    assert hook.tries == []
    watched.point_to(hook.url)
    watched.daemon.move_clock(10)
    assert hook.wait_model(gone[0]) == gone


def test_killed_at_any_moment_nothing_is_lost(hook, watch):
    """Also between the answer and its record."""
    watched = watch(hook.url)
    gone = []
    for number in range(4):
        gone += watched.drop()
        hook.wait_tries(number + 1)
        watched.daemon.kill_child("hydrator " + CATEGORY)
        wait_for(lambda: gone[-1] in [row["model"] for row in hook.changes()], gone[-1])
        wait_for(lambda: watched.history()["state"] == "kept", "the history")
    seen = list(dict.fromkeys(row["model"] for row in hook.changes()))
    assert seen == gone


def test_what_waits_is_posted_after_a_restart(hook, watch):
    hook.mode("503")
    watched = watch(hook.url)
    gone = watched.drop(2)
    hook.wait_tries(1)
    watched.daemon.stop()
    hook.mode("ok")
    watched.daemon.start()
    wait_for(lambda: len(hook.changes()) >= 2, "both")
    assert sorted(row["model"] for row in hook.changes()) == sorted(gone)
    watched.daemon.stop()
    tries = len(hook.tries)
    watched.daemon.start()
    more = watched.drop()
    assert hook.wait_model(more[0])[2:] == more
    assert len(hook.tries) == tries + 1


@skip_under_valgrind
def test_in_a_fleet_the_leader_posts(hook, make_fleet, tmp_path):  # noqa: F811
    """And who leads after it goes on where it was, with what it has not posted."""
    url_file = tmp_path / "url"
    url_file.touch(mode=0o600)
    url_file.write_text(hook.url)
    fleet = make_fleet(size=3, settings='history { settle = 0 } notify { url_file = "%s" kinds = { "disappeared" } }'
                       % url_file).start()
    path = fleet.stub.directory / (CATEGORY + ".json")
    document = json.loads(path.read_text())

    def history(member):
        return json.loads(member.get("/readyz?verbose").body)["categories"][0]["history"]

    def drop():
        name = document.popitem()[0]
        new = path.with_suffix(".new")
        new.write_text(json.dumps(document))
        new.replace(path)
        return name

    wait_for(lambda: all(history(member)["models"] == len(document) for member in fleet.members), "the histories")
    gone = [drop()]
    assert hook.wait_model(gone[0]) == gone
    # What was posted goes to the others with the next snapshots.
    fleet.wait_settled(at_least=fleet.stub.sets() + 2)
    wait_for(lambda: len({history(member)["last_event"] for member in fleet.members}) == 1, "one history everywhere")
    hook.mode("503")
    gone.append(drop())
    hook.wait_tries(2)
    first = fleet.leader()
    others = fleet.followers()
    fleet.wait_settled(at_least=fleet.stub.sets() + 1)
    first.daemon.stop()
    hook.mode("ok")
    gone.append(drop())
    # A try of the first leader may have been answered while it stopped.
    hook.wait_model(gone[2])
    assert list(dict.fromkeys(row["model"] for row in hook.changes())) == gone
    assert [row["model"] for row in hook.changes()].count(gone[0]) == 1
    assert fleet.leader() in others
    wait_for(lambda: {member.metric("notify_pending") for member in others} == {0}, "that nothing waits")
