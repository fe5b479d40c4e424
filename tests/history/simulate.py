"""Plays publications of many days through the C code and through oracle.py, and compares
every date, number and event: simulate.py PLAY [DAYS [MODELS [SEED]]]."""

import json
import math
import random
import subprocess
import sys
import time

from oracle import DAY, FLAGS, MOST, History, Now, Rule

BEGIN = 1_767_225_600 + 5 * 3600  # 2026-01-01 05:00 UTC
ODD = ("nul\0", 'quote"', "line\nfeed", "back\\slash", "emoji \U0001f600", "tab\t", "a/b/c",
       "x" * 2_000, "=cmd()", "---", "...", "Ünï cödé", "\x7f", "\u2028")


# Names that are alike, or are not: who is whose successor is a matter of who else is there.
ALIKE = ("Ab c", "abc", "a-b-c", "\u00e91", "1\u00e9", "\u00c91", "-", "_", "ab\u00e9c",
         "Model 1 v1.5", "model_1_v15", "z1", "Z 1", "z2")


def crowd(dice):
    return [Now(name, (1, 1, 1), 0, set(), False, dice.randrange(4))
            for name in dice.sample(ALIKE, dice.randrange(6))]


class Curve:
    """A model whose use follows a known curve: rate(day) a day, in all since its birth."""

    def __init__(self, index, days, dice):
        self.name = f"Model {index} {'v1.5' if index % 2 else 'XL'}"
        if index < len(ODD):
            self.name = ODD[index]
        self.kind = ("constant", "weekly", "seasonal", "dying", "born", "returned", "renamed",
                     "reset", "flapping", "huge")[index % 10]
        self.scale = dice.choice((0, 3, 40, 700, 25_000))
        self.turns = sorted(dice.randrange(2, max(days - 1, 4)) for _ in range(4))
        self.identity = index + 1 if index % 3 else 0
        self.sum, self.names = 0.0, 0
        self.dice = dice
        self.offset = dice.randrange(10**6)

    def rate(self, day):
        if self.kind == "weekly":
            return self.scale * (5 if int(day) % 7 < 2 else 1)
        if self.kind == "seasonal":
            return self.scale * (1.2 + math.sin(day / 58))
        if self.kind == "dying":
            return self.scale if day < self.turns[1] else 0
        if self.kind == "flapping":
            return self.scale * self.dice.choice((0, 0, 1, 9))
        return self.scale

    def is_there(self, day):
        if self.kind == "born":
            return day >= self.turns[0]
        if self.kind == "returned":
            return not self.turns[0] <= day < self.turns[1] and day < self.turns[3]
        return True

    def total(self):
        if self.kind == "huge":
            return min(MOST, int(self.sum) * 10**14)
        return self.offset + int(self.sum)

    def advance(self, day, seconds):
        self.sum += self.rate(day) * seconds / DAY
        if self.kind == "reset" and self.turns and day >= self.turns[0]:
            self.turns.pop(0)
            self.sum = -self.offset + self.dice.randrange(10)
        if self.kind == "renamed" and self.turns and day >= self.turns[0]:
            self.turns.pop(0)
            self.names += 1
            self.name = (self.name.upper().replace(" ", "-") if self.names % 2
                         else f"Renamed {self.offset} {self.names}")

    def now(self, day):
        rate = int(self.rate(day))
        flags = set()
        if rate == 0:
            flags.add("zero_usage_day")
        if self.scale == 0:
            flags |= {"zero_usage_month", "low_usage"}
        workers = 0 if self.scale < 40 else self.dice.randrange(4)
        if workers == 0:
            flags.add("no_active_workers")
        if self.dice.random() < 0.02:
            flags.add(self.dice.choice(FLAGS))
        if self.kind == "huge":
            workers = self.dice.choice((workers, MOST))
        return Now(self.name, (rate, rate * 30, self.total()), workers, flags,
                   len(flags) > 2, self.identity)


class Play:
    """The C code: it reads while it prints, and says only what it is asked."""

    def __init__(self, program, rule):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.say(rule.line())

    def say(self, text):
        self.process.stdin.write(text.encode())

    def ask(self, order, lines):
        self.say(order + "\n")
        self.process.stdin.flush()
        return [self.process.stdout.readline() for _ in range(lines)]

    def end(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit("the program failed")


def moments(days, dice):
    """When publications come: a gap of days, the clock an hour back, and a day."""
    at, events = BEGIN, {days // 5: 4 * DAY + 1234, days // 3: -3700, days // 2: -DAY - 9000,
                         days * 3 // 5: -2 * DAY, days * 4 // 5: 40 * DAY if days > 300 else 99}
    while at < BEGIN + days * DAY:
        yield at
        at += dice.choice((300, 3600, 7200, 10_000, 20_000))
        day = (at - BEGIN) // DAY
        if day in events:
            at += events.pop(day)


def first_difference(ours, theirs, path="answer"):
    if type(ours) is not type(theirs):
        return f"{path}: {ours!r} is not {theirs!r}"
    if isinstance(ours, dict):
        for key in sorted(set(ours) | set(theirs)):
            if key not in ours or key not in theirs:
                return f"{path}.{key} is missing"
            if ours[key] != theirs[key]:
                return first_difference(ours[key], theirs[key], f"{path}.{key}")
    if isinstance(ours, list):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            if a != b:
                return first_difference(a, b, f"{path}[{i}]")
        return f"{path}: {len(ours)} are not {len(theirs)}"
    return f"{path}: {ours!r} is not {theirs!r}"


def compare(play, history, names):
    bodies = [json.loads(line) for line in play.ask("show", 2)]
    for ours, theirs in zip(bodies, (history.history(names), history.changes())):
        theirs = {"category": "image_generation", **theirs}
        if ours != theirs:
            sys.exit("differs: " + first_difference(ours, theirs))
        if list(ours) != list(theirs):
            sys.exit("differs: the order of keys")


def check_constant(history, curves, played):
    """Against the curve itself: what is used each day is the rate, but for rounding. Of the last
    quarter: before it the clock turns, and days that it turns on have more."""
    known = {m.name: m for m in history.models}
    for c in (c for c in curves if c.kind == "constant"):
        days = sorted(known[c.name].used)[1:-1]
        for day in days[max(-20, -played // 4):]:
            if abs(known[c.name].used[day] - c.scale) > 2:
                sys.exit(f"{c.name}: {known[c.name].used[day]} are used on {day}, "
                         f"not {c.scale}")


def main(program, days=60, models=40, seed=1):
    dice = random.Random(seed)
    rule = Rule(interval=dice.choice((0, 3600, 7200)), settle=dice.choice((0, 900, 5000)),
                days=dice.choice((20, 400)) if days < 300 else 400,
                shown=dice.choice((1, 15, 90)) if days < 300 else 90,
                burst=dice.choice((5, 200)), events=dice.choice((30, 1000)),
                gone=dice.choice((3, 10_000)))
    play, history = Play(program, rule), History(rule)
    curves = [Curve(i, days, dice) for i in range(models)]
    before, shown, publications, begun = BEGIN, 0, 0, time.monotonic()
    alike = []
    for at in moments(days, dice):
        day = (at - BEGIN) / DAY
        for c in curves:
            c.advance(day, max(at - before, 0))
        before = max(at, before)
        here = [c.now(day) for c in curves if c.is_there(day)]
        if dice.random() < 0.2:
            alike = crowd(dice)
        here += alike
        if dice.random() < 0.002:
            here = []
        history.publish(at, here)
        play.say(f"publish {at} {len(here)}\n" + "".join(now.line() for now in here))
        publications += 1
        if dice.random() < 0.1:
            play.say("lose\n")
        if dice.random() < 0.2:
            play.say("record\n")
            if history.sampled == at and dice.random() < 0.3:
                play.say("restart\n")
                history.restart()
        if dice.random() < 0.03:
            compare(play, history, [now.name for now in here])
            shown += 1
    compare(play, history, [now.name for now in here])
    check_constant(history, curves, days)
    cost = list(map(int, play.ask("cost", 1)[0].split()))
    play.end()
    print(f"seed {seed}: {days} days of {models} models, {publications} publications, "
          f"{len(history.events)} events, {shown + 1} answers are the same; "
          f"{cost[0] / publications / 1e6:.3f} ms a publication, "
          f"{cost[1] / 1e6:.3f} ms and {cost[2]} bytes printed, "
          f"{time.monotonic() - begun:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
