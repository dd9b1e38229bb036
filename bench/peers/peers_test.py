"""The tools of ./dev bench peers, with next to no load: that they run, and count what they should."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import loads  # noqa: E402
import record  # noqa: E402
import report  # noqa: E402
import rule_suites  # noqa: E402
import run  # noqa: E402
import servers  # noqa: E402
import suites  # noqa: E402

PROGRAMS = Path(os.environ["FOREWARN_PROGRAMS"])
LOADS = Path(os.environ["FOREWARN_LOADS"])
PEERS = Path(os.environ["FOREWARN_PEERS"])


class Bench:
    programs = LOADS
    settle_s = 0
    recording = None


class Tools(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="forewarn-bench-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check(self, server):
        workload = loads.Workload(hosts=8, rounds=20, metrics=20)
        facts = suites.measured(Bench, server, workload, customers=1)
        self.assertEqual((8 * 20, 8 * 20 * 20, 0), (facts["series"], facts["samples"], facts["failures"]))
        self.assertGreater(facts["server_cpu_s"], 0)
        self.assertGreater(server.rss_bytes(), 1_000_000)
        found = suites.ask(Bench, server, "all", '{grp="g3"}', workload, 3)
        self.assertEqual(16, found["all_points"])
        day = suites.ask(Bench, server, "day", 'app_003_requests_total{host="host-{host}.example.net"}', workload, 3,
                         span_ms=300_000, step_ms=15_000)
        self.assertGreater(day["day_points"], 15)

    def check_alerts(self, server, interval=None):
        facts = suites.alerts(Bench, server, trials=3, gap_ms=100, interval=interval)
        self.assertEqual(3, facts["trials"])
        self.assertLess(0, facts["webhook_p50_ms"])
        self.assertLessEqual(facts["webhook_p50_ms"], facts["webhook_max_ms"])
        return facts

    def test_alerts_of_forewarn(self):
        with servers.Forewarn(PROGRAMS, self.folder / "forewarn") as server:
            self.assertLess(0, self.check_alerts(server)["durable_p50_ms"])

    def test_alerts_of_prometheus(self):
        with servers.Prometheus(PEERS, self.folder / "prometheus") as server:
            self.assertNotIn("durable_p50_ms", self.check_alerts(server, "1s"))

    def test_alerts_that_never_come_are_a_failure_that_says_what_to_look_at(self):
        with servers.Prometheus(PEERS, self.folder / "prometheus") as server:
            with self.assertRaisesRegex(servers.Failure, "is a rule `bad > 0` in force"):
                loads.alert_latency(LOADS, server, lambda port: None, trials=1, gap_ms=100, patience_s=1)

    def check_rules(self, server):
        """Rules are evaluated about as often as they are due: 4 s hold 3 to 5 rounds, and a slow machine makes less."""
        hosts, streams = 8, 4
        expressions = rule_suites.mixed(rule_suites.METRICS, hosts)
        server.take_rules(rule_suites.rule_file(self.folder / "rules.yaml", expressions, 1000))
        workload = loads.Workload(hosts, 12, metrics=rule_suites.METRICS, interval_ms=1000, start_ms=int(time.time() * 1000))
        used = rule_suites.under_load(Bench, server, workload, hosts * rule_suites.METRICS, 3, 4, streams=streams)
        due = rule_suites.due_a_round(server, len(expressions), hosts, streams)
        self.assertLess(1.5 * due, used["evaluated"])
        self.assertLess(used["evaluated"], 7 * due)

    def test_rules_of_forewarn(self):
        with servers.Forewarn(PROGRAMS, self.folder / "forewarn") as server:
            self.check_rules(server)

    def test_rules_of_prometheus(self):
        with servers.Prometheus(PEERS, self.folder / "prometheus") as server:
            self.check_rules(server)

    def test_forewarn(self):
        with servers.Forewarn(PROGRAMS, self.folder / "forewarn") as server:
            self.check(server)
            told = server.at_rest(LOADS, 8 * 20 * 20)
            self.assertEqual(1, told["sealed_share"])
            self.assertGreater(told["written_b"], told["rest_b"])

    def test_prometheus(self):
        with servers.Prometheus(PEERS, self.folder / "prometheus") as server:
            self.check(server)
            self.assertGreater(server.at_rest(LOADS, 3200)["rest_b"], 0)


class Meters(unittest.TestCase):
    def test_what_is_started_counts_while_it_runs_and_once_it_has_ended(self):
        before = loads.children_seconds()
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
            try:
                servers.wait_for(lambda: loads.children_seconds() > before + 0.1, "a child counts while it runs")
                running = loads.children_seconds()
            finally:
                child.kill()
        self.assertLessEqual(running, loads.children_seconds())


class Failures(unittest.TestCase):
    class Plan:
        class options:
            rounds = 1

        @staticmethod
        def plan():
            return [("bad", ["Forewarn"], 1, lambda system: {}["a mistake"]),
                    ("good", ["Forewarn"], 1, lambda system: {"rss_b": 1})]

    def test_a_load_that_fails_in_any_way_fails_what_ran_beside_it(self):
        server = object.__new__(servers.Prometheus)
        server.http_port = 0

        class Empty(Bench):
            programs = Path("/nonexistent")

        with self.assertRaisesRegex(OSError, "/nonexistent/write_load"):
            with suites.beside(Empty, server, loads.Workload(1, 1)):
                pass

    def test_a_suite_that_fails_in_any_way_leaves_the_others_to_be_measured(self):
        facts = []
        with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
            self.assertFalse(run.measure(self.Plan, facts, lambda: None))
        self.assertEqual(["bad", "good"], [fact["suite"] for fact in facts])
        self.assertIn("KeyError: 'a mistake'", facts[0]["failed"])
        self.assertIn("peers_test.py", said.getvalue())


class Recording(unittest.TestCase):
    def test_series_are_written_as_the_exposition_means_them(self):
        written, value = record.parse_line(r'a_total{b="x\"y\\z",c="1,2"} 3e2 1700000000000')
        self.assertEqual(300.0, value)
        self.assertEqual('__name__\ta_total\tb\tx"y\\z\tc\t1,2\n', record.series_line(written))
        self.assertEqual(("up", 1.0), record.parse_line("up 1"))


class Rules(unittest.TestCase):
    def test_what_is_due_is_what_the_server_counts(self):
        peer, ours = object.__new__(servers.Prometheus), object.__new__(servers.Forewarn)
        self.assertEqual(1000, rule_suites.due_a_round(peer, 1000, 20, 20))
        self.assertEqual(20_000, rule_suites.due_a_round(ours, 1000, 20, 20))
        # Ten hosts a rule, and each in another stream.
        self.assertEqual(10_000, rule_suites.due_a_round(peer, 10_000, 1000, 100))
        self.assertEqual(100_000, rule_suites.due_a_round(ours, 10_000, 1000, 100))


class Report(unittest.TestCase):
    FACTS = [{"suite": "ingest 1000", "system": system, "round": number, "cpu_us": cpu, "load_average": 1,
              "others_cores": 0.1}
             for system, cpus in {"Prometheus": [6, 5, 9], "VictoriaMetrics": [2, 1.5, 2], "Forewarn": [0.4, 0.25, 0.5]}.items()
             for number, cpu in enumerate(cpus)]

    def test_ratios_are_taken_round_by_round(self):
        (item,) = report.tabulate(self.FACTS, [1000])
        self.assertEqual(0.4, item["figures"]["Forewarn"].median)
        self.assertEqual([15, 20, 18], [round(r) for r in item["ratios"]["Prometheus"].values])
        self.assertEqual("reached", item["verdict"])

    def test_a_goal_is_missed_by_the_bound_or_by_a_ratio(self):
        slow = [dict(fact, cpu_us=0.39) if fact["system"] == "Forewarn" else dict(fact, cpu_us=1) for fact in self.FACTS]
        self.assertEqual("missed", report.tabulate(slow, [1000])[0]["verdict"])
        none = [fact for fact in self.FACTS if fact["system"] != "Forewarn"]
        self.assertEqual("", report.tabulate(none, [1000])[0]["verdict"])

    def test_a_difference_of_nothing_or_less_has_no_ratio(self):
        costs = {"Prometheus": [500, 400, -1], "Forewarn": [-2, 5, 4]}
        facts = [{"suite": "rules", "system": system, "round": number, "rule_rate_ns": cost, "load_average": 1,
                  "others_cores": 0.1} for system, of_it in costs.items() for number, cost in enumerate(of_it)]
        (item,) = report.tabulate(facts, [])
        self.assertEqual([80], item["ratios"]["Prometheus"].values)
        self.assertEqual([-2, 5, 4], item["figures"]["Forewarn"].values)

    def test_rules_that_did_not_keep_up_are_marked(self):
        fact = {"suite": "rules", "system": "Forewarn", "round": 0, "load_average": 1, "others_cores": 0.1}
        for share, mark in ((0.94, "missed"), (0.96, "reached")):
            (item,) = report.tabulate([dict(fact, evaluated_rate=share)], [])
            self.assertEqual(mark, item["verdict"])

    def test_the_table_is_markdown_and_json(self):
        text = report.markdown(self.FACTS, [1000], {"Machine": "a test"})
        self.assertIn("| 1 | server CPU per sample, 1 000 series | 6.00 µs [5.00..9.00] |", text)
        self.assertIn('"verdict": "reached"', report.as_json(self.FACTS, [1000], {}))


if __name__ == "__main__":
    servers.stop_on_signals()
    unittest.main(verbosity=2)
