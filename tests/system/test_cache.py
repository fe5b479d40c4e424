"""The service as a cache: what it says of age, lifetime and validity in each state of its data."""
import email.utils
import json
import re
import signal
import time

import pytest

from conftest import DEMO, file_categories
from daemon import wait_for

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
TARGETS = (STATISTICS, RISK, RISK + "?limit=3", RISK + "?preset=critical")
TTL, STALE_TTL, STALE_IF_ERROR = 100, 1000, 5000
ONCE = "enabled = false interval = 10 ttl = %d stale_ttl = %d stale_if_error = %d" % (
    TTL, STALE_TTL, STALE_IF_ERROR)
# Seconds to move the clock to be in the middle of a state, and its name in Cache-Status.
STATES = {"fresh": (0, None), "stale": (500, "stale"), "stale-if-error": (3000, "stale-if-error")}
OF_THE_CONTENT = {"content-type", "content-length", "content-encoding"}


def fields_of(answer):
    return {name.lower(): value for name, value in answer.headers.items()}


def cache_status(answer):
    """RFC 9211: a list of one item, a token with parameters; ttl is an integer, detail a token here."""
    found = re.fullmatch(r"hydratord; hit; ttl=(-?\d{1,15})(?:; detail=([a-z][a-z-]*))?",
                         answer.headers["cache-status"])
    assert found, answer.headers["cache-status"]
    return int(found.group(1)), found.group(2)


def modified(answer):
    return email.utils.parsedate_to_datetime(answer.headers["last-modified"])


@pytest.fixture(scope="module")
def by_state(tmp_path_factory):
    """A daemon for each state, made old by its clock."""
    from daemon import Daemon
    daemons = {}
    for state, (seconds, _) in {**STATES, "expired": (9000, None)}.items():
        daemon = Daemon(tmp_path_factory.mktemp(state), file_categories(DEMO), "file://%s" % DEMO, hydration=ONCE)
        daemon.start()
        daemon.move_clock(seconds)
        daemons[state] = daemon
    yield daemons
    for daemon in daemons.values():
        assert daemon.stop() == 0


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("state", STATES)
def test_a_state_that_is_served(by_state, state, target):
    daemon, (moved, detail) = by_state[state], STATES[state]
    answer = daemon.get(target)
    assert answer.status == 200
    age = int(answer.headers["age"])
    assert moved <= age < moved + 60
    assert answer.headers["cache-control"] == (
        "public, max-age=%d, stale-while-revalidate=%d, stale-if-error=%d" % (
            TTL if state == "fresh" else 0, STALE_TTL - TTL, STALE_IF_ERROR - TTL))
    assert int(answer.headers["x-accel-expires"]) == max(TTL - age, 0)
    assert cache_status(answer) == (TTL - age, detail)
    assert "retry-after" not in answer.headers
    assert answer.headers["surrogate-key"] == "image_generation"
    date = email.utils.parsedate_to_datetime(answer.headers["date"])
    assert moved <= (date - modified(answer)).total_seconds() < moved + 60


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("state", STATES)
def test_a_304_says_what_the_200_says_but_for_the_content(by_state, state, target):
    daemon = by_state[state]

    def same(field, value_of):
        whole = daemon.get(target)
        short = daemon.get(target, headers={field: value_of(whole.headers)})
        assert (whole.status, short.status, short.body) == (200, 304, b"")
        return fields_of(short) == {k: v for k, v in fields_of(whole).items() if k not in OF_THE_CONTENT}

    # Age and Date may tick between the two, on a busy machine often.
    for field, value_of in (("If-None-Match", lambda fields: fields["etag"]),
                            ("If-Modified-Since", lambda fields: fields["last-modified"]),
                            ("If-None-Match", lambda fields: "*")):
        wait_for(lambda: same(field, value_of), "a 304 that says what the 200 says")


@pytest.mark.parametrize("target", TARGETS)
def test_expired(by_state, target):
    daemon = by_state["expired"]
    for headers in ({}, {"If-None-Match": "*"}, {"If-Modified-Since": email.utils.formatdate(usegmt=True)}):
        answer = daemon.get(target, headers=headers)
        assert (answer.status, answer.headers["cache-control"]) == (503, "no-store")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json() == {"detail": "The data is too old to be served"}
        for name in ("etag", "last-modified", "age", "cache-status", "x-accel-expires", "surrogate-key"):
            assert name not in answer.headers


@pytest.mark.parametrize("state", [*STATES, "expired"])
def test_errors_are_never_stored(by_state, state):
    for target, status in (("/nothing", 404), (RISK + "?limit=0", 422), ("/model_references/statistics/blip", 404),
                           ("/model_references/statistics/blip/deletion-risk", 400)):
        answer = by_state[state].get(target, headers={"If-None-Match": "*"})
        assert (answer.status, answer.headers["cache-control"]) == (status, "no-store")
        for name in ("etag", "last-modified", "age", "surrogate-key"):
            assert name not in answer.headers


def test_each_category_is_its_purge_key(demo):
    for category in ("image_generation", "text_generation"):
        base = "/api/model_references/statistics/" + category
        for target in (base, base + "/deletion-risk", base + "/audit", base + "/with-stats"):
            for method, fields in (("GET", {}), ("HEAD", {}), ("GET", {"If-None-Match": "*"})):
                answer = demo.get(target, method, fields)
                assert answer.headers.get_all("surrogate-key") == [category]
    for target in ("/", "/heartbeat", "/openapi.json", "/readyz", "/api", base + "/"):
        assert "surrogate-key" not in demo.get(target).headers


def test_the_moment_freshness_ends(make_daemon):
    daemon = make_daemon(hydration=ONCE).start()
    age = int(daemon.get(RISK).headers["age"])
    daemon.move_clock(TTL - age - 5)
    ages = set()

    def ended():
        answer = daemon.get(RISK)
        age = int(answer.headers["age"])
        ages.add(age)
        fresh = age < TTL
        assert ("max-age=%d," % (TTL if fresh else 0)) in answer.headers["cache-control"]
        assert cache_status(answer) == (TTL - age, None if fresh else "stale")
        return not fresh

    wait_for(ended, "the end of freshness")
    assert min(ages) < TTL


def test_if_modified_since(demo):
    """RFC 9110 section 13.1.3."""
    answer = demo.get(RISK)
    when = modified(answer).timestamp()

    def status(**conditions):
        return demo.get(RISK, headers={k.replace("_", "-"): v for k, v in conditions.items()}).status

    def date(seconds):
        return email.utils.formatdate(when + seconds, usegmt=True)

    moment = time.gmtime(when)
    assert status(If_Modified_Since=date(0)) == 304
    assert status(If_Modified_Since=date(+3600)) == 200  # the future is not believed
    assert status(If_Modified_Since=date(-1)) == 200
    assert status(If_Modified_Since=time.strftime("%A, %d-%b-%y %H:%M:%S GMT", moment)) == 304
    assert status(If_Modified_Since=time.asctime(moment)) == 304
    assert status(If_Modified_Since="yesterday") == 200
    assert status(If_Modified_Since=date(0).lower()) == 200
    # An entity tag decides alone.
    assert status(If_Modified_Since=date(0), If_None_Match='"another"') == 200
    assert status(If_Modified_Since=date(-3600), If_None_Match=answer.headers["etag"]) == 304
    assert demo.get(RISK, "HEAD", {"If-Modified-Since": date(0)}).status == 304
    assert demo.get(RISK, "OPTIONS", {"If-Modified-Since": date(0)}).status == 204


def refresh(daemon, category="image_generation"):
    """Runs a cycle of every category and waits until this one's is served."""
    def generation():
        found = re.findall(r"hydrated %s: .*generation (\d+)" % category, daemon.log())
        return int(found[-1]) if found else 0

    before = generation()
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: generation() > before, "a refresh")
    wait_for(lambda: int(daemon.get(RISK).headers["age"]) < 60, "a reader to have taken it")


def test_a_clock_that_was_ahead_is_forgotten(make_daemon, documents):
    """RFC 9110 section 8.8.2.1. What was published two days ahead; then the right time; then other content."""
    sources = file_categories(documents, ("image_generation",))
    daemon = make_daemon(sources, "file://%s" % documents, hydration=ONCE)
    daemon.move_clock(2 * 86400)
    daemon.start()
    ahead = daemon.get(RISK).headers["last-modified"]
    daemon.move_clock(-2 * 86400)
    answer = daemon.get(RISK)
    date = email.utils.parsedate_to_datetime(answer.headers["date"])
    assert modified(answer) <= date
    assert (date - email.utils.parsedate_to_datetime(ahead)).total_seconds() < -86400
    assert daemon.get(RISK, headers={"If-Modified-Since": ahead}).status == 200
    stats = json.loads((documents / "stats_image.json").read_text())
    stats["month"] = {name: count + 1 for name, count in stats["month"].items()}
    (documents / "stats_image.json").write_text(json.dumps(stats))
    refresh(daemon)
    wait_for(lambda: daemon.get(RISK).headers["etag"] != answer.headers["etag"], "other content")
    assert daemon.get(RISK, headers={"If-Modified-Since": ahead}).status == 200


def test_last_modified_is_never_after_date(make_daemon, documents):
    """While the content changes all the time: both are of one reading of the clock."""
    sources = file_categories(documents, ("image_generation",))
    daemon = make_daemon(sources, "file://%s" % documents, hydration=ONCE).start()
    stats = json.loads((documents / "stats_image.json").read_text())
    seen = set()
    while len(seen) < 3:
        stats["month"] = {name: count + 1 for name, count in stats["month"].items()}
        etag = daemon.get(RISK).headers["etag"]
        (documents / "stats_image.json").write_text(json.dumps(stats))
        daemon.send(signal.SIGUSR1)

        def changed():
            answer = daemon.get(RISK)
            assert modified(answer) <= email.utils.parsedate_to_datetime(answer.headers["date"])
            return answer.headers["etag"] != etag

        wait_for(changed, "other content")
        seen.add(daemon.get(RISK).headers["last-modified"])


@pytest.mark.parametrize("restarted", (False, True))
def test_what_a_refresh_changes(make_daemon, documents, restarted):
    daemon = make_daemon(file_categories(documents), "file://%s" % documents, hydration=ONCE).start()
    first = {target: daemon.get(target) for target in TARGETS}
    daemon.move_clock(500)
    if restarted:  # the successor of a hydrator knows the times of its predecessor
        daemon.kill_child("hydrator image_generation")
        wait_for(lambda: int(daemon.get(RISK).headers["age"]) < 400, "the successor's first cycle")
    else:
        refresh(daemon)
    for target, before in first.items():
        after = daemon.get(target)
        assert after.headers["etag"] == before.headers["etag"]
        assert after.headers["last-modified"] == before.headers["last-modified"]
        assert int(after.headers["age"]) < 60
        assert cache_status(after)[0] > 0
        assert daemon.get(target, headers={"If-Modified-Since": before.headers["last-modified"]}).status == 304

    models = json.loads((documents / "image_generation.json").read_text())
    name = next(iter(models))
    models["Another " + name] = dict(models[name], name="Another " + name)
    (documents / "new").write_text(json.dumps(models))
    (documents / "new").replace(documents / "image_generation.json")
    daemon.move_clock(500)
    refresh(daemon)
    for target, before in first.items():
        after = daemon.get(target)
        assert after.headers["etag"] != before.headers["etag"]
        assert (modified(after) - modified(before)).total_seconds() >= 1000
        assert daemon.get(target, headers={"If-Modified-Since": before.headers["last-modified"]}).status == 200
        assert daemon.get(target, headers={"If-None-Match": before.headers["etag"]}).status == 200


def test_variations_that_alone_have_changed_are_new(make_daemon, documents):
    """All with-stats answers share one Last-Modified: it must move with each of their parts."""
    daemon = make_daemon(file_categories(documents), "file://%s" % documents, hydration=ONCE).start()
    plain = "/model_references/statistics/text_generation/with-stats"
    varied = plain + "?include_backend_variations=true"
    first = {target: daemon.get(target) for target in (plain, varied)}
    status = json.loads((documents / "status_text.json").read_text())
    slower, = (entry for entry in status if entry["name"] == "koboldcpp/Quill-1.5B")
    assert slower["performance"] == 10.0  # aphrodite's is 25.0, and the best one is shown
    slower["performance"] = 11.0
    (documents / "status_text.json").write_text(json.dumps(status))
    daemon.move_clock(500)
    refresh(daemon, "text_generation")
    wait_for(lambda: int(daemon.get(plain).headers["age"]) < 60, "a reader to have taken it")
    assert daemon.get(plain).timeless() == first[plain].timeless()
    before = first[varied].headers
    conditional = daemon.get(varied, headers={"If-Modified-Since": before["last-modified"]})
    assert conditional.status == 200
    assert conditional.headers["etag"] != before["etag"]
    assert conditional.json()["quill-labs/Quill-1.5B"]["backend_variations"]["koboldcpp"]["performance"] == 11.0
