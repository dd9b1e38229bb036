#!/usr/bin/python3
"""A disk of this host fills, and Forewarn is faster: what `./dev run --demo` shows.

Mounts a small tmpfs that only this process and its children see (it expects to run in a mount namespace of its
own, see dev.d/verbs/run.sh), or, without the right to, takes a folder with a stated capacity. Fills it steadily,
follows what comes of it, and exits with 0 only if the ticket and the customer's warning came before it was full.
"""

import argparse
import email
import email.policy
import errno
import shutil
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

from stack import ROOT, Failure, Stack, alone_in, stop_on_signals, wait_for

CUSTOMER = "acme"
FORECAST = "filesystem:seconds_to_full"
ALERT = "DiskWillFill"

# The rules are the pack's own. A disk that fills in minutes needs only shorter times than one that fills in hours.
PACK = ROOT / "rules/packs/host.yaml"
SHORTER = {"[30m]": "[20s]", "< 4 * 3600": "< 60", "for: 10m": "for: 5s", "within four hours": "within a minute",
           "more than four hours": "more than a minute", "四小时之内": "一分钟之内", "四小时以上": "一分钟以上"}


def shortened_pack(folder):
    text = PACK.read_text()
    for long, short in SHORTER.items():
        if long not in text:
            raise Failure(f"{PACK.relative_to(ROOT)} no longer says '{long}', which the demonstration shortens")
        text = text.replace(long, short)
    rules = folder / PACK.name
    rules.write_text(text)
    return rules


class Disk:
    """The disk that fills: a tmpfs of its own, or a folder whose capacity the probe is told."""

    def __init__(self, path, capacity):
        self.path = path.resolve()
        self.capacity = capacity
        self.full_at = None
        self._stop = threading.Event()
        self._thread = None
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={capacity}", "forewarn-demo", str(self.path)],
                                 capture_output=True, check=False)
        self.is_mounted = mounted.returncode == 0

    @property
    def probe_settings(self):
        return {} if self.is_mounted else {"quotas": [{"path": str(self.path), "capacity": f"{self.capacity >> 20}MiB"}]}

    def start_filling(self, bytes_per_second):
        self._thread = threading.Thread(target=self._fill, args=(bytes_per_second,), daemon=True)
        self._thread.start()

    def _fill(self, bytes_per_second):
        """Writes so much that at any time t the disk holds t × rate; notes when no more goes in."""
        block = b"\0" * (64 << 10)
        begin, written = time.monotonic(), 0
        with open(self.path / "growing.dat", "wb", buffering=0) as out:
            while not self._stop.wait(0.05):
                while written < (time.monotonic() - begin) * bytes_per_second:
                    if not self.is_mounted and written + len(block) > self.capacity:
                        self.full_at = time.time()
                        return
                    try:
                        written += out.write(block)
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        self.full_at = time.time()
                        return

    def close(self):
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.path)], check=False)
            self.is_mounted = False


class Story:
    """What happened when, told as it happens."""

    def __init__(self):
        self.begin = time.time()
        self.at = {}

    def tell(self, text, at=None):
        for line in text.splitlines():
            print(f"  {(at or time.time()) - self.begin:6.1f} s   {line}", flush=True)

    def once(self, key, text, at=None):
        """Tells it the first time, and keeps the moment."""
        if key not in self.at:
            self.at[key] = at or time.time()
            self.tell(text, at)


def clock(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%H:%M:%S UTC")


def read_mail(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return message, message.get_body(preferencelist=("plain", "html")).get_content().strip()


class Follower:
    """Asks, as an operator would, and tells what is new."""

    def __init__(self, stack, disk, story):
        self.stack = stack
        self.disk = disk
        self.story = story
        self.told_forecast_at = 0
        self.predicted = None
        self.mails_seen = set()

    def look(self):
        self.forecast()
        self.alerts()
        self.tickets()
        self.mails()

    def forecast(self):
        if time.time() - self.told_forecast_at < 10:
            return
        seconds = self.stack.query(CUSTOMER, f'{FORECAST}{{mountpoint="{self.disk.path}"}}')
        if seconds is None:
            return
        self.told_forecast_at = time.time()
        self.story.at.setdefault("forecast", time.time())
        self.story.tell(f"forecast   full in {seconds:.0f} s, at {clock(time.time() + seconds)}")

    def alerts(self):
        for alert in self.stack.alerts(CUSTOMER):
            labels = {label["name"]: label["value"] for label in alert["labels"]}
            if alert["rule"] != ALERT or labels.get("mountpoint") != str(self.disk.path):
                continue
            since = alert["fired_at_ms"] if alert["state"] == "firing" else alert["active_since_ms"]
            self.story.once(f"alert {alert['state']}", f"alert      {alert['rule']} is {alert['state']}",
                            int(since) / 1000)

    def tickets(self):
        for ticket in self.stack.tickets(CUSTOMER):
            if ticket["rule"] != ALERT or "ticket" in self.story.at:
                continue
            self.predicted = int(ticket["predicted_breach_ms"]) / 1000
            self.story.once("ticket", f"ticket     {ticket['name']} opened: {ticket['title']}",
                            int(ticket["opened_at_ms"]) / 1000)
            self.story.tell(f"           predicted to be full at {clock(self.predicted)}")

    def mails(self):
        for path in sorted(self.stack.mails.glob("*.eml")):
            if path in self.mails_seen:
                continue
            self.mails_seen.add(path)
            message, text = read_mail(path)
            arrived = path.stat().st_mtime
            whom = "customer" if "customer.example.com" in message["To"] else "support"
            self.story.at.setdefault(f"mail to {whom}", arrived)
            self.story.tell(f"mail       to {message['To']} ({whom})", arrived)
            print(f"\n      {message['Subject']}\n")
            print("\n".join("      " + line for line in text.splitlines()), end="\n\n", flush=True)


def set_up(options, disk):
    stack = Stack(options.programs, options.data)
    try:
        stack.start_sink()
        stack.configure_collector()
        stack.start_collector()
        stack.apply(ROOT / "demo/bundle", shortened_pack(options.data))
        stack.configure_probe("probe", interval="1s", **disk.probe_settings)
        stack.enrol_probe("probe", CUSTOMER, "this-host")
        stack.start_probe("probe")
        wait_for(lambda: stack.query(CUSTOMER, f'node_filesystem_avail_bytes{{mountpoint="{disk.path}"}}') is not None,
                 "the probe's first figures of the disk arrive", 30, stack.probes["probe"])
        return stack
    except BaseException:
        stack.stop()
        raise


def tell_the_end(disk, story, predicted):
    """The sum of it; 0 when the warning came first."""
    print()
    ticket, warning = story.at.get("ticket"), story.at.get("mail to customer")
    if predicted is not None:
        off = disk.full_at - predicted
        print(f"  predicted to be full   {clock(predicted)}")
        print(f"  really full            {clock(disk.full_at)}   ({abs(off):.0f} s {'later' if off > 0 else 'earlier'})")
    good = True
    for what, at in (("ticket", ticket), ("customer's warning", warning)):
        if at is None:
            print(f"  the {what} never came")
            good = False
        else:
            lead = disk.full_at - at
            print(f"  the {what} came {abs(lead):.0f} s {'before' if lead > 0 else 'AFTER'} the disk was full")
            good = good and lead > 0
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="wiped at the start")
    parser.add_argument("--seconds", type=int, default=120, help="from empty to full")
    parser.add_argument("--size", type=int, default=64, help="of the disk, in MiB")
    options = parser.parse_args()
    stop_on_signals()
    try:
        lock = alone_in(options.data)
    except Failure as failure:
        print(f"dev run --demo: {failure}", file=sys.stderr)
        return 1
    with lock:
        return demonstrate(options)


def demonstrate(options):
    shutil.rmtree(options.data, ignore_errors=True)
    options.data.mkdir(parents=True)
    disk = Disk(options.data / "disk", options.size << 20)
    try:
        with set_up(options, disk) as stack:
            kind = "a tmpfs that only this demonstration sees" if disk.is_mounted else "a folder with a stated capacity"
            print(f"\nA disk of {options.size} MiB ({kind}) is filled in {options.seconds} s. The rules are those of "
                  f"{PACK.relative_to(ROOT)}, with shorter times:\n  "
                  + ", ".join(f"'{long}' is '{short}'" for long, short in SHORTER.items()) + "\n", flush=True)
            story = Story()
            follower = Follower(stack, disk, story)
            disk.start_filling((options.size << 20) / options.seconds)
            pause = threading.Event()
            while disk.full_at is None:
                for process in stack.processes():
                    if process.ended():
                        raise Failure(f"{process.name} ended with code {process.code()}:\n{process.tail()}")
                follower.look()
                pause.wait(0.25)
            story.tell("the disk is full", disk.full_at)
            follower.mails()
            return tell_the_end(disk, story, follower.predicted)
    except KeyboardInterrupt:
        print("\nstopped")
        return 130
    except Failure as failure:
        print(f"dev run --demo: {failure}", file=sys.stderr)
        return 1
    finally:
        disk.close()


if __name__ == "__main__":
    sys.exit(main())
