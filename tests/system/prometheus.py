"""A server of Prometheus that scrapes daemons, on loopback, until the test ends."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request

import pytest

from daemon import wait_for

PROMETHEUS = os.environ.get("PROMETHEUS") or shutil.which("prometheus")
ALERTS = pathlib.Path(__file__).resolve().parents[2] / "etc" / "prometheus" / "alerts.yml"

needs_prometheus = pytest.mark.skipif(
    not PROMETHEUS, reason="prometheus (Debian: prometheus) is not installed; PROMETHEUS names it")

SETTINGS = """
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
rule_files: [alerts.yml]
scrape_configs:
  - job_name: hydratord
    static_configs: [{targets: %s}]
"""


def metrics_port(daemon):
    return int(wait_for(lambda: re.search(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log()), "the address").group(1))


class Prometheus:
    """The rules are ours, but that nothing has to go on for minutes."""

    def __init__(self, directory, *daemons):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        rules = re.sub(r"(?m)^( +for: ).*", r"\g<1>0s", ALERTS.read_text())
        (self.directory / "alerts.yml").write_text(rules)
        (self.directory / "prometheus.yml").write_text(SETTINGS % json.dumps(
            ["127.0.0.1:%d" % metrics_port(daemon) for daemon in daemons]))
        self.process = self.port = None

    def __enter__(self):
        wait_for(self.start, "prometheus")
        return self

    def start(self):
        """Another process may have taken the port before prometheus does: then once more."""
        if self.process is None or self.process.poll() is not None:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            with open(self.directory / "log", "ab") as log:
                self.process = subprocess.Popen(
                    [PROMETHEUS, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn",
                     "--web.listen-address=127.0.0.1:%d" % self.port],
                    cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            return self.ask("/api/v1/status/buildinfo")
        except OSError:
            return None

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, path, **query):
        url = "http://127.0.0.1:%d%s?%s" % (self.port, path, urllib.parse.urlencode(query))
        with urllib.request.urlopen(url, timeout=30) as answer:
            body = json.load(answer)
        assert body["status"] == "success", body
        return body["data"]

    def query(self, expression):
        return self.ask("/api/v1/query", query=expression)["result"]

    def rules(self):
        return self.ask("/api/v1/rules")["groups"][0]["rules"]

    def evaluated(self):
        """Whether all rules have been looked at, and none of them failed."""
        assert [rule for rule in self.rules() if rule["health"] == "err"] == []
        return all(rule["health"] == "ok" for rule in self.rules())

    def firing(self):
        """Name of the alert -> the labels of each that fires."""
        found = {}
        for alert in self.ask("/api/v1/alerts")["alerts"]:
            found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found
