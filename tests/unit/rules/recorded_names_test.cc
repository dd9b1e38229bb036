#include "rules/recorded_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace forewarn {
namespace {

using ::testing::ElementsAre;

RuleMistake At(int line, std::string message = "") {
  return {"r.yaml", line, 1, std::move(message)};
}

std::vector<std::string> Judged(const RecordedNames& names) {
  std::vector<RuleMistake> mistakes;
  names.Judge(mistakes);
  std::vector<std::string> texts;
  for (const RuleMistake& mistake : mistakes) texts.push_back(mistake.ToString());
  return texts;
}

TEST(RecordedNames, WhatIsExpectedMustBeRecordedByARuleOrADetector) {
  RecordedNames names;
  names.Expect(At(1, "no a:b"), "a:b");
  names.Expect(At(2, "no a:c"), "a:c");
  names.Expect(At(3, "no seconds:left"), "seconds:left");
  names.AddRule(At(4), "a:b");
  names.AddDetector(At(5), "a:c");
  EXPECT_THAT(Judged(names), ElementsAre("r.yaml:3:1: no seconds:left"));
  names.AddRule(At(6), "seconds:lef");
  EXPECT_THAT(Judged(names),
              ElementsAre("r.yaml:3:1: no seconds:left; did you mean 'seconds:lef'?"));
}

TEST(RecordedNames, NothingIsExpectedOfFilesThatCannotBeRead) {
  RecordedNames names;
  names.Expect(At(1, "no a:b"), "a:b");
  names.MissSome();
  EXPECT_THAT(Judged(names), ElementsAre());
}

TEST(RecordedNames, ADetectorsNameIsItsOwn) {
  RecordedNames names;
  EXPECT_TRUE(names.AddDetector(At(1), "a:b"));
  EXPECT_FALSE(names.AddDetector(At(2), "a:b"));
}

}  // namespace
}  // namespace forewarn
