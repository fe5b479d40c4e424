#!/usr/bin/python3
"""10,000 idle keep-alive connections on one reader: memory of each, and what they cost
the active ones.

usage: bench_idle.py HYDRATORD DIRECTORY

BENCH_CONNECTIONS (10000), BENCH_SECONDS (2) a turn, BENCH_ROUNDS (3) turns: with and
without the idle ones, taken in turns. Memory is private memory of the reader's process;
what the kernel keeps for a socket is not in it.
"""
import os
import socket
import sys
import time

from bench_common import (STATISTICS, Daemon, Documents, cpu_seconds, describe_machine, median, memory_of,
                          need, raise_files, two_cores, wait_for, work_directory, wrk)

REQUEST = ("GET %s HTTP/1.1\r\nHost: bench\r\n\r\n" % STATISTICS).encode()


def private(pid):
    memory = memory_of(pid)
    return memory["Private_Clean"] + memory["Private_Dirty"]


def open_idle(port, n):
    """Connections that have had an answer, as those of a pool have."""
    idle = []
    for _ in range(n):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(REQUEST)
        idle.append(connection)
    for connection in idle:
        answer = connection.recv(65536)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise SystemExit("bench: %r" % answer[:100])
    return idle


def sockets_of(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def measure(daemon, core, seconds):
    """Requests/s and CPU us a request."""
    pid = daemon.child("reader")
    before = cpu_seconds(pid)
    rate, _, _, n = wrk(core, daemon.port, STATISTICS, seconds)
    return rate, (cpu_seconds(pid) - before) / n * 1e6


def close_idle(daemon, idle, files):
    for connection in idle:
        connection.close()
    wait_for(lambda: sockets_of(daemon.child("reader")) <= files, "the connections' end")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    need("wrk", "taskset")
    n = int(os.environ.get("BENCH_CONNECTIONS", "10000"))
    seconds, rounds = int(os.environ.get("BENCH_SECONDS", "2")), int(os.environ.get("BENCH_ROUNDS", "3"))
    server_core, client_core = two_cores()
    raise_files(n + 1000)
    describe_machine()
    settings = "http { max_connections = %d idle_timeout = 3600 }\n" % (n + 500)
    with work_directory() as work, Daemon(sys.argv[1], work, Documents(sys.argv[2]), settings=settings,
                                          core=server_core) as daemon:
        reader = daemon.child("reader")
        measure(daemon, client_core, 1)
        time.sleep(2)
        files, alone, beside, memory = sockets_of(reader), [], [], []
        for _ in range(rounds):
            alone.append(measure(daemon, client_core, seconds))
            before = private(reader)
            idle = open_idle(daemon.port, n)
            memory.append((private(reader) - before) / n)
            beside.append(measure(daemon, client_core, seconds))
            close_idle(daemon, idle, files)
        print("private memory of an idle connection: %.0f bytes (wanted: at most 2048)" % memory[0])
        for name, turns in (("alone", alone), ("beside %d idle" % n, beside)):
            print("%-20s %10.0f requests/s %8.1f CPU us" % (name, *(median(column) for column in zip(*turns))))
        print("beside/alone: %.2f of the rate, %.2f of the CPU time" % tuple(
            median(b) / median(a) for a, b in zip(zip(*alone), zip(*beside))))


if __name__ == "__main__":
    main()
