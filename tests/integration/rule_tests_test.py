"""`forewarnctl rules test` and the real `promtool test rules` run the same files and agree: on each verdict, on which
tests fail, and on what was expected and got.

What is not asked, since the answers differ: values that differ by less than 1e-12 of them, NaN (which equals nothing
in promtool), and a test without `interval`, in which promtool 2.42 puts all values of a series at time 0.
"""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import PEERS, PROGRAMS, main
from rule_test_cases import CASES, REFUSED


def run(*command, folder=None):
    done = subprocess.run([str(part) for part in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def failures(text):
    """What failed, without the tests' names (promtool has them of alerts alone) and the words of errors. Of rules that
    cannot be evaluated promtool writes the time as 2m0s."""
    lines = []
    for line in text.splitlines():
        if re.match(r"    (alertname|expr|rule): |        ", line):
            line = re.sub(r"(?<=[hm])0[ms]", "", line) if line.startswith("    rule: ") else line
            lines.append(re.sub(r", err: .*", ", err", line).rstrip())
    return lines


class RuleTests(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="forewarn-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def both(self, *files):
        theirs, _, theirs_say = run(PEERS / "promtool", "test", "rules", *files)
        ours, ours_say, _ = run(PROGRAMS / "forewarnctl", "rules", "test", *files)
        return (theirs, theirs_say), (ours, ours_say)

    def assert_alike(self, *files):
        """Whether they failed."""
        (theirs, theirs_say), (ours, ours_say) = self.both(*files)
        self.assertEqual(failures(theirs_say), failures(ours_say), f"{theirs_say}\n{ours_say}")
        self.assertEqual(theirs, ours, f"{theirs_say}\n{ours_say}")
        return theirs != 0

    def test_right_and_wrong_tests_are_judged_alike(self):
        failed = 0
        for name, rules, tests in CASES:
            with self.subTest(name):
                self.write("rules.yaml", rules)
                head = "" if "rule_files" in tests else "rule_files: [rules.yaml]\n"
                failed += self.assert_alike(self.write("tests.yaml", head + tests))
        print(f"{len(CASES)} files, of which {failed} fail in both", flush=True)
        self.assertGreater(failed, 0)

    def test_what_one_refuses_the_other_does_too(self):
        for rules, tests in REFUSED:
            with self.subTest(rules + tests):
                self.write("rules.yaml", rules)
                (theirs, theirs_say), (ours, ours_say) = self.both(self.write("tests.yaml", "rule_files: [rules.yaml]\n" + tests))
                self.assertEqual((theirs, ours), (1, 1), f"{theirs_say}\n{ours_say}")
                self.assertRegex(ours_say, r"(rules|tests)\.yaml:\d+:\d+: ")


if __name__ == "__main__":
    main()
