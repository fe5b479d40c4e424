"""What the scripted upstream can do to a document: its bodies, its redirects."""
import functools
import gzip
import json
import re
import struct
import zlib

PAGE = b"<!DOCTYPE html><title>Just a moment...</title>\n"
FIRST_NUMBER = re.compile(rb":\s*-?[0-9][0-9.eE+-]*")
REDIRECTS = ("redirect", "loop", "far", "tofile", "elsewhere", "downgrade")


def object_or_array(text, if_object, if_array):
    return if_array if text.lstrip()[:1] == b"[" else if_object


def shrunken(text, share):
    """The document with the first `share` of its entries; of statistics: of each period's."""
    def some(value):
        few = int(len(value) * share)
        return value[:few] if isinstance(value, list) else dict(list(value.items())[:few])
    document = json.loads(text)
    if isinstance(document, dict) and "month" in document:
        return json.dumps({period: some(models) for period, models in document.items()}).encode()
    return json.dumps(some(document)).encode()


def doubled(text):
    """Every member of every object twice, first with null: the last one counts."""
    def pairs(value):
        if isinstance(value, dict):
            return "{%s}" % ",".join("%s:null,%s:%s" % (key, key, pairs(member))
                                     for key, member in ((json.dumps(k), v) for k, v in value.items()))
        if isinstance(value, list):
            return "[%s]" % ",".join(map(pairs, value))
        return json.dumps(value)
    return pairs(json.loads(text)).encode()


BODIES = {
    "html200": lambda text: PAGE,
    "notjson": lambda text: b'{"half": ',
    "empty": lambda text: b"",
    "none": lambda text: object_or_array(text, b"{}", b"[]"),
    "shape": lambda text: object_or_array(text, b'["another shape"]', b'{"another": "shape"}'),
    "deep": lambda text: b"[" * 100000,
    "deeper": lambda text: b'{"a":' * 100000 + b"1" + b"}" * 100000,
    "nan": lambda text: FIRST_NUMBER.sub(b": NaN", text, count=1),
    "huge": lambda text: FIRST_NUMBER.sub(b": " + b"9" * 400, text, count=1),
    "power": lambda text: FIRST_NUMBER.sub(b": 1e400", text, count=1),
    "utf8": lambda text: text.replace(b'"', b'"\xff\xfe', 1),
    "nul": lambda text: text.replace(b'"', b'"\0', 1),
    "nulend": lambda text: text + b"\0",
    "twice": doubled,
    "shrunken": lambda text: shrunken(text, 0.1),
}


def spoil(mode, text):
    """The body of status 200 in a mode, or None if the mode is not about the body."""
    return BODIES[mode](text) if mode in BODIES else None


@functools.lru_cache
def bomb(fill=b" ", mebibytes=256):
    """One block of deflate again and again: after a full flush nothing refers back."""
    squeeze, block, crc = zlib.compressobj(wbits=-15), fill * (1 << 20), 0
    mebibyte = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    for _ in range(mebibytes):
        crc = zlib.crc32(block, crc)
    return (gzip.compress(b"")[:10] + mebibytes * mebibyte + squeeze.flush()
            + struct.pack("<II", crc, mebibytes << 20))


def redirect(mode, stub, prefix, name):
    """Where a redirect of a mode leads. Below /redirected the document is served; "far" is a
    chain of five hops to it."""
    there = "/redirected/%s.json" % name
    hop = int(prefix.removeprefix("/hop")) if prefix.startswith("/hop") else 0
    if mode == "loop":
        return "%s/%s.json" % (prefix, name)
    if mode == "far":
        return there if hop == 4 else "/hop%d/%s.json" % (hop + 1, name)
    if mode == "tofile":
        return (stub.directory / (name + ".json")).as_uri()
    if mode == "elsewhere":
        return "http://localhost:%d%s" % (stub.port, there)
    if mode == "downgrade":
        return stub.plain_url + there
    return there
