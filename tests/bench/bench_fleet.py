#!/usr/bin/python3
"""What a fleet costs: of a machine, of Redis, of the network between them.

usage: bench_fleet.py HYDRATORD DOCUMENTS

Daemons share a redis-server, 1, 2 and 5 of them, each on one category. A leader is asked for a
cycle, each with other documents, until every daemon serves what came of it. Printed are the
processor time that a cycle costs a hydrator, by role; the bytes of a cycle, as Redis counts them;
and what a second costs in which nothing happens. What 1,000 machines need follows from these.
"""
import os
import pathlib
import re
import signal
import sys
import time

os.environ["HYDRATORD_BINARY"] = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
SYSTEM = pathlib.Path(__file__).resolve().parents[1] / "system"
sys.path[1:1] = [str(SYSTEM)]
from bench_common import Documents as Recorded  # noqa: E402
from bench_common import cpu_seconds, describe_machine, median, need, work_directory  # noqa: E402
import daemon as system  # noqa: E402
import fleet  # noqa: E402

SIZES = (1, 2, 5)
CYCLES = int(os.environ.get("BENCH_ROUNDS", "10"))
IDLE = int(os.environ.get("BENCH_SECONDS", "10"))
POLL, INTERVAL = 2, 240  # seconds: what is set unless somebody sets it
# The commands that scripts call count; requests are what comes over the network.
COUNTED = ("total_net_input_bytes", "total_net_output_bytes", "total_commands_processed", "total_reads_processed")
LAST_KEY = "horde:model_ref:stats:%s:grouped=true" % fleet.CATEGORY
USAGE = re.compile(rb":\s*(\d+)([,}\s])")


class Upstream(fleet.Documents):
    """Real documents where they are recorded; the usage is another one at each request."""

    def __init__(self, directory, recorded):
        super().__init__(directory)
        for name in (fleet.CATEGORY, "stats_image", "status_image", "workers"):
            source = (recorded.reference if name == fleet.CATEGORY else recorded.horde) / (name + ".json")
            (directory / (name + ".json")).write_bytes(source.read_bytes())

    def mark(self, name, text):
        if name != "stats_image":
            return text
        return USAGE.sub(rb": %d\2" % (1000000 + self.count(name)), text, count=1)


def redis_counts(redis):
    figures = redis.info("stats")
    return [figures[name] for name in COUNTED]


def less(after, before):
    return [one - other for one, other in zip(after, before)]


def etags(machines):
    return [member.get(fleet.RISK).headers["ETag"] for member in machines.members]


def cycle(machines):
    """Asks the leader for one, and waits until everybody serves it. Returns who it was and the seconds of
    processor time of each machine's hydrator."""
    leader, before = machines.leader(), etags(machines)[0]
    spent = {member: cpu_seconds(member.hydrator()) for member in machines.members}
    leader.daemon.send(signal.SIGUSR1)
    system.wait_for(lambda: len(set(etags(machines)) | {before}) == 2 and before not in etags(machines), "a cycle")
    wait_until_quiet(machines)
    return leader, {member: cpu_seconds(member.hydrator()) - spent[member] for member in machines.members}


def wait_until_quiet(machines):
    """The last of the Python service's keys is written last."""
    age = machines.redis
    system.wait_for(lambda: age("EXISTS", LAST_KEY) and age("OBJECT", "IDLETIME", LAST_KEY) >= 1, "the last key")


class Figures:
    def __init__(self, size, machines):
        self.size, self.machines = size, machines
        self.leader, self.follower, self.redis = [], [], []

    def measure(self):
        redis = self.machines.redis
        wait_until_quiet(self.machines)
        before, began = redis_counts(redis), time.monotonic()
        time.sleep(IDLE)
        took = time.monotonic() - began
        self.idle = [count / took for count in less(redis_counts(redis), before)]
        for _ in range(CYCLES):
            before, began = redis_counts(redis), time.monotonic()
            leader, spent = cycle(self.machines)
            took = time.monotonic() - began
            self.redis.append([count - each * took for count, each in zip(less(redis_counts(redis), before), self.idle)])
            for member, seconds in spent.items():
                (self.leader if member is leader else self.follower).append(1000 * seconds)
        self.cycle = [median(column) for column in zip(*self.redis)]

    def report(self):
        print("\n%d machine%s, median of %d cycles:" % (self.size, "s" * (self.size > 1), CYCLES))
        for role, spent in (("leader", self.leader), ("follower", self.follower)):
            if spent:
                print("  hydrator of a %-9s %8.1f CPU ms a cycle" % (role, median(spent)))
        print("  Redis, a cycle          %8.0f bytes in  %8.0f bytes out" % tuple(self.cycle[:2]))
        print("  Redis, a second idle    %8.0f bytes in  %8.0f bytes out  %6.2f commands  %5.2f requests" % tuple(self.idle))


def extrapolate(few, many):
    """Of a follower more: the difference between two fleets, divided by that of their sizes."""
    def each(first, last):
        return [(b - a) / (many.size - few.size) for a, b in zip(first, last)]

    cycle_more, idle_more = each(few.cycle, many.cycle), each(few.idle, many.idle)
    print("\na follower more: %.0f bytes out a cycle, and %.0f bytes in, %.0f out, %.2f commands, %.2f requests a second"
          % (cycle_more[1], *idle_more))
    print("an interval of %d s, a look every %d s:\n" % (INTERVAL, POLL))
    print("| machines | sets of requests to upstreams an hour | out of Redis, a cycle | into Redis, on average | "
          "out of Redis, on average | commands a second | requests a second |\n|---|---|---|---|---|---|---|")
    for size in (1, 2, 5, 10, 100, 1000):
        into, out, commands, requests = (base + (size - few.size) * more for base, more in zip(few.idle, idle_more))
        at_once = few.cycle[1] + (size - few.size) * cycle_more[1]
        print("| %d | %d | %.0f KB | %.1f kbit/s | %.1f kbit/s | %.1f | %.1f |" % (
            size, 3600 // INTERVAL, max(0, at_once) / 1000, (into + few.cycle[0] / INTERVAL) * 8 / 1000,
            (out + at_once / INTERVAL) * 8 / 1000, commands, requests))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    need("redis-server")
    describe_machine()
    recorded, found = Recorded(sys.argv[2]), []
    with work_directory() as work:
        for size in SIZES:
            daemons = []

            def make(*arguments, **settings):
                daemons.append(system.Daemon(work / ("daemon%d-%d" % (size, len(daemons))), *arguments, **settings))
                return daemons[-1]

            machines = fleet.Fleet(work / str(size), make, size=size, interval=fleet.NEVER, lease=30, poll=POLL,
                                   patience=fleet.NEVER, kind="unix",
                                   documents=lambda directory: Upstream(directory, recorded))
            try:
                machines.start(wait=False)
                system.wait_for(lambda: all(m.get(fleet.RISK).status == 200 for m in machines.members), "answers")
                figures = Figures(size, machines)
                figures.measure()
                figures.report()
                found.append(figures)
            finally:
                for each in daemons:
                    each.stop()
                machines.close()
    extrapolate(found[-2], found[-1])


if __name__ == "__main__":
    main()
