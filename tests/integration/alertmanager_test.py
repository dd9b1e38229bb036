"""Alerts come as an Alertmanager gets them: from amtool, and from a real Prometheus whose rule begins and ends to fire.
A rule of ours makes an alert of it."""

import re
import signal
import subprocess

from harness import CUSTOMER, INSTALLATION, PEERS, Process, StackTest, free_port, main, wait_for

FIRING = "groups:\n- name: disk\n  rules:\n  - alert: DiskFull\n    expr: vector(%s) > 0\n    labels: {severity: critical}\n" \
         "    annotations: {summary: the disk is full}\n"
REPORTED = "groups:\n- name: external\n  rules:\n  - alert: ReportedByCustomer\n" \
           "    expr: external_alert{severity=\"critical\"} == 1\n"


class Alertmanager(StackTest):
    def start(self):
        self.start_collector()
        bundle = self.folder / "b"
        (bundle / "rules").mkdir(parents=True)
        (bundle / "customers.yaml").write_text(f"customers:\n- id: {CUSTOMER}\n  name: Acme\n")
        (bundle / "rules/external.yaml").write_text(REPORTED)
        self.stack.apply(bundle)
        token = self.stack.ctl("source-token", "create", "--door", "alertmanager", "--customer", CUSTOMER,
                               "--installation", INSTALLATION, "--source", "alerts")["token"]
        self.token = self.folder / "token"
        self.token.write_text(token + "\n")

    def states(self):
        return {alert["rule"]: alert["state"] for alert in self.stack.alerts(CUSTOMER)}

    def messages(self):
        return sorted(item["text"] for item in self.stack.ctl("events", "--customer", CUSTOMER).get("items", [])
                      if item["kind"] == "event")

    def amtool(self, *arguments):
        config = self.folder / "amtool.yaml"
        config.write_text(f"authorization: {{credentials_file: {self.token}}}\n")
        return subprocess.run([PEERS / "amtool", f"--alertmanager.url=http://127.0.0.1:{self.stack.http_port}",
                               f"--http.config.file={config}", "--no-version-check", "alert", "add", *arguments],
                              capture_output=True, text=True, timeout=30, check=False)

    def test_amtool_adds_an_alert(self):
        self.start()
        for _ in range(2):
            done = self.amtool("alertname=DiskFull", "severity=critical", "--annotation=summary=the disk is full",
                               "--start=2026-05-01T10:00:00Z")
            self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(1.0, self.stack.query(CUSTOMER, 'external_alert{alert="DiskFull"}'))
        self.assertEqual(["DiskFull is firing: the disk is full"], self.messages())
        self.assertEqual(1.0, self.stack.metric('forewarn_ingest_events_total{protocol="alertmanager",result="duplicate"}'))
        self.token.write_text("fws1." + "0" * 64)
        done = self.amtool("alertname=DiskFull")
        self.assertNotEqual(0, done.returncode)

    def test_prometheus_tells_of_beginning_and_end(self):
        self.start()
        rules = self.folder / "rules.yml"
        rules.write_text(FIRING % 1)
        config = self.folder / "prometheus.yml"
        config.write_text(f"""
global: {{evaluation_interval: 1s}}
rule_files: [{rules}]
alerting:
  alertmanagers:
  - static_configs: [{{targets: ['127.0.0.1:{self.stack.http_port}']}}]
    authorization: {{credentials_file: {self.token}}}
""")
        prometheus = Process("Prometheus", [PEERS / "prometheus", f"--config.file={config}",
                                            f"--storage.tsdb.path={self.folder / 'tsdb'}",
                                            # It finds its Alertmanagers a while after the first evaluation.
                                            "--rules.alert.resend-delay=1s",
                                            f"--web.listen-address=127.0.0.1:{free_port()}"],
                             self.folder / "prometheus.log")
        self.addCleanup(prometheus.stop)
        wait_for(lambda: re.search(r"Server is ready", prometheus.text()), "Prometheus is ready", 60, prometheus)
        wait_for(lambda: self.states().get("ReportedByCustomer") == "firing", "our rule fires", 60, prometheus)
        self.assertEqual(1.0, self.stack.query(CUSTOMER, 'external_alert{alert="DiskFull"}'))

        rules.write_text(FIRING % 0)
        prometheus.child.send_signal(signal.SIGHUP)
        wait_for(lambda: self.stack.query(CUSTOMER, 'external_alert{alert="DiskFull"}') == 0.0, "the end is told", 60,
                 prometheus)
        wait_for(lambda: self.states().get("ReportedByCustomer") in (None, "resolved"), "our alert ends", 60, prometheus)
        self.assertEqual(["DiskFull is firing: the disk is full", "DiskFull is resolved: the disk is full"],
                         self.messages())
        self.assertEqual(0.0, self.stack.metric('forewarn_door_requests_total{door="alertmanager",result="refused"}'))


if __name__ == "__main__":
    main()
