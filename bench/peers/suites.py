"""What is measured: each suite is run on each system in turn, in fresh folders, and returns plain facts."""

import contextlib
import threading
import time

import loads
import servers

DAY_MS = 24 * 3600 * 1000
# Until a load that runs beside has named its series.
BUSY_BEFORE_S = 5
# What it has left when the trials are over, as long as the server takes its rules at once.
BUSY_AFTER_S = 20
RECORDED = {"recorded 15 s": (15, 20), "recorded 1 s": (1, 5)}  # every nth second, hosts


def send(bench, server, workload, **options):
    """The workload in the way that is the server's own: push or remote write."""
    if isinstance(server, servers.Forewarn) and "token" not in options:
        return loads.push(bench.programs, server, workload, **{name: value for name, value in options.items()
                                                               if name in loads.PUSH_OPTIONS})
    return loads.write(bench.programs, server, workload, **{name: value for name, value in options.items()
                                                            if name in loads.WRITE_OPTIONS})


def measured(bench, server, workload, **options):
    """Sends, waits until the server has calmed down, and says what the server used."""
    meter = loads.Meter(server)
    sent = send(bench, server, workload, **options)
    busy = meter.read()
    server.settle(at_most=bench.settle_s)
    return {**sent, **busy, "server_cpu_s": meter.server_seconds(),
            "cpu_us": 1e6 * meter.server_seconds() / sent["samples"],
            "wire_b": sent["wire_bytes"] / sent["samples"]}


def ingest(bench, system, series, rounds, per_series=1, remote_write=False):
    """As fast as it goes. `remote_write`: also where the server has a door of its own."""
    with bench.start(system) as server:
        options = {"token": server.source_token()} if remote_write else {}
        facts = measured(bench, server, loads.Workload(max(1, series // 100), rounds), per_series=per_series,
                         batch=5000 * min(2, per_series), **options)
        facts["rss_b"] = server.rss_bytes() / series
        facts["peak_rss_b"] = server.peak_rss_bytes() / series
        return facts


def storage(bench, system, data, series=0, rounds=0):
    """All samples at rest, and what was written to get there."""
    if data == "synthetic":
        workload = loads.Workload(series // 100, rounds)
    else:
        every, hosts = RECORDED[data]
        hosts = max(1, hosts * bench.options.samples // 10_000_000)
        workload = loads.Workload(hosts, bench.recorded_rounds // every, interval_ms=1000, every=every,
                                  recording=bench.recording)
    with bench.start(system) as server:
        facts = measured(bench, server, workload, stage_rounds=40)
        return {**facts, **server.at_rest(bench.programs, facts["samples"])}


def paced(bench, system, rate, seconds):
    """Small messages at a steady rate: how long until the sender knows."""
    with bench.start(system) as server:
        workload = loads.Workload(40, max(1, int(rate * seconds / 4000)), interval_ms=1000)
        meter = loads.Meter(server)
        sent = send(bench, server, workload, batch=500, push_batch=500, rate=rate)
        return {**sent, **meter.read()}


@contextlib.contextmanager
def beside(bench, server, workload, **options):
    """Sends the workload while the block runs, and then to its end. A block whose load failed has failed, however it
    failed: what was measured is a server without its load. Yields the load's thread."""
    failures = []

    def work():
        try:
            send(bench, server, workload, **options)
        except Exception as failure:  # for the thread that waits
            failures.append(failure)

    load = threading.Thread(target=work)
    load.start()
    try:
        yield load
    finally:
        load.join()
    if failures:
        raise failures[0]


def alerts(bench, server, trials, gap_ms, interval=None, patience_s=30):
    """How long bad samples take to become webhooks; the acknowledgement means that the alert is durable where the server
    evaluates before it answers."""
    told = loads.alert_latency(bench.programs, server, lambda port: server.alert_to(port, interval), trials, gap_ms,
                               patience_s)
    facts = {key: told[key] for key in ("trials", "webhook_p50_ms", "webhook_p99_ms", "webhook_max_ms")}
    acknowledged = "durable" if isinstance(server, servers.Forewarn) else "answered"
    facts.update({f"{acknowledged}_{key}_ms": told[f"ack_{key}_ms"] for key in ("p50", "p99", "max")})
    return facts


def latency(bench, system, trials, gap_ms, busy_hosts=0, **options):
    """`alerts` of a server that has nothing else to do, or takes 100 samples a second of each of so many hosts besides."""
    with bench.start(system) as server:
        meter = loads.Meter(server)
        if not busy_hosts:
            return {**alerts(bench, server, trials, gap_ms, **options), **meter.read()}
        # A server may need seconds until it has read its rules and where alerts go.
        seconds = BUSY_BEFORE_S + BUSY_AFTER_S + int(trials * gap_ms / 1000)
        workload = loads.Workload(busy_hosts, seconds, interval_ms=1000, start_ms=int(time.time() * 1000))
        with beside(bench, server, workload, batch=1000, rate=100 * busy_hosts) as load:
            time.sleep(BUSY_BEFORE_S)
            facts = alerts(bench, server, trials, gap_ms, **options)
            if not load.is_alive():
                raise servers.Failure("the load was over before the trials; the last of them met an idle server")
        return {**facts, **meter.read()}


def queries(bench, system, hosts_day, rounds_day, count):
    """A day of one series, and the newest value of a tenth of the series."""
    with bench.start(system) as server:
        day = loads.Workload(hosts_day, rounds_day)
        send(bench, server, day, customers=1, per_series=20, batch=10_000)
        server.settle(at_most=bench.settle_s)
        facts = ask(bench, server, "range", 'app_012_busy_percent{host="host-{host}.example.net"}', day, 4 * count,
                    span_ms=rounds_day * loads.INTERVAL_MS, step_ms=loads.INTERVAL_MS)
        facts.update(ask(bench, server, "rate", 'rate(app_001_requests_total{host="host-{host}.example.net"}[5m])', day,
                         4 * count, span_ms=rounds_day * loads.INTERVAL_MS, step_ms=60_000))
    with bench.start(system) as server:
        fleet = loads.Workload(hosts_day * 100, 20)
        send(bench, server, fleet, customers=1)
        server.settle(at_most=bench.settle_s)
        facts.update(ask(bench, server, "instant", '{grp="g3"}', fleet, count))
        facts.update(ask(bench, server, "sum", 'sum by (dc) ({grp="g3"})', fleet, count))
    return facts


def ask(bench, server, name, expression, workload, count, **span):
    meter = loads.Meter(server)
    answer = loads.query(bench.programs, server, expression, workload, count, **span)
    used = meter.read()
    return {f"{name}_p50_ms": answer["latency_p50_ms"], f"{name}_p99_ms": answer["latency_p99_ms"],
            f"{name}_cpu_ms": 1000 * used["server_cpu_s"] / answer["queries"], f"{name}_points": answer["points"],
            "load_average": used["load_average"], "others_cores": used["others_cores"]}
