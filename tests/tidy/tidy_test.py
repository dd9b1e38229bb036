"""Shows each check of tidy.py going red on a bad sample, and staying quiet on a good one."""

import unittest

import tidy

TEST = "tests/unit/rules/engine_test.cc"


def findings(check, **files):
    return list(check(tidy.Tree({path: text for path, text in files.items()})))


class Layers(unittest.TestCase):
    def found(self, path, text):
        return findings(tidy.check_layers, **{path: text})

    def test_a_folder_may_include_what_is_below_it(self):
        self.assertEqual([], self.found("rules/engine.cc", '#include "model/alert.h"\n#include "rules/engine.h"\n'))

    def test_a_folder_may_not_include_what_is_above_it(self):
        self.assertIn("base may not include model", self.found("base/file.cc", '#include "model/alert.h"\n')[0])

    def test_siblings_do_not_know_each_other(self):
        self.assertIn("rules may not include store", self.found("rules/engine.cc", '\n#include "store/store.h"\n')[0])
        self.assertTrue(self.found("rules/engine.cc", '\n#include "store/store.h"\n')[0].startswith("rules/engine.cc:2:"))

    def test_generated_messages_stay_at_the_edges(self):
        self.assertTrue(self.found("store/head.cc", '#include "forewarn/v1/ingest.pb.h"\n'))
        self.assertFalse(self.found("probe/push.cc", '#include "forewarn/v1/ingest.pb.h"\n'))

    def test_the_shard_alone_includes_all_four_siblings(self):
        text = "".join(f'#include "{name}/x.h"\n' for name in tidy.SIBLINGS)
        self.assertEqual([], self.found("collector/shard.cc", text))
        self.assertIn("all four", self.found("collector/app.cc", text)[0])


class HeavyHeaders(unittest.TestCase):
    def found(self, **files):
        return findings(tidy.check_heavy_headers, **files)

    def test_rocksdb_stays_in_its_sources_of_store(self):
        self.assertFalse(self.found(**{"store/rocks_store.cc": "#include <rocksdb/db.h>\n"}))
        self.assertTrue(self.found(**{"store/head.cc": "#include <rocksdb/db.h>\n"}))

    def test_each_heavy_header_is_refused_in_a_folder_that_has_no_business_with_it(self):
        for prefix in ["rocksdb/", "yaml-cpp/", "curl/", "spdlog/", "prometheus/", "boost/", "CLI/", "grpcpp/",
                       "google/protobuf/", "absl/", "xxhash.h"]:
            header = prefix if prefix.endswith(".h") else prefix + "x.h"
            self.assertTrue(self.found(**{"incidents/manager.cc": f"#include <{header}>\n"}), prefix)

    def test_one_file_of_a_folder_includes_curl(self):
        curl = "#include <curl/curl.h>\n"
        self.assertFalse(self.found(**{"notifier/http.cc": curl}))
        self.assertTrue(self.found(**{"notifier/http.cc": curl, "notifier/send_email.cc": curl}))


class Mirror(unittest.TestCase):
    def found(self, *paths):
        return [f for f in findings(tidy.check_mirror, **{path: "" for path in paths}) if f.startswith(paths[0])]

    def test_a_source_needs_its_test(self):
        self.assertTrue(self.found("rules/engine.cc"))
        self.assertFalse(self.found("rules/engine.cc", TEST))

    def test_a_nested_folder_is_mirrored_nested(self):
        self.assertTrue(self.found("rules/promql/lexer.cc"))
        self.assertFalse(self.found("rules/promql/lexer.cc", "tests/unit/rules/promql/lexer_test.cc"))

    def test_an_exception_for_a_file_that_is_gone_is_a_finding(self):
        tidy.WITHOUT_MIRROR["rules/gone.cc"] = "for this test"
        self.addCleanup(tidy.WITHOUT_MIRROR.pop, "rules/gone.cc")
        self.assertTrue(any("rules/gone.cc" in f for f in findings(tidy.check_mirror)))


class BannedCalls(unittest.TestCase):
    def found(self, text, path="rules/engine.cc"):
        return [f for f in findings(tidy.check_banned_calls, **{path: text}) if f.startswith(path)]

    def test_each_is_found(self):
        for bad in [
            "std::regex r;", "int x = rand();", "std::mt19937 g;", "time(nullptr);", "std::time(0);",
            "auto t = std::chrono::system_clock::now();", "std::this_thread::sleep_for(1s);", "sleep(1);",
            "getenv(\"HOME\");", "printf(\"here\");", "std::cerr << 1;", "throw 1;", "using namespace std;",
            "std::hash<int>()(1);", "std::views::all(x);", "std::ranges::unique(x);", "#include <format>", "absl::string_view v;",
            "std::shared_ptr<Engine> e;", "std::thread t;", "std::mutex m;",
            "std::atomic<int> n;", "BoundedQueue<int> q(1);", "const Clock& clock;", "FW_LOG(kInfo, \"a.b\", {});",
        ]:
            self.assertTrue(self.found(bad + "\n"), bad)

    def test_what_only_looks_alike_is_left_alone(self):
        for good in [
            "// we never throw, printf or call time()", "/* std::mutex\n */", "Write(\"std::regex time( throw\");",
            "clock.Sleep(1s);", "std::shared_ptr<const Snapshot> s;", "using namespace std::chrono_literals;", "using namespace std::chrono;",
            "Timestamp event_time(1);", "item.time(3);", "int operand(1);", "fmt::format(\"{}\", 1'000'000);",
            "R\"(throw)\";", "char c = '\"'; int y = 1;  // \"", "snprintf_is_not_printf_like();",
        ]:
            self.assertEqual([], self.found(good + "\n"), good)

    def test_the_line_is_right_after_comments_and_raw_strings(self):
        found = self.found('/* a\n b */\nauto s = R"(x\ny)";\nthrow 1;\n')
        self.assertTrue(found[0].startswith("rules/engine.cc:5:"), found)

    def test_an_edge_may_have_threads_and_a_clock(self):
        self.assertEqual([], self.found("std::thread t; const Clock& c; FW_LOG(kInfo);", "collector/app.cc"))

    def test_tests_neither_sleep_nor_skip(self):
        self.assertTrue(self.found("std::this_thread::sleep_for(1s);", TEST))
        self.assertTrue(self.found("GTEST_SKIP();", TEST))
        self.assertTrue(self.found("TEST(Engine, DISABLED_Works) {}", TEST))


class Sizes(unittest.TestCase):
    def found(self, lines):
        return [f for f in findings(tidy.check_sizes, **{"rules/sample.cc": "\n" * lines}) if f.startswith("rules/sample.cc")]

    def test_400_lines_are_one_idea_and_401_are_a_question(self):
        self.assertEqual([], self.found(400))
        self.assertTrue(self.found(401))

    def test_an_exception_for_a_file_that_became_short_is_a_finding(self):
        tidy.LONG_FILES["rules/sample.cc"] = "for this test"
        self.addCleanup(tidy.LONG_FILES.pop, "rules/sample.cc")
        self.assertTrue(self.found(10))
        self.assertEqual([], self.found(401))


class Words(unittest.TestCase):
    def found(self, text, path="README.md"):
        return findings(tidy.check_words, **{path: text})

    def test_unfinished_work_is_found(self):
        for half in [("TO", "DO"), ("FIX", "ME"), ("not imple", "mented"), ("a st", "ub")]:
            self.assertTrue(self.found("".join(half) + " here\n"), half)

    def test_paths_of_a_machine_are_found(self):
        for half in [("/wo", "rk/main"), ("/ho", "me/somebody"), (".lib", "rary")]:
            self.assertTrue(self.found("".join(half) + "\n"), half)

    def test_in_a_program_and_in_a_page_alike(self):
        self.assertTrue(self.found("TO" "DO\n", "dev"))
        self.assertTrue(self.found("TO" "DO\n", "base/file.cc"))
        self.assertEqual([], self.found("a stubborn disk, half to done\n"))


class Headers(unittest.TestCase):
    def test_pragma_once_comes_first(self):
        self.assertFalse(findings(tidy.check_headers, **{"base/file.h": "#pragma once\n"}))
        self.assertTrue(findings(tidy.check_headers, **{"base/file.h": "#ifndef X\n"}))

    def test_file_names_are_snake_case(self):
        self.assertTrue(findings(tidy.check_headers, **{"base/FileName.cc": ""}))


class FuzzTargets(unittest.TestCase):
    def test_a_target_that_nobody_builds_is_found(self):
        source = {"tests/fuzz/fuzz_labels.cc": ""}
        self.assertTrue(findings(tidy.check_fuzz_targets, **source))
        self.assertFalse(findings(tidy.check_fuzz_targets,
                                  **source, **{"tests/fuzz/CMakeLists.txt": "forewarn_fuzz(labels SOURCES x)\n"}))


class PythonNames(unittest.TestCase):
    def found(self, text, **others):
        return findings(tidy.check_python_names, **{"bench/run.py": text, **others})

    def test_a_name_that_is_read_and_defined_nowhere_is_found_with_its_line(self):
        for bad in [
            "\nprint(LOST)\n", "\nx = [LOST for y in ()]\n", "\ndef f(a=LOST): pass\n", "\nf = lambda: LOST\n", "\n@LOST\ndef f(): pass\n",
            "\nclass C(LOST): pass\n", "\nprint(f'{LOST}')\n", "\nx: LOST = 1\n", "try: pass\nexcept LOST: pass\n",
            "def f():\n    return LOST\ndef g(LOST):\n    return LOST\n", "class C:\n    def f(self): return LOST\n    LOST = 1\n",
        ]:
            self.assertEqual(["bench/run.py:2: 'LOST' is defined nowhere; define or import it"], self.found(bad), bad)

    def test_what_is_bound_in_any_way_is_left_alone(self):
        for good in [
            "def f(): return LATER\nLATER = 1\n", "import os.path as p, sys, a.b\nprint(p, sys, a)\n", "from x import y as z\nprint(z)\n",
            "def f(*a, b=1, **c): return a, b, c\n", "try: pass\nexcept E as e: print(e)\nE = OSError\n", "if (n := 1): print(n)\n",
            "def f():\n    global g\n    g = 1\ndef h(): return g\n", "print({k: v for k, v in () for _ in k}, __file__, __name__, len)\n",
            "with open('x') as f, f as (a, *b): print(a, b)\n", "for i, (j, k) in (): print(i, j, k)\n",
            "def f():\n    n = 1\n    def g():\n        nonlocal n\n        n += 1\n        return n\n    return g\n",
            "class C:\n    A = 1\n    B = A\n    def f(self): return __class__, super().f\n", "def f(): return f\nclass C: pass\nprint(C)\n",
            "match 1:\n    case [a, *b] | {'k': a, **b}: print(a, b)\n    case int() as c: print(c)\n", "x: int\nprint(x)\n",
            "class C:\n    __a = 1\n    def f(self): return self.__a\n", "def f():\n    import os\n    return lambda: os\n",
        ]:
            self.assertEqual([], self.found(good), good)

    def test_what_is_read_of_a_module_of_ours_is_defined_there(self):
        loads = {"bench/loads.py": "SIZE = 1\ndef push(): pass\n"}
        self.assertEqual(["bench/run.py:2: loads.py defines no 'LOST'; define it there"],
                         self.found("import loads\nprint(loads.LOST)\n", **loads))
        self.assertEqual(["bench/run.py:1: loads.py defines no 'LOST'; define it there"],
                         self.found("from loads import LOST\nprint(LOST)\n", **loads))
        for good in ["import loads\nloads.push(loads.SIZE, loads.__doc__)\n", "from loads import SIZE\nprint(SIZE)\n",
                     "import loads\nloads.NEW = 1\n", "import json\njson.ANY\n", "loads = 1\nloads.real\n",
                     "import loads\ndef f(loads): return loads.ANY\n"]:
            self.assertEqual([], self.found(good, **loads), good)

    def test_what_cannot_be_followed_is_found(self):
        self.assertIn("name what you use", self.found("from loads import *\n")[0])
        self.assertIn("bench/run.py:2: is no Python", self.found("\nif:\n")[0])


class TheWhole(unittest.TestCase):
    def test_every_check_is_run(self):
        written = {name for name in dir(tidy) if name.startswith("check_")}
        self.assertEqual(written, {check.__name__ for check in tidy.CHECKS})


if __name__ == "__main__":
    unittest.main()
