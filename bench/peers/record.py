#!/usr/bin/python3
"""Records a real target for the benchmarks: scrapes a text exposition again and again.

    record.py --url http://127.0.0.1:9100/metrics --seconds 2400 FOLDER
    record.py --exporter PATH --seconds 2400 FOLDER     starts that node_exporter on a free port and records it

Writes series.txt and rounds.bin into FOLDER, as bench/recording.h describes them. Ctrl-C ends a recording
early and keeps what it has.
"""

import argparse
import http.client
import struct
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import servers  # noqa: E402


def parse_labels(text):
    """`a="x",b="y"` as a list of pairs, escapes undone."""
    pairs = []
    at = 0
    while at < len(text):
        equals = text.index('="', at)
        name = text[at:equals].strip(", ")
        value = []
        at = equals + 2
        while text[at] != '"':
            if text[at] == "\\":
                at += 1
                value.append({"n": "\n"}.get(text[at], text[at]))
            else:
                value.append(text[at])
            at += 1
        pairs.append((name, "".join(value)))
        at += 1
    return pairs


def parse_line(line):
    """One sample of the text exposition: (name with labels as written, value)."""
    end = line.rindex("}") + 1 if "{" in line else line.index(" ")
    return line[:end], float(line[end:].split()[0])


def series_line(written):
    """The line of series.txt for a series as the exposition writes it."""
    name, _, rest = written.partition("{")
    words = ["__name__", name]
    for label, value in parse_labels(rest.rstrip("}").rstrip(",")):
        if "\t" in value or "\n" in value:
            raise ValueError(f"{written}: series.txt cannot hold a tab or a line's end")
        if value:
            words += [label, value]
    return "\t".join(words) + "\n"


class Recorder:
    """Scrapes one target and appends to the two files of a folder."""

    def __init__(self, url, folder):
        self.url = urllib.parse.urlparse(url)
        folder.mkdir(parents=True, exist_ok=True)
        self.series = (folder / "series.txt").open("w", encoding="utf-8")
        self.rounds = (folder / "rounds.bin").open("wb")
        self.refs = {}
        self.last = 0

    def scrape(self):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=5)
        try:
            connection.request("GET", self.url.path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def record_round(self):
        at = int(time.time() * 1000)
        samples = {}
        for line in self.scrape().splitlines():
            if not line or line.startswith("#"):
                continue
            written, value = parse_line(line)
            if written not in self.refs:
                self.series.write(series_line(written))
                self.refs[written] = len(self.refs)
            samples[self.refs[written]] = value
        if at <= self.last:
            return
        self.last = at
        refs = sorted(samples)
        self.series.flush()
        self.rounds.write(struct.pack("<qI", at, len(refs)))
        self.rounds.write(struct.pack(f"<{len(refs)}I", *refs))
        self.rounds.write(struct.pack(f"<{len(refs)}d", *(samples[ref] for ref in refs)))
        self.rounds.flush()

    def close(self):
        self.series.close()
        self.rounds.close()


def record(url, folder, seconds, interval):
    recorder = Recorder(url, folder)
    begin = time.monotonic()
    rounds = missed = 0
    try:
        while True:
            due = begin + (rounds + missed) * interval
            if due - begin >= seconds:
                break
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                recorder.record_round()
                rounds += 1
            except (OSError, http.client.HTTPException):
                missed += 1
    except KeyboardInterrupt:
        pass
    finally:
        recorder.close()
    print(f"{folder}: {rounds} rounds of {len(recorder.refs)} series, {missed} missed")
    return 0 if rounds else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--url")
    target.add_argument("--exporter", type=Path, help="the program prometheus-node-exporter")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds (1)")
    parser.add_argument("--seconds", type=float, default=2400, help="how long (2400)")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.url:
        return record(options.url, options.folder, options.seconds, options.interval)
    port = servers.free_port()
    # A session of its own: Ctrl-C shall end the recording before its target.
    child = subprocess.Popen([options.exporter, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        servers.wait_for(lambda: servers.answers(port, "/metrics"), "node_exporter answers", 20)
        return record(f"http://127.0.0.1:{port}/metrics", options.folder, options.seconds, options.interval)
    finally:
        child.terminate()
        child.wait(10)


if __name__ == "__main__":
    sys.exit(main())
