// Unit tests of rules are text by other people: every file is either read or refused with at least one
// mistake that has a place inside it.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "rules/unit_test_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  forewarn::UnitTestFile file = forewarn::ParseUnitTestFile("t.yaml", text);
  FW_CHECK(file.status().ok() == file.mistakes.empty());
  FW_CHECK(file.mistakes.empty() || file.tests.empty());
  for (const forewarn::RuleMistake& mistake : file.mistakes) {
    FW_CHECK(mistake.line >= 1 && mistake.column >= 1);
    FW_CHECK(!mistake.message.empty());
  }
  size_t values = 0;
  for (const forewarn::UnitTest& test : file.tests) {
    FW_CHECK(test.interval > forewarn::Duration(0));
    for (const forewarn::NotedSeries& series : test.input_series) values += series.values.size();
  }
  FW_CHECK(values <= forewarn::kMaxUnitTestValues);
  FW_CHECK(file.evaluation_interval > forewarn::Duration(0));
  return 0;
}
