#!/usr/bin/python3
"""What one client's requests cost the others: an ordinary client beside attackers, and
beside the same number of plain requests of the same shape, in turns of one run.

usage: bench_budget.py HYDRATORD DIRECTORY [SECONDS]

BENCH_SECONDS (5) a turn, BENCH_ROUNDS (3) turns of each, BENCH_MODELS (0: the documents as
they are) models of one category. Each attack runs against one reader and against two. The
ordinary client (load.c) asks 200 times a second over 4 connections. Attackers have its core
whenever it sleeps, so that they do attack; what it loses by that is not counted, since load.c
takes the kernel's word for when an answer came. Readers share the other core with nobody but
hydrators. wanted: p99 beside an attack at most 3 times that beside plain requests, as many
requests of both, and no process aborted.

BENCH_REALTIME=1 (root) is for a machine that others use at the same time: readers and the
ordinary client have a real-time priority. It hides what hydrators and the readers' threads
cost on the readers' core.

`together` is one turn of SECONDS (20) of all attacks at once, while each second a document
changes and is computed.

Last, what a page of each preset of each view of the text models takes of the reader's
processor time. wanted: the dearest at most twice the median one. And the heads of with-stats
answers, which say how long all the rows are that they ask for.
"""
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

from bench_common import (RISK, STATISTICS, Daemon, Documents, children, cpu_seconds, describe_machine, get,
                          median, memory_of, need, process_title, two_cores, wait_for, work_directory)

LOAD = "tests/bench/load"
WITH_STATS = STATISTICS + "/with-stats"
TEXT_RISK = "/model_references/statistics/text_generation/deletion-risk"
VIEWS = ["", "&group_text_models=true", "&include_backend_variations=true"]
PRESETS = ["deletion_candidates", "zero_usage", "no_workers", "missing_data", "host_issues", "critical", "low_usage"]
CODINGS = ["gzip", "br", "zstd", "identity"]
ORDERS = ["sort_by=%s&sort_order=%s" % (key, order) for key in ("name", "usage_total", "usage_month", "worker_count")
          for order in ("asc", "desc")]


class Client:
    """One connection that sends heads of its own making and reads whole answers."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")

    def send(self, requests):
        self.socket.sendall(b"".join(
            b"%s %s HTTP/1.1\r\nHost: bench\r\n%s\r\n" % (method, target.encode(), b"".join(
                b"%s\r\n" % field.encode() for field in fields)) for method, target, fields in requests))

    def read(self, method):
        length = 0
        while True:
            line = self.file.readline()
            if line in (b"\r\n", b""):
                break
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if method != b"HEAD" and length:
            self.file.read(length)

    def ask(self, requests):
        self.send(requests)
        for method, _, _ in requests:
            self.read(method)
        return len(requests)


def paced(seconds, period, act):
    """Calls act() at most once in a period, and says what its calls returned together."""
    done, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        began = time.monotonic()
        done += act()
        time.sleep(max(0, period - (time.monotonic() - began)))
    return done


def in_threads(n, run):
    counts = [0] * n
    threads = [threading.Thread(target=lambda i=i: counts.__setitem__(i, run(i))) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


PLAIN = RISK + "?limit=1"
fresh = itertools.count(int(time.time()) * 1000)  # limits that nobody has asked for


def heads(port, seconds, plain):
    """250 pipelined HEADs for pages that nobody asked for, in one encoding, twice a second."""
    client = Client(port)

    def burst():
        return client.ask([(b"HEAD", PLAIN if plain else RISK + "?limit=%d" % next(fresh),
                            () if plain else ("Accept-Encoding: br",)) for _ in range(250)])
    return paced(seconds, 0.5, burst)


def pages(port, seconds, plain, fields=("Accept-Encoding: br",)):
    """8 polite clients that ask for ever other encoded pages, ten times a second each."""
    def one(_):
        client = Client(port)
        return paced(seconds, 0.1, lambda: client.ask([(
            b"GET", PLAIN if plain else RISK + "?limit=%d" % next(fresh), () if plain else fields)]))
    return in_threads(8, one)


def identity(port, seconds, plain):
    """The same pages as they are: what moving so many bytes costs, without any encoding."""
    return pages(port, seconds, plain, ())


def orders(port, seconds, plain):
    """4 clients that ask for with-stats answers in every order, ten times a second each."""
    def one(i):
        client = Client(port)
        turn = itertools.count(i)
        return paced(seconds, 0.1, lambda: client.ask([(
            b"GET", PLAIN if plain else "%s?include_workers=true&include_backend_variations=true&%s&min_worker_count=%d"
            % (WITH_STATS, ORDERS[next(turn) % len(ORDERS)], next(turn)), ())]))
    return in_threads(4, one)


def unread(port, seconds, plain):
    """100 clients that ask for with-stats answers, and do not read."""
    clients = [Client(port) for _ in range(100)]
    for i, client in enumerate(clients):
        client.send([(b"GET", PLAIN if plain else "%s?include_workers=true&%s&min_worker_count=%d"
                      % (WITH_STATS, ORDERS[i % len(ORDERS)], i), ())])
    time.sleep(seconds)
    return len(clients)


def presets(port, seconds, plain):
    """8 clients that ask for whole presets of every view, in every encoding, ten times a second each."""
    def one(i):
        client = Client(port)
        turn = itertools.count(i)

        def ask():
            n = next(turn)
            return client.ask([(b"GET", PLAIN if plain else "%s?preset=%s%s" % (
                TEXT_RISK, PRESETS[n % len(PRESETS)], VIEWS[n % len(VIEWS)]),
                () if plain else ("Accept-Encoding: " + CODINGS[n % len(CODINGS)],))])
        return paced(seconds, 0.1, ask)
    return in_threads(8, one)


def together(port, seconds, plain):
    """All of them at once."""
    attacks = (heads, pages, orders, unread, presets)
    return in_threads(len(attacks), lambda i: attacks[i](port, seconds, plain))


ATTACKS = {attack.__name__: attack for attack in (heads, pages, identity, orders, unread, presets, together)}


def attack_main(name, port, seconds, which, core):
    """On the ordinary client's core, whenever that client has nothing to do."""
    os.sched_setaffinity(0, {int(core)})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    print(ATTACKS[name](int(port), float(seconds), which == "plain"))


class Changes(threading.Thread):
    """A document that changes each second, and is computed at once, until it is told to stop."""

    def __init__(self, daemon, path):
        super().__init__()
        self.daemon_process, self.path = daemon.process, path
        self.stopped = threading.Event()
        self.start()

    def run(self):
        records = json.loads(self.path.read_text())
        first = next(iter(records.values()))
        for n in itertools.count():
            first["description"] = "change %d" % n
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(records))
            new.rename(self.path)
            self.daemon_process.send_signal(signal.SIGUSR1)
            if self.stopped.wait(1):
                return

    def stop(self):
        self.stopped.set()
        self.join()


def readers_of(daemon):
    return [pid for pid in children(daemon.process.pid) if "reader" in process_title(pid)]


def attacked(core, daemon, name, plain, seconds):
    """p50 and p99 in us of the ordinary client, requests of the attackers, memory of the readers."""
    attack = subprocess.Popen([sys.executable, __file__, "--attack", name, str(daemon.port), str(seconds + 1),
                               "plain" if plain else "attack", str(core)], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    command = ["taskset", "-c", str(core), LOAD, str(daemon.port), PLAIN, "4", "200", str(seconds)]
    if os.environ.get("BENCH_REALTIME"):
        command = ["chrt", "-f", "1"] + command
        for pid in readers_of(daemon):
            os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))  # the loop's thread alone
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    pinned = sum(memory_of(pid)["Rss"] for pid in readers_of(daemon))
    return float(out[1]), float(out[2]), int(attack.communicate()[0]), pinned


def enlarge(tree, documents, models):
    """The image models' first record under so many other names; the rest as it is."""
    for source in {*documents.reference.glob("*.json"), *documents.horde.glob("*.json")}:
        (tree / source.name).write_bytes(source.read_bytes())
    if models:
        path = tree / "image_generation.json"
        reference = json.loads(path.read_text())
        record = next(iter(reference.values()))
        for i in range(models):
            reference["Model %d" % i] = dict(record, name="Model %d" % i)
        path.write_text(json.dumps(reference))
    return Documents(tree)


def measure(daemon, core, readers, name, seconds, rounds):
    turns = {True: [], False: []}
    for _ in range(rounds):
        for plain in (True, False):
            turns[plain].append(attacked(core, daemon, name, plain, seconds))
    plain, attack = ([median(column) for column in zip(*turns[which])] for which in (True, False))
    print("%-8s %7d  %8.0f %8.0f  %8.0f %8.0f  %8d %8d  %7.0f  %6.2f" % (
        name, readers, plain[0], plain[1], attack[0], attack[1], plain[2], attack[2],
        attack[3] / 1e6, attack[1] / plain[1]), flush=True)


def measure_all(daemon, core, readers, document, seconds):
    for name in ATTACKS:
        if name != "together":
            measure(daemon, core, readers, name, int(os.environ.get("BENCH_SECONDS", "5")),
                    int(os.environ.get("BENCH_ROUNDS", "3")))
    changes = Changes(daemon, document)
    try:
        measure(daemon, core, readers, "together", seconds, 1)
    finally:
        changes.stop()


def preset_pages(daemon):
    """What a request for a page of one row, ever another, costs in us of the reader's time, for each preset and view."""
    reader = readers_of(daemon)[0]
    wait_for(lambda: (get(daemon.port, TEXT_RISK) or [0])[0] == 200, "text models")
    client, costs = Client(daemon.port), {}
    for preset in PRESETS:
        for view in VIEWS:
            rounds = []
            for _ in range(5):
                began = cpu_seconds(reader)
                for first in range(0, 1000, 50):
                    client.ask([(b"GET", "%s?preset=%s&limit=1&offset=%d%s" % (TEXT_RISK, preset, first + i, view), ())
                                for i in range(50)])
                rounds.append((cpu_seconds(reader) - began) / 1000 * 1e6)
            costs[preset + view] = median(rounds)
    dearest = max(costs, key=costs.get)
    print("%d presets of views, a page of one row: %.1f us the median, %.1f us the dearest (%s): "
          "%.2f of the median's speed (wanted: at least 0.5)" % (
              len(costs), median(costs.values()), costs[dearest], dearest, median(costs.values()) / costs[dearest]))


def with_stats_heads(daemon):
    """What saying the length of a with-stats answer costs in us of the reader's time, for each choice and order."""
    reader = next(pid for pid in children(daemon.process.pid) if "reader" in process_title(pid))
    client, costs = Client(daemon.port), {}
    for choice in ("", "include_workers=true", "include_backend_variations=true",
                   "include_workers=true&include_backend_variations=true"):
        for order in ("sort_by=name", "sort_by=worker_count"):
            rounds = []
            for _ in range(5):
                began = cpu_seconds(reader)
                client.ask([(b"HEAD", "%s?%s&%s&min_worker_count=%d" % (WITH_STATS, choice, order, i % 50), ())
                            for i in range(100)])
                rounds.append((cpu_seconds(reader) - began) / 100 * 1e6)
            costs[choice + "&" + order] = median(rounds)
    dearest = max(costs, key=costs.get)
    print("%d with-stats answers, their heads: %.1f us the median, %.1f us the dearest (%s)" % (
        len(costs), median(costs.values()), costs[dearest], dearest))


def main():
    if len(sys.argv) == 7 and sys.argv[1] == "--attack":
        attack_main(*sys.argv[2:])
        return
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    need("taskset")
    server_core, client_core = two_cores()
    describe_machine()
    print("%-8s %7s  %17s  %17s  %17s  %7s  %s" % ("", "", "plain: us", "attack: us", "requests", "MB", "p99"))
    print("%-8s %7s  %8s %8s  %8s %8s  %8s %8s  %7s  %s" % (
        "attack", "readers", "p50", "p99", "p50", "p99", "plain", "attack", "readers", "attack / plain (wanted: at most 3)"))
    with work_directory() as work:
        tree = work / "documents"
        tree.mkdir()
        documents = enlarge(tree, Documents(sys.argv[2]), int(os.environ.get("BENCH_MODELS", "0")))
        for readers in (1, 2):
            with Daemon(sys.argv[1], work, documents, core=server_core, capacity="256M",
                        settings='readers = %d\nupstream { max_bytes = "1G" }\n' % readers) as daemon:
                measure_all(daemon, client_core, readers, tree / "image_generation.json",
                            int(sys.argv[3]) if len(sys.argv) == 4 else 20)
                if readers == 1:
                    preset_pages(daemon)
                    with_stats_heads(daemon)
                aborted = pathlib.Path(daemon.log).read_text().count("aborting it")
                print("%d readers: %d processes aborted (wanted: 0)" % (readers, aborted))


if __name__ == "__main__":
    main()
