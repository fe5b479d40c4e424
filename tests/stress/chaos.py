#!/usr/bin/python3
"""Breaks the daemon for a while under constant load, and counts what its clients notice.

usage: chaos.py [SECONDS [SEED]]          default: 600 seconds, a seed of its own

Readers and hydrators are killed at random instants (KILL, SEGV, ABRT, STOP; hydrators in
the middle of a publish, too), the configuration is reloaded with good and bad files, the
upstream fails and recovers, refreshes are forced, and the documents are of another
generation all the time. Foreign clients (chaos_load.c, chaos_client.py) judge every
answer. The figures are printed; exit status 1 if one of these is not 0:

    wrong         an answer that is incomplete, altered, or of two generations
    unexplained   a connection that ended though the reader that held it was not killed
    unserved      a new connection that was not made, or an answer that did not come

Which connections a kill may break is not guessed: a reader is stopped first, the
connections that it holds are read from /proc, then it is killed.
"""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chaos_faults import Faults  # noqa: E402
from chaos_world import HERE, ChaosDaemon, Upstream, be_small, shm_path, wait_for  # noqa: E402

LOAD = os.environ.get("HYDRATORD_CHAOS_LOAD", "tests/stress/chaos_load")
# A reader that was stopped is killed after seconds; a machine may be ten times slower.
DEADLINE = 60
BREAKER = 121  # seconds: more than the breaker of a host stays open
CONNECTIONS, RATE, CLIENTS = 32, 4000, 3
STEPS = 6  # a second: most of them are faults


class Chaos:
    def __init__(self, directory, seconds, seed):
        self.directory, self.seconds, self.seed = directory, seconds, seed
        self.random = random.Random(seed)
        self.clients = []
        self.events = {"broken": [], "late": [], "wrong": [], "unserved": []}
        self.totals = {}

    def run(self):
        self.upstream = Upstream(self.directory / "documents")
        try:
            self.daemon = ChaosDaemon(self.directory / "daemon", self.upstream)
            self.daemon.start()
            try:
                self.break_it()
            finally:
                self.stop_clients()
            self.recover()
        finally:
            self.upstream.stop()

    def break_it(self):
        self.faults = Faults(self.daemon, self.upstream, self.random)
        self.start_clients()
        due = time.monotonic()
        end = due + self.seconds
        while time.monotonic() < end:
            self.faults.step()
            # Slow steps are made up for, but not with a burst without end.
            due = max(due + self.random.random() * 2 / STEPS, time.monotonic() - 1)
            time.sleep(max(0, due - time.monotonic()))
        self.upstream.mode("ok")

    def start_clients(self):
        limits = [str(number) for number in (self.seconds + 2 * DEADLINE, DEADLINE)]
        port = str(self.daemon.port)
        commands = [[LOAD, port, str(CONNECTIONS), str(RATE), *limits]]
        commands += [[sys.executable, str(HERE / "chaos_client.py"), port, *limits]] * CLIENTS
        for number, command in enumerate(commands):
            output = open(self.directory / ("client%d" % number), "w+")
            self.clients.append((output, subprocess.Popen(
                command + [str(self.seed + number)], stdin=subprocess.DEVNULL, stdout=output)))

    def stop_clients(self):
        for _, client in self.clients:
            client.send_signal(signal.SIGTERM)
        for output, client in self.clients:
            try:
                status = client.wait(3 * DEADLINE)
            except subprocess.TimeoutExpired:
                client.kill()
                status = client.wait()
            if status != 0:
                self.events["wrong"].append("a client ended with status %d" % status)
            output.seek(0)
            for line in output:
                self.take(*line.rstrip("\n").split(" ", 1))
            output.close()

    def take(self, kind, rest):
        if kind == "total":
            for name, value in (pair.split("=") for pair in rest.split()):
                old = self.totals.get(name, 0)
                self.totals[name] = max(old, int(value)) if name == "slowest" else old + int(value)
        elif kind in ("broken", "late"):
            self.events[kind].append(tuple(map(int, rest.split())))
        else:
            self.events[kind].append(rest)

    def recover(self):
        """What is left when the storm is over is a daemon that works, and then nothing."""
        wait_for(lambda: not self.faults.hung(), "the stopped children to be replaced")
        wait_for(self.faults.reload_settled, "the last reload")
        self.events["wrong"] += self.faults.wrong
        before = self.daemon.get("/model_references/statistics/image_generation").headers["ETag"]
        self.upstream.advance()
        self.daemon.move_clock(BREAKER)  # the storm may have ended with an open one
        self.daemon.send(signal.SIGUSR1)
        wait_for(lambda: self.daemon.get("/model_references/statistics/image_generation").headers["ETag"]
                 != before, "a refresh after the storm")
        status = self.daemon.stop()
        if status != 0:
            self.events["wrong"].append("the daemon ended with status %d" % status)

    def explained(self, event):
        port, opened, ended = event
        return any(opened <= when <= ended for when in self.faults.excused[port])

    def report(self):
        lost = [event for event in self.events["broken"] + self.events["late"] if not self.explained(event)]
        unexplained = [event for event in lost if event in self.events["broken"]]
        unserved = self.events["unserved"] + [event for event in lost if event not in unexplained]
        counts = self.faults.counts
        for text in (self.events["wrong"] + unserved + unexplained)[:20]:
            print("  !", text)
        print("requests            %d (%d answered 304)" % (self.totals["requests"], self.totals["not_modified"]))
        print("connections         %d" % self.totals["connections"])
        print("faults              %d" % self.faults.total())
        for kind in sorted(counts):
            print("  %-22s %d" % (kind, counts[kind]))
        print("documents           %d generations" % self.upstream.generation)
        print("broken connections  %d explained, %d unexplained" % (
            len(self.events["broken"]) - len(unexplained), len(unexplained)))
        print("asked again         %d, behind an answer that closed" % self.totals.get("retried", 0))
        print("slowest answer      %.3f s" % (self.totals["slowest"] / 1e9))
        print("wrong answers       %d" % len(self.events["wrong"]))
        print("unserved            %d" % len(unserved))
        return not (self.events["wrong"] or unserved or unexplained)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 31)
    print("chaos: %d seconds, seed %d" % (seconds, seed), flush=True)
    be_small()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hydratord-chaos-"))
    chaos = Chaos(directory, seconds, seed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    good = False
    try:
        chaos.run()
        good = chaos.report()
    finally:
        clean_up(chaos, good)
    sys.exit(0 if good else 1)


def clean_up(chaos, good):
    """Ends what a failure left running; keeps the log of a failure's last minutes."""
    daemon = getattr(chaos, "daemon", None)
    if daemon is not None and daemon.process is not None:
        daemon.process.kill()
        daemon.process.wait()
        wait_for(lambda: not daemon.session_members(daemon.process.pid), "the children to leave")
        shm_path(daemon).unlink(missing_ok=True)
    if daemon is not None and not good:
        print("the end of the daemon's log:\n" + daemon.log()[-6000:])
    shutil.rmtree(chaos.directory)


if __name__ == "__main__":
    main()
