#!/usr/bin/python3
"""Memory of the whole process tree: PSS, in which shared pages count once.

usage: bench_memory.py HYDRATORD DIRECTORY

All categories that DIRECTORY has documents of, and two readers, which is the default;
after a few refreshes and some requests, so that buffers have the size that they keep.
Documents come from files, and then over https from one host that an authority of the
system vouches for, as in the configuration that is shipped.
And what shared memory takes of /dev/shm, now and at most: a reload has the old segment
and the new one for a while.
"""
import os
import pathlib
import signal
import sys
import time

from bench_common import (RISK, STATISTICS, Daemon, Documents, children, cpu_seconds, describe_machine, get,
                          memory_of, process_title, wait_for, work_directory)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from stub_tls import OPENSSL, Authority  # noqa: E402
from stub_upstream import StubUpstream  # noqa: E402

WANTED = 40e6
SHM_WANTED = 64 << 20  # what a container has unless it is told otherwise
REFRESHES = 3
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


def print_processes(daemon, what):
    total = 0
    print("%-40s %8s %8s" % (what, "PSS MB", "private"))
    for pid in [daemon.process.pid] + children(daemon.process.pid):
        memory = memory_of(pid)
        total += memory["Pss"]
        print("%-40s %8.1f %8.1f" % (process_title(pid), memory["Pss"] / 1e6,
                                     (memory["Private_Clean"] + memory["Private_Dirty"]) / 1e6))
    print(ROW % ("all", total / 1e6, WANTED / 1e6))


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
        print_processes(daemon, "%d categories, files" % len(categories))
        print_shm(daemon, before)


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
        print_processes(daemon, "%d categories, https" % len(categories))


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


if __name__ == "__main__":
    main()
