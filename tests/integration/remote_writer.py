"""Remote write 1.0 with nothing but the standard library, to any server that takes it."""

import struct
import urllib.request


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def sample(at_ms, bits):
    return b"\x09" + struct.pack("<Q", bits) + b"\x10" + varint(at_ms)


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


STALE = 0x7FF0000000000002


def write_request(series):
    """`series`: pairs of labels, as a dict, and samples, as (milliseconds, bits of the double)."""
    out = bytearray()
    for labels, samples in series:
        body = bytearray()
        for name, value in sorted(labels.items()):
            body += field(1, field(1, name.encode()) + field(2, value.encode()))
        for at, bits in samples:
            body += field(2, sample(at, bits))
        out += field(1, bytes(body))
    return bytes(out)


def snappy(data):
    """A snappy block of literals alone: larger than it was, and right."""
    out = bytearray(varint(len(data)))
    for begin in range(0, len(data), 65536):
        piece = data[begin:begin + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def remote_write(url, series, headers=None):
    request = urllib.request.Request(url, snappy(write_request(series)), {
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0", **(headers or {})})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in (200, 204), answer.status
