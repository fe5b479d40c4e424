#!/usr/bin/python3
"""Memory of the whole process tree: PSS, in which shared pages count once.

usage: bench_memory.py HYDRATORD DIRECTORY

Two readers, which is the default; after a few refreshes and some requests, so that
buffers have the size that they keep.
"""
import signal
import sys
import time

from bench_common import (RISK, STATISTICS, Daemon, Documents, children, describe_machine, get, memory_of,
                          process_title, work_directory)

WANTED = 25e6
REFRESHES = 3


def exercise(daemon):
    """Each connection may go to the other reader: many make sure of both."""
    for _ in range(REFRESHES):
        daemon.process.send_signal(signal.SIGUSR1)
        time.sleep(1.5)
        for _ in range(20):
            for target in (STATISTICS, RISK, RISK + "?limit=10", RISK + "?preset=no_workers"):
                get(daemon.port, target)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    describe_machine()
    with work_directory() as work, Daemon(sys.argv[1], work, Documents(sys.argv[2]), settings="readers = 2\n") as daemon:
        exercise(daemon)
        time.sleep(3)  # the last generation replaces the one before it
        total = 0
        print("%-40s %8s %8s" % ("process", "PSS MB", "private"))
        for pid in [daemon.process.pid] + children(daemon.process.pid):
            memory = memory_of(pid)
            total += memory["Pss"]
            print("%-40s %8.1f %8.1f" % (process_title(pid), memory["Pss"] / 1e6,
                                         (memory["Private_Clean"] + memory["Private_Dirty"]) / 1e6))
        print("%-40s %8.1f   (wanted: at most %.0f)" % ("all", total / 1e6, WANTED / 1e6))


if __name__ == "__main__":
    main()
