"""hydratorctl verify: what is damaged is told, and where, and no damage ends it by a signal."""
import pathlib
import random
import signal
import struct
import subprocess

import pytest
from ctl import ctl

# Places of the header (doc/segment-format.md).
NCATEGORIES, TOTAL_SIZE, SLOTS, COUNTERS, BUFFERS, LEDGER_SIZE, LEDGERS = 32, 48, 56, 64, 72, 148, 152


class Copy:
    """A copy of a daemon's segment under a name of its own, to be damaged."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.name = daemon.segment + "-copy"
        self.path = pathlib.Path("/dev/shm" + self.name)
        subprocess.run(["cp", "--sparse=always", "/dev/shm" + daemon.segment, self.path], check=True)

    def read(self, offset, size):
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(size)

    def write(self, offset, data):
        with open(self.path, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def word(self, offset):
        return struct.unpack("Q", self.read(offset, 8))[0]

    def verify(self, *arguments):
        return ctl(self.daemon, "verify", "-n", self.name, *arguments)

    def bad(self):
        """What is told of damage: (where, what)."""
        said = self.verify("--json")
        document = said.json()
        found = [(check["where"], check["what"]) for check in document["checks"] if not check["good"]]
        assert document["bad"] == len(found) and said.rc == (1 if found else 0), said
        return found

    def damaged(self, offset, data):
        """The same while other bytes stand there."""
        before = self.read(offset, len(data))
        assert before != data
        self.write(offset, data)
        try:
            return self.bad()
        finally:
            self.write(offset, before)


@pytest.fixture
def copy(demo):
    made = Copy(demo)
    yield made
    made.path.unlink()


def test_a_daemon_at_work_is_in_order(demo):
    said = ctl(demo, "verify")
    assert said.rc == 0, said
    assert "All of it is in order." in said.out
    document = ctl(demo, "verify", "--json").json()
    where = [check["where"] for check in document["checks"]]
    assert {"header", "lock", "daemon", "orders", "configuration", "hosts", "image_generation: latch",
            "image_generation: payload 1", "text_generation: ledger"} <= set(where)
    # A line a process as well: two hydrators, two readers, the supervisor.
    assert [w for w in where if w.startswith("slot")][-1] == "slot 4"


def test_damage_is_told_where_it_is(copy):
    assert copy.bad() == []
    slot = copy.word(SLOTS)
    meta = slot + 160  # of buffer 1, which has generation 1
    assert struct.unpack("Q", copy.read(meta, 8))[0] == 1
    buffer = copy.word(BUFFERS) + (copy.word(TOTAL_SIZE) - copy.word(BUFFERS)) // 4
    record, size = copy.word(LEDGERS), struct.unpack("I", copy.read(LEDGER_SIZE, 4))[0]
    ledger = record + 8 + (copy.word(record) >> 1 & 1) * (size - 8) // 2  # the copy that is read
    for offset, data, where in (
            (NCATEGORIES, b"\0\0\0\0", "header"), (meta, b"\x05", "image_generation: buffer 1"),
            (meta + 8, b"\0" * 8, "image_generation: buffer 1"), (meta + 16, b"\xaa" * 8, "image_generation: buffer 1"),
            (buffer + 3, b"\xff", "image_generation: buffer 1"), (slot + 8, b"\x1b[2J", "category 0"),
            (copy.word(COUNTERS), b"\xff" * 7 + b"\x7f", "slot 0"),
            (ledger, b"\xff", "image_generation: ledger")):
        found = copy.damaged(offset, data)
        assert found and found[0][0] == where, (offset, found)
    assert copy.bad() == []


def test_what_cannot_be_looked_at(demo, copy):
    copy.write(13, b"07")
    said = copy.verify()
    assert said.rc == 2 and "HYDRATORD-SHM07" in said.err and said.out == "", said
    copy.write(0, b"something else..")
    said = copy.verify()
    assert said.rc == 1 and "magic is" in said.out, said
    with open(copy.path, "r+b") as file:
        file.truncate(100)
    said = copy.verify()
    assert said.rc == 1 and "no whole header" in said.out, said
    assert ctl(demo, "verify", "more").rc == 64


def test_no_damage_ends_it_by_a_signal(copy, figure):
    chance = random.Random(20261129)
    total = copy.word(TOTAL_SIZE)
    places = [range(0, 256), range(copy.word(SLOTS), copy.word(SLOTS) + 512), range(0, copy.word(BUFFERS)),
              range(copy.word(BUFFERS), total)]
    told = 0
    for number in range(200):
        offset = chance.choice(places[number % len(places)])
        data = chance.randbytes(chance.choice((1, 8, 64)))[:total - offset]
        before = copy.read(offset, len(data))
        copy.write(offset, data)
        said = copy.verify("--json")
        assert said.rc in (0, 1, 2), (offset, data, said)
        told += said.rc != 0
        copy.write(offset, before)
    figure("verify: of 200 random damages %d are told" % told)
    assert told > 50
    assert copy.bad() == []


def test_a_segment_that_a_killed_daemon_left(make_daemon):
    daemon = make_daemon()
    daemon.start()
    daemon.expect_dirty = True
    daemon.process.kill()
    daemon.process.wait()
    said = ctl(daemon, "verify")
    assert said.rc == 0 and "nobody holds it" in said.out, said
    pathlib.Path("/dev/shm" + daemon.segment).unlink()
    assert ctl(daemon, "verify").rc == 3


def test_a_daemon_at_work_is_never_called_damaged(make_daemon):
    """Requests, refreshes and reloads write into what is looked at."""
    daemon = make_daemon(readers=2).start()
    for number in range(15):
        daemon.send(signal.SIGUSR1)
        if number % 5 == 4:
            daemon.send(signal.SIGHUP)
        for target in ("/readyz", "/model_references/statistics/image_generation/deletion-risk?preset=critical"):
            daemon.get(target)
        said = ctl(daemon, "verify")
        assert said.rc == 0, said
    daemon.reload()
