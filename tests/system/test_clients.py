"""Foreign clients: whether they and we mean the same by HTTP/1.1. No measuring: short runs without an error."""
import re
import subprocess

import pytest

from daemon import PATIENCE, WRAPPER
from proxy import tool

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
TARGETS = ("/heartbeat", STATISTICS, RISK, RISK + "?limit=3", RISK + "?preset=critical")
REQUESTS = 200 if WRAPPER else 2000


def run(*command, **kwargs):
    result = subprocess.run(command, capture_output=True, timeout=4 * PATIENCE, **kwargs)
    assert result.returncode == 0, (command, result.stdout[-2000:], result.stderr[-2000:])
    return result.stdout


def address(daemon, target):
    return "http://127.0.0.1:%d%s" % (daemon.port, target)


@pytest.fixture
def curl(demo, tmp_path):
    path = tool("curl", "curl")

    def call(*arguments, targets=(RISK,)):
        return run(path, "-sS", "-q", "--noproxy", "*", "--max-time", str(PATIENCE), *arguments,
                   *[address(demo, target) for target in targets], cwd=tmp_path)

    return call


def test_curl_keeps_its_connection(demo, curl):
    written = curl("-w", "%{http_code} %{num_connects}\n", *["-o", "/dev/null"] * len(TARGETS), targets=TARGETS)
    assert written.decode().split() == ["200", "1"] + ["200", "0"] * (len(TARGETS) - 1)


def test_curl_heads(demo, curl):
    text = curl("-I", targets=(RISK, "/heartbeat", "/nothing")).decode()
    assert re.findall(r"HTTP/1.1 (\d+)", text) == ["200", "200", "404"]
    assert "Content-Length: %d\r\n" % len(demo.get(RISK).body) in text


def test_curl_old_and_closing(demo, curl):
    for option in ("-0", "-HConnection: close"):
        assert curl(option) == demo.get(RISK).body


def test_curl_range_is_answered_whole(demo, curl):
    assert curl("-r", "0-9", "-w", "%{stderr}%{http_code}") == demo.get(RISK).body


def test_curl_compressed(demo, curl):
    assert curl("--compressed") == demo.get(RISK).body


def test_curl_remembers_the_etag(demo, curl, tmp_path):
    assert curl("--etag-save", "tag") == demo.get(RISK).body
    assert (tmp_path / "tag").read_text().strip() == demo.get(RISK).headers["etag"]
    assert curl("--etag-compare", "tag", "-w", "%{http_code}") == b"304"


def test_curl_body_and_expectation(demo, curl):
    code = ("-o", "/dev/null", "-w", "%{http_code}")
    assert curl("-d", "x", *code) == b"405"
    assert curl("-X", "GET", "-d", "x", *code) == b"413"
    assert curl("-X", "GET", "-HExpect: 100-continue", "-d", "x" * 5000, *code) == b"413"
    assert curl("-HTransfer-Encoding: chunked", "-d", "x" * 5000, *code) in (b"405", b"413")
    assert curl("-HExpect: 100-continue", *code) == b"200"


def test_curl_redirect_and_escapes(demo, curl):
    assert curl("-L", targets=(RISK + "/?limit=2",)) == demo.get(RISK + "?limit=2").body
    assert curl("-G", "--data-urlencode", "preset=low_usage") == demo.get(RISK + "?preset=low_usage").body


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("keep", (True, False))
def test_ab(demo, target, keep):
    text = run(tool("ab", "apache2-utils"), "-q", "-n", str(REQUESTS), "-c", "8", *["-k"] * keep,
               address(demo, target)).decode()
    assert re.search(r"Complete requests: +%d\n" % REQUESTS, text)
    assert re.search(r"Failed requests: +0\n", text)
    assert "Non-2xx" not in text
    kept = re.search(r"Keep-Alive requests: +(\d+)\n", text)
    assert int(kept.group(1)) == REQUESTS if keep else kept is None


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("pipelined", ("1", "16"))
def test_h2load(demo, target, pipelined):
    text = run(tool("h2load", "nghttp2-client"), "--h1", "-n", str(REQUESTS), "-c", "8", "-m", pipelined,
               address(demo, target)).decode()
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
    assert counts.groups() == (str(REQUESTS), "0", "0", "0")
    assert re.search(r"status codes: %d 2xx, 0 3xx, 0 4xx, 0 5xx" % REQUESTS, text)


@pytest.mark.parametrize("target", TARGETS[::2])
@pytest.mark.parametrize("keep", (True, False))
def test_wrk(demo, target, keep):
    text = run(tool("wrk", "wrk"), "-t", "1", "-c", "8", "-d", "1", *["-H", "Connection: close"] * (not keep),
               address(demo, target)).decode()
    assert int(re.search(r"(\d+) requests in ", text).group(1)) > 0
    assert "Non-2xx" not in text
    # Without keep-alive wrk counts ends of connections that it has cut itself.
    assert not keep or "Socket errors" not in text
