"""What the tests share that end a collector at random moments under full load: the load, the rules that it meets, and
the comparison with a collector that nobody disturbed.

crash_load pushes as fast as the collector takes it and knows each sample and each event again. It is run against a
collector that ends again and again, and then with as many rounds against one that is left alone. Alerts, tickets with
their timelines, and the messages of the outbox must be the same.
"""

import json
import os
import re
import subprocess
import time

from harness import LOADS, PROGRAMS, Stack, StackTest

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


class CrashTest(StackTest):
    """Has a second stack, for the run that nobody disturbs."""

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

    def compare(self, load):
        """Ends the load on self.stack, checks what it found there, and that an undisturbed run tells people the same.
        What the load said at its end."""
        disturbed = load.result(seconds=1800)
        self.assertEqual([], disturbed["failures"])
        self.assertGreater(disturbed["samples"], 0)
        # Before long nobody has heard of the probes for a while, and what they told is unknown.
        disturbed_alerts, disturbed_tickets = self.outcome(self.stack)
        self.stack.stop()
        print(f"{disturbed['samples']} samples and {disturbed['events']} events are there, each once; "
              f"{disturbed['seconds']:.0f} s, {disturbed['streams']} streams, {disturbed['batches_sent_again']} batches "
              "sent again", flush=True)

        self.start(self.whole)
        whole = self.load(self.whole, rounds=disturbed["rounds"]).result(seconds=1800)
        self.assertEqual([], whole["failures"])
        self.assertEqual(disturbed["rounds"], whole["rounds"])
        alerts, tickets = self.outcome(self.whole)
        self.assertGreater(len(tickets), 0)
        self.assertEqual(alerts, disturbed_alerts)
        self.assertEqual(tickets, disturbed_tickets)
        print(f"{len(alerts)} alerts and {len(tickets)} tickets are the same as when nobody disturbs")
        return disturbed


def ready_again(seconds):
    """How long the starts took, in words."""
    seconds = sorted(seconds)
    return f"ready again after {seconds[len(seconds) // 2]:.2f} s (at most {seconds[-1]:.2f} s)" if seconds else "never ready"
