"""What the probe calls node_… is what the real node_exporter calls so: names, labels, types and values, on this host."""

import re
import urllib.request
from pathlib import Path

from harness import PEERS, Process, StackTest, main, wait_for

MOUNTS = "/(dev|proc|sys|run/credentials/.+|var/lib/docker/.+|var/lib/containers/storage/.+)"
TYPES = ("autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
         "proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs")

# Debian's node_exporter, told to look at what the probe looks at.
OPTIONS = [
    f"--collector.filesystem.mount-points-exclude=^{MOUNTS}($|/)",  # Debian's default leaves out /mnt, /media and /run
    f"--collector.filesystem.fs-types-exclude=^({TYPES})$",
    "--collector.netdev.device-exclude=^$",  # Debian's leaves out the loopback device
]

# Differences that are meant, by metric: how far the values may be apart, and why.
APART = [
    (r"node_filefd_allocated", 1000, "the probe that looks holds files open that node_exporter does not see"),
    (r"node_procs_(running|blocked)", 50, "the one that looks is running; the moment is another"),
    (r"node_memory_.*", 256 << 20, "the process that looks is memory in use itself, and others come and go"),
    (r"node_filesystem_(avail|free)_bytes", 256 << 20, "others write"),
    (r"node_filesystem_files_free", 20000, "others write"),
    (r"node_time_seconds", 5, "read between its two answers, by a clock rounded to milliseconds"),
    (r"node_load(1|5|15)", 2, "computed anew every five seconds"),
    (r"node_disk_io_now", 1000, "the moment is another"),
]
# Series of ours that node_exporter has not, and why.
OURS = {
    'node_scrape_collector_success{collector="facts"}': "the inventory is the probe's own",
}


def read(text):
    """({series: value}, {metric: type}) of Prometheus' text. Labels are in one order, since both sort them."""
    values, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            metric, kind = line.split()[2:]
            types[metric] = kind
        elif line and not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            values[series] = float(value)
    return values, types


def metric_of(series):
    return series.partition("{")[0]


def sees_other_mounts():
    """Whether node_exporter, which looks at the mounts of process 1, sees others than we do: in a chroot, or a container
    that shares its processes."""
    try:
        return Path("/proc/1/mounts").read_text() != Path("/proc/self/mounts").read_text()
    except OSError:
        return False  # then it looks at its own


class NodeExporter(StackTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.exporter = Process("node_exporter", [PEERS / "prometheus-node-exporter", "--web.listen-address=127.0.0.1:0",
                                                  *OPTIONS], self.folder / "node_exporter.log")
        self.addCleanup(self.exporter.stop)
        listening = wait_for(lambda: re.search(r'Listening on" address=127\.0\.0\.1:(\d+)', self.exporter.text()),
                             "node_exporter listens", 30, self.exporter)
        self.port = listening.group(1)
        self.config = self.folder / "probe.yaml"
        self.config.write_text(f"collector: 127.0.0.1:1\nstate_dir: {self.folder}/state\n")

    def theirs(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            return read(answer.read().decode())

    def ours(self):
        code, text = self.program("forewarn-probe", "preview", "--config", self.config)
        self.assertEqual(0, code, text)
        values, types = read(text)
        return {series: value for series, value in values.items() if series.startswith("node_")}, types

    def differences(self):
        """Looks three times, with ours in the middle: {series: what differs}."""
        before, their_types = self.theirs()
        ours, our_types = self.ours()
        after, _ = self.theirs()
        found = {}
        for series, value in ours.items():
            metric = metric_of(series)
            if series in OURS:
                continue
            if series not in before or series not in after:
                found[series] = "node_exporter has no such series"
            elif our_types[metric] != their_types[metric]:
                found[series] = f"a {our_types[metric]} of ours, a {their_types[metric]} of theirs"
            else:
                low, high = sorted((before[series], after[series]))
                apart = next((bound for pattern, bound, _ in APART if re.fullmatch(pattern, metric)), 0)
                apart = max(apart, 1e-9 * abs(high))  # the last bits of a division
                if not low - apart <= value <= high + apart:
                    found[series] = f"{value} of ours is not between {low} and {high} of theirs"
        metrics = {metric_of(series) for series in ours}
        for series in before:
            if metric_of(series) in metrics and series not in ours and not series.startswith("node_scrape_"):
                found[series] = "the probe has no such series"
        self.assertGreater(len(ours), 100)
        if sees_other_mounts():
            return {series: what for series, what in found.items() if not series.startswith("node_filesystem_")}
        return found

    def test_names_labels_types_and_values_are_the_same(self):
        found = self.differences()
        for _ in range(9):
            # What moves may have been missed once; what is wrong stays wrong.
            if not found:
                break
            again = self.differences()
            found = {series: what for series, what in again.items() if series in found}
        self.assertEqual("", "\n".join(f"{series}: {what}" for series, what in sorted(found.items())))


if __name__ == "__main__":
    main()
