"""A full disk below the real collector: it says so and ends; with room again it has all that it acknowledged, once.

Strategy: data_dir lies on a small tmpfs that only this test sees. A real probe reads numbered log lines, long and
random so that nothing compresses them away, until the collector can write no more. It is started once more on the
full disk, then the disk gets larger and it is started again. Invariants: each time its last words name the folder, the
cause and the remedy; at the end each line is there (an acknowledged one left the probe's spool, so that it can come
from the collector's disk alone), those too that were written while nobody took them; and each is there once.

The tmpfs is smaller than the log that RocksDB would set aside at once, so that it grows with what is written.
"""

import os
import random
import re
import subprocess
import sys

from harness import CUSTOMER, StackTest, main, wait_for

SMALL = "24m"
LARGE = "256m"
ROUND_LINES = 450  # a round tells 500 kinds of messages apart
LINE_BYTES = 4000
LETTERS = "abcdefghijklmnopqrstuvwxyz"

OWN_MOUNTS = "FOREWARN_TEST_HAS_OWN_MOUNTS"
SKIPPED = 77  # for ctest


class DiskFull(StackTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "collector"
        self.disk.mkdir()
        self.mount(f"size={SMALL}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False)
        self.log = self.folder / "product.log"
        self.log.touch()
        self.written = 0
        self.chance = random.Random(7)

    def mount(self, options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "forewarn-full", self.disk], check=True)

    def write_lines(self, count):
        with open(self.log, "a") as out:
            for _ in range(count):
                out.write(f"ERROR E{self.written:06} {''.join(self.chance.choices(LETTERS, k=LINE_BYTES))}\n")
                self.written += 1

    def has_read_all(self):
        """Whether the probe has read the log to its end."""
        read = self.folder / "probe/logs.json"
        return read.exists() and f" {self.log.stat().st_size}\"" in read.read_text()

    def fill(self):
        """Writes as many lines as a round may hold, once those before have been read, until the collector has ended."""
        for _ in range(60):
            self.write_lines(ROUND_LINES)
            wait_for(lambda: self.stack.collector.ended() or self.has_read_all(), "the probe has read the log", 30)
            if self.stack.collector.ended():
                return wait_for(self.has_read_all, "the probe has read the log", 30)
        return self.fail(f"the disk is not full after {self.written} lines")

    def counts(self):
        """Number of a line to how often it is in the history."""
        counts = {}
        for row in self.stack.ctl("events", "--customer", CUSTOMER, "--limit", 10000).get("items", []):
            found = re.search(r"\bE(\d{6})\b", row["text"])
            if row["kind"] == "event" and found:
                counts[int(found.group(1))] = counts.get(int(found.group(1)), 0) + int(row["count"])
        return counts

    def says_what_is_full(self, said):
        self.assertRegex(said, rf"the disk that holds {re.escape(str(self.disk))}/db is full: .*(No space left|MiB are left)")
        self.assertRegex(said, "make room on it and start again")

    def test_it_says_so_and_with_room_again_has_everything_acknowledged_once(self):
        self.start_collector()
        self.start_probe(logs=[{"path": str(self.log), "code": r"\b(E\d{6})\b", "from_start": True}])
        self.fill()
        self.assertEqual(1, self.stack.collector.code())
        last_words = self.stack.collector.text().splitlines()[-1]
        self.assertIn(" error commit.failed ", last_words)
        self.says_what_is_full(last_words)
        self.assertIn("nothing that was acknowledged is lost", last_words)
        self.write_lines(10)

        code, said = self.program("forewarn-collector", "--config", self.stack.collector_config)
        self.assertEqual(1, code, said)
        self.says_what_is_full(said)

        self.mount(f"remount,size={LARGE}")
        self.stack.start_collector()
        wait_for(lambda: len(self.counts()) == self.written, f"all {self.written} lines are in the history", 60)
        twice = {number: count for number, count in self.counts().items() if count != 1}
        self.assertEqual({}, twice, "applied twice")


def enter_own_mounts():
    """Starts this program again where its mounts are its own; says why when nothing lets it."""
    for own in ["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]:
        own += ["--propagation", "private"]
        if subprocess.run([*own, "true"], capture_output=True, check=False).returncode == 0:
            os.execvpe(own[0], [*own, sys.executable, "-B", *sys.argv], {**os.environ, OWN_MOUNTS: "yes"})
    print("skipped: may not mount a file system that only this test sees; run it as root, or allow user namespaces "
          "(kernel.unprivileged_userns_clone)", file=sys.stderr)
    sys.exit(SKIPPED)


if __name__ == "__main__":
    if OWN_MOUNTS not in os.environ:
        enter_own_mounts()
    main()
