"""What ./dev run does to the data of earlier runs and of one that is alive. Needs none of the programs."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))

import disk_fills  # noqa: E402
import run  # noqa: E402
import stack  # noqa: E402


class Calls:
    """A stack that keeps what it was told, and has a bundle in force or not."""

    def __init__(self, bundle):
        self.bundle = bundle
        self.calls = []

    def has_bundle(self):
        return self.bundle

    def is_enrolled(self, _):
        return True

    def __getattr__(self, name):
        return lambda *_, **__: self.calls.append(name)


class DevRun(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="forewarn-")
        self.addCleanup(folder.cleanup)
        self.data = Path(folder.name) / "run"

    def run_script(self, script, *options):
        return subprocess.run([stack.PYTHON, "-B", str(ROOT / "demo" / script), "--programs", "/nonexistent", "--data",
                               str(self.data), *options], capture_output=True, text=True, timeout=30, check=False)

    def test_the_bundle_that_was_applied_stays_in_force(self):
        applied = Calls(bundle=True)
        run.start(applied)
        self.assertNotIn("apply", applied.calls)
        new = Calls(bundle=False)
        run.start(new)
        self.assertIn("apply", new.calls)

    def test_a_run_that_is_alive_keeps_its_data(self):
        self.data.mkdir()
        settings = self.data / "collector.yaml"
        settings.write_text("# of the run that is alive\n")
        with stack.alone_in(self.data):
            for script, options in (("run.py", []), ("run.py", ["--fresh"]), ("disk_fills.py", [])):
                done = self.run_script(script, *options)
                self.assertEqual(1, done.returncode, done.stdout + done.stderr)
                self.assertIn("is in use by process", done.stderr)
                self.assertEqual("# of the run that is alive\n", settings.read_text())
        # The end of the first frees it.
        stack.alone_in(self.data).close()

    def test_what_the_demonstration_says_is_of_its_own_short_times(self):
        self.data.mkdir()
        lines = disk_fills.shortened_pack(self.data).read_text().splitlines()
        self.assertEqual([], [line for line in lines if not line.startswith("#") and
                              any(hours in line for hours in ("four hours", "四小时"))])


if __name__ == "__main__":
    unittest.main()
