#!/usr/bin/python3
"""Memory of the whole process tree: PSS, in which shared pages count once.

usage: bench_memory.py HYDRATORD DIRECTORY

All categories that DIRECTORY has documents of, and two readers, which is the default;
after a few refreshes and some requests, so that buffers have the size that they keep.
Documents come from files, and then over https from one host that an authority of the
system vouches for, as in the configuration that is shipped.
And what shared memory takes of /dev/shm, now and at most: a reload has the old segment
and the new one for a while.
Last, files once more where 400 days of each model have been recorded: as it is then, and
after everything that /dashboard asks was asked of both readers.
"""
import contextlib
import os
import pathlib
import signal
import sqlite3
import sys
import time

from bench_common import (RISK, STATISTICS, TWO, Daemon, Documents, children, cpu_seconds, describe_machine,
                          get, memory_of, process_title, wait_for, work_directory)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from stub_tls import OPENSSL, Authority  # noqa: E402
from stub_upstream import StubUpstream  # noqa: E402

WANTED = 40e6
SHM_WANTED = 64 << 20  # what a container has unless it is told otherwise
REFRESHES = 3
DAYS = 400
EVENTS = 1200  # more than an answer has
ASKED = ("/columns", "/columns?group_text_models=true", "/history", "/history?limit=50", "/changes",
         "/changes?limit=20", "/unlisted", "/cycles", "")
ROW = "%-40s %8.1f   (wanted: at most %.0f)"


def exercise(daemon, categories):
    """Each connection may go to the other reader: many make sure of both."""
    wait_for(lambda: daemon.log.read_text().count(": hydrated ") >= len(categories), "all categories")
    print("%-40s %8.2f" % ("s of CPU time until all are hydrated", cpu_seconds(daemon.process.pid)))
    for _ in range(REFRESHES):
        daemon.process.send_signal(signal.SIGUSR1)
        time.sleep(1.5)
        for _ in range(20):
            for target in (STATISTICS, RISK, RISK + "?limit=10", RISK + "?preset=no_workers"):
                get(daemon.port, target)
    time.sleep(3)  # the last generation replaces the one before it


def record_days(path):
    """What a hydrator would have recorded by now of the models that the database has."""
    today = int(time.time()) // 86400
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        models = [row[0] for row in database.execute("SELECT id FROM models")]
        database.executemany("INSERT OR IGNORE INTO days VALUES (?, ?, ?, ?)", (
            (today - day, model, (model * 31 + day * 17) % 500 if model % 10 < 4 else 0, (model + day // 9) % 4)
            for day in range(DAYS, 0, -1) for model in models))
        at = database.execute("SELECT published_at FROM meta").fetchone()[0] - EVENTS
        database.executemany(
            "INSERT INTO events SELECT ?, ?, ?, 6, 0, 0, name, x'', 9, 99, 999, 1, 0, 0, 0, 0, 999, 1, 1, 0"
            " FROM models WHERE id = ?",
            (((at + i) * 1000, at + i, at + i, models[i % len(models)]) for i in range(EVENTS)))
        database.execute("UPDATE models SET first_seen = first_seen - ? * 86400", (DAYS,))
        database.execute("UPDATE meta SET last_event = (SELECT max(id) FROM events)")


def ask_as_the_page(daemon):
    """In the encoding of a browser; some of it is encoded beside the loop, for whoever asks next."""
    for _ in range(20):
        get(daemon.port, "/dashboard", {"Accept-Encoding": "br"})
        get(daemon.port, "/readyz?verbose")
        for category in TWO:
            for target in ASKED:
                get(daemon.port, STATISTICS.rsplit("/", 1)[0] + "/" + category + target, {"Accept-Encoding": "br"})
    time.sleep(3)


def print_processes(daemon, what):
    """Returns what they have together."""
    total = 0
    print("%-40s %8s %8s" % (what, "PSS MB", "private"))
    for pid in [daemon.process.pid] + children(daemon.process.pid):
        memory = memory_of(pid)
        total += memory["Pss"]
        print("%-40s %8.1f %8.1f" % (process_title(pid), memory["Pss"] / 1e6,
                                     (memory["Private_Clean"] + memory["Private_Dirty"]) / 1e6))
    return total


def shm_bytes():
    """Taken of /dev/shm by everybody: a segment that lost its name counts, too."""
    fs = os.statvfs("/dev/shm")
    return (fs.f_blocks - fs.f_bfree) * fs.f_frsize


def print_shm(daemon, before):
    most = at_rest = shm_bytes()
    daemon.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        most = max(most, shm_bytes())
        time.sleep(0.002)
    wait_for(lambda: daemon.log.read_text().count(" serving ") == 2, "the reload")
    print("%-40s %8.1f" % ("MB of /dev/shm", (at_rest - before) / 1e6))
    print(ROW % ("MB of /dev/shm in a reload", (most - before) / 1e6, SHM_WANTED / 1e6))


def measure_files(binary, work, documents, categories):
    before = shm_bytes()
    with Daemon(binary, work, documents, settings="readers = 2\n", categories=categories) as daemon:
        exercise(daemon, categories)
        total = print_processes(daemon, "%d categories, files" % len(categories))
        print(ROW % ("all", total / 1e6, WANTED / 1e6))
        print_shm(daemon, before)


def measure_history(binary, work, documents, categories):
    """In the state that those before have left."""
    for path in work.glob("*.history.db"):
        record_days(path)
    with Daemon(binary, work, documents, settings="readers = 2\n", categories=categories) as daemon:
        exercise(daemon, categories)
        print("%-40s %8.1f" % ("all", print_processes(daemon, "files, %d days of history" % DAYS) / 1e6))
        ask_as_the_page(daemon)
        print("%-40s %8.1f" % ("all", print_processes(daemon, "the same, looked at by /dashboard") / 1e6))


def measure_https(binary, work, documents, categories):
    tree = work / "documents"
    tree.mkdir()
    for source in {*documents.reference.glob("*.json"), *documents.horde.glob("*.json")}:
        (tree / source.name).symlink_to(source)
    authority = Authority(work / "authority")
    starter = authority.as_the_systems(work / "certs", "directory")
    if starter is None:
        print("https is left out: no namespace of our own is to be had")
        return
    with StubUpstream(tree, authority.context("good")) as upstream, \
            Daemon(binary, work, None, horde=upstream.horde, reference=upstream.reference,
                   settings="readers = 2\n", categories=categories, starter=starter) as daemon:
        exercise(daemon, categories)
        total = print_processes(daemon, "%d categories, https" % len(categories))
        print(ROW % ("all", total / 1e6, WANTED / 1e6))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    describe_machine()
    documents = Documents(sys.argv[2])
    categories = documents.categories()
    with work_directory() as work:
        measure_files(sys.argv[1], work, documents, categories)
        if OPENSSL is None:
            print("https is left out: openssl is missing (Debian: openssl)")
        else:
            measure_https(sys.argv[1], work, documents, categories)
        measure_history(sys.argv[1], work, documents, categories)


if __name__ == "__main__":
    main()
