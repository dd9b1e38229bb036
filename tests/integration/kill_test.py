"""The promise, on the real programs: what was acknowledged survives kill -9, and counts once.

Strategy: a log file gets numbered lines, each with a code of its own, so that each becomes one event of count 1.
Programs are killed while the lines travel and started again. Invariants at the end: each number is there (nothing was
lost on the way from the probe's spool to the collector's journal), and each is there once (a batch that was sent again
was not applied again).
"""

import re
import threading

from harness import CUSTOMER, StackTest, main, wait_for

LINES = 600


class Writer:
    """Appends lines to a log at a steady pace, as a program does."""

    def __init__(self, path, lines, every=0.01):
        self.path = path
        self.path.touch()
        self.lines = lines
        self.every = every
        self.written = 0
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self):
        pause = threading.Event()
        with open(self.path, "a", buffering=1) as out:
            while self.written < self.lines:
                out.write(f"ERROR E{self.written:06} the disk controller did not answer\n")
                self.written += 1
                pause.wait(self.every)

    def done(self):
        return not self._thread.is_alive()


class Kill(StackTest):
    def log_settings(self):
        return {"logs": [{"path": str(self.folder / "product.log"), "code": r"\b(E\d{6})\b", "from_start": True}],
                "interval": "1s"}

    def events(self):
        """Code to how often it is in the history."""
        counts = {}
        rows = self.stack.ctl("events", "--customer", CUSTOMER, "--limit", 10000).get("items", [])
        for row in rows:
            found = re.search(r"\bE(\d{6})\b", row["text"])
            if row["kind"] == "event" and found:
                counts[int(found.group(1))] = counts.get(int(found.group(1)), 0) + int(row["count"])
        return counts

    def holds_all_once(self, lines):
        wait_for(lambda: len(self.events()) == lines, f"all {lines} events are in the history", 60)
        counts = self.events()
        self.assertEqual(set(range(lines)), set(counts))
        self.assertEqual({}, {code: count for code, count in counts.items() if count != 1}, "applied twice")

    def test_kill_9_of_the_collector_during_a_push_loses_nothing_and_applies_nothing_twice(self):
        self.start_collector()
        self.start_probe(**self.log_settings())
        writer = Writer(self.folder / "product.log", LINES)
        for part in range(1, 5):
            wait_for(lambda: len(self.events()) >= part * LINES // 8, f"part {part} has arrived", 60)
            self.stack.collector.kill()
            self.stack.start_collector()
        wait_for(writer.done, "all lines are written", 60)
        self.holds_all_once(LINES)

    def test_kill_9_of_the_probe_and_its_spool_goes_on(self):
        self.start_collector()
        self.start_probe(**self.log_settings())
        writer = Writer(self.folder / "product.log", LINES)
        wait_for(lambda: len(self.events()) > 0, "the first events have arrived", 60)
        # Nobody is there to take what is read now: it can only be in the spool.
        self.stack.collector.stop()
        wait_for(writer.done, "all lines are written", 60)
        probe = self.stack.probes["probe"]
        wait_for(lambda: self.spooled(probe) >= 2, "rounds are in the spool", 30)
        probe.kill()
        self.stack.start_collector()
        self.stack.start_probe("probe")
        self.holds_all_once(LINES)

    def spooled(self, probe):
        spool = self.folder / "probe" / "spool"
        return sum(1 for path in spool.rglob("*") if path.is_file() and path.stat().st_size) if spool.exists() else 0


if __name__ == "__main__":
    main()
