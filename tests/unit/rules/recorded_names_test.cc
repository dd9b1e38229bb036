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

std::vector<std::string> Texts(const std::vector<RuleMistake>& mistakes) {
  std::vector<std::string> texts;
  for (const RuleMistake& mistake : mistakes) texts.push_back(mistake.ToString());
  return texts;
}

std::vector<std::string> Missing(const RecordedNames& names) {
  std::vector<RuleMistake> mistakes;
  std::vector<RuleMistake> warnings;
  names.FindMissing(mistakes, warnings);
  EXPECT_THAT(warnings, testing::IsEmpty());
  return Texts(mistakes);
}

TEST(RecordedNames, WhatIsExpectedMustBeRecordedByARuleOrADetector) {
  RecordedNames names;
  names.Expect(At(1, "no a:b"), "a:b");
  names.Expect(At(2, "no a:c"), "a:c");
  names.Expect(At(3, "no seconds:left"), "seconds:left");
  names.AddRule(At(4), "a:b", {});
  names.AddDetector(At(5), "a:c");
  EXPECT_THAT(Missing(names), ElementsAre("r.yaml:3:1: no seconds:left"));
  names.AddRule(At(6), "seconds:lef", {});
  EXPECT_THAT(Missing(names),
              ElementsAre("r.yaml:3:1: no seconds:left; did you mean 'seconds:lef'?"));
}

TEST(RecordedNames, WhatMayBeSentIsWarnedOf) {
  RecordedNames names;
  names.Expect(At(1, "no a:b"), "a:b", /*may_be_sent=*/true);
  std::vector<RuleMistake> mistakes;
  std::vector<RuleMistake> warnings;
  names.FindMissing(mistakes, warnings);
  EXPECT_THAT(mistakes, testing::IsEmpty());
  EXPECT_THAT(Texts(warnings), ElementsAre("r.yaml:1:1: no a:b"));
}

TEST(RecordedNames, NothingIsExpectedOfFilesThatCannotBeRead) {
  RecordedNames names;
  names.Expect(At(1, "no a:b"), "a:b");
  names.MissSome();
  EXPECT_THAT(Missing(names), ElementsAre());
}

TEST(RecordedNames, NotMoreAreMissedThanOneCanWorkThrough) {
  RecordedNames names;
  for (int i = 0; i < 1000; ++i) names.Expect(At(i, "no x"), "x:" + std::to_string(i));
  EXPECT_EQ(Missing(names).size(), 100u);
}

TEST(RecordedNames, ADetectorsNameIsItsOwn) {
  RecordedNames names;
  EXPECT_TRUE(names.AddDetector(At(1), "a:b"));
  EXPECT_FALSE(names.AddDetector(At(2), "a:b"));
}

TEST(RecordedNames, WhatADetectorRecordsNothingElseDoes) {
  RecordedNames names;
  names.AddDetector(At(1), "a:b");
  names.AddDetector(At(2), "a:b:upper");
  names.AddRule(At(3), "a:b", {{"x", "y"}});
  names.AddRule(At(4), "a:b:lower", {});
  names.AddRule(At(5), "a:b:other", {});
  names.AddRule(At(6), "a:b:upper:confidence", {});
  std::vector<RuleMistake> mistakes;
  std::vector<RuleMistake> warnings;
  names.FindCollisions(mistakes, warnings);
  EXPECT_THAT(
      Texts(mistakes),
      ElementsAre(
          "r.yaml:3:1: 'a:b' is recorded by the detector 'a:b' at r.yaml:1 too; use another name",
          "r.yaml:4:1: 'a:b:lower' is recorded by the detector 'a:b' at r.yaml:1 too; use another "
          "name",
          "r.yaml:2:1: 'a:b:upper' is recorded by the detector 'a:b' at r.yaml:1 too; use another "
          "name",
          "r.yaml:6:1: 'a:b:upper:confidence' is recorded by the detector 'a:b:upper' at "
          "r.yaml:2 too; use another name"));
  EXPECT_THAT(warnings, ElementsAre());
}

TEST(RecordedNames, RulesThatSetTheSameLabelsMayCollide) {
  RecordedNames names;
  names.AddRule(At(1), "r", {{"x", "1"}});
  names.AddRule(At(2), "r", {{"x", "2"}});
  names.AddRule(At(3), "r", {{"x", "1"}});
  std::vector<RuleMistake> mistakes;
  std::vector<RuleMistake> warnings;
  names.FindCollisions(mistakes, warnings);
  EXPECT_THAT(mistakes, ElementsAre());
  EXPECT_THAT(
      Texts(warnings),
      ElementsAre("r.yaml:3:1: 'r' is recorded with the same labels at r.yaml:1; where both have "
                  "a value for a series, the second is dropped"));
}

}  // namespace
}  // namespace forewarn
