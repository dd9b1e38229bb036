"""Forewarn on this host: a collector, probes and a mail server on loopback, started and stopped together.

For ./dev run, its demonstration and the integration tests. Everything lives below one folder and may be started
again on what lies there. Programs that this process started end with it, whatever ends it.
"""

import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"  # Debian's, which sees Debian's python packages


class Failure(Exception):
    """What the person at the terminal must know, in a sentence."""


def wait_for(condition, what, seconds=30, process=None):
    """The first true value of condition(); fails after `seconds`, or as soon as `process` has ended."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if process is not None and process.ended():
            raise Failure(f"{process.name} ended with code {process.code()} before {what}:\n{process.tail()}")
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s" + (f"\n{process.tail()}" if process else ""))
        pause.wait(0.05)


def alone_in(data):
    """Holds the folder for this process until it ends or closes what is returned. Taken before anything in the folder is
    touched; fails when another process has it. The lock lies beside the folder, which may come and go."""
    data = Path(data).resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    path = data.with_name(data.name + ".lock")
    lock = open(path, "a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise Failure(f"{data} is in use by process {holder or 'unknown'}; stop that first (Ctrl-C at its terminal)") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def port_or_any(port):
    """`port` if nobody listens there, else 0, for any free one."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
            return port
        except OSError:
            return 0


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Process:
    """One program; what it says goes to a log file."""

    def __init__(self, name, arguments, log, environment=None):
        self.name = name
        self.log = Path(log)
        self.started_at = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as out:
            # A session of its own: Ctrl-C at the terminal reaches us, and we stop it in our order.
            self.child = subprocess.Popen([str(word) for word in arguments], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, start_new_session=True,
                                          env={**os.environ, **(environment or {})}, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self.child.pid

    def ended(self):
        return self.child.poll() is not None

    def code(self):
        return self.child.returncode

    def text(self):
        """What it said since this start."""
        return self.log.read_bytes()[self.started_at:].decode(errors="replace")

    def tail(self, lines=15):
        return "\n".join("    " + line for line in self.text().splitlines()[-lines:])

    def stop(self, seconds=20):
        """Asks it to end; by force when it does not. Its exit code."""
        if not self.ended():
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.code()

    def kill(self):
        if not self.ended():
            self.child.kill()
        self.child.wait()


class Stack:
    """`programs` is a folder with forewarn-collector, forewarn-probe and forewarnctl."""

    def __init__(self, programs, data):
        self.programs = Path(programs)
        self.data = Path(data).resolve()
        self.data.mkdir(parents=True, exist_ok=True)
        self.sink = None
        self.collector = None
        self.collector_settings = None
        self.collector_environment = {}  # beyond ours
        self.probes = {}
        self.grpc_port = None
        self.http_port = None
        self.smtp_port = None

    # The mail server.

    @property
    def mails(self):
        return self.data / "mail"

    def start_sink(self, *options):
        log = self.data / "mail.log"
        self.sink = Process("the mail server", [PYTHON, "-B", ROOT / "tests/integration/mail_sink.py", "--folder",
                                                self.mails, *options], log)
        ready = wait_for(lambda: re.search(r"listening on \S+:(\d+)", self.sink.text()), "the mail server listens",
                         process=self.sink)
        self.smtp_port = int(ready.group(1))

    # The collector.

    @property
    def collector_config(self):
        return self.data / "collector.yaml"

    @property
    def authority(self):
        return self.data / "collector/tls"

    def configure_collector(self, grpc_port=0, http_port=0, **settings):
        """Writes its settings; sections in `settings` are added to ours. The ports are wishes: one that is taken
        gives way to a free one."""
        document = {
            "data_dir": str(self.data / "collector"),
            "grpc": {"listen": f"127.0.0.1:{port_or_any(grpc_port)}"},
            "http": {"listen": f"127.0.0.1:{port_or_any(http_port)}"},
        }
        if self.smtp_port is not None:
            document["smtp"] = {"host": "127.0.0.1", "port": self.smtp_port, "tls": "none",
                                "from": "forewarn@vendor.example.com"}
        for section, values in settings.items():
            if isinstance(values, dict):
                document.setdefault(section, {}).update(values)
            else:
                document[section] = values
        self._write_collector_config(document)

    def _write_collector_config(self, document):
        self.collector_settings = document
        self.collector_config.write_text(yaml.safe_dump(document, sort_keys=False))

    def start_collector(self, seconds=60):
        self.collector = Process("the collector", [self.programs / "forewarn-collector", "--config",
                                                   self.collector_config], self.data / "collector.log",
                                 self.collector_environment)
        wait_for(lambda: " collector.ready " in self.collector.text(), "the collector is ready", seconds, self.collector)
        listening = yaml.safe_load((self.data / "collector/listening.yaml").read_text())
        self.grpc_port = int(listening["grpc"].rsplit(":", 1)[1])
        self.http_port = int(listening["http"].rsplit(":", 1)[1])
        # The next start has the same ports: probes come back to them.
        self.collector_settings["grpc"]["listen"] = f"127.0.0.1:{self.grpc_port}"
        self.collector_settings["http"]["listen"] = f"127.0.0.1:{self.http_port}"
        self._write_collector_config(self.collector_settings)
        wait_for(lambda: self.http_status("/readyz") == 200, "/readyz answers 200", seconds, self.collector)

    def http_status(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=2) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def metrics(self):
        """Prometheus' text; a sample's value is found with metric()."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def metric(self, series):
        """The value of `name` or `name{label="x"}` exactly as printed; None when it is not there."""
        for line in self.metrics().splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    # Operators.

    def ctl_command(self, *arguments):
        return [str(word) for word in (self.programs / "forewarnctl", "--context", self.authority / "ctl.yaml",
                                       *arguments)]

    def ctl_raw(self, *arguments, seconds=30):
        """Runs forewarnctl and returns what subprocess.run returns."""
        return subprocess.run(self.ctl_command(*arguments), capture_output=True, text=True, timeout=seconds,
                              check=False)

    def ctl(self, *arguments):
        """What forewarnctl answers, as Python values."""
        done = self.ctl_raw(*arguments, "--output", "json")
        if done.returncode != 0:
            raise Failure(f"forewarnctl {' '.join(map(str, arguments))}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def has_bundle(self):
        """Whether one is in force."""
        return bool(self.ctl("bundle", "show").get("id"))

    def apply(self, bundle, *rule_files):
        """Applies the folder `bundle`, with `rule_files` put among its rules."""
        folder = self.data / "bundle"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(bundle, folder)
        (folder / "rules").mkdir(exist_ok=True)
        for file in rule_files:
            shutil.copy(file, folder / "rules")
        return self.ctl("apply", "-f", folder)

    def query(self, customer, expression):
        """The newest value of the one series that an instant query finds; None when it finds none."""
        series = self.ctl("query", "--customer", customer, expression).get("series", [])
        return float(series[0]["values"][-1]) if series else None

    def alerts(self, customer):
        return self.ctl("alerts", "list", "--customer", customer).get("alerts", [])

    def tickets(self, customer):
        return self.ctl("tickets", "list", "--customer", customer).get("tickets", [])

    # Probes.

    def probe_config(self, name):
        return self.data / f"{name}.yaml"

    def configure_probe(self, name, **settings):
        document = {
            "collector": f"127.0.0.1:{self.grpc_port}",
            "state_dir": str(self.data / name),
            **settings,
        }
        self.probe_config(name).write_text(yaml.safe_dump(document, sort_keys=False))

    def is_enrolled(self, name):
        return (self.data / name / "identity.json").exists()

    def enrol_raw(self, name, token_file):
        return subprocess.run([str(self.programs / "forewarn-probe"), "enrol", "--collector",
                               f"127.0.0.1:{self.grpc_port}", "--state-dir", str(self.data / name), "--token-file",
                               str(token_file)], capture_output=True, text=True, timeout=30, check=False)

    def enrol_probe(self, name, customer, installation):
        """Makes a token and spends it. The token's file is removed whatever happens."""
        token = self.ctl("token", "create", "--customer", customer, "--installation", installation)["token"]
        file = self.data / f"{name}.token"
        file.touch(mode=0o600)
        file.write_text(token)
        try:
            done = self.enrol_raw(name, file)
        finally:
            file.unlink()
        if done.returncode != 0:
            raise Failure(f"forewarn-probe enrol: {done.stderr.strip() or done.stdout.strip()}")

    def start_probe(self, name):
        self.probes[name] = Process(f"the probe '{name}'", [self.programs / "forewarn-probe", "run", "--config",
                                                           self.probe_config(name)], self.data / f"{name}.log")

    # The end.

    def processes(self):
        return [process for process in (*self.probes.values(), self.collector, self.sink) if process is not None]

    def stop(self):
        """In the order in which data flows, so that nothing is cut off."""
        for process in self.processes():
            process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def stop_on_signals():
    """SIGINT and SIGTERM end the program by an exception, so that `with Stack(…)` stops everything."""
    def end(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


