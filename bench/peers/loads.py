"""Runs the load drivers of bench/ and says what they cost: the server, the driver, and the neighbours."""

import json
import os
import subprocess
import time
from pathlib import Path

import servers

# Of a round in the synthetic mix; the recording has its own.
INTERVAL_MS = 15_000


class Workload:
    """Flags of bench/workload_flags.h."""

    def __init__(self, hosts, rounds, metrics=100, interval_ms=INTERVAL_MS, recording=None, every=1, ends_ms=None,
                 start_ms=None):
        self.hosts = hosts
        self.rounds = rounds
        self.metrics = metrics
        self.interval_ms = interval_ms
        self.recording = recording
        self.every = every
        # The last round is over by now, so that no server calls it the future.
        self.ends_ms = ends_ms or int(time.time() * 1000)
        self.start_ms = start_ms or self.ends_ms - (rounds + 1) * interval_ms * (1 if recording is None else every)

    def flags(self):
        flags = ["--hosts", self.hosts, "--rounds", self.rounds, "--start-ms", self.start_ms]
        if self.recording is None:
            return flags + ["--metrics", self.metrics, "--interval-ms", self.interval_ms]
        return flags + ["--recording", self.recording, "--every", self.every]


def busy_seconds():
    """CPU time of the whole machine so far, without what it idled or waited for disks or was robbed of."""
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq = fields[:7]
    return (user + nice + system + irq + softirq) / servers.TICKS


def children_seconds():
    """CPU time so far of what this program has started: of what has ended, and of what runs."""
    ticks = 0
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in text_of(children).split():
            ticks += sum(int(word) for word in text_of(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:15])
    times = os.times()
    return times.children_user + times.children_system + ticks / servers.TICKS


def text_of(file):
    """Nothing when the process or thread that it tells of has ended."""
    try:
        return Path(file).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def run(program, flags, seconds=3600):
    """A driver's line of JSON. A driver that failed to deliver is an error, not a fast run."""
    done = subprocess.run([str(program), *map(str, flags)], capture_output=True, text=True, timeout=seconds,
                          check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        said = lines[-1] if lines else done.stderr.strip()[-600:]
        raise servers.Failure(f"{Path(program).name} ended with code {done.returncode}: {said}")
    return json.loads(lines[-1])


class Meter:
    """CPU of a server from one moment to another, and of everybody else on the machine."""

    def __init__(self, server):
        self.server = server
        self.load = os.getloadavg()[0]
        self.begin = time.monotonic()
        self.cpu = server.cpu_seconds()
        self.busy = busy_seconds()
        self.children = children_seconds()

    def server_seconds(self):
        return self.server.cpu_seconds() - self.cpu

    def read(self):
        elapsed = time.monotonic() - self.begin
        others = busy_seconds() - self.busy - (children_seconds() - self.children)  # the server is a child
        return {"server_cpu_s": self.server_seconds(), "elapsed_s": elapsed, "load_average": self.load,
                "others_cores": max(0.0, others / elapsed)}


WRITE_OPTIONS = {"per_series", "batch", "connections", "rate", "backlog_rounds", "stage_rounds", "token"}
PUSH_OPTIONS = {"push_batch", "streams", "customers", "rate", "backlog_rounds", "stage_rounds"}


def write(programs, server, workload, per_series=1, batch=5000, connections=4, rate=0, backlog_rounds=0,
          stage_rounds=100, token=None):
    """Remote write into a server that listens for it at server.http_port."""
    return run(programs / "write_load", [
        *(["--header", f"Authorization: Bearer {token}"] if token else []),
        "--port", server.http_port, "--per-series", per_series, "--batch", batch, "--connections", connections,
        "--rate", rate, "--backlog-rounds", backlog_rounds, "--stage-rounds", stage_rounds, *workload.flags()])


def push(programs, server, workload, push_batch=1000, streams=4, customers=4, rate=0, backlog_rounds=0,
         stage_rounds=100):
    """Probes of their own, over mutual TLS."""
    return run(programs / "push_load", [
        "--collector", f"127.0.0.1:{server.grpc_port}", "--tls", server.certificates, "--streams", streams,
        "--customers", customers, "--batch", push_batch, "--rate", rate, "--backlog-rounds", backlog_rounds,
        "--stage-rounds", stage_rounds, *workload.flags()])


def alert_latency(programs, server, told, trials, gap_ms, patience_s):
    """Bad samples in the way that is the server's own. `told` gets the port that webhooks are to go to, and returns
    when the server knows it."""
    way = ["push", "--collector", f"127.0.0.1:{server.grpc_port}", "--tls", server.certificates] \
        if isinstance(server, servers.Forewarn) else ["write", "--port", server.http_port]
    flags = [*way, "--trials", trials, "--gap-ms", gap_ms, "--patience-s", patience_s, "--certificate",
             server.webhook_certificate, "--key", server.webhook_key]
    program = programs / "alert_latency"
    with subprocess.Popen([str(program), *map(str, flags)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as driver:
        try:
            first = driver.stdout.readline()
            if first.startswith("listening on "):
                told(int(first.rsplit(":", 1)[1]))
            out, errors = driver.communicate("\n", 2 * patience_s + 2 * trials * gap_ms / 1000 + 60)
        finally:
            driver.kill()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    if driver.returncode != 0 or not lines:
        raise servers.Failure(f"{program.name} ended with code {driver.returncode}: "
                              f"{lines[-1] if lines else errors.strip()[-600:]}")
    return json.loads(lines[-1])


def query(programs, server, expression, workload, count, span_ms=0, step_ms=0):
    forewarn = isinstance(server, servers.Forewarn)
    flags = ["--port", server.grpc_port if forewarn else server.http_port, "--expression", expression, "--hosts", workload.hosts, "--count", count,
             "--to-ms", workload.ends_ms]
    if step_ms:
        flags += ["--from-ms", workload.ends_ms - span_ms, "--step-ms", step_ms]
    if forewarn:
        flags += ["--forewarn", "--certificates", server.certificates, "--customer", "customer-0"]
    elif isinstance(server, servers.VictoriaMetrics):
        flags += ["--extra", "&nocache=1"]
    return run(programs / "query_load", flags)
