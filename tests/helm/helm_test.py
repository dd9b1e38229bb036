"""The chart, through the real helm: linted, rendered against golden files, its schema and manifests checked.

FOREWARN_HELM names helm; FW_REPRINT=1 rewrites the golden files. No API server takes part: what only one
can tell (admission, defaults of the cluster) is not tested here.
"""

import os
import subprocess
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm/forewarn"
VALUES = ROOT / "tests/helm/values"
GOLDEN = ROOT / "tests/golden/helm"
HELM = os.environ.get("FOREWARN_HELM", str(ROOT / "build/peers/helm/helm"))


def helm(*arguments):
    return subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def rendered(name):
    done = helm("template", "demo", CHART, "--namespace", "support", "--values", VALUES / f"{name}.yaml")
    assert done.returncode == 0, done.stderr
    return done.stdout


def manifests(name):
    return [document for document in yaml.safe_load_all(rendered(name)) if document]


def only(documents, kind):
    found = [document for document in documents if document["kind"] == kind]
    assert len(found) == 1, (kind, len(found))
    return found[0]


SETS = sorted(path.stem for path in VALUES.glob("*.yaml"))


class Chart(unittest.TestCase):
    def test_lints_without_a_warning(self):
        for name in SETS:
            done = helm("lint", "--strict", CHART, "--values", VALUES / f"{name}.yaml")
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_renders_what_the_golden_files_hold(self):
        self.assertEqual(["borrowed", "default", "production"], SETS)
        for name in SETS:
            golden = GOLDEN / f"{name}.yaml"
            text = rendered(name)
            if os.environ.get("FW_REPRINT") == "1":
                golden.write_text(text)
            self.assertEqual(golden.read_text(), text, f"{golden}: FW_REPRINT=1 rewrites it, if this is meant")

    def test_a_changed_setting_changes_the_checksum_and_so_restarts_the_pod(self):
        def checksum(name):
            return only(manifests(name), "StatefulSet")["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

        self.assertNotEqual(checksum("default"), checksum("production"))


class Schema(unittest.TestCase):
    def refused(self, *settings):
        done = helm("template", "demo", CHART, *(word for setting in settings for word in ("--set-json", setting)))
        self.assertNotEqual(0, done.returncode, settings)
        self.assertIn("values don't meet the specifications of the schema", done.stderr)
        return done.stderr

    def test_refuses_what_it_does_not_know(self):
        self.assertIn("replicas", self.refused("replicas=2"))
        self.assertIn("tagg", self.refused('image={"repository":"a","tagg":"1"}'))

    def test_refuses_values_that_cannot_be(self):
        for bad in ['service.type="Ingress"', "service.grpcPort=0", "service.grpcPort=70000", 'persistence.size="20"',
                    'persistence.accessModes=["ReadWriteMany"]', 'image.digest="sha256:12"', 'image.pullPolicy="Sometimes"',
                    "terminationGracePeriodSeconds=1", "podDisruptionBudget.maxUnavailable=2",
                    'secretMounts=[{"name":"tls","secretName":"x"}]', 'secretMounts=[{"name":"mail"}]',
                    'tls.secretName="Upper_Case"', 'podLabels={"a":1}', 'serviceMonitor.interval="soon"']:
            self.refused(bad)

    def test_settings_that_belong_to_the_chart_are_refused(self):
        for key in ["data_dir", "grpc", "http"]:
            self.refused(f'settings.{key}={{}}')

    def test_leaves_room_for_a_parent_chart(self):
        self.assertEqual(0, helm("template", "demo", CHART, "--set-json", 'global={"anything":1}').returncode)


class Manifests(unittest.TestCase):
    def test_every_container_is_confined(self):
        for name in SETS:
            pod = only(manifests(name), "StatefulSet")["spec"]["template"]["spec"]
            self.assertEqual(65532, pod["securityContext"]["runAsUser"])
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual("RuntimeDefault", pod["securityContext"]["seccompProfile"]["type"])
            self.assertFalse(pod["automountServiceAccountToken"])
            for container in pod["containers"] + pod["initContainers"]:
                security = container["securityContext"]
                self.assertTrue(security["readOnlyRootFilesystem"])
                self.assertFalse(security["allowPrivilegeEscalation"])
                self.assertEqual(["ALL"], security["capabilities"]["drop"])
                self.assertIn("memory", container["resources"]["limits"])

    def test_every_mount_has_its_volume_and_every_volume_its_mount(self):
        for name in SETS:
            spec = only(manifests(name), "StatefulSet")["spec"]
            pod = spec["template"]["spec"]
            volumes = {volume["name"] for volume in pod["volumes"]}
            volumes |= {claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]}
            mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
            self.assertEqual(volumes, mounted, name)
            for container in pod["initContainers"]:
                self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)

    def test_services_select_the_pod_and_name_its_ports(self):
        for name in SETS:
            documents = manifests(name)
            spec = only(documents, "StatefulSet")["spec"]
            labels = spec["template"]["metadata"]["labels"].items()
            ports = {port["name"] for port in spec["template"]["spec"]["containers"][0]["ports"]}
            self.assertLessEqual(spec["selector"]["matchLabels"].items(), labels)
            services = [document for document in documents if document["kind"] == "Service"]
            self.assertIn(spec["serviceName"], [service["metadata"]["name"] for service in services])
            for service in services:
                self.assertLessEqual(service["spec"]["selector"].items(), labels)
                self.assertLessEqual({port["targetPort"] for port in service["spec"]["ports"]}, ports)

    def test_metrics_never_leave_the_cluster(self):
        for name in SETS:
            for document in manifests(name):
                if document["kind"] == "Service" and document["spec"].get("type", "ClusterIP") != "ClusterIP":
                    self.assertEqual(["grpc"], [port["name"] for port in document["spec"]["ports"]])

    def test_the_settings_are_one_yaml_with_the_operators_own_in_it(self):
        settings = yaml.safe_load(only(manifests("production"), "ConfigMap")["data"]["collector.yaml"])
        self.assertEqual("/data", settings["data_dir"])
        self.assertEqual("/secrets/tls/tls.crt", settings["grpc"]["tls"]["certificate_file"])
        self.assertIn("forewarn.example.com", settings["grpc"]["server_names"])
        self.assertEqual("60d", settings["retention"]["samples"])

    def test_every_value_is_explained_or_plain_and_known_to_the_schema(self):
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        schema = yaml.safe_load((CHART / "values.schema.json").read_text())
        self.assertEqual(set(values) | {"global"}, set(schema["properties"]))
        for key, value in values.items():
            known = schema["properties"][key].get("properties")
            if isinstance(value, dict) and known is not None:
                self.assertEqual(set(value), set(known), key)


if __name__ == "__main__":
    unittest.main()
