#!/usr/bin/python3
"""Forewarn beside Prometheus and VictoriaMetrics, in one run, on the same telemetry.

Every measurement starts a system on loopback in a fresh folder, puts load on it, and ends it. Systems take turns
within each round, so that what the machine does otherwise hits them alike. Writes DIR/peers.md and DIR/peers.json,
and DIR/facts.jsonl as it goes.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import report  # noqa: E402
import rule_suites  # noqa: E402
import servers  # noqa: E402
import suites  # noqa: E402


class Bench:
    """Where things are, and how much of everything is done."""

    def __init__(self, options):
        self.options = options
        self.programs = options.loads
        self.scratch = options.out / "scratch"
        self.recording = options.data
        self.recorded_rounds = self.count_recorded()
        self.settle_s = 4 if options.quick else 20

    def count_recorded(self):
        if self.recording is None:
            return 0
        with (self.recording / "rounds.bin").open("rb") as file:
            rounds = 0
            while head := file.read(12):
                samples = int.from_bytes(head[8:], "little")
                file.seek(12 * samples, 1)
                rounds += 1
        if rounds < 60:
            raise servers.Failure(f"{self.recording}: {rounds} rounds are too few; ./dev bench record makes more")
        return rounds

    def start(self, system):
        folder = self.scratch / system
        if system == "Prometheus":
            return servers.Prometheus(self.options.peers, folder)
        if system == "VictoriaMetrics":
            return servers.VictoriaMetrics(self.options.peers, folder)
        return servers.Forewarn(self.options.programs, folder)

    def plan(self):
        """(name, function of the system, systems, rounds) of each suite whose goals were asked for."""
        quick = self.options.quick
        everybody = self.options.systems
        peers = [system for system in everybody if system != "Forewarn"]
        ours = [system for system in everybody if system == "Forewarn"]
        rounds = self.options.rounds
        plan = []
        for series in self.options.series:
            length = max(2, self.options.samples // series)
            if series >= 1_000_000:
                plan.append(({11}, f"birth {series}", everybody, rounds,
                             lambda system, n=series: suites.ingest(self, system, n, 1)))
            plan.append(({1, 2, 3, 10}, f"ingest {series}", everybody, rounds,
                         lambda system, n=series, r=length: suites.ingest(self, system, n, r)))
            if series < 1_000_000:
                plan.append(({1}, f"ingest {series} by 10", peers, rounds,
                             lambda system, n=series, r=length: suites.ingest(self, system, n, r, per_series=10)))
                plan.append(({1}, f"ingest {series} by remote write", ours, rounds,
                             lambda system, n=series, r=length: suites.ingest(self, system, n, r, remote_write=True)))
        size = (self.options.samples // 1000, 480 if quick else 960)
        plan.append(({4, 5}, "storage synthetic", everybody, 1,
                     lambda system: suites.storage(self, system, "synthetic", *size)))
        if self.recording is not None:
            for data in suites.RECORDED:
                plan.append(({4, 5}, f"storage {data}", everybody, 1,
                             lambda system, d=data: suites.storage(self, system, d)))
        rate, seconds = (20_000, 4) if quick else (200_000, 15)
        plan.append(({7}, "paced", everybody, rounds, lambda system: suites.paced(self, system, rate, seconds)))
        pair = [system for system in everybody if system != "VictoriaMetrics"]
        size = (20, 5, 5) if quick else (200, 45, 25)
        plan.append(({8}, "rules", pair, rounds, lambda system, n=size: rule_suites.kinds(self, system, *n)))
        size = (20, [100, 1000], 2, 15) if quick else (1000, [100, 1000, 10_000], 30, 60)
        plan.append(({8, 9}, "rules by number", pair, rounds, lambda system, n=size: rule_suites.numbers(self, system, *n)))
        trials, gap_ms, hosts = (10, 100, 50) if quick else (200, 250, 500)
        plan.append(({6}, "latency", pair, rounds,
                     lambda system: suites.latency(self, system, trials, gap_ms, interval="1s")))
        plan.append(({6}, "latency busy", pair, rounds,
                     lambda system: suites.latency(self, system, trials, gap_ms, hosts, interval="1s")))
        if not quick:
            # Its first alert comes as it evaluates, so trials go on for a whole minute after it: they meet each phase.
            plan.append(({6}, "latency by the minute", [system for system in pair if system == "Prometheus"], 1,
                         lambda system: suites.latency(self, system, 60_000 // gap_ms, gap_ms, patience_s=120)))
        day = (2, 5760, 10) if quick else (10, 5760, 50)
        plan.append(({12}, "queries", everybody, rounds, lambda system: suites.queries(self, system, *day)))
        return [suite[1:] for suite in plan if not self.options.goals or suite[0] & set(self.options.goals)]


def about(options):
    """Versions and the machine, for whoever reads the table later."""
    def first_line(*command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().split("\n")[0]

    def package(name):
        found = sorted((options.peers.parents[2] / "deb").glob(f"{name}_*.deb"))
        return f"{name} {first_line('dpkg-deb', '--field', found[-1], 'Version')} of Debian" if found else name

    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {
        "Machine": f"{os.cpu_count()} × {model}, Linux {platform.release()}",
        "Forewarn": first_line(options.programs / "forewarn-collector", "--version") + ", commit "
        + first_line("git", "-C", servers.ROOT, "rev-parse", "--short=10", "HEAD") + ", TLS on, synced before answering",
        "Prometheus": package("prometheus") + "; write-ahead log not synced per request",
        "VictoriaMetrics": package("victoria-metrics") + "; no write-ahead log",
        "When": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "Command": "./dev bench peers " + " ".join(options.said),
    }


def measure(bench, facts, write_reports):
    """Runs the plan: all systems of all suites, then the next round."""
    plan = bench.plan()
    steps = [(number, suite, system, function) for number in range(bench.options.rounds)
             for suite, systems, rounds, function in plan if number < rounds for system in systems]
    begin = time.monotonic()
    for done, (number, suite, system, function) in enumerate(steps):
        at = time.monotonic()
        try:
            fact = function(system)
        except Exception as failure:  # the run has hours behind it: those that are left are measured all the same
            said = str(failure) if isinstance(failure, servers.Failure) else traceback.format_exc()
            print(f"  {suite}, {system}: {said}", file=sys.stderr, flush=True)
            fact = {"failed": said}
        facts.append({"suite": suite, "system": system, "round": number, **fact})
        write_reports()
        shown = ", ".join(f"{key} {report.number(fact[key])}" for key in
                          ("cpu_us", "samples_per_second", "wire_b", "rest_b", "written_b", "rss_b", "server_cpu_s",
                           "latency_p50_ms", "latency_p99_ms", "durable_p99_ms", "webhook_p50_ms", "webhook_p99_ms",
                           "range_p50_ms", "instant_cpu_ms") if key in fact)
        print(f"[{done + 1}/{len(steps)}, {time.monotonic() - begin:.0f} s] round {number + 1}: {suite}, {system}, "
              f"{time.monotonic() - at:.0f} s: {shown}", flush=True)
    return not any("failed" in fact for fact in facts)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench peers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each system is measured (3)")
    parser.add_argument("--series", type=numbers, default=[100_000, 1_000_000], help="numbers of series to ingest, "
                        "with commas (100000,1000000)")
    parser.add_argument("--samples", type=int, default=10_000_000, help="samples of one ingest run (10000000)")
    parser.add_argument("--data", type=Path, help="a recording (./dev bench record): bytes at rest of real telemetry too")
    parser.add_argument("--goals", type=numbers, default=[], help="only what these goals need: of 1 to 12")
    parser.add_argument("--systems", type=lambda text: text.split(","), default=report.SYSTEMS,
                        help=f"of {','.join(report.SYSTEMS)} (all)")
    parser.add_argument("--quick", action="store_true", help="little of everything, in about three minutes: shows that it "
                        "works, and its figures mean nothing")
    parser.add_argument("--out", type=Path, default=servers.ROOT / "build/bench", help="folder for what it writes (build/bench)")
    parser.add_argument("--programs", type=Path, default=servers.ROOT / "build/release/bin", help="folder of Forewarn's programs")
    parser.add_argument("--loads", type=Path, default=servers.ROOT / "build/release/bench", help="folder of the load drivers")
    parser.add_argument("--peers", type=Path, default=servers.ROOT / "build/peers/root/usr/bin", help="folder of the peers' programs")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.series, options.samples = 1, [10_000], 1_000_000
    unknown = [system for system in options.systems if system not in report.SYSTEMS]
    if unknown:
        parser.error(f"--systems: {unknown[0]} is none of {', '.join(report.SYSTEMS)}")
    for name in ("out", "programs", "loads", "peers", "data"):
        if getattr(options, name) is not None:
            setattr(options, name, getattr(options, name).resolve())
    options.said = arguments
    return options


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    options = parse(sys.argv[1:])
    servers.stop_on_signals()
    options.out.mkdir(parents=True, exist_ok=True)
    told = about(options)
    facts = []

    def write_reports():
        (options.out / "peers.md").write_text(report.markdown(facts, options.series, told))
        (options.out / "peers.json").write_text(report.as_json(facts, options.series, told))
        with (options.out / "facts.jsonl").open("a") as file:
            file.write(json.dumps(facts[-1]) + "\n")

    try:
        good = measure(Bench(options), facts, write_reports)
    except (servers.Failure, OSError) as failure:
        print(f"bench peers: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was measured so far is written")
        return 130
    print()
    print((options.out / "peers.md").read_text())
    print(f"{options.out / 'peers.md'} and peers.json")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
