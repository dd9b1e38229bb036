"""The OpenTelemetry SDK for JavaScript exports metrics and logs to the collector: by gRPC, and by HTTP in protobuf and in
JSON, compressed, with both temporalities."""

import json
import os
import subprocess

from harness import CUSTOMER, INSTALLATION, ROOT, StackTest, main

MODULES = os.environ.get("FOREWARN_OTLP_MODULES", str(ROOT / "build/peers/otlp"))


class Otlp(StackTest):
    def token(self, source="shop"):
        return self.stack.ctl("source-token", "create", "--door", "otlp", "--customer", CUSTOMER, "--installation",
                              INSTALLATION, "--source", source)["token"]

    def send(self, protocol, temporality, token):
        endpoint = (f"https://127.0.0.1:{self.stack.grpc_port}" if protocol == "grpc"
                    else f"http://127.0.0.1:{self.stack.http_port}")
        done = subprocess.run(["node", ROOT / "tests/integration/otlp/send.mjs", protocol, endpoint, token,
                               self.stack.authority / "ca.pem", temporality], capture_output=True, text=True,
                              timeout=90, check=False, env={**os.environ, "FOREWARN_OTLP_MODULES": MODULES})
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def value(self, expression):
        return self.stack.query(CUSTOMER, expression)

    def test_metrics_and_logs_arrive_by_each_transport(self):
        self.start_collector()
        token = self.token()
        for protocol in ("grpc", "proto", "json"):
            for temporality in ("cumulative", "delta"):
                with self.subTest(protocol=protocol, temporality=temporality):
                    answers = self.send(protocol, temporality, token)
                    for kind in ("metrics", "logs"):
                        self.assertTrue(answers[kind])
                        self.assertEqual([0] * len(answers[kind]), [answer["code"] for answer in answers[kind]], answers)
                    who = f'job="shop-{protocol}",instance="{protocol}-{temporality}"'
                    self.assertEqual(10.0, self.value(f'http_requests_total{{{who},http_method="GET"}}'))
                    self.assertEqual(7.0, self.value(f'queue_size{{{who},queue="mail"}}'))
                    self.assertEqual(2.0, self.value(f'http_latency_seconds_bucket{{{who},le="0.1"}}'))
                    self.assertEqual(4.0, self.value(f'http_latency_seconds_bucket{{{who},le="+Inf"}}'))
                    self.assertAlmostEqual(10.1, self.value(f'http_latency_seconds_sum{{{who}}}'))
                    if temporality == "cumulative":
                        self.assertEqual(2.0, self.value(f'fine_latency_bucket{{{who},le="4"}}'))
                    self.assertEqual(1.0, self.value(f'target_info{{{who},host_name="h1"}}'))
                    message = f"order 4711 of {protocol} {temporality} failed"
                    event = next(event for event in self.events() if event["text"] == message)
                    self.assertEqual(("error", f"otlp:shop-{protocol}", "1"),
                                     (event["severity"], event["source"], event["count"]))
        self.assertEqual(6.0, self.stack.metric('forewarn_ingest_samples_total{protocol="otlp",result="invalid"}'),
                         "the exponential histogram in differences: two of each protocol")

    def events(self):
        return self.stack.ctl("events", "--customer", CUSTOMER)["items"]

    def test_a_stranger_is_refused_and_told_why(self):
        self.start_collector()
        answers = self.send("grpc", "cumulative", "fws1." + "0" * 64)
        self.assertIn("unknown to this collector", answers["metrics"][0]["error"])
        answers = self.send("json", "cumulative", "fws1." + "0" * 64)
        self.assertEqual(1, answers["metrics"][0]["code"])
        self.assertEqual(0.0, self.stack.metric('forewarn_ingest_samples_total{protocol="otlp",result="accepted"}'))


if __name__ == "__main__":
    main()
