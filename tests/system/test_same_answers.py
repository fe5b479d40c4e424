"""The comparison of two builds (tests/conformance/same_answers.py): what is the same, what must be reported."""
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import zlib

import pytest

from conftest import DEMO, SOURCE
import daemon

CONFORMANCE = SOURCE / "tests" / "conformance"
sys.path.insert(0, str(CONFORMANCE))
from answers import BROKEN, Answer, Wire, compare  # noqa: E402
import questions  # noqa: E402

RISK = "/model_references/statistics/image_generation/deletion-risk"
STATISTICS = "/model_references/statistics/text_generation"
FIELDS = ((b"Date", b"Sun, 06 Nov 1994 08:49:37 GMT"), (b"Content-Type", b"application/json"),
          (b"ETag", b'W/"0123456789abcdef"'), (b"Last-Modified", b"Sun, 06 Nov 1994 08:49:37 GMT"),
          (b"Age", b"9"), (b"Cache-Control", b"public, max-age=300"),
          (b"X-Accel-Expires", b"291"), (b"Cache-Status", b"hydratord; hit; ttl=291"))
BODY = b'{"name":"\\"computed_at\\":1","n":12,"computed_at":1700000000}'


def answer(body=BODY, line=b"HTTP/1.1 200 OK", length=None, **other):
    values = {name.replace("_", "-").encode(): value for name, value in other.items()}
    fields = [(name, values.pop(name, value)) for name, value in FIELDS]
    length = str(len(body) if length is None else length).encode()
    return Answer(line, [*fields, *values.items(), (b"Content-Length", length)], body)


def gzipped(body, level=6):
    packer = zlib.compressobj(level, wbits=31)
    coded = packer.compress(body) + packer.flush()
    return answer(coded, Content_Encoding=b"gzip")


@pytest.mark.parametrize("new", (
    answer(), answer(Date=b"Mon, 07 Nov 1994 08:49:38 GMT"), answer(ETag=b'W/"fedcba9876543210"'), answer(Age=b"12"),
    answer(Last_Modified=b"Mon, 07 Nov 1994 08:49:38 GMT"), answer(Cache_Status=b"hydratord; hit; ttl=288"),
    answer(X_Accel_Expires=b"288"),
    answer(BODY.replace(b"1700000000", b"99"))))
def test_what_may_differ(new):
    assert compare(answer(), new)[0] == []


@pytest.mark.parametrize("new", (
    answer(line=b"HTTP/1.1 203 OK"), answer(line=b"HTTP/1.1 200 Ok"), answer(BODY + b" "), answer(b""),
    answer(BODY[:-1]), answer(BODY.replace(b"12", b"13")), answer(BODY.replace(b'\\":1', b'\\":2')),
    answer(BODY.replace(b":12", b": 12")),
    answer(Date=b"now"), answer(ETag=b'"0123456789abcdef"'), answer(ETag=b"W/0123"), answer(Age=b"-1"),
    answer(Content_Type=b"application/json; charset=utf-8"), answer(Cache_Control=b"public, max-age=0"),
    answer(Cache_Status=b"hydratord; hit; ttl=291; detail=stale"), answer(Cache_Status=b"hydratord; hit; ttl=-9"),
    answer(X_Accel_Expires=b"0"),
    answer(X=b"y"), answer(length=3),
    answer(BODY.replace(b":1700000000", b":null"))))
def test_what_must_not(new):
    assert len(compare(answer(), new)[0]) > 0
    assert len(compare(new, answer())[0]) > 0


def test_of_the_condition_only_what_changes_by_itself_may_differ():
    body = b'{"version":"0.1.0","now":9,"started":8,"hosts":[{"retry_at":null}],"next_try":null,"state":"fresh"}'
    later = body.replace(b"0.1.0", b"0.1.0~1").replace(b"9", b"10").replace(b'try":null', b'try":12')
    assert compare(answer(body), answer(later), condition=True) == ([], "times")
    assert compare(answer(body), answer(later))[0]
    for other in (body.replace(b"fresh", b"stale"), body.replace(b'at":null', b'at":9'), body.replace(b":8", b":null")):
        assert compare(answer(body), answer(other), condition=True)[0]


def test_the_order_and_the_case_of_fields_count():
    one, two = answer(), answer()
    two.fields.reverse()
    assert compare(one, two)[0]
    two.fields.reverse()
    two.fields[0] = (b"date", two.fields[0][1])
    assert compare(one, two)[0]
    del two.fields[0]
    assert compare(one, two)[0]


def test_encoded_bodies():
    text = BODY * 50
    assert compare(gzipped(text), gzipped(text)) == ([], None)
    assert compare(gzipped(text), gzipped(text.replace(b"1700000000", b"1700000001"))) == ([], "times")
    assert "encoded differently" in compare(gzipped(text, 1), gzipped(text, 9))[0][0]
    assert compare(gzipped(text, 1), gzipped(text, 9), decoded=True) == ([], "encoding")
    for decoded in (False, True):
        for new in (gzipped(text.replace(b"12", b"13", 1)), answer(text),
                    answer(gzipped(text).body[:-9], Content_Encoding=b"gzip")):
            assert compare(gzipped(text), new, decoded=decoded)[0]


def test_a_head_may_have_the_length_of_another_time_only():
    one, two = answer(b"", length=500), answer(b"", length=501)
    assert compare(one, two)[0]
    assert not compare(one, two, other_length=True)[0]


def test_numbers_of_the_condition_are_let_alone_where_it_is_asked():
    one, two = answer(b'{"age":1,"generation":1}'), answer(b'{"age":10,"generation":1}')
    assert compare(one, two)[0]
    assert not compare(one, two, condition=True)[0]
    assert compare(one, answer(b'{"age":1,"generation":2}'), condition=True)[0]


def test_two_builds_that_do_not_answer_are_not_the_same():
    assert compare(Answer(BROKEN + b"x"), Answer(BROKEN + b"x"))[0]


def test_a_body_behind_a_head_is_noticed(make_daemon):
    wire = Wire(make_daemon().start().port)
    wire.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert wire.receive(has_body=False).line == b"HTTP/1.1 200 OK"
    assert wire.receive(has_body=True).line.startswith(BROKEN)
    wire.close()


def test_every_recorded_target_is_asked_plainly_first():
    asked = list(questions.of_documents([RISK, STATISTICS]))
    assert [q for q in asked if q.target == RISK][0] == questions.ask(RISK)
    assert questions.ask("/api" + STATISTICS, Accept_Encoding="gzip") in asked


@pytest.fixture
def shared(tmp_path):
    """One case, of the sample data."""
    case = tmp_path / "shared" / "current" / "demo"
    for kind, pattern in (("reference", "*_generation.json"), ("horde", "*.json")):
        (case / kind).mkdir(parents=True)
        for source in DEMO.glob(pattern):
            (case / kind / source.name).symlink_to(source)
    with gzip.open(case / "expected.jsonl.gz", "wt", encoding="utf-8") as lines:
        for target in (RISK, STATISTICS):
            lines.write(json.dumps({"target": target}) + "\n")
    return tmp_path / "shared"


def run(shared, new, *options):
    """Without the many targets that have parameters."""
    done = subprocess.run([sys.executable, CONFORMANCE / "same_answers.py", os.path.abspath(daemon.BINARY), new, shared,
                           "--skip", r"\?", *options], capture_output=True, text=True, check=False)
    found = re.search(r"^(\d+) answers of (\d+) cases compared, (\d+) differ\n\Z", done.stdout, re.M)
    assert found, done.stdout + done.stderr
    return done.returncode, [int(number) for number in found.groups()], done.stdout


def test_one_altered_byte_is_reported(shared):
    status, (answers, cases, differ), output = run(shared, os.path.abspath(daemon.BINARY), "--self-check")
    assert (status, cases, differ) == (0, 1, 1), output
    assert answers > 500
    assert "GET %s\n  body: at byte" % RISK in output


def test_another_build_is_told_by_its_answers(shared, tmp_path):
    other = pathlib.Path(tmp_path / "other")
    other.write_text("#!/bin/sh\nHYDRATORD_HTTP_RETRY_AFTER=9 exec %s \"$@\"\n" % os.path.abspath(daemon.BINARY))
    other.chmod(0o755)
    status, (_, _, differ), output = run(shared, other, "--max-diffs", "2")
    assert status == 1 and differ > 2
    assert "Retry-After: b'5', then b'9'" in output
    assert "... and %d more" % (differ - 2) in output


def test_nothing_compared_is_no_success(tmp_path):
    assert run(tmp_path, os.path.abspath(daemon.BINARY))[:2] == (1, [0, 0, 0])
