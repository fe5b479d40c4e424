"""/livez, /readyz, /metrics: what they say is what a client has counted, whoever was killed in between."""
import http.client
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from conftest import DEMO, file_categories
from daemon import sleeps, wait_for
from stub_upstream import StubUpstream

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
METRICS = 'http { metrics_listen = { "127.0.0.1:0" } }'


def fetch(daemon, path="/metrics", method="GET"):
    port = int(wait_for(lambda: re.search(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log()), "the address").group(1))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()
    finally:
        connection.close()


def samples(daemon):
    """Sample name with its labels in order -> value, read by the strict reader below."""
    return parse(fetch(daemon)[2])


LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)*)\})? (\S+)')


def parse(text):
    """The text format 0.0.4, as strictly as we write it: HELP, TYPE, then all samples of that family."""
    assert text.endswith("\n")
    values, family, kind, families = {}, None, None, set()
    lines = text[:-1].split("\n")
    while lines:
        line = lines.pop(0)
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            assert family.startswith("cache_hydrator_") and family not in families, line
            families.add(family)
            assert re.fullmatch(r"# TYPE %s (counter|gauge|histogram|summary)" % family, lines[0]), lines[0]
            kind = lines.pop(0).split(" ")[3]
            continue
        found = LINE.fullmatch(line)
        assert found, line
        name, labels, value = found.groups()
        assert name == family or kind in ("histogram", "summary") and re.fullmatch(family + "_(bucket|sum|count)", name), line
        key = name.removeprefix("cache_hydrator_") + ("{%s}" % labels if labels else "")
        assert key not in values, line
        assert kind == "gauge" or float(value) >= 0
        values[key] = float(value)
    return values


def requests(values):
    """Those of which there were some: usual ones are shown from the start."""
    return {key: value for key, value in values.items() if key.startswith("http_requests_total") and value > 0}


def histogram(values):
    """Bounds and counts, checked to be cumulative and to fit count and sum."""
    name = "http_request_duration_seconds"
    buckets = [(float(re.search('le="(.*)"', key).group(1)), value) for key, value in values.items()
               if key.startswith(name + "_bucket")]
    assert buckets == sorted(buckets) and [n for _, n in buckets] == sorted(n for _, n in buckets)
    assert buckets[-1] == (float("inf"), values[name + "_count"])
    lowest = highest = before = 0
    for (bound, n), (lower, _) in zip(buckets, [(0, 0), *buckets]):
        lowest += (n - before) * lower
        highest += (n - before) * bound if n > before else 0
        before = n
    assert lowest <= values[name + "_sum"] <= highest
    return values[name + "_count"]


def test_formats_and_paths(make_daemon):
    daemon = make_daemon(settings=METRICS).start()
    status, headers, text = fetch(daemon)
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert headers["Cache-Control"] == "no-store"
    assert int(headers["Content-Length"]) == len(text)
    assert fetch(daemon, method="HEAD")[2] == ""
    assert fetch(daemon, "/heartbeat")[0] == 404
    assert fetch(daemon, method="POST")[0] == 405
    assert daemon.get("/metrics").status == 404  # not on the public listener
    values = parse(text)
    assert values['generation{category="image_generation"}'] >= 1
    assert values['snapshot_bytes{category="text_generation"}'] > 10000
    assert 0 <= values['snapshot_age_seconds{category="text_generation",part="deletion_risk"}'] < 60
    assert [key for key in values if key.startswith("build_info")] != []


def test_every_metric_is_shown(make_daemon):
    daemon = make_daemon(settings=METRICS).start()
    daemon.get(RISK)
    daemon.move_clock(20)
    wait_for(lambda: "process_resident_memory_bytes" in str(samples(daemon)), "the processes to be measured")
    text = fetch(daemon)[2]
    families = set(re.findall(r"^# TYPE cache_hydrator_(\w+)", text, re.M))
    shown = {re.sub("{.*", "", key) for key in parse(text)}
    assert {"http_handled_requests_total", "http_dropped_clients_total", "snapshots_released_total"} <= shown
    of_fleets = {name for name in families if re.match("fleet_|redis_", name)}
    assert of_fleets - shown == of_fleets - {"redis_poll_seconds", "redis_lease_seconds"}
    of_webhooks = {name for name in families if name.startswith("notify_")}
    assert of_webhooks and not of_webhooks & shown, "nobody is notified"
    # No host was asked: the sample data is in files, and all of it is there.
    assert families - of_fleets - of_webhooks - shown == {"http_request_duration_seconds", "refresh_duration_seconds", "upstream_breaker_state",
                                "upstream_floor_seconds", "upstream_requests_total",
                                "upstream_request_duration_seconds", "document_last_error_timestamp_seconds"}


def test_limits_are_shown(make_daemon):
    daemon = make_daemon(settings='segment { max = "32M" } '
                         'http { metrics_listen = { "127.0.0.1:0" } max_connections = 70 body_memory = "2M" }', readers=3,
                         hydration="enabled = false interval = 10 ttl = 100 stale_ttl = 1000 stale_if_error = 5000").start()
    values = samples(daemon)
    assert (values["http_connections_limit"], values["http_pinned_limit_bytes"]) == (210, 6 << 20)
    assert (values["segment_capacity_bytes"], values["segment_max_bytes"]) == (8 << 20, 32 << 20)
    assert [values["hydration_%s_seconds" % name] for name in ("interval", "ttl", "stale_ttl", "stale_if_error")] == [
        10, 100, 1000, 5000]
    assert (values["redis_poll_seconds"], values["redis_lease_seconds"]) == (2, 135)
    for seconds in 0, 300, 6000:
        daemon.move_clock(seconds)
        values = samples(daemon)
        for part in "statistics", "deletion_risk", "workers":
            labels = '{category="text_generation",part="%s"}' % part
            age = values["snapshot_age_seconds" + labels]
            assert age >= seconds
            assert values["snapshot_fresh_seconds" + labels] == 100 - age
            assert values["snapshot_expires_seconds" + labels] == 5000 - age


def test_what_processes_take(make_daemon):
    daemon = make_daemon(settings=METRICS, readers=2).start()
    daemon.move_clock(20)
    names = ['{role="hydrator",name="image_generation"}', '{role="hydrator",name="text_generation"}',
             '{role="reader",name="0"}', '{role="reader",name="1"}', '{role="supervisor",name=""}']

    def measured(figure):
        values = samples(daemon)
        return [values.get(figure + name, 0) for name in names]

    wait_for(lambda: 0 not in measured("process_resident_memory_bytes"), "the processes to be measured")
    assert all(1 << 20 < size < 1 << 30 for size in measured("process_resident_memory_bytes"))
    processes = [daemon.child("hydrator image_generation"), daemon.child("hydrator text_generation"),
                 daemon.child("reader 0"), daemon.child("reader 1"), daemon.process.pid]

    def counted():
        daemon.move_clock(10)  # each counts every ten seconds, also the one that is being asked
        return all(abs(n - len(os.listdir("/proc/%d/fd" % pid))) <= 1
                   for n, pid in zip(measured("process_open_fds"), processes))

    wait_for(counted, "their descriptors to be counted")
    assert all(n >= 256 for n in measured("process_max_fds"))
    before, end = sum(measured("process_cpu_seconds_total")), time.monotonic() + 1
    while time.monotonic() < end:
        daemon.get(RISK)
    daemon.move_clock(20)
    wait_for(lambda: sum(measured("process_cpu_seconds_total")) > before, "some processor time")
    daemon.send(signal.SIGHUP)
    wait_for(lambda: samples(daemon)['config_reloads_total{result="loaded"}'] == 1, "the reload")
    daemon.move_clock(-1000)  # as soon as they are there: no tick comes before the test gives up
    wait_for(lambda: 0 not in measured("process_resident_memory_bytes"), "the new ones to be measured")


def test_phases_and_savings(make_daemon, tmp_path):
    daemon = make_daemon(settings=METRICS).start()

    def value(name, more=""):
        return samples(daemon)[name + '{category="text_generation"%s}' % more]

    wait_for(lambda: value("state_saves_total", ',result="saved"') == 1, "a saved state")
    assert abs(value("state_last_save_timestamp_seconds") - time.time()) < 60
    before = value("state_last_save_timestamp_seconds")
    for phase in "fetch", "compute", "publish":
        assert value("refresh_duration_seconds_count", ',phase="%s"' % phase) == 1
        assert 0 <= value("refresh_duration_seconds_sum", ',phase="%s"' % phase) < 30
    assert value("refresh_duration_seconds_sum", ',phase="compute"') > 0
    daemon.state.rename(tmp_path / "elsewhere")
    daemon.state.write_text("not a directory")
    daemon.move_clock(70)
    # Not before: a hydrator looks once a second at what was asked for within the minute.
    daemon.get("/model_references/statistics/text_generation", headers={"Accept-Encoding": "br"})
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: value("state_saves_total", ',result="failed"') == 1, "a state that cannot be saved")
    assert value("state_last_save_timestamp_seconds") == before
    wait_for(lambda: value("refresh_duration_seconds_count", ',phase="encode"') == 1, "an encoded body")
    daemon.state.unlink()


def test_requests_to_upstreams(make_daemon):
    with StubUpstream(DEMO) as upstream:
        daemon = make_daemon({"image_generation": ["file://%s/image_generation.json" % DEMO]}, upstream.horde, settings=METRICS,
                             hydration="enabled = false").start()

        def answered(code):
            found = [value for key, value in samples(daemon).items()
                     if key.startswith("upstream_requests_total") and key.endswith('code="%s"}' % code)]
            return sum(found) if found else None

        assert (answered(200), answered("none"), answered(500)) == (3, 0, None)
        upstream.mode("stats_image", "500")
        upstream.mode("workers", "cut")
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: answered(500), "an answer that is an error")
        wait_for(lambda: upstream.count("status_image") == 2 and samples(daemon)[
            'refresh_total{category="image_generation",result="partial"}'] == 1, "the end of the cycle")
        counted = [value for key, value in samples(daemon).items() if key.startswith("upstream_requests_total")]
        assert sum(counted) == sum(upstream.count(name) for name in ("status_image", "stats_image", "workers"))
        took = {key.partition("{")[0]: value for key, value in samples(daemon).items() if "upstream_request_duration" in key}
        assert took["upstream_request_duration_seconds_count"] == sum(counted)
        assert 0 < took["upstream_request_duration_seconds_sum"] < 60


def test_former_crews(make_daemon):
    daemon = make_daemon(settings=METRICS).start()
    slow = daemon.connect()
    slow.connect()
    slow.sock.sendall(b"GET /heartbeat HTTP/1.1\r\n")  # it may finish this head before the old reader leaves
    wait_for(lambda: samples(daemon)["http_connections"] == 1, "the connection")
    daemon.send(signal.SIGHUP)
    wait_for(lambda: daemon.log().count("metrics on") == 2, "the new crew")

    def former():
        daemon.move_clock(5)  # it is looked at every ten seconds
        return samples(daemon)["crews_draining"]

    wait_for(lambda: former() == 1, "a former crew")
    slow.close()
    wait_for(lambda: former() == 0, "the end of the former crew")


def test_the_first_503_is_a_rise_from_zero(make_daemon):
    daemon = make_daemon({"blip": ["file:///nonexistent/blip.json"]}, settings=METRICS).start(wait=False)
    wait_for(daemon.answers, "an answer")
    key = 'http_requests_total{route="statistics",code="503",category="blip"}'
    assert samples(daemon)[key] == 0
    assert daemon.get("/model_references/statistics/blip").status == 503
    wait_for(lambda: samples(daemon)[key] == 1, "the count")
    assert samples(daemon)['http_requests_total{route="readyz",code="503"}'] == 0


def test_other_readers_of_the_format_agree(make_daemon):
    parser = pytest.importorskip("prometheus_client.parser",
                                 reason="prometheus_client is missing (Debian: python3-prometheus-client)")
    daemon = make_daemon(settings=METRICS).start()
    daemon.get(RISK)
    text = fetch(daemon)[2]
    theirs = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join('%s="%s"' % item for item in sample.labels.items())
            theirs[sample.name.removeprefix("cache_hydrator_") + ("{%s}" % labels if labels else "")] = sample.value
    assert theirs == parse(text)


@pytest.mark.skipif(not PROMTOOL, reason="promtool (Debian: prometheus) is not installed; PROMTOOL names it")
def test_promtool_finds_nothing(make_daemon):
    daemon = make_daemon(settings=METRICS).start()
    daemon.get(RISK)
    found = subprocess.run([PROMTOOL, "check", "metrics"], input=fetch(daemon)[2], capture_output=True, text=True,
                           timeout=60, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_off_by_default(make_daemon):
    daemon = make_daemon().start()
    assert "metrics on" not in daemon.log()


def test_an_address_in_use_is_named_with_its_option(make_daemon):
    daemon = make_daemon(settings=METRICS).start()
    port = re.search(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log()).group(1)
    second = make_daemon(settings='http { metrics_listen = { "127.0.0.1:%s" } }' % port)
    ended = second.run("-f", "-c", str(second.config))
    assert ended.returncode == 75
    assert "change http.metrics_listen" in ended.stderr


def request_key(route, code, category=""):
    return 'http_requests_total{route="%s",code="%d"%s}' % (
        route, code, ',category="%s"' % category if category else "")


def answered_by_category(daemon, configured):
    """What the client has been answered of routes that have a category -> how often."""
    routes = {"": "statistics", "deletion-risk": "deletion_risk", "audit": "deletion_risk", "with-stats": "with_stats"}
    counts = {}
    for (target, code), times in daemon.answered.items():
        if target.startswith("/model_references/statistics/"):
            name, _, rest = target.removeprefix("/model_references/statistics/").partition("/")
            key = request_key(routes[rest], code, name if name in configured else "unknown")
            counts[key] = counts.get(key, 0) + times
    return counts


def test_requests_are_counted_by_category(make_daemon):
    daemon = make_daemon({"blip": ["file:///nonexistent/blip.json"], **file_categories(DEMO)},
                         settings=METRICS).start(wait=False)

    def ask(name, code):
        assert daemon.get("/model_references/statistics/" + name).status == code

    def counted():
        return {key: value for key, value in requests(samples(daemon)).items() if "category=" in key}

    for name in file_categories(DEMO):
        wait_for(lambda: daemon.get("/model_references/statistics/%s/deletion-risk" % name).status == 200, "data")
    ask("text_generation/audit", 200)
    ask("blip/with-stats", 400)
    ask("blip", 503)
    ask("lora", 404)  # known to the reference, but not configured here
    for i in range(30):
        ask("nothing%d" % i, 422)
    expected = answered_by_category(daemon, ("blip", "image_generation", "text_generation"))
    assert expected[request_key("statistics", 422, "unknown")] == 30
    wait_for(lambda: counted() == expected, "the counts")

    # The next configuration has them in another order, and one less.
    daemon.write_config(dict(reversed(file_categories(DEMO).items())), "file://%s" % DEMO, settings=METRICS)
    daemon.reload()
    expected = {key: value for key, value in expected.items() if "blip" not in key}
    wait_for(lambda: counted() == expected, "the counts to be carried over")
    ask("text_generation/audit", 200)
    expected[request_key("deletion_risk", 200, "text_generation")] += 1
    wait_for(lambda: counted() == expected, "the counts to go on")


def test_counts_are_those_of_the_client_whoever_dies(make_daemon):
    daemon = make_daemon(settings=METRICS, readers=2, hydration="enabled = false").start()
    base = {}
    counted = {}
    for (target, code), times in daemon.answered.items():  # what start() has asked
        key = (request_key("statistics", code, target.rpartition("/")[2]) if "statistics" in target else
               request_key(target[1:].partition("?")[0], code))
        base[key] = base.get(key, 0) + times

    def ask(target, route, method="GET", headers=None, times=1):
        for _ in range(times):
            answer = daemon.get(target, method, headers)
            category = "image_generation" if target.startswith(STATISTICS) else ""
            key = request_key(route, answer.status, category)
            counted[key] = counted.get(key, 0) + 1

    def expected():
        return {key: base.get(key, 0) + counted.get(key, 0) for key in {**base, **counted}}

    def settle():
        """An answer is counted just after it was sent: by another process than the one that is scraped."""
        try:
            wait_for(lambda: requests(samples(daemon)) == expected(), "the counts to be equal")
        finally:
            values = samples(daemon)
            assert requests(values) == expected()
        for key, value in previous.items():
            if "_total" in key or "_bucket" in key or key.endswith(("_count", "_sum")):
                assert values.get(key, 0) >= value, key
        previous.update(values)
        return values

    previous = {}
    settle()
    for round_ in range(4):
        ask(RISK, "deletion_risk", times=7)
        ask(RISK, "deletion_risk", headers={"If-None-Match": "*"}, times=3)
        ask(RISK + "?limit=0", "deletion_risk", times=2)
        ask(STATISTICS, "statistics", times=5)
        ask(STATISTICS, "statistics", "HEAD")
        ask(STATISTICS, "statistics", "OPTIONS")
        ask(STATISTICS, "statistics", "POST")
        ask("/heartbeat/", "redirect")
        ask("/nothing", "unknown", times=2)
        ask("/api/livez", "livez")
        ask("/readyz", "readyz")
        answer = daemon.get("/heartbeat", headers={"Content-Length": "5"})
        assert answer.status == 413
        counted[request_key("refused", 413)] = 1
        settle()
        daemon.kill_child("reader %d" % (round_ % 2))
        daemon.kill_child("hydrator image_generation", signal.SIGSEGV if round_ == 3 else signal.SIGKILL)
        wait_for(lambda: daemon.log().count("hydrated image_generation: ") >= round_ + 2,
                 "the successor's cycle")
        base = expected()
        counted.clear()
        before = daemon.answered["/heartbeat", 200]
        wait_for(daemon.answers, "an answer")  # asks once or more
        counted[request_key("heartbeat", 200)] = daemon.answered["/heartbeat", 200] - before
    published = 'refresh_total{category="%s",result="published"}'
    wait_for(lambda: samples(daemon)[published % "image_generation"] == 5, "the last cycle to be counted")
    values = settle()
    assert values['process_restarts_total{role="reader",reason="signal"}'] == 4
    dead = 'process_restarts_total{role="hydrator",reason="%s"}'
    assert values[dead % "signal"] + values[dead % "core"] == 4  # whether SEGV leaves a core is the machine's affair
    refused = sum(value for key, value in requests(values).items() if 'route="refused"' in key)
    assert histogram(values) == sum(requests(values).values()) - refused
    assert values["http_handled_requests_total"] == sum(requests(values).values()) - refused
    assert values[published % "image_generation"] == 5 and values[published % "text_generation"] == 1
    assert values["http_sent_bytes_total"] > 28 * len(daemon.get(RISK).body)


def test_connections(make_daemon):
    daemon = make_daemon(settings=METRICS).start()
    wait_for(lambda: samples(daemon)["http_connections"] == 0, "no connection")
    before = samples(daemon)["http_connections_total"]
    held = [daemon.connect() for _ in range(5)]
    for connection in held:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    values = samples(daemon)
    assert (values["http_connections"], values["http_connections_total"]) == (5, before + 5)
    daemon.kill_child("reader 0")
    wait_for(lambda: samples(daemon)["http_connections"] == 0, "the gauge of the successor")
    for connection in held:
        connection.close()


def test_an_old_connection_is_closed_with_its_next_answer(make_daemon):
    daemon = make_daemon(settings="http { connection_age = 100 idle_timeout = 5000 }").start()
    connection = daemon.connect()

    def ask():
        connection.request("GET", "/livez")
        answer = connection.getresponse()
        assert answer.read() == b'{"status":"ok"}'
        return answer.headers["connection"]

    def date():
        try:
            return daemon.get("/livez").headers["date"]
        except OSError:  # accepted before the clock moved: then its head is 200 s late
            return before

    before = daemon.get("/livez").headers["date"]
    assert (ask(), ask()) == (None, None)
    sock = connection.sock
    daemon.move_clock(200)
    wait_for(lambda: date() != before, "a tick")
    assert (connection.sock, ask()) == (sock, "close")
    assert sock.fileno() == -1 or sock.recv(1) == b""
    assert ask() is None  # on a new one
    connection.close()


def test_failures_have_their_reasons(make_daemon, documents):
    daemon = make_daemon({"image_generation": ["file://%s/image_generation.json" % documents]}, "file://%s" % documents,
                         settings=METRICS, hydration="enabled = false interval = 3000 ttl = 4000 stale_ttl = 5000").start()

    def fail(reason):
        key = 'refresh_failures_total{category="image_generation",reason="%s"}' % reason
        before = samples(daemon)
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: samples(daemon)[key] > before[key], "a failure: " + reason)
        # The reason comes first of all that is counted.
        wait_for(lambda: sleeps(daemon.child("hydrator image_generation")), "the end of the cycle")
        return samples(daemon)

    good = samples(daemon)['last_success_timestamp_seconds{category="image_generation"}']
    (documents / "image_generation.json").unlink()
    assert fail("not_fetched")['consecutive_failures{category="image_generation"}'] >= 1
    (documents / "image_generation.json").write_text('{"A": {"name": 1}}')
    values = fail("not_accepted")
    assert values['consecutive_failures{category="image_generation"}'] >= 2
    assert values['last_success_timestamp_seconds{category="image_generation"}'] == good
    assert values['refresh_total{category="image_generation",result="partial"}'] >= 2
    assert values['documents_reused_total{category="image_generation"}'] >= 2
    assert values['refresh_total{category="image_generation",result="failed"}'] == 0
    for name in "status_image", "stats_image", "workers":
        (documents / (name + ".json")).unlink()
    (documents / "workers.json").mkdir()
    assert fail("not_fetched")['refresh_total{category="image_generation",result="failed"}'] >= 1
    (documents / "workers.json").rmdir()
    for name in "status_image", "stats_image", "workers":
        shutil.copy(DEMO / (name + ".json"), documents / (name + ".json"))
    shutil.copy(DEMO / "image_generation.json", documents / "image_generation.json")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: samples(daemon)['consecutive_failures{category="image_generation"}'] == 0, "a success")
    assert samples(daemon)['last_success_timestamp_seconds{category="image_generation"}'] >= good


def ready(daemon):
    answer = daemon.get("/readyz?verbose")
    assert answer.headers["cache-control"] == "no-store"
    plain = daemon.get("/api/readyz")
    if plain.status != answer.status:  # it became ready in between
        return ready(daemon)
    assert (plain.status, plain.json()) == (answer.status, {"status": answer.json()["status"]})
    assert answer.json()["status"] == {200: "ok", 503: "unavailable"}[answer.status]
    assert ("retry-after" in answer.headers) == (answer.status == 503)
    return answer.status, {entry["category"]: entry for entry in answer.json()["categories"]}


def test_live(demo):
    for target in ("/livez", "/api/livez"):
        answer = demo.get(target)
        assert (answer.status, answer.body, answer.headers["cache-control"]) == (200, b'{"status":"ok"}', "no-store")


def test_ready_in_each_state(make_daemon, tmp_path):
    daemon = make_daemon({**file_categories(DEMO), "blip": ["file://%s/missing.json" % tmp_path]},
                         settings='http { ready_categories = { "image_generation", "blip" } }',
                         hydration="enabled = false interval = 10 ttl = 100 stale_ttl = 1000 stale_if_error = 5000")
    daemon.start(wait=False)
    wait_for(lambda: ready(daemon)[1]["text_generation"]["state"] == "fresh" and
             ready(daemon)[1]["image_generation"]["state"] == "fresh" and
             ready(daemon)[1]["blip"]["next_try"], "the first cycles")
    status, entries = ready(daemon)
    assert status == 503
    assert list(entries) == ["image_generation", "text_generation", "blip"]
    assert [entry["required"] for entry in entries.values()] == [True, False, True]
    empty = entries["blip"]
    assert empty.pop("failures") > 0
    trouble, documents = empty.pop("trouble"), empty.pop("documents")
    assert empty.pop("refresh") == {"asked": 0, "done": 0, "outcome": "none", "text": None}
    assert "missing.json: No such file" in trouble["cause"] and empty.pop("next_try") >= trouble["since"]
    assert [d["document"] for d in documents] == ["reference"]
    assert documents[0]["last_error"].pop("at") >= trouble["since"]
    assert documents[0] == {"document": "reference", "state": "not_fetched", "age": None, "last_error": {
        "host": None, "status": None, "text": "No such file or directory"}}
    assert empty == {"category": "blip", "required": True, "state": "empty", "age": None, "generation": None, "last_success": None,
                     "parts": {"statistics": {"state": "empty", "age": None}}, "gate": {"refused": [], "since": None}}
    assert daemon.get("/livez").status == 200
    (tmp_path / "missing.json").write_text('{"A": {"name": "A", "record_type": "blip"}}')
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: ready(daemon)[0] == 200, "all categories")
    # blip may have tried again by itself just before.
    wait_for(lambda: all((entry["generation"] or 0) >= wanted for entry, wanted in zip(ready(daemon)[1].values(), (2, 2, 1))),
             "the refresh of all")
    for seconds, state in ((500, "stale"), (2500, "stale-if-error"), (5000, "expired")):
        daemon.move_clock(seconds)
        status, entries = ready(daemon)
        assert {entry["state"] for entry in entries.values()} == {state}
        assert status == (503 if state == "expired" else 200)
        assert all(entry["age"] >= seconds and entry["generation"] >= 1 for entry in entries.values())
