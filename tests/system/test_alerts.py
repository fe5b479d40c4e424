"""The alerts of etc/prometheus/alerts.yml fire for what they are for, and are silent while all is well."""
import fcntl
import json
import os
import re
import resource
import signal

import pytest

from conftest import file_categories
from daemon import descriptors, wait_for
from event_stream import Stream
from prometheus import Prometheus, needs_prometheus
from test_body_memory import documents as long_documents, targets
from test_encodings import slow_client
from test_metrics import METRICS, samples

pytestmark = needs_prometheus
DAY = "enabled = false interval = 600 ttl = 1000 stale_ttl = 3600 stale_if_error = 86400"


@pytest.fixture
def watch(make_daemon, documents, tmp_path):
    """Starts a daemon on documents of its own, and who watches it; returns both and the documents."""
    watchers = []

    def start(categories=None, segment="8M", wait=True, **kwargs):
        daemon = make_daemon(categories or file_categories(documents), "file://%s" % documents,
                             **{"settings": METRICS, "hydration": DAY, **kwargs})
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace('capacity = "8M"', 'capacity = "%s" max = "%s"' % (segment, segment)))
        daemon.start(wait)
        watchers.append(Prometheus(tmp_path / "prometheus", daemon).__enter__())
        wait_for(lambda: watchers[0].query("cache_hydrator_build_info"), "a scrape")
        wait_for(watchers[0].evaluated, "the rules")
        return daemon, watchers[0], documents

    yield start
    for watcher in watchers:
        watcher.__exit__()


def fires(watcher, called, /, **labels):
    def found():
        return [alert for alert in watcher.firing().get(called, []) if labels.items() <= alert.items()]
    wait_for(found, called)


def shrink(document):
    """Leaves a tenth of its models."""
    models = json.loads(document.read_text())
    new = document.with_suffix(".new")
    new.write_text(json.dumps(dict(list(models.items())[::10])))
    new.rename(document)


def test_outage_and_age(watch):
    daemon, watcher, documents = watch()
    assert watcher.firing() == {}
    (documents / "status_text.json").unlink()
    daemon.send(signal.SIGUSR1)
    fires(watcher, "HydratordDocumentMissing", category="text_generation", document="status")
    (documents / "text_generation.json").unlink()
    daemon.move_clock(4000)
    fires(watcher, "HydratordAnswersOld", category="text_generation", part="deletion_risk")
    daemon.move_clock(70000)
    fires(watcher, "HydratordAnswersExpireSoon", category="text_generation", part="deletion_risk")
    daemon.move_clock(20000)
    fires(watcher, "HydratordAnswersExpired", category="text_generation", part="deletion_risk")
    wait_for(lambda: "HydratordAnswersExpireSoon" not in watcher.firing(), "one of the two to be over")
    daemon.stop()
    fires(watcher, "HydratordDown")


def test_gate_restarts_disk_and_reload(watch, tmp_path):
    daemon, watcher, documents = watch(hydration=DAY.removeprefix("enabled = false"))
    shrink(documents / "image_generation.json")  # which is watched
    fires(watcher, "HydratordGateHolds", category="image_generation", document="reference")
    assert set(watcher.firing()) == {"HydratordGateHolds"}
    for died in range(1, 6):
        wait_for(lambda: daemon.child("reader 0"), "a reader")
        daemon.kill_child("reader 0")
        wait_for(lambda: daemon.log().count("accepting") > died, "its successor")
    fires(watcher, "HydratordRestarts", role="reader")
    daemon.state.rename(tmp_path / "elsewhere")
    daemon.state.write_text("not a directory")
    daemon.config.write_text(daemon.config.read_text() + "nonsense\n")
    daemon.send(signal.SIGHUP)
    fires(watcher, "HydratordReloadRefused")
    daemon.move_clock(70)
    daemon.send(signal.SIGUSR1)
    fires(watcher, "HydratordStateNotSaved", category="text_generation")
    daemon.state.unlink()


def test_empty_and_refused(watch):
    daemon, watcher, _ = watch({"blip": ["file:///nonexistent/blip.json"]}, wait=False)
    fires(watcher, "HydratordCategoryEmpty", category="blip")
    for _ in range(20):
        assert daemon.get("/model_references/statistics/blip").status == 503
    fires(watcher, "HydratordUnavailable")


def test_capacity_and_clients(watch):
    """image_generation takes five sixths of this segment, text_generation more than all."""
    daemon, watcher, _ = watch(segment="80K", wait=False,
                               settings='http { metrics_listen = { "127.0.0.1:0" } max_connections = 10 max_streams = 1 }')
    fires(watcher, "HydratordNoRoom", category="text_generation")
    fires(watcher, "HydratordRoomScarce", category="image_generation")
    stream = Stream(daemon.port)
    fires(watcher, "HydratordStreams")
    stream.close()
    held = [daemon.connect() for _ in range(9)]
    for connection in held:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    fires(watcher, "HydratordConnections")
    for connection in held:
        connection.close()


PATIENT = METRICS + "\nsupervisor { hang_timeout = 600 }"


def test_a_hang_and_descriptors(watch):
    daemon, watcher, _ = watch(settings=PATIENT)
    reader, hydrator = daemon.child("reader 0"), daemon.child("hydrator text_generation")
    soft, hard = resource.prlimit(reader, resource.RLIMIT_NOFILE)
    resource.prlimit(reader, resource.RLIMIT_NOFILE, (len(descriptors(reader)) + 1, hard))
    os.kill(hydrator, signal.SIGSTOP)
    try:
        daemon.move_clock(100)
        fires(watcher, "HydratordHangs", role="hydrator", name="text_generation")
        fires(watcher, "HydratordDescriptors", role="reader", name="0")
    finally:
        os.kill(hydrator, signal.SIGCONT)
    resource.prlimit(reader, resource.RLIMIT_NOFILE, (soft, hard))


def test_memory_that_is_damaged(watch):
    """In what was published while the reader could not take it."""
    daemon, watcher, documents = watch(settings=PATIENT)
    reader = daemon.child("reader 0")
    stats = json.loads((documents / "stats_image.json").read_text())
    stats["month"] = {name: count + 1 for name, count in stats["month"].items()}
    os.kill(reader, signal.SIGSTOP)
    (documents / "stats_image.json").write_text(json.dumps(stats))
    daemon.send(signal.SIGUSR1)
    try:
        wait_for(lambda: re.search("hydrated image_generation: .* generation 2\n", daemon.log()), "another generation")
        damage(daemon)
    finally:
        os.kill(reader, signal.SIGCONT)
    fires(watcher, "HydratordMemoryDamaged")


def damage(daemon):
    """A byte of each body of images, in each buffer."""
    with open("/dev/shm" + daemon.segment, "r+b") as segment:
        memory, at = segment.read(), -1
        while (at := memory.find(b'"category":"image_generation"', at + 1)) != -1:
            segment.seek(at)
            segment.write(b"'")


def test_lines_that_are_lost(watch):
    daemon, watcher, _ = watch()
    fifo = daemon.directory / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)  # and never reads
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace('target = "stderr"', 'target = "%s"' % fifo))
    daemon.send(signal.SIGHUP)

    def lost():
        daemon.send(signal.SIGUSR1)
        return samples(daemon)["log_lost_lines_total"]
    wait_for(lost, "lost lines")
    fires(watcher, "HydratordLogLost")
    os.close(reader)


def test_slow_clients(watch, tmp_path):
    directory = long_documents(tmp_path / "long")
    daemon, watcher, _ = watch(
        file_categories(directory, ("image_generation",)), segment="256M",
        settings='http { body_memory = "1M" metrics_listen = { "127.0.0.1:0" } }')
    held = [slow_client(daemon, target) for target in targets()]
    fires(watcher, "HydratordSlowClients")
    for sock in held:
        sock.close()
