"""What rules cost: the same telemetry with and without them, Prometheus and Forewarn."""

import re
import time

import loads
import servers
import suites

METRICS = 100

# Rules over one metric each, as often as rounds come; the windows hold 20 and 40 samples, as 5 and 10 minutes do at 15 s.
KINDS = {
    "threshold": "{0} > 1e15",
    "rate": "rate({0}[20s]) > 1e15",
    "zscore": "({0} - avg_over_time({0}[40s])) / stddev_over_time({0}[40s]) > 1e15",
}
KINDS_INTERVAL_MS = 1000

# As people mix them; of a metric, or of some series of it.
MIXED = [
    "{0} > 1e15", "{0} < -1e15", "{0} == 1e15", "abs({0}) > 1e15",
    "rate({0}[5m]) > 1e15", "increase({0}[5m]) > 1e15", "avg_over_time({0}[5m]) > 1e15", "max_over_time({0}[10m]) > 1e15",
    "predict_linear({0}[10m], 14400) > 1e18",
    "({0} - avg_over_time({0}[10m])) / stddev_over_time({0}[10m]) > 1e15",
]
MIXED_INTERVAL_MS = 15_000
# Rounds that are there before it begins, so that the windows are full.
BACKLOG = 42
# How long evaluating them may take.
PATIENCE_S = 60


def metric(number):
    """The name of a metric of the synthetic mix (bench/synthetic_host.cc)."""
    kinds = ["requests_total"] * 7 + ["errors_total"] * 2 + ["memory_bytes"] * 3 + ["busy_percent"] * 3 + \
            ["latency_seconds"] + ["limit"] * 4
    return f"app_{number:03}_{kinds[number % 20]}"


def rule_file(path, expressions, interval_ms):
    """Ten groups, which Prometheus runs side by side."""
    lines = ["groups:"]
    for group in range(10):
        lines += [f"- name: g{group}", f"  interval: {interval_ms}ms", "  rules:"]
        for i in range(group, len(expressions), 10):
            lines += [f"  - alert: A{i}", f"    expr: '{expressions[i]}'"]
    path.write_text("\n".join(lines) + "\n")
    return path


def mixed(count, hosts):
    """So many rules: over all hosts, and when they are more than ten for each metric, over as many hosts as make each series
    have one rule."""
    if count <= METRICS * len(MIXED):
        each = count // METRICS
        return [MIXED[(i // METRICS if each > 1 else i) % len(MIXED)].format(metric(i % METRICS)) for i in range(count)]
    parts = count // METRICS
    size = hosts // parts
    expressions = []
    for part in range(parts):
        names = "|".join(f"host-{host:05}.example.net" for host in range(part * size, (part + 1) * size))
        expressions += [MIXED[(part + i) % len(MIXED)].format(f'{metric(i)}{{host=~"{names}"}}') for i in range(METRICS)]
    return expressions


def due_a_round(server, count, hosts, streams):
    """How many evaluations of rules made by mixed() each round is due, as the server counts them: Prometheus once for each
    rule, Forewarn once for each rule and stream that has a series of it. push_load deals hosts out to streams in turn."""
    if isinstance(server, servers.Prometheus):
        return count
    if count <= METRICS * len(MIXED):
        return count * min(streams, hosts)
    parts = count // METRICS
    size = hosts // parts
    return METRICS * len({(host // size, host % streams) for host in range(parts * size)})


def evaluations(server):
    """Rules that the server has evaluated by its own count, and rounds of groups that it has left out."""
    text = servers.http(server.http_port, "/metrics").decode()

    def total(name):
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))

    maker = "prometheus" if isinstance(server, servers.Prometheus) else "forewarn"
    return total(f"{maker}_rule_evaluations_total"), total("prometheus_rule_group_iterations_missed_total")


def work_off(server, wanted, patience_s):
    """Waits until so many rules have been evaluated: those of what was there before, where time is that of the samples."""
    begin = time.monotonic()
    while evaluations(server)[0] < wanted:
        if time.monotonic() - begin > patience_s:
            raise servers.Failure(f"{evaluations(server)[0]:.0f} of {wanted:.0f} evaluations after {patience_s} s")
        time.sleep(1)


def under_load(bench, server, workload, rate, warm_up_s, measured_s, before=0, patience_s=0, **options):
    """What the server used while `measured_s` seconds of the load passed, `warm_up_s` after it had made the evaluations of
    `before`. The load lasts that long."""
    with suites.beside(bench, server, workload, batch=1000, rate=rate, customers=1, **options):
        work_off(server, before, patience_s)
        time.sleep(warm_up_s)
        counted = evaluations(server)
        meter = loads.Meter(server)
        time.sleep(measured_s)
        facts = {"cpu_s": meter.server_seconds(), "rss_b": server.rss_bytes()}
        facts.update({key: value for key, value in meter.read().items() if key in ("load_average", "others_cores")})
        facts["evaluated"], facts["missed"] = (b - a for a, b in zip(counted, evaluations(server)))
    return facts


def kinds(bench, system, hosts, warm_up_s, measured_s):
    """What 100 rules cost beside the same telemetry without rules, as CPU of one series of one rule once evaluated. Where
    that is next to nothing, the difference may be negative."""
    facts = {}
    streams = 4
    for kind in (None, *KINDS):
        with bench.start(system) as server:
            if kind is not None:
                expressions = [KINDS[kind].format(metric(i)) for i in range(METRICS)]
                server.take_rules(rule_file(bench.scratch / "rules.yaml", expressions, KINDS_INTERVAL_MS))
            workload = loads.Workload(hosts, warm_up_s + measured_s + 5, metrics=METRICS, interval_ms=KINDS_INTERVAL_MS,
                                      start_ms=int(time.time() * 1000))
            used = under_load(bench, server, workload, hosts * METRICS, warm_up_s, measured_s, streams=streams)
            due = due_a_round(server, METRICS, hosts, streams)
        facts[f"cpu_{kind}_s"] = used["cpu_s"]
        if kind is not None:
            rounds = measured_s * 1000 / KINDS_INTERVAL_MS
            share = used["evaluated"] / (due * rounds)
            facts[f"evaluated_{kind}"] = share
            if share:
                facts[f"rule_{kind}_ns"] = 1e9 * (used["cpu_s"] - facts["cpu_None_s"]) / (hosts * METRICS * rounds * share)
        facts.update({key: used[key] for key in ("load_average", "others_cores")})
    return facts


def numbers(bench, system, hosts, counts, warm_up_s, measured_s):
    """What so many rules cost over the series of `hosts`, every 15 s: CPU, and what stays in memory."""
    facts = {}
    series = hosts * METRICS
    streams = min(100, hosts)
    for count in (0, *counts):
        with bench.start(system) as server:
            if count:
                server.take_rules(rule_file(bench.scratch / "rules.yaml", mixed(count, hosts), MIXED_INTERVAL_MS))
            # Where time is that of the samples, the backlog's rounds are evaluated first.
            due = due_a_round(server, count, hosts, streams)
            before = 0.95 * due * BACKLOG if system == servers.Forewarn.name else 0
            live = -(-(PATIENCE_S + warm_up_s + measured_s) * 1000 // MIXED_INTERVAL_MS)
            start_ms = int(time.time() * 1000) - (BACKLOG + 2) * MIXED_INTERVAL_MS
            workload = loads.Workload(hosts, BACKLOG + live, metrics=METRICS, interval_ms=MIXED_INTERVAL_MS, start_ms=start_ms)
            used = under_load(bench, server, workload, series * 1000 / MIXED_INTERVAL_MS, warm_up_s, measured_s,
                              before=before, patience_s=PATIENCE_S, backlog_rounds=BACKLOG, streams=streams,
                              stage_rounds=BACKLOG)
        facts.update({key: used[key] for key in ("load_average", "others_cores")})
        rounds = measured_s * 1000 / MIXED_INTERVAL_MS
        facts[f"cpu_{count}_s"] = used["cpu_s"] / rounds
        facts[f"rss_{count}_b"] = used["rss_b"] / series
        if not count:
            continue
        of_rules = used["cpu_s"] - facts["cpu_0_s"] * rounds
        each = max(1, count // METRICS) if count <= METRICS * len(MIXED) else 1
        share = used["evaluated"] / (due * rounds)  # it may not keep up
        facts[f"evaluated_{count}"] = share
        if system == servers.Prometheus.name:
            facts[f"missed_{count}"] = used["missed"]
        if share:
            facts[f"rules_{count}_ns"] = 1e9 * of_rules / (series * each * rounds * share)
        facts[f"rules_{count}_cpu_s"] = of_rules / rounds
        facts[f"rules_{count}_b"] = facts[f"rss_{count}_b"] - facts["rss_0_b"]
    return facts
