"""What the integration tests share: the real programs on loopback, in a folder of their own, for a bounded time.

FOREWARN_PROGRAMS is the folder with the programs, FOREWARN_LOADS that with what loads them, FOREWARN_PEERS that with
Prometheus and the others.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))

from stack import Failure, Process, Stack, stop_on_signals, wait_for  # noqa: E402,F401

PROGRAMS = Path(os.environ.get("FOREWARN_PROGRAMS", ROOT / "build/release/bin"))
LOADS = Path(os.environ.get("FOREWARN_LOADS", ROOT / "build/release/tests/integration"))
PEERS = Path(os.environ.get("FOREWARN_PEERS", ROOT / "build/peers/root/usr/bin"))
HELM = os.environ.get("FOREWARN_HELM", str(ROOT / "build/peers/helm/helm"))
CUSTOMER = "acme"
INSTALLATION = "this-host"


class StackTest(unittest.TestCase):
    """Has a stack of its own, which is stopped at the end; its folder stays when the test failed."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="forewarn-"))
        self.stack = Stack(PROGRAMS, self.folder)
        self.addCleanup(self.remove)
        self.addCleanup(self.stack.stop)

    def remove(self):
        outcome = self._outcome.result
        if any(test is self for test, _ in outcome.failures + outcome.errors):
            print(f"{self.id()}: what it left is in {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start_collector(self, **settings):
        self.stack.configure_collector(**settings)
        self.stack.start_collector()

    def start_probe(self, name="probe", **settings):
        settings.setdefault("interval", "1s")
        self.stack.configure_probe(name, **settings)
        self.stack.enrol_probe(name, CUSTOMER, INSTALLATION)
        self.stack.start_probe(name)

    def program(self, name, *arguments, seconds=20):
        """Runs a program to its end; (code, everything it said)."""
        done = subprocess.run([str(PROGRAMS / name), *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False)
        return done.returncode, done.stdout


def free_port():
    """For a program that cannot say which one it was given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    stop_on_signals()
    unittest.main(verbosity=2)
