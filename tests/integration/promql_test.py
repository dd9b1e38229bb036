"""Prometheus and the collector get the same samples and the same questions, made from a seed, and give the same
answers: instants and ranges, over all of the language. And of texts with slips of all kinds both take the same ones,
and read the same in them.

What is not asked, since the answers may differ: the date functions of NaN and infinities, of which Prometheus makes
what its processor's conversion happens to give; the last digits of a value where they become a label (count_values);
which of several equal values topk takes; and predict_linear over a range with `@` in a range query, whose window
Prometheus 2.42 moves along (prometheus/prometheus#11708, mended later). docs/reference/promql.md lists them.

FW_PROMQL_QUESTIONS is how many (`./dev soak promql` asks many more), FW_PROMQL_SEED repeats a run's.
"""

import json
import math
import os
import random
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from harness import CUSTOMER, INSTALLATION, PEERS, Process, StackTest, free_port, main, wait_for
from promql_questions import Questions, Scrawls, Telemetry
from remote_writer import remote_write

QUESTIONS = int(os.environ.get("FW_PROMQL_QUESTIONS", 1500))
SEED = int(os.environ.get("FW_PROMQL_SEED", 1))
SHOWN = 20
# Two sums of the same numbers in another order; what is left of larger numbers may be near zero.
CLOSE = 1e-9
SMALL = 1e-6


class PromQl(StackTest):
    def start_both(self):
        self.start_collector()
        create = ("source-token", "create", "--customer", CUSTOMER)
        created = self.stack.ctl(*create, "--door", "prometheus", "--installation", INSTALLATION, "--source", "writer")
        reader = self.stack.ctl(*create, "--door", "query", "--source", "reader")
        self.bearer = {"Authorization": f"Bearer {reader['token']}"}
        port = free_port()
        config = self.folder / "prometheus.yml"
        config.write_text("")
        self.prometheus = Process("Prometheus", [PEERS / "prometheus", f"--config.file={config}",
                                                 f"--storage.tsdb.path={self.folder / 'tsdb'}",
                                                 "--web.enable-remote-write-receiver",
                                                 f"--web.listen-address=127.0.0.1:{port}"],
                                  self.folder / "prometheus.log")
        self.addCleanup(self.prometheus.stop)
        wait_for(lambda: re.search(r"Server is ready", self.prometheus.text()), "Prometheus listens", 60, self.prometheus)
        self.theirs, self.ours = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{self.stack.http_port}"
        return {"Authorization": f"Bearer {created['token']}"}, created["source_id"]

    def write(self, telemetry, writer, source_id):
        """To Prometheus with the labels that the collector adds."""
        added = {"customer": CUSTOMER, "installation": INSTALLATION, "probe": source_id}
        rounds = {}
        for number, (_, samples) in enumerate(telemetry.series):
            for at, bits in samples:
                rounds.setdefault(at // 60_000, {}).setdefault(number, []).append((at, bits))
        for _, parts in sorted(rounds.items()):
            plain = [(telemetry.series[number][0], samples) for number, samples in parts.items()]
            remote_write(f"{self.ours}/api/v1/write", plain, writer)
            remote_write(f"{self.theirs}/api/v1/write", [({**labels, **added}, samples) for labels, samples in plain])

    def ask(self, server, path, parameters, headers):
        request = urllib.request.Request(f"{server}/api/v1/{path}", urllib.parse.urlencode(parameters).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def difference(self, path, parameters):
        """What is not alike, or None."""
        theirs_code, theirs = self.ask(self.theirs, path, parameters, {})
        ours_code, ours = self.ask(self.ours, path, parameters, self.bearer)
        if theirs_code != ours_code or theirs.get("errorType") != ours.get("errorType"):
            return f"{theirs_code} {theirs.get('error', 'answered')} there, {ours_code} {ours.get('error', 'answered')} here"
        if theirs_code != 200:
            self.refused += 1
            return None
        theirs, ours = theirs["data"], ours["data"]
        if theirs["resultType"] != ours["resultType"]:
            return f"{theirs['resultType']} there, {ours['resultType']} here"
        a, b = points(theirs), points(ours)
        self.empty += not a
        if set(a) != set(b):
            return f"only there {sorted(set(a) - set(b))[:2]}, only here {sorted(set(b) - set(a))[:2]}"
        for key, value in a.items():
            if not alike(value, b[key]):
                return f"{key}: {value} there, {b[key]} here"
        return None

    def test_both_answer_alike(self):
        chance = random.Random(SEED)
        writer, source_id = self.start_both()
        begin = (int(time.time()) // 60 - 70) * 60_000
        telemetry = Telemetry(chance, begin)
        self.write(telemetry, writer, source_id)
        questions = Questions(chance, telemetry)
        self.refused = self.empty = 0
        differences = []
        for _ in range(QUESTIONS):
            expression = questions.expression()
            if chance.random() < 0.6:
                path, parameters = "query", {"query": expression, "time": f"{questions.instant() / 1000:.3f}"}
            else:
                start, end, step = questions.range()
                path, parameters = "query_range", {"query": expression, "start": f"{start / 1000:.3f}",
                                                   "end": f"{end / 1000:.3f}", "step": f"{step / 1000:.3f}"}
            found = self.difference(path, parameters)
            if found:
                differences.append(f"{path} {parameters}\n  {found}")
        print(f"seed {SEED}: {QUESTIONS} questions, {self.refused} refused by both, {self.empty} with an empty answer, "
              f"{len(differences)} answered otherwise", flush=True)
        self.assertFalse(differences, "\n".join(differences[:SHOWN]))
        self.assertLess(self.refused + self.empty, 0.6 * QUESTIONS, "most questions have an answer")

    def test_promtool_reads_from_us(self):
        writer, source_id = self.start_both()
        begin = (int(time.time()) // 60 - 70) * 60_000
        telemetry = Telemetry(random.Random(SEED), begin)
        self.write(telemetry, writer, source_id)
        token = self.bearer["Authorization"].removeprefix("Bearer ")
        ours = self.ours.replace("http://", f"http://promtool:{token}@")
        start, end = str(begin // 1000), str(begin // 1000 + 3600)
        for arguments in (["instant", f"--time={end}", "@", "max by (host) (requests_total)"],
                          ["range", f"--start={start}", f"--end={end}", "--step=60s", "@", "temperature > 5"],
                          ["series", "--match=up", f"--start={start}", f"--end={end}", "@"],
                          ["labels", f"--start={start}", f"--end={end}", "@", "host"]):
            answers = [subprocess.run([PEERS / "promtool", "query", *(server if a == "@" else a for a in arguments)],
                                      capture_output=True, text=True, timeout=60) for server in (self.theirs, ours)]
            for answer in answers:
                self.assertEqual(answer.returncode, 0, answer.stderr)
            theirs, ours_lines = (sorted(answer.stdout.splitlines()) for answer in answers)
            self.assertTrue(theirs, arguments)
            self.assertEqual(theirs, ours_lines, arguments)

    def test_both_accept_the_same_texts(self):
        chance = random.Random(SEED)
        self.start_both()
        scrawls = Scrawls(chance, Questions(chance, Telemetry(chance, 0)))
        accepted, differences = 0, []
        for _ in range(2 * QUESTIONS):
            text = scrawls.expression()
            theirs_code, theirs = self.ask(self.theirs, "format_query", {"query": text}, {})
            ours_code, ours = self.ask(self.ours, "format_query", {"query": text}, self.bearer)
            if theirs_code != ours_code and re.search(r"\[[^\]]*#", text):
                continue  # we take a comment before a duration, which they do not
            if theirs_code != ours_code:
                differences.append(f"{text!r}: {theirs_code} {theirs.get('error')} there, {ours_code} {ours.get('error')} here")
            elif ours_code == 200:
                accepted += 1
                if ours["data"] == theirs["data"]:
                    continue
                again, answer = self.ask(self.theirs, "format_query", {"query": ours["data"]}, {})
                if again != 200 or answer["data"] != theirs["data"]:
                    differences.append(f"{text!r} means {theirs['data']!r} there and {ours['data']!r} here")
        print(f"seed {SEED}: {2 * QUESTIONS} texts, {accepted} accepted by both, {len(differences)} read otherwise", flush=True)
        self.assertFalse(differences, "\n".join(differences[:SHOWN]))
        self.assertGreater(accepted, QUESTIONS / 10)
        self.assertGreater(2 * QUESTIONS - accepted, QUESTIONS / 10)


def points(data):
    """Values by labels and time."""
    if data["resultType"] in ("scalar", "string"):
        at, value = data["result"]
        return {((), at): value}
    return {(tuple(sorted(series["metric"].items())), at): value
            for series in data["result"] for at, value in series.get("values", [series.get("value")])}


def alike(a, b):
    if a == b:
        return True
    x, y = float(a), float(b)
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return x == y or abs(x - y) <= CLOSE * max(abs(x), abs(y), SMALL)


if __name__ == "__main__":
    main()
