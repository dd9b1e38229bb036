"""A real Prometheus scrapes /metrics, and promtool has nothing to say about it."""

import json
import re
import subprocess
import urllib.parse
import urllib.request

from harness import PEERS, Process, StackTest, main, wait_for


class Metrics(StackTest):
    def test_promtool_has_nothing_to_say(self):
        self.start_collector()
        self.start_probe()
        wait_for(lambda: self.stack.metric("forewarn_ingest_batches_total") != 0.0, "a batch was counted", 30)
        checked = subprocess.run([PEERS / "promtool", "check", "metrics"], input=self.stack.metrics(), text=True,
                                 capture_output=True, timeout=20, check=False)
        self.assertEqual((0, "", ""), (checked.returncode, checked.stdout, checked.stderr))

    def test_prometheus_scrapes_it(self):
        self.start_collector()
        config = self.folder / "prometheus.yml"
        config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: forewarn\n"
                          f"  static_configs: [{{targets: ['127.0.0.1:{self.stack.http_port}']}}]\n")
        prometheus = Process("Prometheus", [PEERS / "prometheus", f"--config.file={config}",
                                            f"--storage.tsdb.path={self.folder / 'tsdb'}",
                                            "--web.listen-address=127.0.0.1:0"], self.folder / "prometheus.log")
        self.addCleanup(prometheus.stop)
        listening = wait_for(lambda: re.search(r"Listening on\"? address=127\.0\.0\.1:(\d+)", prometheus.text()),
                             "Prometheus listens", 30, prometheus)
        port = listening.group(1)

        def asked(expression):
            address = f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
            try:
                with urllib.request.urlopen(address, timeout=5) as answer:
                    result = json.load(answer)["data"]["result"]
            except OSError:
                return None
            return result[0]["value"][1] if result else None

        wait_for(lambda: asked('up{job="forewarn"}') == "1", "Prometheus has scraped the collector", 30, prometheus)
        self.assertGreater(int(asked('count({__name__=~"forewarn_.*"})')), 10)


if __name__ == "__main__":
    main()
