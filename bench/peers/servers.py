"""The systems that are compared: started on loopback in fresh folders, measured through /proc, ended by process id."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))

from stack import Failure, Process, Stack, stop_on_signals, wait_for  # noqa: E402,F401

# One alert for each series: bench/alert_latency.cc.
BAD_SAMPLE = "  - alert: BadSample\n    expr: bad > 0\n"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http(port, path, method="GET", seconds=120):
    """The answer's body; fails on any other status than 2xx."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        return answer.read()


def answers(port, path):
    try:
        http(port, path, seconds=2)
        return True
    except OSError:
        return False


def make_certificate(folder):
    """For webhooks to this machine, as PEM files: a certificate, its key, and the system's authorities with one more, so
    that verifying costs what it does elsewhere."""
    certificate, key, authorities = (folder / f"webhook.{kind}" for kind in ("pem", "key", "authorities.pem"))
    subprocess.run(["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    system = Path("/etc/ssl/certs/ca-certificates.crt")
    authorities.write_text((system.read_text() if system.exists() else "") + certificate.read_text())
    return certificate, key, authorities


def folder_bytes(folder, pattern="*"):
    """Sizes of the regular files below; files that vanish meanwhile are left out."""
    total = 0
    for path in Path(folder).rglob(pattern):
        try:
            if path.is_file():
                total += path.stat().st_size
        except FileNotFoundError:
            pass
    return total


class Server:
    """One running system with the folder that it writes to. Subclasses say how it starts and what it is asked."""

    name = ""
    process = None

    def __init__(self, folder):
        self.folder = Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.webhook_certificate, self.webhook_key, self.webhook_authorities = make_certificate(self.folder)

    @property
    def pid(self):
        return self.process.pid

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_bytes(self):
        return self._status("VmRSS")

    def peak_rss_bytes(self):
        return self._status("VmHWM")

    def _status(self, key):
        return 1024 * int(re.search(rf"^{key}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text(), re.M)[1])

    def written_bytes(self):
        """What it has caused to be written to disks."""
        return int(re.search(r"^write_bytes: (\d+)", Path(f"/proc/{self.pid}/io").read_text(), re.M)[1])

    def at_rest(self, _programs, samples):
        """Bytes per sample once everything is merged, index included, and all that was written until then."""
        kept = self.bytes_at_rest()
        return {"rest_b": kept / samples, "written_b": self.written_bytes() / samples}

    def settle(self, quiet_seconds=3, at_most=40, idle_cores=0.05):
        """Waits until it has used next to no CPU for a while: merges and compactions are done."""
        end = time.monotonic() + at_most
        calm_since, last = time.monotonic(), self.cpu_seconds()
        while time.monotonic() < end and time.monotonic() - calm_since < quiet_seconds:
            time.sleep(1)
            now = self.cpu_seconds()
            if now - last > idle_cores:
                calm_since = time.monotonic()
            last = now

    def stop(self):
        if self.process is not None:
            self.process.stop(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Prometheus(Server):
    name = "Prometheus"

    def __init__(self, programs, folder):
        super().__init__(folder)
        self.config = self.folder / "prometheus.yml"
        self.config.write_text("global: {}\n")
        self.data = self.folder / "data"
        self.http_port = free_port()
        self.process = Process(self.name, [
            programs / "prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.data}",
            f"--web.listen-address=127.0.0.1:{self.http_port}", "--web.enable-remote-write-receiver",
            "--web.enable-admin-api", "--web.enable-lifecycle", "--storage.tsdb.retention.time=30d", "--log.level=warn"],
            self.folder / "log")
        wait_for(lambda: answers(self.http_port, "/-/ready"), "Prometheus is ready", 60, self.process)

    def take_rules(self, file):
        self.config.write_text(f"rule_files: ['{file}']\n")
        http(self.http_port, "/-/reload", "POST")

    def alert_to(self, port, interval=None):
        """A rule `bad > 0`, evaluated at that interval (without one: at its default, every minute), whose alerts go
        straight to a port of this machine, as if Alertmanager were there."""
        file = self.folder / "bad.yaml"
        evaluated = f"  interval: {interval}\n" if interval else ""
        file.write_text(f"groups:\n- name: trials\n{evaluated}  rules:\n" + BAD_SAMPLE)
        self.config.write_text(f"rule_files: ['{file}']\nalerting:\n  alertmanagers:\n"
                               f"  - scheme: https\n    tls_config: {{ca_file: '{self.webhook_authorities}'}}\n"
                               f"    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n")
        http(self.http_port, "/-/reload", "POST")
        # It looks for them now and then, and drops what it has no address for.
        wait_for(lambda: f":{port}/".encode() in http(self.http_port, "/api/v1/alertmanagers"),
                 "Prometheus knows where its alerts go", 30, self.process)

    def bytes_at_rest(self):
        """Its blocks with the head written out as one: chunks, index and the rest of a snapshot."""
        http(self.http_port, "/api/v1/admin/tsdb/snapshot", "POST", 600)
        return folder_bytes(self.data / "snapshots")


class VictoriaMetrics(Server):
    name = "VictoriaMetrics"

    def __init__(self, programs, folder):
        super().__init__(folder)
        self.data = self.folder / "data"
        self.http_port = free_port()
        self.process = Process(self.name, [
            programs / "victoria-metrics", f"-storageDataPath={self.data}",
            f"-httpListenAddr=127.0.0.1:{self.http_port}", "-retentionPeriod=12", "-loggerLevel=WARN",
            "-search.latencyOffset=0s"], self.folder / "log")
        wait_for(lambda: answers(self.http_port, "/health"), "VictoriaMetrics is ready", 60, self.process)

    def bytes_at_rest(self):
        """Its data and index after a forced merge."""
        http(self.http_port, "/internal/force_flush")
        http(self.http_port, "/internal/force_merge", seconds=600)
        self.settle()
        return folder_bytes(self.data / "data") + folder_bytes(self.data / "indexdb")


class Forewarn(Server):
    """A collector with its own authority: TLS on, every commit synced. Limits are raised to what the load needs."""

    name = "Forewarn"
    # RocksDB families of what is not yet, or no longer, telemetry at rest.
    PASSING = ("journal",)

    def __init__(self, programs, folder):
        super().__init__(folder)
        self.stack = Stack(programs, self.folder / "stack")
        self.data = self.stack.data / "collector/db"
        self.stack.configure_collector(limits={"series_per_probe": 10_000_000, "series_per_customer": 10_000_000},
                                       webhook={"allow_private_addresses": True, "ca_file": str(self.webhook_authorities)})
        self.stack.start_collector()
        self.process = self.stack.collector
        self.grpc_port = self.stack.grpc_port
        self.http_port = self.stack.http_port

    def take_rules(self, file, **others):
        """Applies a bundle with these rules, and with what `others` have for its files."""
        bundle = self.folder / "bundle"
        bundle.mkdir()
        files = {"customers": "customers:\n- {id: customer-0, name: Customer, locale: en}\n", **others}
        for name, text in files.items():
            (bundle / f"{name}.yaml").write_text(text)
        self.stack.apply(bundle, file)

    def alert_to(self, port, interval=None):
        """A rule `bad > 0` with a ticket for each trial, of which a webhook at a port of this machine is told. Nothing is
        evaluated at an interval."""
        file = self.folder / "bad.yaml"
        file.write_text("groups:\n- name: trials\n  rules:\n" + BAD_SAMPLE + "    forewarn: {group_by: [trial]}\n")
        self.take_rules(
            file, receivers=f"receivers:\n- {{id: bench, kind: webhook, url: 'https://127.0.0.1:{port}/'}}\n",
            routes="routes:\n- {audience: support, receivers: [bench]}\n")

    def source_token(self):
        """For remote write over the HTTP door."""
        return self.stack.ctl("source-token", "create", "--door", "prometheus", "--customer", "customer-0",
                              "--installation", "main", "--source", "bench")["token"]

    @property
    def certificates(self):
        """The folder with an operator's certificate."""
        return self.stack.authority

    def at_rest(self, programs, samples):
        written = self.written_bytes()
        self.stop()
        done = subprocess.run([programs / "store_bytes", self.data], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise Failure(done.stderr.strip())
        told = json.loads(done.stdout)
        kept = sum(size for family, size in told["families"].items() if not family.startswith(self.PASSING))
        if not told["sealed_samples"]:
            raise Failure("the collector sealed no chunk")
        return {"rest_b": kept / told["sealed_samples"], "sealed_share": told["sealed_samples"] / samples,
                "written_b": (written + told["written_bytes"]) / samples, "written_live_b": written / samples,
                "families": told["families"]}
