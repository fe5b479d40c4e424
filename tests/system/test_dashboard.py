"""Every query of etc/grafana/hydratord.json answers, on a daemon that is asked, has an upstream and is in a fleet."""
import json
import signal

from conftest import DEMO, SOURCE
from daemon import wait_for
from prometheus import Prometheus, needs_prometheus
from redis_server import RedisServer
from stub_upstream import StubUpstream
from test_metrics import METRICS

DASHBOARD = json.loads((SOURCE / "etc" / "grafana" / "hydratord.json").read_text())
CATEGORY = "image_generation"


def queries():
    """Title and reference of a panel's query -> the query as Grafana sends it."""
    found = {}
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$instance", ".*").replace("$__rate_interval", "1m")
            assert "$" not in query
            found[panel["title"], target["refId"]] = query
    return found


def test_panels_have_places_of_their_own():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@needs_prometheus
def test_every_query_answers(make_daemon, tmp_path):
    with StubUpstream(DEMO) as upstream, RedisServer(tmp_path / "redis") as redis:
        settings = METRICS + ' redis { url = "%s" }' % redis.url("unix")
        daemon = make_daemon({CATEGORY: [upstream.reference(CATEGORY)]}, upstream.horde, settings=settings).start()
        daemon.move_clock(20)  # processes are measured every ten seconds
        with Prometheus(tmp_path / "prometheus", daemon) as server:
            wait_for(lambda: server.query("cache_hydrator_build_info"), "a scrape")
            daemon.send(signal.SIGUSR1)  # a rise of what counts refreshes
            empty = queries()

            def answered():
                daemon.get("/model_references/statistics/" + CATEGORY)
                for place in list(empty):
                    if server.query(empty[place]):
                        del empty[place]
                return empty == {}

            try:
                wait_for(answered, "all queries to have an answer")
            finally:
                assert empty == {}


def test_every_metric_that_is_asked_for_is_described():
    described = (SOURCE / "doc" / "api.md").read_text()
    for query in queries().values():
        for word in query.replace("(", " ").replace("{", " ").split():
            name = word.removeprefix("cache_hydrator_")
            if name != word:
                name = name.removesuffix("_sum").removesuffix("_count").removesuffix("_bucket")
                assert "| `%s` |" % name in described, query
