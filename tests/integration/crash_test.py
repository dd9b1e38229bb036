"""kill -9 of the collector under full load, again and again: nothing acknowledged is lost, nothing is there twice, and
whoever was to be told is told the same as by a collector that nobody killed.

crash_load pushes as fast as the collector takes it and knows each sample and each event again. It is run against a
collector that is killed at random moments (FW_CRASH_KILLS times; FW_CRASH_SEED repeats a run's moments), and with as
many rounds against one that is left alone. Alerts, tickets with their timelines, and the messages of the outbox must
be the same.
"""

import json
import os
import random
import re
import subprocess
import threading
import time

from harness import LOADS, PROGRAMS, Stack, StackTest, main, wait_for

KILLS = int(os.environ.get("FW_CRASH_KILLS", 5))
SEED = int(os.environ.get("FW_CRASH_SEED", random.randrange(10**9)))
PROBES = 4
HOSTS = int(os.environ.get("FW_CRASH_HOSTS", 10))
SERIES = 100
GRID_MS = 15_000

RULES = """
groups:
- name: level
  interval: 15s
  rules:
  - record: level:max
    expr: max(level)
  - alert: LevelHigh
    expr: level > 90
    for: 3s
    labels: {severity: critical}
    annotations: {summary: "The level of host {{ $labels.host }} is high."}
  - alert: LevelLong
    expr: avg_over_time(level{host="0"}[15s]) > 60
    labels: {severity: warning}
"""


# Names that a collector makes up, and times.
NOT_COMPARED = r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]{4}-[0-9-]+T?[0-9:.]*Z?|FW-[0-9-]+|(?<=#)[0-9]+"


class Load:
    """crash_load at work; what it says at its end is in result()."""

    def __init__(self, stack, start_ms, rounds=()):
        command = [LOADS / "crash_load", "--collector", f"127.0.0.1:{stack.grpc_port}", "--tls", stack.authority,
                   "--start-ms", start_ms, "--probes", PROBES, "--hosts", HOSTS, "--series", SERIES]
        if rounds:
            command += ["--rounds", ",".join(map(str, rounds))]
        self.child = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True)
        assert self.child.stdout.readline() == "loading\n"

    def result(self, seconds):
        out, _ = self.child.communicate("end\n", timeout=seconds)
        return json.loads(out)

    def stop(self):
        self.child.kill()
        self.child.communicate()


class Crash(StackTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.whole = Stack(PROGRAMS, self.folder / "whole")
        self.addCleanup(self.whole.stop)

    def start(self, stack):
        bundle = self.folder / "the-bundle"
        (bundle / "rules").mkdir(parents=True, exist_ok=True)
        (bundle / "rules/level.yaml").write_text(RULES)
        for name, rows in {
                "customers": [{"id": f"customer-{i}", "name": f"Customer {i}", "locale": "en",
                               "contacts": [{"name": "Operations", "email": f"operations@customer-{i}.example.com"}]}
                              for i in range(PROBES)],
                "receivers": [{"id": "on-call", "kind": "email", "to": ["on-call@vendor.example.com"]},
                              {"id": "customer-contacts", "kind": "email"}],
                "routes": [{"audience": "support", "receivers": ["on-call"]},
                           {"audience": "customer", "receivers": ["customer-contacts"]}]}.items():
            (bundle / f"{name}.yaml").write_text(json.dumps({name: rows}))
        stack.start_sink("--quiet")
        stack.configure_collector()
        stack.start_collector()
        stack.apply(bundle)

    def load(self, stack, **options):
        # Both runs begin at the same place of the grid on which rules are evaluated.
        stack.start_ms = int(time.time() * 1000) // GRID_MS * GRID_MS
        load = Load(stack, stack.start_ms, **options)
        self.addCleanup(load.stop)
        return load

    def outcome(self, stack):
        """What people are told, without what depends on when it was computed or sent."""
        def since_start(ms):
            return int(ms) - stack.start_ms if int(ms) != 0 else None

        alerts = [(a["customer"], a["rule"], a["state"], since_start(a["active_since_ms"]), since_start(a["fired_at_ms"]),
                   [label["value"] for label in a["labels"] if label["name"] != "probe"])
                  for a in stack.ctl("alerts", "list").get("alerts", [])]
        tickets = []
        for row in stack.ctl("tickets", "list", "--all").get("tickets", []):
            whole = stack.ctl("tickets", "show", row["name"])
            ticket = whole["ticket"]
            tickets.append((ticket["customer"], ticket["rule"], ticket["title"], ticket["state"],
                            since_start(ticket["problem_since_ms"]), ticket["severity"],
                            tuple((line["what"], re.sub(NOT_COMPARED, "…", line["text"])) for line in whole["timeline"]
                                  if line["what"] != "notified"),
                            tuple(sorted((n["receiver"], n["audience"], n["template_id"])
                                         for n in whole.get("notifications", [])))))
        return sorted(alerts), sorted(tickets)

    def test_what_was_acknowledged_survives_and_everybody_is_told_the_same(self):
        print(f"FW_CRASH_SEED={SEED} FW_CRASH_KILLS={KILLS}", flush=True)
        moments = random.Random(SEED)
        self.start(self.stack)
        load = self.load(self.stack)
        pause = threading.Event()
        recoveries = []
        for _ in range(KILLS):
            pause.wait(moments.uniform(0.02, 1.5))
            self.stack.collector.kill()
            begin = time.monotonic()
            self.stack.start_collector()
            recoveries.append(time.monotonic() - begin)
        killed = load.result(seconds=1800)
        recoveries.sort()
        print(f"{KILLS} kills in {killed['seconds']:.0f} s: {killed['samples']} samples and {killed['events']} events are there, each once; "
              f"{killed['streams']} streams, {killed['batches_sent_again']} batches sent again; ready again after "
              f"{recoveries[len(recoveries) // 2]:.2f} s (at most {recoveries[-1]:.2f} s)", flush=True)
        self.assertEqual([], killed["failures"])
        self.assertGreater(killed["samples"], 0)
        # Before long nobody has heard of the probes for a while, and what they told is unknown.
        killed_alerts, killed_tickets = self.outcome(self.stack)
        self.stack.stop()

        self.start(self.whole)
        whole = self.load(self.whole, rounds=killed["rounds"]).result(seconds=1800)
        self.assertEqual([], whole["failures"])
        self.assertEqual(killed["rounds"], whole["rounds"])
        alerts, tickets = self.outcome(self.whole)
        self.assertGreater(len(tickets), 0)
        self.assertEqual(alerts, killed_alerts)
        self.assertEqual(tickets, killed_tickets)
        print(f"{len(alerts)} alerts and {len(tickets)} tickets are the same as without kills")


if __name__ == "__main__":
    main()
