"""Decoders of the content codings, by the libraries that hydratord itself is linked with."""
import ctypes
import ctypes.util
import functools
import zlib

ROOM = ctypes.create_string_buffer(1 << 22)  # for a decoded body


@functools.cache  # to find one costs a process
def library(name):
    path = ctypes.util.find_library(name)
    assert path, "lib%s is missing: hydratord itself is linked with its package" % name
    return ctypes.CDLL(path)


def gunzip(data):
    return zlib.decompress(data, wbits=31)


def unbrotli(data):
    """By the reference decoder, which is not in Python's library."""
    brotli = library("brotlidec")
    out, size = ROOM, ctypes.c_size_t(len(ROOM))
    done = brotli.BrotliDecoderDecompress(ctypes.c_size_t(len(data)), data, ctypes.byref(size), out)
    assert done == 1, "not brotli: %r" % data[:50]
    return out[:size.value]


def unzstd(data):
    zstd = library("zstd")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    out = ROOM
    size = zstd.ZSTD_decompress(out, ctypes.c_size_t(len(out)), data, ctypes.c_size_t(len(data)))
    assert not zstd.ZSTD_isError(ctypes.c_size_t(size)), "not zstd: %r" % data[:50]
    return out[:size]


DECODE = {"gzip": gunzip, "br": unbrotli, "zstd": unzstd}
