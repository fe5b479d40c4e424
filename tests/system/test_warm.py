"""A restart begins with what the last run saved: at once, with its true age, or not at all."""
import email.utils
import os
import shutil
import signal
import subprocess
import time

import pytest

from conftest import file_categories
from daemon import WRAPPER, wait_for

CATEGORY = "image_generation"
STATISTICS = "/model_references/statistics/" + CATEGORY
RISK = STATISTICS + "/deletion-risk"
VALIDATORS = ("ETag", "Last-Modified")


@pytest.fixture
def make(make_daemon, documents):
    def make(**kwargs):
        return make_daemon(file_categories(documents), "file://%s" % documents, **kwargs)
    return make


def saved(daemon, category=CATEGORY):
    return daemon.state / (category + ".snapshot")


def wait_saved(daemon, category=CATEGORY):
    wait_for(lambda: saved(daemon, category).exists(), "the saved snapshot of " + category)


def forget_log(daemon):
    daemon.log_path.rename(daemon.directory / ("log.%d" % time.monotonic_ns()))


def restart(daemon, wait=False):
    """Starts it again with a log of its own."""
    forget_log(daemon)
    return daemon.start(wait=wait)


def lines(daemon, *words):
    return [line for line in daemon.log().splitlines() if all(word in line for word in words)]


def assert_tidy(daemon):
    assert not list(daemon.state.glob("*.new")), list(daemon.state.iterdir())


@pytest.mark.parametrize("target", (STATISTICS, RISK, "/model_references/statistics/text_generation"))
def test_the_first_answer_after_a_restart_is_the_last_one_before(make, documents, target):
    daemon = make().start()
    before = daemon.get(target)
    assert daemon.stop() == 0
    assert_tidy(daemon)
    documents.rename(documents.with_name("gone"))
    daemon.move_clock(100)
    restart(daemon)
    after = daemon.get(target)
    assert after.status == 200
    assert after.body == before.body
    for name in VALIDATORS:
        assert after.headers[name] == before.headers[name]
    assert 100 <= int(after.headers["Age"]) < 150
    assert "detail" not in after.headers["Cache-Status"]


def test_an_old_snapshot_is_as_stale_as_it_would_be_without_the_restart(make, documents):
    daemon = make().start()
    daemon.stop()
    documents.rename(documents.with_name("gone"))
    daemon.move_clock(5000)
    restart(daemon)
    answer = daemon.get(RISK)
    assert answer.status == 200
    assert int(answer.headers["Age"]) >= 5000
    assert "max-age=0" in answer.headers["Cache-Control"]
    assert "stale-if-error" in answer.headers["Cache-Status"]
    ready = daemon.json("/readyz?verbose")
    assert {c["state"] for c in ready["categories"]} == {"stale-if-error"}
    # It goes on ageing, and ends when it would have ended.
    daemon.move_clock(86400 - 5000 + 10)
    assert daemon.get(RISK).status == 503


def test_last_success_is_the_one_of_the_last_run(make, documents):
    daemon = make().start()
    before = {c["category"]: c["last_success"] for c in daemon.json("/readyz?verbose")["categories"]}
    daemon.stop()
    documents.rename(documents.with_name("gone"))
    daemon.move_clock(1000)
    restart(daemon)
    for c in daemon.json("/readyz?verbose")["categories"]:
        assert c["age"] >= 1000
        assert abs(c["last_success"] - before[c["category"]]) <= 1
    wait_for(lambda: all(c["failures"] for c in daemon.json("/readyz?verbose")["categories"]),
             "a failed cycle of each category")


def test_an_unchanged_refresh_after_the_restart_keeps_the_dates(make):
    daemon = make().start()
    before = daemon.get(RISK)
    daemon.stop()
    daemon.move_clock(1000)
    restart(daemon)
    wait_for(lambda: int(daemon.get(RISK).headers["Age"]) < 1000, "a refresh")
    after = daemon.get(RISK)
    for name in VALIDATORS:
        assert after.headers[name] == before.headers[name]
    date = email.utils.parsedate_to_datetime
    assert (date(after.headers["Date"]) - date(after.headers["Last-Modified"])).total_seconds() >= 1000


def test_kill_of_everything_at_once(make, documents):
    daemon = make().start()
    before = daemon.get(RISK)
    for category in daemon.categories():
        wait_saved(daemon, category)
    daemon.expect_dirty = True
    session = daemon.process.pid
    os.killpg(session, signal.SIGKILL)
    daemon.process.wait()
    wait_for(lambda: not daemon.session_members(session), "everybody to be gone")
    documents.rename(documents.with_name("gone"))
    restart(daemon)
    after = daemon.get(RISK)
    assert (after.status, after.body) == (200, before.body)
    assert after.headers["ETag"] == before.headers["ETag"]
    daemon.expect_dirty = False


def test_what_came_within_a_minute_is_saved_when_it_is_over(make):
    daemon = make(hydration="interval = 3000 ttl = 3001").start()
    wait_saved(daemon)
    first = saved(daemon).stat()
    wait_for(lambda: lines(daemon, "saved generation 1 of " + CATEGORY), "the line")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: lines(daemon, "hydrated " + CATEGORY, "generation 2"), "a refresh")
    # Orders and savings are attended to in the same place: an answered order is proof.
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: lines(daemon, "hydrated " + CATEGORY, "generation 3"), "another refresh")
    assert saved(daemon).stat().st_ino == first.st_ino
    daemon.move_clock(61)
    wait_for(lambda: lines(daemon, "saved generation 3 of " + CATEGORY), "the saving")
    assert saved(daemon).stat().st_ino != first.st_ino
    assert_tidy(daemon)


def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path):
    os.truncate(path, path.stat().st_size - 1)


def empty(path):
    os.truncate(path, 0)


def another_version(path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b"HYDRATORD-SAV-", b"HYDRATORD-SAV-9", 1)[:len(data)])


def foreign(path):
    path.write_text("something else\n" * 100)


def link(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def fifo(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("harm", (damage, truncate, empty, another_version, foreign, link, fifo))
def test_what_is_not_trusted_is_set_aside(make, documents, harm):
    daemon = make().start()
    daemon.stop()
    harm(saved(daemon))
    bad = saved(daemon).with_name(saved(daemon).name + ".bad")
    bad.write_text("an older one")
    harmed = saved(daemon).lstat().st_ino
    documents.rename(documents.with_name("gone"))
    restart(daemon)
    assert daemon.get(RISK).status == 503
    assert daemon.get("/model_references/statistics/text_generation").status == 200
    assert len(lines(daemon, "set aside")) == 1, daemon.log()
    assert lines(daemon, "supervisor", str(saved(daemon)), "set aside as .bad")
    assert bad.lstat().st_ino == harmed
    assert not saved(daemon).exists()
    # With the documents back, the next cycle saves over nothing.
    documents.with_name("gone").rename(documents)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: daemon.get(RISK).status == 200, "an answer")
    wait_saved(daemon)


def test_one_that_is_too_old_is_left(make, documents):
    daemon = make().start()
    daemon.stop()
    before = saved(daemon).read_bytes()
    documents.rename(documents.with_name("gone"))
    daemon.move_clock(86400 + 60)
    restart(daemon)
    assert daemon.get(RISK).status == 503
    assert len(lines(daemon, CATEGORY, "passed over", "hydration.stale_if_error is 86400 s")) == 1
    daemon.stop()
    assert saved(daemon).read_bytes() == before
    daemon.move_clock(-86400)
    restart(daemon)
    assert daemon.get(RISK).status == 200


def test_a_clock_that_went_back_makes_nothing_fresh(make, documents):
    daemon = make().start()
    daemon.stop()
    documents.rename(documents.with_name("gone"))
    daemon.move_clock(-3600)
    restart(daemon)
    assert daemon.get(RISK).status == 503
    assert len(lines(daemon, CATEGORY, "passed over", "future")) == 1


def test_one_that_outgrew_the_segment_is_left(make, documents):
    daemon = make().start()
    daemon.stop()
    before = saved(daemon).read_bytes()
    documents.rename(documents.with_name("gone"))
    daemon.config.write_text(
        daemon.config.read_text().replace('capacity = "8M"', 'capacity = "4K" max = "4K"'))
    restart(daemon)
    assert daemon.get(RISK).status == 503
    assert len(lines(daemon, str(saved(daemon)), "the segment has room for 4096")) == 1
    daemon.stop()
    assert saved(daemon).read_bytes() == before


def test_without_a_state_dir_nothing_is_saved(make, documents):
    daemon = make()
    daemon.config.write_text(daemon.config.read_text().replace(str(daemon.state), ""))
    daemon.start()
    daemon.stop()
    assert not daemon.state.exists()
    documents.rename(documents.with_name("gone"))
    restart(daemon)
    assert daemon.get(RISK).status == 503


def test_a_directory_that_cannot_be_made_is_a_warning(make):
    daemon = make()
    deep = daemon.directory / "not" / "there"
    daemon.config.write_text(daemon.config.read_text().replace(str(daemon.state), str(deep)))
    daemon.start()
    assert daemon.get(RISK).status == 200
    assert len(lines(daemon, "supervisor", "cannot be made", str(deep))) == 1
    wait_for(lambda: lines(daemon, CATEGORY, "is not saved"), "a warning")
    daemon.move_clock(61)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: lines(daemon, "hydrated " + CATEGORY, "generation 2"), "a refresh")
    assert daemon.stop() == 0
    assert len(lines(daemon, "%s is not saved" % CATEGORY)) == 1, daemon.log()


def test_the_directory_is_made_for_those_who_write_in_it(make):
    daemon = make().start()
    daemon.stop()
    assert daemon.state.stat().st_mode & 0o7777 == 0o750
    for path in daemon.state.iterdir():
        assert path.stat().st_mode & 0o7777 == 0o640
    assert sorted(p.name for p in daemon.state.iterdir()) == [
        name + suffix for name in daemon.categories() for suffix in (".gate", ".history.db", ".snapshot")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_root_reads_what_the_user_saved(make, documents, tmp_path):
    # The user must reach the directory, and the documents.
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == 0 and path != path.parent and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    daemon = make(settings='user = "nobody"')
    daemon.directory.chmod(0o777)
    daemon.clock.chmod(0o644)
    daemon.start()
    before = daemon.get(RISK)
    daemon.stop()
    assert saved(daemon).owner() == daemon.state.owner() == "nobody"
    documents.rename(documents.with_name("gone"))
    restart(daemon)
    assert daemon.get(RISK).body == before.body


def in_namespace(command):
    return ["unshare", "-m", "--propagation", "private", "sh", "-ec", command]


def may_mount():
    return shutil.which("unshare") is not None and subprocess.run(
        in_namespace("mount -t tmpfs none /mnt"), capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="a mount namespace is not permitted here")
def test_a_full_disk_hurts_nobody_and_recovers(make, documents):
    daemon = make()
    daemon.state.mkdir()
    # The daemon lives in a namespace where its state_dir is tiny and full.
    plain = daemon.command
    daemon.command = lambda *arguments: in_namespace(
        'mount -t tmpfs -o size=1M none "%s"; dd if=/dev/zero of="%s/filler" bs=4k 2>/dev/null || :; exec "$@"'
        % (daemon.state, daemon.state)) + ["sh", *plain(*arguments)]
    daemon.start()
    inside = wait_for(lambda: daemon.child("hydrator " + CATEGORY), "the hydrator")
    inside = lambda pid=inside: os.path.join("/proc/%d/root" % pid, str(daemon.state).lstrip("/"))
    wait_for(lambda: lines(daemon, CATEGORY, "is not saved"), "a warning")
    assert len(lines(daemon, CATEGORY, "is not saved", "No space left on device")) == 1
    for _ in range(3):
        daemon.move_clock(61)
        daemon.send(signal.SIGUSR1)
        assert daemon.get(RISK).status == 200
    wait_for(lambda: len(lines(daemon, "hydrated " + CATEGORY)) > 1, "a refresh")
    wait_for(lambda: not any("snapshot" in name for name in os.listdir(inside())), "the end of a saving that fails")
    assert len(lines(daemon, CATEGORY, "is not saved")) == 1, daemon.log()
    os.unlink(os.path.join(inside(), "filler"))
    daemon.move_clock(61)
    wait_for(lambda: lines(daemon, CATEGORY + " is saved again"), "the recovery")
    assert CATEGORY + ".snapshot" in os.listdir(inside())
    assert len(lines(daemon, "the history of " + CATEGORY, "cannot be read", "full")) == 1, daemon.log()
    # It is tried once a minute, and may be just trying in vain.
    wait_for(lambda: daemon.move_clock(61) or lines(daemon, "the history of %s is recorded again" % CATEGORY),
             "the recovery of the history")
    wait_for(lambda: daemon.move_clock(61) or CATEGORY + ".history.db" in os.listdir(inside()), "its database")


@pytest.mark.skipif(bool(WRAPPER), reason="a figure of speed")
def test_time_from_start_to_the_first_answer(make, documents, capsys):
    daemon = make().start()
    daemon.stop()
    documents.rename(documents.with_name("gone"))
    daemon.port = daemon.hold_port()
    daemon.config.write_text(daemon.config.read_text().replace("127.0.0.1:0", "127.0.0.1:%d" % daemon.port))
    forget_log(daemon)
    began = time.monotonic()
    daemon.spawn()
    while True:
        try:
            answer = daemon.get(RISK)
            break
        except OSError:
            time.sleep(0.001)
    took = time.monotonic() - began
    with capsys.disabled():
        print("\nfrom exec to the first 200 after a restart: %.1f ms" % (took * 1000))
    assert answer.status == 200, "the first answer of all must be there"
    assert took < 10
