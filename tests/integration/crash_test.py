"""kill -9 of the collector under full load, again and again: nothing acknowledged is lost, nothing is there twice, and
whoever was to be told is told the same as by a collector that nobody killed.

The collector is killed at random moments (FW_CRASH_KILLS times; FW_CRASH_SEED repeats a run's moments). What is compared
with what is in crash_stack.py.
"""

import os
import random
import threading
import time

from crash_stack import CrashTest, ready_again
from harness import main

KILLS = int(os.environ.get("FW_CRASH_KILLS", 5))
SEED = int(os.environ.get("FW_CRASH_SEED", random.randrange(10**9)))


class Crash(CrashTest):
    def test_what_was_acknowledged_survives_and_everybody_is_told_the_same(self):
        print(f"FW_CRASH_SEED={SEED} FW_CRASH_KILLS={KILLS}", flush=True)
        moments = random.Random(SEED)
        self.start(self.stack)
        load = self.load(self.stack)
        pause = threading.Event()
        recoveries = []
        for _ in range(KILLS):
            pause.wait(moments.uniform(0.02, 1.5))
            self.stack.collector.kill()
            begin = time.monotonic()
            self.stack.start_collector()
            recoveries.append(time.monotonic() - begin)
        print(f"{KILLS} kills; {ready_again(recoveries)}", flush=True)
        self.compare(load)


if __name__ == "__main__":
    main()
