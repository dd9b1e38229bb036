#!/usr/bin/env python3
"""Holds the house to its plan: layers, mirrored tests, banned calls, heavy headers, sizes and words.

    tidy.py [ROOT]

Reads the files that git tracks or would track, prints `path:line: what; what to do instead`, and exits 1 when
it printed anything. Each check is a function from a Tree to findings; tidy_test.py shows each of them going
red. An exception is an entry in one of the tables below with its reason, and one that is no longer needed is
itself a finding.
"""

import re
import subprocess
import sys
from pathlib import Path

from python_names import check_python_names

# A folder may include the folders named here, and itself.
LAYERS = {
    "base": [],
    "model": ["base"],
    "config": ["base", "model"],
    "store": ["base", "model", "config"],
    "rules": ["base", "model", "config"],
    "incidents": ["base", "model", "config"],
    "notifier": ["base", "model", "config"],
    "probe": ["base", "model", "config", "forewarn"],
    "collector": ["base", "model", "config", "store", "rules", "incidents", "notifier", "forewarn"],
    "ctl": ["base", "model", "config", "store", "rules", "incidents", "notifier", "forewarn"],
}
SIBLINGS = ["store", "rules", "incidents", "notifier"]
FOLDS = ["model", "config"] + SIBLINGS  # rows 1 and 2: no threads, no clock, no log
KNOWS_ALL_SIBLINGS = ["collector/shard.h", "collector/shard.cc"]

# Sources without a unit test of their own, and what tests them instead.
WITHOUT_MIRROR = {
    "ctl/main.cc": "the wiring of the command line: tests/golden/reference_test.cc prints all of it",
    "collector/app.cc": "tests/integration/edges_test.cc: through its door, over real TLS",
    "collector/desk.cc": "tests/integration/edges_test.cc: through its door, over real TLS",
    "collector/operate_alerts.cc": "tests/integration/edges_test.cc: through its door, over real TLS",
    "collector/operate_convert.cc": "tests/integration/edges_test.cc: through its door, over real TLS",
    "collector/operate_probes.cc": "tests/integration/edges_test.cc: through its door, over real TLS",
    "collector/operate_sources.cc": "tests/integration/otlp_test.py: a token that is made and refused",
    "collector/rpc.cc": "tests/integration/edges_test.cc: through its door, over real TLS",
    "collector/server.cc": "tests/integration/edges_test.cc: through its door, over real TLS",
    "collector/delivery_thread.cc": "tests/integration/demo_test.py: the warning as the mail server got it",
    "collector/main.cc": "tests/integration/messages_test.py: what it prints and how it ends",
    "probe/app.cc": "the wiring alone; the end-to-end test runs it",
    "probe/sources.cc": "the wiring alone; tests/integration/node_exporter_test.py reads with it",
    "probe/main.cc": "the command line alone; the end-to-end test runs it",
    "probe/grpc_enrolment.cc": "needs a collector; the end-to-end test enrols with it",
    "probe/grpc_transport.cc": "needs a collector; the end-to-end test pushes with it",
    "probe/read_cpu.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_diskstats.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_filefd.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_filesystems.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_load.cc": "tests/unit/probe/parse_test.cc",
    "probe/log_tail.cc": "tests/unit/probe/logs_test.cc",
    "probe/read_logs.cc": "tests/unit/probe/logs_test.cc",
    "probe/read_memory.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_netdev.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_pressure.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_quotas.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_stat.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_time.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_uname.cc": "tests/unit/probe/parse_test.cc",
    "probe/read_vmstat.cc": "tests/unit/probe/parse_test.cc",
    "probe/command_check.cc": "tests/unit/probe/checks_test.cc",
    "probe/http_check.cc": "tests/unit/probe/checks_test.cc",
    "probe/run_command.cc": "tests/unit/probe/checks_test.cc",
    "probe/name_filter.cc": "tests/unit/probe/parse_test.cc",
    "probe/reading.cc": "tests/unit/probe/parse_test.cc",
    "probe/wire.cc": "tests/unit/probe/stream_test.cc",
    "probe/ledger.cc": "tests/unit/probe/state_files_test.cc",
    "probe/status_text.cc": "tests/unit/probe/state_files_test.cc",
}

# Files over LONGEST lines, and why each is still one idea.
LONGEST = 400
LONG_FILES = {}

# (header, where it may be included, what to use instead)
HEAVY_HEADERS = [
    (r"rocksdb/", r"store/rocks\w*\.(cc|h)", "store/store.h"),
    (r"yaml-cpp/", r"config/schema\w*\.(cc|h)|rules/rule_yaml\.cc", "config/schema.h"),
    (r"curl/", r"notifier/\w+\.cc|probe/\w+\.cc", "the folder's own HTTP or SMTP client"),
    (r"spdlog/", r"base/log\.cc", "base/log.h"),
    (r"prometheus/", r"collector/metrics\w*\.(cc|h)", "collector/metrics.h"),
    (r"boost/", r"collector/http_(server\.cc|connection\.h)", "collector/http_server.h"),
    (r"CLI/", r"\w+/main\.cc", "the parsed options"),
    (r"nlohmann/", r"\w+/(doors/)?\w+\.cc", "a header of our own"),
    (r"grpc(pp)?/", r"(probe|collector|ctl)/(doors/)?\w+\.(cc|h)", "values of model"),
    (r"google/protobuf/", r"(probe|collector|ctl)/(doors/)?\w+\.(cc|h)", "values of model, base/record.h"),
    (r"absl/", r"", "the standard library"),
    (r"xxhash\.h", r"base/fingerprint\.cc", "base/fingerprint.h"),
]
# Of these, one file in a folder is enough.
ONE_IN_A_FOLDER = ["curl/", "nlohmann/", "CLI/", "yaml-cpp/"]

EVERYWHERE = r".*"
NOWHERE = r""
# (name, pattern, folders, files where it is right, what to do instead)
BANNED = [
    ("regex", r"std::regex\b", EVERYWHERE, NOWHERE,
     "std::regex overflows the stack on long input; use model/matcher.h"),
    ("chance", r"(?<![\w:.>])s?rand\s*\(|std::rand\b|random_device|mt19937", EVERYWHERE, r"base/(random|rng)\.(cc|h)",
     "chance comes from an Rng that was passed in"),
    ("now", r"(?<![\w:.>])time\s*\(\s*(nullptr|NULL|0|&\w+)\s*\)|std::time\s*\(|\bgettimeofday\b|\bclock_gettime\b"
     r"|_clock::now\b", EVERYWHERE, r"base/clock\.cc", "the time comes from a Clock or as an argument"),
    ("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w:.>])sleep\s*\(", EVERYWHERE, r"base/clock\.cc",
     "wait on a queue or with the Clock"),
    ("environment", r"\bgetenv\b", EVERYWHERE, r"(\w+/main\.cc|ctl/\w+\.cc)", "settings come from files"),
    ("print", r"(?<![\w:])f?printf\s*\(|std::(printf|fprintf|puts|cout|cerr|clog)\b|(?<!\w)puts\s*\(", EVERYWHERE,
     r"(\w+/main\.cc|ctl/\w+\.cc|base/(check|log)\.cc)", "say it with FW_LOG or return it"),
    ("throw", r"\bthrow\b", EVERYWHERE, NOWHERE, "we throw nothing; return a Status"),
    ("using namespace", r"\busing\s+namespace\s+(?!std::\w*literals|std::chrono;)", EVERYWHERE, NOWHERE, "name what you use"),
    ("hash", r"std::hash\b", EVERYWHERE, NOWHERE, "a hash that is stored or seen is our Fingerprint"),
    ("clang 14", r"std::(ranges::)?views\b|std::source_location\b|#include\s*<(format|source_location)>"
     # Those that return a std::ranges::subrange.
     r"|std::ranges::(equal_range|find_end|partition|remove(_if)?|rotate|search(_n)?|stable_partition|subrange|unique)\b",
     EVERYWHERE, NOWHERE, "clang 14, which runs our checks, cannot read it"),
    ("abseil", r"\babsl::", EVERYWHERE, NOWHERE, "leave abseil to gRPC"),
    ("shared", r"shared_ptr\s*<\s*(?!const\b|grpc::|rocksdb::)", EVERYWHERE, NOWHERE,
     "std::shared_ptr is for immutable snapshots, shared_ptr<const T>; give it one owner"),
    ("thread", r"std::(j?thread|async|future|promise|(recursive_|shared_|timed_)?mutex|condition_variable\w*|atomic\w*)\b"
     r"|\bBoundedQueue\b|\bthread_local\b", "|".join(FOLDS), NOWHERE, "rows 1 and 2 have no threads"),
    ("clock", r"\b(System|Manual)?Clock\b", "|".join(FOLDS), NOWHERE, "rows 1 and 2 take `Timestamp now` as an argument"),
    ("log", r"\bFW_LOG\b", "|".join(FOLDS), NOWHERE, "rows 1 and 2 return their reasons; the shard logs"),
]
# Where a banned call is right after all: (path, name) and the reason.
ALLOWED_CALLS = {
    ("probe/read_filesystems.cc", "shared"): "a call that hangs in the kernel may outlive the source that made it",
    ("collector/doors/intake.h", "shared"): "a request belongs to all batches that it waits for, and ends with the last",
    ("base/log.cc", "now"): "a log line carries the machine's own clock, also where time is simulated",
    ("ctl/connection.h", "now"): "gRPC's deadlines are on the system's clock",
    ("collector/server.cc", "now"): "gRPC's deadlines are on the system's clock",
    ("collector/push_stream.cc", "now"): "gRPC's alarms are on the system's clock",
    ("collector/ingest_service.cc", "shared"): "a stream lives as long as the last of gRPC's callbacks on it",
    ("collector/push_stream.h", "shared"): "a stream lives as long as the last of gRPC's callbacks on it",
    ("collector/push_stream.cc", "shared"): "a stream lives as long as the last of gRPC's callbacks on it",
    ("store/rocks_journal.h", "thread"): "Store is read by many threads while one commits (store/store.h)",
    ("store/rocks_early_drop.h", "thread"): "a part of store/rocks_retention.h",
    ("store/rocks_retention.h", "thread"): "Drop() works beside commits and reads (store/store.h)",
    ("store/store.h", "thread"): "the only sign by which RocksDB ends a compaction amid it",
    ("store/rocks_reclaim.h", "thread"): "hands that sign on to RocksDB (store/store.h)",
    ("store/rocks_reclaim.cc", "thread"): "hands that sign on to RocksDB (store/store.h)",
    ("store/memory_store.cc", "thread"): "keeps the same promise as the store on disk",
}

BANNED_IN_TESTS = [
    (r"\b(sleep_for|sleep_until|usleep)\b|(?<![\w:.>])sleep\s*\(", "wait for what you mean, or use virtual time"),
    (r"\bGTEST_SKIP\b|\bDISABLED_", "a test that does not run is not a test"),
]

# Spelt in halves, so that this file does not contain them.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|not " r"implemented|[Nn]ot yet " r"supported|\bst" r"ub\b")
MACHINE = re.compile(r"/wo" r"rk/|/fa" r"rm/|/ro" r"ot/(?!usr)|[.]lib" r"rary\b|/home/\w|registry\.np" r"mjs|deb\.deb" r"ian\.org")
TEXTS = re.compile(r"\.(cc|h|py|sh|md|proto|cmake|json|yaml|yml|txt|scenario|service|tpl|in|conf)$|^dev$|^\.ci/|Containerfile$")


class Tree:
    """The files of a source tree: path to text, paths with `/`."""

    def __init__(self, files):
        self.files = dict(sorted(files.items()))

    @staticmethod
    def read(root):
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, check=True).stdout.decode().split("\0")
        files = {}
        for path in filter(None, listed):
            try:
                files[path] = (root / path).read_text(encoding="utf-8")
            except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
                continue  # a corpus, a golden database; or deleted and not yet committed
        return Tree(files)

    def product(self, suffixes=(".cc", ".h")):
        """Sources and headers of the house, without its tests."""
        for path, text in self.files.items():
            if path.split("/")[0] in LAYERS and path.endswith(suffixes):
                yield path, text

    def tests(self):
        for path, text in self.files.items():
            if path.startswith("tests/") and path.endswith((".cc", ".h")):
                yield path, text


def code_only(text):
    """The text with comments and the contents of literals blanked, lines kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|' r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)

    def blank(match):
        found = match.group(0)
        if found.startswith('"') and re.search(r"#include\s*$", match.string[max(0, match.start() - 12):match.start()]):
            return found
        return re.sub(r"[^\n]", " ", found)

    return pattern.sub(blank, text)


def includes(text):
    """(line number, header as written, True for "…") of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def matches(pattern, text):
    """(line number, the match) of each place."""
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(0)


def folder_of(path):
    return path.split("/")[0]


def check_layers(tree):
    for path, text in tree.product():
        folder = folder_of(path)
        siblings = set()
        for number, header, _ in includes(text):
            target = folder_of(header)
            if target in SIBLINGS:
                siblings.add(target)
            if (target in LAYERS or target == "forewarn") and target != folder and target not in LAYERS[folder]:
                yield f"{path}:{number}: {folder} may not include {target}; move what both need to a row below"
        if len(siblings) == len(SIBLINGS) and path not in KNOWS_ALL_SIBLINGS:
            yield f"{path}:1: only collector/shard.cc knows all four siblings; go through Shard"


def check_heavy_headers(tree):
    users = {}
    for path, text in tree.product():
        for number, header, _ in includes(text):
            for prefix, where, instead in HEAVY_HEADERS:
                if not re.match(prefix, header):
                    continue
                if not re.fullmatch(where, path):
                    yield f"{path}:{number}: {header} is included in {where or 'no file'} only; use {instead}"
                elif prefix in ONE_IN_A_FOLDER:
                    users.setdefault((folder_of(path), prefix), set()).add(path)
    for (folder, prefix), paths in users.items():
        if len(paths) > 1:
            yield f"{folder}:1: {' and '.join(sorted(paths))} all include {prefix}; keep it in one file"


def check_mirror(tree):
    for path, _ in tree.product((".cc",)):
        test = f"tests/unit/{path[:-3]}_test.cc"
        if test not in tree.files and path not in WITHOUT_MIRROR:
            yield f"{path}:1: has no {test}; write it, or say in tests/tidy/tidy.py what tests it instead"
    for path in WITHOUT_MIRROR:
        if path not in tree.files or f"tests/unit/{path[:-3]}_test.cc" in tree.files:
            yield f"{path}:1: needs no entry in WITHOUT_MIRROR any more; remove it"


def check_banned_calls(tree):
    used = set()
    for path, text in tree.product():
        code = code_only(text)
        for name, pattern, folders, right_in, remedy in BANNED:
            if not re.fullmatch(folders, folder_of(path)) or (right_in and re.fullmatch(right_in, path)):
                continue
            for number, found in matches(re.compile(pattern), code):
                if (path, name) in ALLOWED_CALLS:
                    used.add((path, name))
                else:
                    yield f"{path}:{number}: '{found.strip()}': {remedy}"
    for path, name in ALLOWED_CALLS.keys() - used:
        yield f"{path}:1: needs no entry '{name}' in ALLOWED_CALLS any more; remove it"
    for path, text in tree.tests():
        code = code_only(text)
        for pattern, remedy in BANNED_IN_TESTS:
            for number, found in matches(re.compile(pattern), code):
                yield f"{path}:{number}: '{found.strip()}': {remedy}"


def check_sizes(tree):
    for path, text in tree.files.items():
        if not path.endswith((".cc", ".h", ".py", ".sh")):
            continue
        lines = text.count("\n")
        if lines > LONGEST and path not in LONG_FILES:
            yield f"{path}:{LONGEST}: has {lines} lines; split it, or say in tests/tidy/tidy.py why it is one idea"
    for path in LONG_FILES:
        if tree.files.get(path, "").count("\n") <= LONGEST:
            yield f"{path}:1: needs no entry in LONG_FILES any more; remove it"


def check_words(tree):
    for path, text in tree.files.items():
        if not TEXTS.search(path):
            continue
        for number, found in matches(UNFINISHED, text):
            yield f"{path}:{number}: '{found}': finish it, or file it as an issue"
        for number, found in matches(MACHINE, text):
            yield f"{path}:{number}: '{found}': names one machine; use a relative path or a setting"


def check_headers(tree):
    for path, text in tree.product((".h",)):
        if not text.startswith("#pragma once\n"):
            yield f"{path}:1: a header begins with #pragma once"
    for path, _ in tree.product():
        if not re.fullmatch(r"[a-z0-9_]+\.(cc|h)", path.split("/")[-1]):
            yield f"{path}:1: file names are snake_case"


def check_fuzz_targets(tree):
    listing = tree.files.get("tests/fuzz/CMakeLists.txt", "")
    declared = set(re.findall(r"^forewarn_fuzz\((\w+)", listing, re.M))
    written = {re.fullmatch(r"tests/fuzz/fuzz_(\w+)\.cc", path).group(1)
               for path in tree.files if re.fullmatch(r"tests/fuzz/fuzz_(\w+)\.cc", path)}
    for name in sorted(written - declared):
        yield f"tests/fuzz/fuzz_{name}.cc:1: is built by nobody; add forewarn_fuzz({name} …) to tests/fuzz/CMakeLists.txt"


CHECKS = [check_layers, check_heavy_headers, check_mirror, check_banned_calls, check_sizes, check_words, check_headers,
          check_fuzz_targets, check_python_names]


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    tree = Tree.read(root)
    findings = [finding for check in CHECKS for finding in check(tree)]
    for finding in findings:
        print(finding)
    print(f"{len(tree.files)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
