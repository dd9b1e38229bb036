"""A real Prometheus remote-writes to the collector: both answer the same questions alike, also after the collector
was killed while it wrote, and when a target is gone."""

import json
import os
import re
import threading
import time
import urllib.parse
import urllib.request

from harness import CUSTOMER, INSTALLATION, PEERS, Process, StackTest, free_port, main, wait_for

# ./dev soak write goes on for an hour.
SECONDS = int(os.environ.get("FW_REMOTE_WRITE_SECONDS", 0))
BETWEEN_COMPARISONS = 60
COMPARISONS_BETWEEN_KILLS = 5
# What the collector adds to each series.
OURS = {"customer", "installation", "probe"}
QUESTIONS = [
    "up",
    "node_load1",
    'node_memory_MemAvailable_bytes{job="node"}',
    "sum by (mode) (node_cpu_seconds_total)",
    'rate(prometheus_http_requests_total{handler="/metrics"}[10s])',
    "increase(forewarn_door_requests_total[15s])",
    "max_over_time(scrape_duration_seconds[5s])",
    "histogram_quantile(0.9, sum by (le) (rate(prometheus_http_request_duration_seconds_bucket[20s])))",
    'count by (job) ({__name__=~"node_.*"})',
]


class RemoteWrite(StackTest):
    def start_peers(self):
        token = self.stack.ctl("source-token", "create", "--door", "prometheus", "--customer", CUSTOMER, "--installation",
                               INSTALLATION, "--source", "monitoring")["token"]
        token_file = self.folder / "token"
        token_file.write_text(token + "\n")
        node_port = free_port()
        self.node = Process("node_exporter", [PEERS / "prometheus-node-exporter",
                                              f"--web.listen-address=127.0.0.1:{node_port}"],
                            self.folder / "node.log")
        self.addCleanup(self.node.stop)
        config = self.folder / "prometheus.yml"
        self.own_port = free_port()
        config.write_text(f"""
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: forewarn
  static_configs: [{{targets: ['127.0.0.1:{self.stack.http_port}']}}]
- job_name: node
  static_configs: [{{targets: ['127.0.0.1:{node_port}']}}]
- job_name: prometheus
  static_configs: [{{targets: ['127.0.0.1:{self.own_port}']}}]
remote_write:
- url: http://127.0.0.1:{self.stack.http_port}/api/v1/write
  authorization: {{credentials_file: {token_file}}}
  queue_config: {{batch_send_deadline: 1s, min_backoff: 100ms, max_backoff: 500ms}}
""")
        self.prometheus = Process("Prometheus", [PEERS / "prometheus", f"--config.file={config}",
                                                 f"--storage.tsdb.path={self.folder / 'tsdb'}",
                                                 f"--web.listen-address=127.0.0.1:{self.own_port}"],
                                  self.folder / "prometheus.log")
        self.addCleanup(self.prometheus.stop)
        wait_for(lambda: re.search(r"Listening on", self.prometheus.text()), "Prometheus listens", 60, self.prometheus)

    def theirs(self, expression, start, end, step=1):
        """Values by labels and time, as Prometheus says."""
        query = urllib.parse.urlencode({"query": expression, "start": start, "end": end, "step": step})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.own_port}/api/v1/query_range?{query}", timeout=30) as answer:
            result = json.load(answer)["data"]["result"]
        return {(tuple(sorted(series["metric"].items())), int(at)): float(value)
                for series in result for at, value in series["values"]}

    def ours(self, expression, start, end, step=1):
        answer = self.stack.ctl("query", "--customer", CUSTOMER, expression, "--from", moment(start), "--to", moment(end),
                                "--step", f"{step}s")
        found = {}
        for series in answer.get("series", []):
            labels = tuple(sorted((label["name"], label["value"]) for label in series["labels"]
                                  if label["name"] not in OURS))
            for at, value in zip(series["times_ms"], series["values"]):
                found[labels, int(at) // 1000] = float(value)
        return found

    def written_until(self, at):
        """Waits until all that Prometheus scraped before `at` is in the collector."""
        for job in ("forewarn", "prometheus"):
            wait_for(lambda job=job: self.stack.query(CUSTOMER, f'timestamp(up{{job="{job}"}}) > {at}'),
                     f"what was scraped of {job} before {at} is written", 60, self.prometheus)

    def compare(self, start, end, step=1):
        for expression in QUESTIONS:
            theirs, ours = self.theirs(expression, start, end, step), self.ours(expression, start, end, step)
            self.assertEqual(set(theirs), set(ours), expression)
            for key, value in theirs.items():
                self.assertTrue(value == ours[key] or (value != value and ours[key] != ours[key]) or abs(value - ours[key]) <= 1e-12 * abs(value),
                                f"{expression} {key}: {value} there, {ours[key]} here")

    def go_on(self, begin):
        """For SECONDS: compares what came since the last time, now and then after a kill, and at the end all of it."""
        pause = threading.Event()
        compared, comparisons = begin, 0
        while time.time() < begin + SECONDS:
            pause.wait(BETWEEN_COMPARISONS)
            end = int(time.time())
            self.written_until(end + 2)
            self.compare(compared, end)
            compared, comparisons = end, comparisons + 1
            print(f"alike for {end - begin} s", flush=True)
            if comparisons % COMPARISONS_BETWEEN_KILLS == 0:
                self.stack.collector.kill()
                self.stack.start_collector()
        if comparisons:
            self.compare(begin, compared, step=max(1, (compared - begin) // 600))

    def test_both_answer_alike(self):
        self.start_collector()
        self.start_peers()
        wait_for(lambda: self.stack.query(CUSTOMER, 'count_over_time(node_load1[1m]) > 15'),
                 "some rounds are written", 90, self.prometheus)
        end = int(time.time())
        self.written_until(end + 2)
        self.compare(end - 10, end)
        self.assertTrue(self.theirs("node_load1", end - 10, end), "there was something to compare")

        self.go_on(end)

        # The collector is killed while Prometheus writes, which sends again what was not acknowledged.
        self.stack.collector.kill()
        self.stack.start_collector()
        # And a target goes away: a stale marker ends its series at once in both.
        self.node.stop()
        gone = int(time.time())
        self.written_until(gone + 8)
        self.compare(end - 5, gone + 5)
        self.assertFalse(self.theirs("node_load1", gone + 5, gone + 5))
        self.assertEqual(0.0, self.stack.metric(
            'forewarn_ingest_samples_total{protocol="prometheus",result="invalid"}'))

        probes = self.stack.ctl("probes", "list", "--customer", CUSTOMER)["probes"]
        self.assertEqual([("monitoring", "fresh")], [(probe["host"], probe["contact"]) for probe in probes])


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


if __name__ == "__main__":
    main()
