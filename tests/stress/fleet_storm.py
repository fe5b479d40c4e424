#!/usr/bin/python3
"""A fleet of five under load to whose Redis, and to the ways there, anything happens.

usage: fleet_storm.py [SECONDS [SEED]]          default: 120 seconds

Ways to Redis are refused, silent, slow, cut, spoilt, held back (redis_proxy.py); Redis is restarted
empty and flushed; hydrators are killed, and stopped for seconds. So machines are alone at times, and
each fetches for itself then. What the clients of fleet_run.py judge holds all the same; how many
sets are fetched, and how late a snapshot comes, depends. At the end all machines are one fleet again.
Exit status 1 if one of these is not 0:

    failed, differing, regressions, refused     as in fleet_run.py
"""
import collections
import os
import re
import signal
import time

from fleet_run import INTERVAL, Run, carry_out
from daemon import wait_for

WAYS = ("refuse", "hole", "swallow", "late:0.3", "late:9", "drip", "cut:0", "cut:100", "garbage", "hold:HYDRATORD-FLT")
PAUSE = 0.8  # seconds between two faults at most
NAP = 4      # and that a hydrator is stopped for


class Storm(Run):
    in_order = False
    # A flush may come between a look and what it made a follower ask for.
    refusal = re.compile("cannot be taken|what the fleet has is not taken: it (?!is not there)")

    def __init__(self, directory, seconds, seed):
        super().__init__(directory, seconds / INTERVAL, 0, seed, kind="redis", patience=2)
        self.counts = collections.Counter()
        self.faults = {self.spoil_way: 5, self.mend_way: 4, self.cut: 1, self.kill: 1, self.stop_one: 1,
                       self.restart: 1, self.flush: 1}

    def disturb(self, end):
        while time.monotonic() < end:
            fault = self.random.choices(*zip(*self.faults.items()))[0]
            self.counts[fault.__name__] += 1
            fault(self.random.choice(self.fleet.members))
            time.sleep(self.random.random() * PAUSE)
        self.meet_again()

    def meet_again(self):
        for member in self.fleet.members:
            self.mend_way(member)
        began = time.monotonic()
        for member in self.fleet.members:
            wait_for(lambda: member.metric("redis_up") == 1, "%s to reach Redis" % member)
        wait_for(self.fleet.holder, "a leader")
        self.fleet.wait_settled(at_least=max(self.fleet.generations()) + 1)
        self.met = time.monotonic() - began

    def spoil_way(self, member):
        member.proxy.mode(self.random.choice(WAYS))

    def mend_way(self, member):
        member.proxy.mode("ok")

    def cut(self, member):
        member.proxy.cut()

    def kill(self, member):
        member.kill()

    def stop_one(self, member):
        pid = wait_for(member.hydrator, "a hydrator")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.random.random() * NAP)
        os.kill(pid, signal.SIGCONT)

    def restart(self, _):
        self.fleet.redis.stop()
        time.sleep(self.random.random() * INTERVAL)
        self.fleet.redis.start()

    def flush(self, _):
        self.fleet.redis("FLUSHALL")

    def report(self):
        failed, regressions = self.found("failed"), self.found("regressions")
        for text in (self.wrong + failed + self.differing + regressions)[:20]:
            print("  !", text)
        print("storm: %d s, seed %d; %s" % (self.intervals * INTERVAL, self.seed, ", ".join(
            "%s %d" % each for each in sorted(self.counts.items()))))
        print("sets fetched        %d by all" % self.sets)
        print("requests            %d, failed: %d" % (sum(client.requests for client in self.clients), len(failed)))
        print("differing answers   %d" % len(self.differing))
        print("regressions         %d" % len(regressions))
        print("refused snapshots   %d" % self.refused)
        print("one fleet again     after %.1f s" % self.met)
        return bool(self.wrong or failed or self.differing or regressions or self.refused)


if __name__ == "__main__":
    carry_out(Storm, (120,))
