"""`forewarnctl rules test` and the real `promtool test rules` run the same files and agree: on each verdict, on which
tests fail, and on what was expected and got. The packs' own tests pass in both, and there fail alike when they are made
wrong, at places drawn from a seed; promtool reads the packs as `forewarnctl rules export` writes them.

What is not asked, since the answers differ: values that differ by less than 1e-12 of them, NaN (which equals nothing
in promtool), and a test without `interval`, in which promtool 2.42 puts all values of a series at time 0.

FW_RULE_TESTS is how many wrong tests are made of the packs', FW_RULE_TESTS_SEED repeats a run's.
"""

import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import PEERS, PROGRAMS, ROOT, main
from rule_test_cases import CASES, REFUSED

WRONG = int(os.environ.get("FW_RULE_TESTS", 15))
SEED = int(os.environ.get("FW_RULE_TESTS_SEED", 1))
PACKS = ROOT / "rules/packs"


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
        self.assertEqual(theirs != 0, bool(failures(theirs_say)), theirs_say)  # refused by both says nothing
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

    def test_the_packs_pass_here_and_exported_in_promtool(self):
        code, out, error = run(PROGRAMS / "forewarnctl", "rules", "test", PACKS / "tests")
        self.assertEqual(code, 0, out + error)
        self.export()
        code, out, error = run(PEERS / "promtool", "check", "rules", *sorted(self.folder.glob("*.yaml")))
        self.assertEqual(code, 0, out + error)
        self.assertNotIn("FAILED", out + error)
        self.assertFalse(self.assert_alike(*sorted((self.folder / "tests").glob("*.yaml"))))

    def export(self):
        code, out, error = run(PROGRAMS / "forewarnctl", "rules", "export", "--prometheus", *sorted(PACKS.glob("*.yaml")),
                               "-o", self.folder)
        self.assertEqual(code, 0, out + error)
        shutil.copytree(PACKS / "tests", self.folder / "tests")

    def test_each_alert_of_the_packs_has_a_test_that_fires_and_one_that_does_not(self):
        alerts = 0
        for pack in sorted(PACKS.glob("*.yaml")):
            tests = (PACKS / "tests" / pack.name).read_text()
            for alert in re.findall(r"^  - alert: (\w+)$", pack.read_text(), re.M):
                alerts += 1
                self.assertRegex(tests, rf"eval_time: \S+\n    alertname: {alert}\n    exp_alerts:\n    - exp_labels", pack)
                self.assertRegex(tests, rf"\{{eval_time: \S+, alertname: {alert}\}}", pack)
        print(f"{alerts} alerts in the packs", flush=True)
        self.assertGreaterEqual(alerts, 60)

    def test_the_packs_tests_fail_alike_when_they_are_made_wrong(self):
        chance = random.Random(SEED)
        self.export()
        files = sorted((self.folder / "tests").glob("*.yaml"))
        failed = 0
        for number in range(WRONG):
            path = chance.choice(files)
            right = path.read_text()
            lines = right.split("\n")
            for _ in range(chance.randint(1, 5)):
                at = chance.choice([i for i, line in enumerate(lines) if re.search(r"eval_time: \d|values: '|summary: ", line)])
                lines[at] = mutate(chance, lines[at])
            path.write_text("\n".join(lines))
            with self.subTest(f"seed {SEED}, number {number}: {path.name}"):
                failed += self.assert_alike(path)
            path.write_text(right)
        print(f"seed {SEED}: {WRONG} files made wrong, {failed} fail in both", flush=True)
        self.assertGreater(failed, WRONG // 3)


def mutate(chance, line):
    if "eval_time" in line:
        return re.sub(r"eval_time: \d+m", lambda _: f"eval_time: {chance.randint(0, 90)}m", line)
    if "summary" in line:
        return line.replace(': "', ': " ', 1) if chance.random() < 0.3 else line[:-1] + '!"'
    return re.sub(r"values: '(.*)'", lambda found: f"values: '{chance.choice(['', '_x3 ', 'stale ', '0x5 '])}"
                  f"{found[1]}{chance.choice([' stale', ' 1x5', ' _x9 3', ''])}'", line)


if __name__ == "__main__":
    main()
