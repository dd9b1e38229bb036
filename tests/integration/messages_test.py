"""What a person is told when something is wrong: each message names the thing, the place and the remedy."""

import json
import subprocess

import yaml

from harness import CUSTOMER, HELM, INSTALLATION, PROGRAMS, ROOT, StackTest, main, wait_for


class Settings(StackTest):
    def check(self, text):
        path = self.folder / "bad.yaml"
        path.write_text(text)
        return self.program("forewarn-collector", "--config", path, "--check-config")

    def test_every_mistake_of_a_file_is_listed_with_its_line(self):
        code, said = self.check("grpc:\n  listen: 127.0.0.1:7443\n  lissen: x\nretention:\n  samples: 30\n")
        self.assertNotEqual(0, code)
        self.assertRegex(said, r"bad\.yaml:3:3: .*lissen.*listen")
        self.assertRegex(said, r"bad\.yaml:5:12: ")

    def test_a_good_file_passes(self):
        code, said = self.check(f"data_dir: {self.folder}\n")
        self.assertEqual(0, code, said)

    def test_the_packaged_settings_pass(self):
        code, said = self.program("forewarn-collector", "--config", ROOT / "packaging/etc/collector.yaml", "--check-config")
        self.assertEqual(0, code, said)

    def test_the_defaults_of_both_programs_are_printed_as_files_that_pass(self):
        for program in (["forewarn-collector"], ["forewarn-probe", "run"]):
            code, printed = self.program(*program, "--print-default-config")
            self.assertEqual(0, code, printed)
            self.assertIn("#log_level: info", printed)
            path = self.folder / "defaults.yaml"
            path.write_text(printed)
            code, said = self.program(*program, "--config", path, "--check-config")
            self.assertEqual(0, code, said)

    def test_the_charts_settings_pass(self):
        for values in sorted((ROOT / "tests/helm/values").glob("*.yaml")):
            rendered = subprocess.run([HELM, "template", "demo", ROOT / "helm/forewarn", "--values", values, "--show-only",
                                       "templates/configmap.yaml"], capture_output=True, text=True, timeout=30, check=True)
            code, said = self.check(yaml.safe_load(rendered.stdout)["data"]["collector.yaml"])
            self.assertEqual(0, code, f"{values.name}: {said}")

    def test_a_file_that_is_not_there_is_named(self):
        code, said = self.program("forewarn-collector", "--config", self.folder / "none.yaml")
        self.assertNotEqual(0, code)
        self.assertIn("none.yaml", said)

    def test_a_folder_that_another_collector_holds_is_refused(self):
        self.start_collector()
        code, said = self.program("forewarn-collector", "--config", self.stack.collector_config)
        self.assertNotEqual(0, code)
        self.assertIn(str(self.folder / "collector"), said)


class Bundles(StackTest):
    def test_a_bad_rule_is_refused_with_its_place_and_nothing_is_applied(self):
        self.start_collector()
        bundle = self.folder / "b"
        (bundle / "rules").mkdir(parents=True)
        (bundle / "rules/disk.yaml").write_text(
            "groups:\n- name: disk\n  rules:\n  - alert: Full\n    expr: rat(node_filesystem_avail_bytes[5m]) < 0\n")
        done = self.stack.ctl_raw("apply", "-f", bundle)
        self.assertNotEqual(0, done.returncode)
        self.assertRegex(done.stderr, r"rules/disk\.yaml:5:\d+: .*unknown function 'rat'.*rate")
        self.assertEqual("", self.stack.ctl("bundle", "show").get("id", ""))


class Certificates(StackTest):
    def test_who_has_no_operators_certificate_is_told_which_is_needed(self):
        self.start_collector()
        self.start_probe()
        stranger = self.folder / "stranger"
        stranger.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", stranger / "operator-admin.key", "-out", stranger / "operator-admin.pem", "-days", "1",
                        "-subj", "/CN=stranger"], check=True, capture_output=True)
        (stranger / "ca.pem").write_bytes((self.stack.authority / "ca.pem").read_bytes())
        done = subprocess.run([str(PROGRAMS / "forewarnctl"), "--collector", f"127.0.0.1:{self.stack.grpc_port}",
                               "--certificates", str(stranger), "probes", "list"],
                              capture_output=True, text=True, timeout=20, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertRegex(done.stderr, "(?i)certificate")


    def certificate(self, name, days=1):
        """Makes NAME.pem, signed by its own key NAME.key, in the test's folder."""
        key, pem, request = (self.folder / f"{name}.{kind}" for kind in ("key", "pem", "csr"))
        for words in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                       "-out", request, "-subj", f"/CN={name}"],
                      ["x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-out", pem]):
            subprocess.run(["openssl", *words], check=True, capture_output=True)
        return pem, key

    def refused(self, certificate, key, authority):
        """The last line of a collector that cannot begin with these."""
        self.stack.configure_collector(grpc={"tls": {"certificate_file": str(certificate), "key_file": str(key),
                                                     "ca_file": str(authority)}})
        code, said = self.program("forewarn-collector", "--config", self.stack.collector_config)
        self.assertEqual(1, code, said)
        return said.splitlines()[-1]

    def test_a_bad_certificate_is_refused_with_the_setting_the_file_and_the_remedy(self):
        good, key = self.certificate("good")
        other, other_key = self.certificate("other")
        expired, expired_key = self.certificate("expired", days=-1)
        missing = self.folder / "missing.pem"
        for files, said in {
            (good, other_key, good): f"grpc.tls: {other_key} is not the key of {good}; name a key and a certificate",
            (missing, key, good): f"grpc.tls.certificate_file: reading {missing}: No such file",
            (key, key, good): f"grpc.tls.certificate_file: {key}: not a certificate in PEM; put the right file there",
            (good, good, good): f"grpc.tls.key_file: {good}: not a private key in PEM without a password; put the right",
            (good, key, key): f"grpc.tls.ca_file: {key}: not a certificate in PEM; put the right file there",
            (expired, expired_key, other): f"grpc.tls.certificate_file: {expired} has expired; put a new certificate there",
        }.items():
            self.assertIn(said, self.refused(*files))

    def test_a_damaged_key_of_the_authority_is_named_and_never_replaced(self):
        self.start_collector()
        self.stack.collector.stop()
        key = self.stack.authority / "ca.key"
        key.write_text("garbage")
        code, said = self.program("forewarn-collector", "--config", self.stack.collector_config)
        self.assertEqual(1, code)
        self.assertIn(f"{key}: not a private key in PEM without a password; put the right file there, or restore it from",
                      said.splitlines()[-1])
        self.assertEqual("garbage", key.read_text())


class Limits(StackTest):
    def test_a_probe_over_a_limit_is_told_which_and_goes_on(self):
        self.start_collector(limits={"series_per_probe": 20})
        self.start_probe()

        def told():
            code, said = self.program("forewarn-probe", "status", "--state-dir", self.folder / "probe", "--output", "json")
            return json.loads(said).get("last_refusal") if said.startswith("{") else None

        self.assertRegex(wait_for(told, "the probe was told of the limit", 30), "series_per_probe")
        self.assertFalse(self.stack.probes["probe"].ended())


class Tokens(StackTest):
    def enrol(self, name, token):
        """What an enrolment that fails says; None when it does not fail."""
        file = self.folder / "token"
        file.write_text(token)
        done = self.stack.enrol_raw(name, file)
        return done.stderr if done.returncode != 0 else None

    def test_expired_used_and_wrong_tokens_are_told_apart(self):
        self.start_collector()

        def made(*more):
            return self.stack.ctl("token", "create", "--customer", CUSTOMER, "--installation", INSTALLATION, *more)["token"]

        self.assertRegex(self.enrol("p", made("--valid-for", "1ms")), "(?i)token.*expired")
        token = made()
        self.assertIsNone(self.enrol("p", token))
        self.assertRegex(self.enrol("q", token), "(?i)token.*used")
        self.assertRegex(self.enrol("q", "not a token"), "(?i)token")


    def test_a_customer_that_nobody_described_gets_none(self):
        self.start_collector()
        bundle = self.folder / "b"
        bundle.mkdir()
        (bundle / "customers.yaml").write_text("customers:\n- id: acme\n  name: Acme\n")
        self.assertEqual(0, self.stack.ctl_raw("apply", "-f", bundle).returncode)
        done = self.stack.ctl_raw("token", "create", "--customer", "acne", "--installation", INSTALLATION)
        self.assertNotEqual(0, done.returncode)
        self.assertRegex(done.stderr, "no customer 'acne' in the bundle in force; add it to .*customers.yaml.*forewarnctl apply")
        self.assertIn(" by admin: ", self.stack.ctl_raw("bundle", "show").stdout)


if __name__ == "__main__":
    main()
