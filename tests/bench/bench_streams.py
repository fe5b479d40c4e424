#!/usr/bin/python3
"""Streams of events on one reader: their memory, what a publish to all of them costs, and
what ordinary requests notice of them.

usage: bench_streams.py HYDRATORD DIRECTORY

BENCH_STREAMS (10000) for memory and cost; BENCH_BESIDE (1000) beside a client that asks at
a fixed rate (load.c, BENCH_RATE, 4000 requests/s) while hydrators publish back to back,
with and without the streams in turns: BENCH_SECONDS (4) a turn, BENCH_ROUNDS (5) turns.
Memory is private memory of the reader's process; what the kernel keeps for a socket is not
in it. The reader has one core, all clients the other.
"""
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import time

from bench_common import (Daemon, Documents, cpu_seconds, describe_machine, median, need, raise_files,
                          two_cores, wait_for, work_directory)
from bench_idle import private
from bench_tail import Refresher, load

REQUEST = b"GET /events HTTP/1.1\r\nHost: bench\r\n\r\n"
BEGUN = b"text_generation\",\"generation"  # the last snapshot that a stream begins with


class Streams:
    """So many of them, which another process reads, on one core. It keeps the number of snapshots that
    they have all been sent together where we can read it."""

    def __init__(self, port, n, core, work):
        self.count = work / "events"
        self.count.write_bytes(bytes(8))
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.sched_setaffinity(0, {core})
                self.read(port, n)
            finally:
                os._exit(1)

    def read(self, port, n):
        poll, socks, events = select.epoll(), {}, 0
        for _ in range(n):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(REQUEST)
            data = b""
            while BEGUN not in data:
                data += sock.recv(65536)
            if not data.startswith(b"HTTP/1.1 200 "):
                raise SystemExit("bench: %r" % data[:100])
            sock.setblocking(False)
            socks[sock.fileno()] = sock
            poll.register(sock, select.EPOLLIN)
            events += data.count(b"event: snapshot")
        while True:
            self.count.write_bytes((events | n << 40).to_bytes(8, "little"))
            for fd, _ in poll.poll():
                data = socks[fd].recv(65536)
                if not data:
                    raise SystemExit("bench: a stream has ended")
                events += data.count(b"event: snapshot")

    def told(self):
        """Snapshots, and how many streams are open."""
        word = int.from_bytes(self.count.read_bytes(), "little")
        return word & (1 << 40) - 1, word >> 40

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def wakes(pid):
    """How often its loop has slept."""
    for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines():
        if line.startswith("voluntary_ctxt_switches:"):
            return int(line.split()[1])
    raise SystemExit("bench: no count of switches")


def rest(reader, seconds):
    """CPU ms and wakes a second of a reader whom nobody asks."""
    cpu, woken, begun = cpu_seconds(reader), wakes(reader), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begun
    return (cpu_seconds(reader) - cpu) * 1e3 / took, (wakes(reader) - woken) / took


def measure_many(daemon, n, core, work):
    reader = daemon.child("reader")
    time.sleep(2)
    print("without streams:     %6.2f CPU ms/s, %4.1f wakes/s" % rest(reader, 16))
    before = private(reader)
    streams = Streams(daemon.port, n, core, work)
    try:
        wait_for(lambda: streams.told()[1] == n, "the streams")
        time.sleep(2)
        print("private memory of a stream: %.0f bytes (wanted: at most 2048)" % ((private(reader) - before) / n))
        print("%6d streams, rest: %6.2f CPU ms/s, %4.1f wakes/s, comments included" % (n, *rest(reader, 16)))
        told, cpu = streams.told()[0], cpu_seconds(reader)
        begun = time.monotonic()
        daemon.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: streams.told()[0] >= told + 2 * n, "two snapshots for each")
        print("two publishes: %.1f CPU us for each stream and event, all were told after %.2f s" % (
            (cpu_seconds(reader) - cpu) * 1e6 / (2 * n), time.monotonic() - begun))
    finally:
        streams.close()


def turn(daemon, core, streams_core, n, work):
    streams = Streams(daemon.port, n, streams_core, work) if n else None
    try:
        if streams:
            wait_for(lambda: streams.told()[1] == n, "the streams")
        told = streams.told()[0] if streams else 0
        refresher = Refresher(daemon)
        try:
            figures = load(core, daemon.port)
        finally:
            cycles = refresher.stop()
        return figures, cycles, streams.told()[0] - told if streams else 0
    finally:
        if streams:
            streams.close()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    need("taskset")
    n, beside = int(os.environ.get("BENCH_STREAMS", "10000")), int(os.environ.get("BENCH_BESIDE", "1000"))
    reader_core, client_core = two_cores()
    raise_files(n + 1000)
    describe_machine()
    settings = "http { max_connections = %d max_streams = %d }\n" % (2 * n + 200, n)
    with work_directory() as work, Daemon(sys.argv[1], work, Documents(sys.argv[2]), settings=settings) as daemon:
        subprocess.run(["taskset", "-cp", str(reader_core), str(daemon.child("reader"))], check=True,
                       stdout=subprocess.DEVNULL)
        measure_many(daemon, n, client_core, work)
        turns = {0: [], beside: []}
        for _ in range(int(os.environ.get("BENCH_ROUNDS", "5"))):
            for streams, figures in turns.items():
                row, cycles, events = turn(daemon, client_core, client_core, streams, work)
                figures.append(row)
                print("%5d streams: p50 %6.0f  p99 %6.0f  p99.9 %6.0f  max %6.0f us, %d cycles, %d events" % (
                    streams, *row, cycles, events))
    alone, with_streams = ([median(column) for column in zip(*figures)] for figures in turns.values())
    print("medians: p99.9 %.0f us without, %.0f us with %d streams: %.2f (wanted: at most 1.2)" % (
        alone[2], with_streams[2], beside, with_streams[2] / alone[2]))


if __name__ == "__main__":
    main()
