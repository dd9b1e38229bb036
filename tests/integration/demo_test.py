"""The whole way once: from this host's probe to a ticket and a warning, as ./dev run --demo shows it."""

import subprocess

from harness import PROGRAMS, ROOT, StackTest, main


class Demo(StackTest):
    def test_ticket_and_warning_come_before_the_disk_is_full(self):
        done = subprocess.run(["/usr/bin/python3", "-B", str(ROOT / "demo/disk_fills.py"), "--programs", str(PROGRAMS),
                               "--data", str(self.folder / "demo"), "--seconds", "75"],
                              capture_output=True, text=True, timeout=170, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"the ticket came \d+ s before")
        self.assertRegex(done.stdout, r"the customer's warning came \d+ s before")


if __name__ == "__main__":
    main()
