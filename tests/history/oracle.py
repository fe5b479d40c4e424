"""The rules of doc/history.md, computed the slow way: the C code must give the same."""

import re
from datetime import datetime, timedelta, timezone

DAY = 86400
NAME_MAX = 1024  # bytes of a name that has a history
TURN = 26 * 3600
FLAGS = (
    "zero_usage_day", "zero_usage_month", "zero_usage_total", "no_active_workers",
    "has_multiple_hosts", "has_non_preferred_host", "has_unknown_host", "no_download_urls",
    "missing_description", "missing_baseline", "low_usage",
)
BITS = FLAGS + ("at_risk", "critical")
MOST = 2**63 - 1
MOST_WORKERS = 2**32 - 2


class Rule:
    def __init__(self, interval=3600, days=400, shown=90, settle=900, factor=3.0, least=10,
                 events=1000, burst=200, gone=10_000):
        self.interval, self.days, self.shown, self.settle = interval, days, shown, settle
        self.factor, self.least, self.events, self.burst = factor, least, events, burst
        self.gone = gone

    def line(self):
        return (f"rule {self.interval} {self.days} {self.gone} {self.shown} {self.settle} {self.factor} "
                f"{self.least} {self.events} {self.burst}\n")


class Now:
    """What a publication says of a model. flags: a set of names."""

    def __init__(self, name, usage, workers, flags, critical, identity):
        self.name, self.workers, self.flags, self.critical = name, workers, flags, critical
        self.usage, self.identity = usage, identity

    def line(self):
        flags = sum(1 << FLAGS.index(f) for f in self.flags)
        return (f"x{self.name.encode().hex()} {self.usage[0]} {self.usage[1]} "
                f"{self.usage[2]} {self.workers} {flags} {2 if self.critical else 0} "
                f"{self.identity}\n")

    def bits(self):
        bits = set(self.flags)
        if self.flags:
            bits.add("at_risk")
        if self.critical:
            bits.add("critical")
        return bits

    def figures(self):
        return {"usage_day": max(self.usage[0], 0), "usage_month": max(self.usage[1], 0),
                "usage_total": max(self.usage[2], 0), "workers": max(self.workers, 0),
                "risk_score": len(self.flags),
                "flags": [f for f in FLAGS if f in self.flags]}


class Model:
    def __init__(self, now, at):
        self.name, self.identity = now.name, now.identity
        self.there = True
        self.first_seen = self.came = self.last_seen = at
        self.since = dict.fromkeys(BITS, at)
        self.now = self.steady = now
        self.reported = now.bits()
        self.sampled = None  # (time, total, what was published)
        self.rose = None
        self.resets = 0
        self.used, self.workers = {}, {}
        self.left = {}, {}  # the same of days that left the series

    def turn(self, at):
        self.first_seen = min(self.first_seen, at)
        self.came = min(self.came, at)
        self.last_seen = min(self.last_seen, at)
        if self.rose is not None:
            self.rose = min(self.rose, at)
        self.since = {b: min(t, at) for b, t in self.since.items()}
        if self.sampled is not None and self.sampled[0] > at:
            self.sampled = None
        for days in (self.used, self.workers):
            for day in [d for d in days if d > at // DAY]:
                del days[day]

    def forget(self, last):
        for days, left in zip((self.used, self.workers), self.left):
            for day in [d for d in days if d <= last]:
                left[day] = days.pop(day)

    def restart(self, last):
        for days, left in zip((self.used, self.workers), self.left):
            days.update({d: n for d, n in left.items() if d > last})

    def sample(self, at, kept):
        total = max(self.now.usage[2], 0)
        if self.sampled is not None:
            begin, before, _ = self.sampled
            if total > before:
                self.rose = at
            if total < before:
                self.resets += 1
                before = total
            self.spread(begin, before, at, total, kept)
        day = at // DAY
        self.workers[day] = max(self.workers.get(day, 0),
                                min(max(self.now.workers, 0), MOST_WORKERS))
        self.sampled = at, total, self.now

    def spread(self, begin, before, end, after, kept):
        def total(moment):
            return before + (after - before) * (moment - begin) // (end - begin)

        day = max(begin // DAY, end // DAY - kept + 1)
        while day * DAY < end:
            a, b = max(begin, day * DAY), min(end, (day + 1) * DAY)
            self.used[day] = min(self.used.get(day, 0) + total(b) - total(a), MOST)
            day += 1


def unknown(name, days):
    """The row of a model that has no history."""
    return {"name": name, "present": True, "resets": 0, "from": len(days), "usage": [], "workers": [],
            **dict.fromkeys(("first_seen", "last_seen", "at_risk_since", "critical_since", "unused_since",
                             "no_workers_since"))}


def fold(name):
    return re.sub(rb"[^a-z0-9\x80-\xff]", b"", name.encode().lower())


def pairs(went, came):
    """[(model, newcomer)] of which neither fits another."""
    names, files = {}, {}
    for c in came:
        names.setdefault(fold(c.name), []).append(c)
        files.setdefault(c.identity, []).append(c)
    names.pop(b"", None)
    files.pop(0, None)
    fits = [(m, c) for m in went
            for c in {id(c): c for c in names.get(fold(m.name), []) +
                      files.get(m.identity, [])}.values()]
    suitors = {}
    for m, c in fits:
        for each in (m, c):
            suitors[id(each)] = suitors.get(id(each), 0) + 1
    return [(m, c) for m, c in fits if suitors[id(m)] == suitors[id(c)] == 1]


class History:
    def __init__(self, rule):
        self.rule = rule
        self.kept = max(rule.shown, 9)
        self.models = []  # in the order in which they came first
        self.events = []
        self.published = None
        self.sampled = None
        self.last_id = 0

    def event(self, kind, model, since, before=None, after=None, flag=None, former=None):
        self.burst.append({"kind": kind, "model": model.name, "since": since, "flag": flag,
                           "former": former, "count": None, "at": self.at,
                           "before": before.figures() if before else None,
                           "after": after.figures() if after else None})

    def publish(self, at, models):
        self.at, self.burst = at, []
        if self.sampled is not None and at < self.sampled - TURN:
            for m in self.models:
                m.turn(at)
            self.sampled = None
        self.meet(at, models)
        first, self.published = self.published is None, at
        if self.sampled is None or (at > self.sampled and
                                    at - self.sampled >= self.rule.interval):
            self.sample(at)
        if self.sampled == at or any(e["kind"] == "disappeared" for e in self.burst):
            self.forget(at)
        if not first:
            self.keep_events()

    def restart(self):
        """After all was recorded."""
        for m in self.models:
            m.restart(self.sampled // DAY - self.kept)

    def meet(self, at, models):
        known = {m.name: m for m in self.models}
        here = {}
        for now in models:
            if len(now.name.encode()) <= NAME_MAX:
                here.setdefault(now.name, now)
        went = [m for m in self.models if m.there and m.name not in here]
        came = [now for now in here.values() if now.name not in known]
        newcomers = []
        for m, now in pairs(went, came):
            self.event("renamed", m, at, m.now, now, former=m.name)
            self.burst[-1]["model"] = now.name
            del known[m.name]
            m.name = now.name
            known[m.name] = m
            went.remove(m)
        for m in went:
            m.there, m.last_seen = False, self.published
            self.event("disappeared", m, at, before=m.now)
        for now in here.values():
            if now.name not in known:
                newcomers.append(Model(now, at))
                self.event("appeared", newcomers[-1], at, after=now)
        for now in here.values():
            if now.name in known:
                self.go_on(known[now.name], now, at)
        self.models += newcomers

    def go_on(self, m, now, at):
        for bit in m.now.bits() ^ now.bits():
            m.since[bit] = at
        if now.identity:
            m.identity = now.identity
        m.now = now
        if not m.there:
            m.there, m.came = True, at
            m.steady, m.reported = now, now.bits()
            self.event("appeared", m, at, after=now)
            return
        for bit in BITS:
            if (bit in now.bits()) == (bit in m.reported) or \
                    at - m.since[bit] < self.rule.settle:
                continue
            self.settled(m, bit, bit in now.bits())
            m.reported = m.reported ^ {bit}
        if m.reported == now.bits():
            m.steady = now

    def settled(self, m, bit, is_set):
        if bit in FLAGS:
            self.event("flag_set" if is_set else "flag_cleared", m, m.since[bit], m.steady,
                       m.now, flag=bit)
        elif bit == "at_risk":
            self.event("at_risk" if is_set else "recovered", m, m.since[bit], m.steady, m.now)
        elif is_set:
            self.event("critical", m, m.since[bit], m.steady, m.now)

    def sample(self, at):
        new_day = self.sampled is not None and at // DAY > self.sampled // DAY
        self.sampled = at
        for m in self.models:
            m.forget(at // DAY - self.kept)
            if not m.there:
                continue
            before = m.sampled
            m.sample(at, self.kept)
            if new_day:
                self.judge(m, before, at // DAY)

    def forget(self, at):
        oldest = at - self.rule.days * DAY
        gone = sorted((m.last_seen for m in self.models if not m.there), reverse=True)
        most = max(self.rule.gone, len(self.models) - len(gone))
        if len(gone) > most:
            oldest = max(oldest, gone[most - 1])
        self.models = [m for m in self.models if m.there or m.last_seen >= oldest]

    def judge(self, m, before, day):
        used = m.used.get(day - 1)
        week = [m.used[d] for d in range(day - 8, day - 1) if d in m.used]
        if used is None or len(week) < 3:
            return
        mean = sum(map(float, week)) / len(week)
        if max(float(used), mean) < self.rule.least:
            return
        since = (day - 1) * DAY
        if float(used) >= self.rule.factor * mean:
            self.event("usage_rose", m, since, before[2], m.now)
        elif float(used) * self.rule.factor <= mean:
            self.event("usage_fell", m, since, before[2], m.now)

    def keep_events(self):
        rest = len(self.burst) - self.rule.burst
        events = self.burst[:self.rule.burst]
        if rest > 0:
            events.append({"kind": "many", "model": None, "since": self.at, "flag": None,
                           "former": None, "count": rest, "at": self.at, "before": None,
                           "after": None})
        for e in events:
            self.last_id = max(self.last_id + 1, self.at * 1000)
            self.events.append(dict(e, id=self.last_id))

    def changes(self):
        rows = self.events[::-1][:self.rule.events]
        return {"last_id": self.last_id, "total_count": len(rows),
                "returned_count": len(rows), "offset": 0, "limit": None, "changes": rows}

    def days(self):
        last = self.sampled // DAY
        for first in range(last - self.rule.shown + 1, last + 1):
            if any(first in m.used or first in m.workers for m in self.models):
                break
        return range(first, last + 1)

    def row(self, m, days):
        bits = m.now.bits()
        known = [i for i, d in enumerate(days) if d in m.used or d in m.workers]
        first = known[0] if known else len(days)
        unused = m.first_seen if m.rose is None else m.rose
        return {
            "name": m.name, "present": m.there, "first_seen": m.first_seen,
            "last_seen": m.last_seen if not m.there else max(m.came, self.seen(m)),
            "at_risk_since": m.since["at_risk"] if "at_risk" in bits else None,
            "critical_since": m.since["critical"] if "critical" in bits else None,
            "unused_since": unused if "zero_usage_day" in bits else None,
            "no_workers_since":
                m.since["no_active_workers"] if "no_active_workers" in bits else None,
            "resets": m.resets, "from": first,
            "usage": [m.used.get(d) for d in days[first:]],
            "workers": [m.workers.get(d) for d in days[first:]],
        }

    def seen(self, m):
        return m.sampled[0] if m.sampled is not None else 0

    def history(self, names):
        """names: those of the last publication, in its order."""
        days = self.days()
        known = {m.name: m for m in self.models}
        rows = [self.row(known[n], days) if n in known else unknown(n, days) for n in names]
        rows += [self.row(m, days) for m in self.models if not m.there]
        epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
        return {"sampled_at": self.sampled,
                "dates": [str((epoch + timedelta(d)).date()) for d in days],
                "total_count": len(rows), "returned_count": len(rows), "offset": 0,
                "limit": None, "models": rows}
