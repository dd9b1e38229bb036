"""The verbs of ./dev refuse what they do not know before they build, fetch or install anything."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Dev(unittest.TestCase):
    def setUp(self):
        """Programs that would begin the work tell of it instead."""
        folder = tempfile.TemporaryDirectory(prefix="forewarn-")
        self.addCleanup(folder.cleanup)
        for name in ("apt-get", "cmake", "ctest", "curl", "dpkg-query", "sudo"):
            program = Path(folder.name) / name
            program.write_text("#!/bin/sh\necho 'the work began' >&2\nexit 1\n")
            program.chmod(0o755)
        self.path = f"{folder.name}:{os.environ['PATH']}"

    def dev(self, *words):
        return subprocess.run([str(ROOT / "dev"), *words], env={**os.environ, "PATH": self.path}, capture_output=True,
                              text=True, timeout=30, check=False)

    def test_an_option_that_there_is_not_is_refused_at_once(self):
        for verb in (["bench"], ["bench", "peers"], ["docs"], ["fuzz"], ["lint"], ["package"], ["run"], ["soak"]):
            done = self.dev(*verb, "--bogus")
            self.assertEqual(1, done.returncode, (verb, done.stderr))
            self.assertNotIn("the work began", done.stderr, verb)
            self.assertIn(f"dev: {verb[0]}", done.stderr)

    def test_an_option_without_its_value_is_refused_at_once(self):
        for words in (["fuzz", "--seconds"], ["fuzz", "--seconds", "soon"], ["docs", "--check", "all"]):
            done = self.dev(*words)
            self.assertEqual(1, done.returncode, (words, done.stderr))
            self.assertNotIn("the work began", done.stderr, words)
            self.assertIn(f"dev: {words[0]}", done.stderr)

    def test_what_a_verb_knows_begins_the_work(self):
        for words in (["docs", "--check"], ["fuzz", "--seconds", "5", "rules"], ["bench", "--benchmark_filter=x"],
                      ["bench", "peers", "--quick"]):
            self.assertIn("the work began", self.dev(*words).stderr, words)


if __name__ == "__main__":
    unittest.main()
